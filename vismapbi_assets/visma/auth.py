"""Access tokens for Visma.net: client credentials, one token per company, read scope only.

A `TokenSource` belongs to one company; it asks for a token when there is none, renews it a minute
before it ends and once when the API refuses it. Nothing here stores or logs a token.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from vismapbi_assets.settings_shape import Secret
from vismapbi_assets.visma.clock import Clock, SystemClock
from vismapbi_assets.visma.errors import AuthenticationError, TransientError, excerpt, redact

SCOPE = "vismanet_erp_service_api:read"
RENEW_EARLY = timedelta(seconds=60)
UNSTATED_LIFETIME = timedelta(minutes=5)

_ADVICE = {
    "invalid_client": "check VISMA_CLIENT_ID and VISMA_CLIENT_SECRET",
    "invalid_tenant": "check tenant_id of the company, and that it has granted the application",
    "invalid_scope": f"give the application the scope {SCOPE} in the developer portal",
    "invalid_grant": "the company must grant the application; a new grant takes up to 15 minutes",
    "unauthorized_client": "register the application as a service (machine to machine)",
}


class TokenSource:
    """The access token of one company. Safe to share between threads."""

    def __init__(
        self,
        token_url: str,
        client_id: Secret,
        client_secret: Secret,
        tenant_id: str,
        *,
        timeout: float = 60.0,
        clock: Clock | None = None,
    ) -> None:
        """Prepare; the first call of `bearer` asks for a token."""
        self._url = token_url
        self._tenant = tenant_id
        self._timeout = timeout
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._token: str | None = None
        self._ends: datetime | None = None
        self._session = OAuth2Session(
            client_id=client_id.reveal(),
            client_secret=client_secret.reveal(),
            scope=SCOPE,
            token_endpoint_auth_method="client_secret_post",  # noqa: S106 - a method's name
        )
        self.issued = 0

    def __repr__(self) -> str:
        return f"TokenSource({self._url!r}, tenant {self._tenant!r})"

    def bearer(self) -> str:
        """A token that is valid for another minute at least."""
        with self._lock:
            if self._token is None or self._ends is None or self._clock.now() >= self._ends:
                self._fetch()
            return self._token or ""

    def renew(self, refused: str) -> str:
        """A token other than the refused one; callers refused together ask once."""
        with self._lock:
            if self._token == refused:
                self._fetch()
            return self._token or ""

    def close(self) -> None:
        """Close the connections to the token service."""
        self._session.close()

    def _fetch(self) -> None:
        self._token = None
        asked = self._clock.now()
        token = self._ask()
        value = token.get("access_token")
        if not isinstance(value, str) or not value:
            raise AuthenticationError(
                f"the token service {self._url} answered without a token; check visma.token_url"
            )
        lifetime = token.get("expires_in")
        seconds = timedelta(seconds=float(lifetime)) if lifetime else UNSTATED_LIFETIME
        self._token = value
        self._ends = asked + max(seconds - RENEW_EARLY, seconds / 2)
        self.issued += 1

    def _ask(self) -> dict[str, Any]:
        where = f"the token service {self._url}"
        try:
            token = self._session.fetch_token(
                self._url,
                grant_type="client_credentials",
                tenant_id=self._tenant,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except OAuthError as error:
            advice = _ADVICE.get(str(error.error), "see the message it gave")
            said = redact(f"{error.error} {error.description or ''}".strip())[:200]
            raise AuthenticationError(
                f"{where} refused tenant {self._tenant}: {said}; {advice}"
            ) from None
        except requests.HTTPError as error:
            status = error.response.status_code
            said = excerpt(error.response.content)
            if status >= 500 or status == 429:
                raise TransientError(f"{where}: HTTP {status} {said}".rstrip()) from None
            raise AuthenticationError(
                f"{where}: HTTP {status} {said}; check visma.token_url"
            ) from None
        except requests.exceptions.SSLError:
            raise AuthenticationError(
                f"{where}: its certificate was not accepted; check visma.token_url and the proxy"
            ) from None
        except requests.ConnectionError as error:
            raise TransientError(
                f"{where}: not reached ({type(error).__name__}); check visma.token_url and proxy"
            ) from None
        except requests.Timeout:
            raise TransientError(f"{where}: no answer in {self._timeout:g} s") from None
        except ValueError:
            raise AuthenticationError(
                f"{where} did not answer with JSON; check visma.token_url"
            ) from None
        return dict(token)


class Bearer(requests.auth.AuthBase):
    """Sets the token on one request; it is part of no session, so no redirect can carry it."""

    def __init__(self, token: str) -> None:
        """For requests to the configured host only."""
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Called by requests for the prepared request."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request
