"""The gateway in front of the service: tokens, scopes and the hourly window of calls.

Belongs here: who may call, and how often. Does not belong here: what is answered.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from uuid import UUID, uuid5

from .clock import GatewayClock
from .profiles import Profile
from .settings import ServiceSettings

READ = "vismanet_erp_service_api:read"
SCOPES = frozenset(f"vismanet_erp_service_api:{verb}" for verb in ("create", "update", "delete"))
_NAMESPACE = UUID("6f0c1b52-9a54-4b0e-8a3b-2f6f7f3f5a00")


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token stands for; `company` is None for a customer tenant, which opens nothing."""

    client_id: str
    company: str | None
    scopes: frozenset[str]
    expires_at: float


class TokenDesk:
    """Issues and recognises opaque tokens."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        profiles: tuple[Profile, ...],
        clock: GatewayClock,
        settings: ServiceSettings,
    ) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._tenants: dict[str, str | None] = {p.tenant_id: p.key for p in profiles}
        self._tenants |= {p.customer_tenant_id: None for p in profiles}
        self._clock = clock
        self._settings = settings
        self._grants: dict[str, Grant] = {}
        self._issued = 0

    def issue(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        """Answer a token request: status and body."""
        if form.get("grant_type") != "client_credentials":
            return 400, {"error": "unsupported_grant_type"}
        if (form.get("client_id"), form.get("client_secret")) != (
            self._client_id,
            self._client_secret,
        ):
            return 400, {"error": "invalid_client"}
        scopes = frozenset(form.get("scope", "").split())
        if not scopes or not scopes <= SCOPES | {READ}:
            return 400, {"error": "invalid_scope"}
        tenant = form.get("tenant_id", "")
        if tenant not in self._tenants:
            return 400, {"error": "invalid_tenant"}
        self._issued += 1
        token = uuid5(_NAMESPACE, f"{tenant}:{self._issued}").hex
        seconds = self._settings.token_seconds
        self._grants[token] = Grant(
            self._client_id, self._tenants[tenant], scopes, self._clock.seconds() + seconds
        )
        return 200, {
            "access_token": token,
            "expires_in": seconds,
            "token_type": "Bearer",
            "scope": " ".join(sorted(scopes)),
        }

    def recognise(self, authorization: str) -> Grant | None:
        """The grant behind a bearer header, while it is valid."""
        scheme, _, token = authorization.partition(" ")
        grant = self._grants.get(token.strip())
        if scheme.lower() != "bearer" or grant is None:
            return None
        return grant if self._clock.seconds() < grant.expires_at else None

    def revoke_all(self) -> None:
        """End every token at once."""
        self._grants.clear()


class CallWindow:
    """Counts calls in fixed windows per (company, client)."""

    def __init__(self, clock: GatewayClock, settings: ServiceSettings) -> None:
        self._clock = clock
        self._settings = settings
        self._used: dict[tuple[str, str], tuple[int, int]] = {}

    def count(self, company: str, client: str) -> tuple[bool, dict[str, str]]:
        """Count a call: whether it may pass, and the headers that tell."""
        length = self._settings.rate_window_seconds
        now = self._clock.seconds()
        window = int(now // length)
        before, used = self._used.get((company, client), (window, 0))
        if before != window:
            used = 0
        limit = self._settings.rate_limit
        passes = used < limit
        used += passes
        self._used[company, client] = (window, used)
        reset = math.ceil((window + 1) * length - now)
        headers = {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(0, limit - used)),
            "X-RateLimit-Reset": str(reset),
            "X-RateLimit-Policy": "4-fixed-window",
        }
        if not passes:
            headers["Retry-After"] = str(reset)
        return passes, headers
