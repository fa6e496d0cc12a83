"""Access tokens of a service principal, by secret or by certificate.

Fetches and renews; knows nothing of the Power BI operations. Neither secret nor token appears in
any message or representation.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from vismapbi_assets.powerbi.errors import Answer, NotAuthorized, Transient
from vismapbi_assets.settings_shape import Secret

RENEW_EARLY = 300.0
"""Seconds before its end at which a token is renewed."""


class Tokens(Protocol):
    """Gives access tokens."""

    def token(self, *, renew: bool = False) -> str:
        """A valid token; a new one when `renew` is set."""
        ...


@dataclass(frozen=True, slots=True)
class Principal:
    """Who we are: exactly one of `secret` and `certificate` (PEM with key and certificate)."""

    authority_url: str
    tenant_id: str
    client_id: str
    scope: str
    secret: Secret | None = None
    certificate: Path | None = None

    def __post_init__(self) -> None:
        if (self.secret is None) == (self.certificate is None):
            raise ValueError(
                "Power BI needs either a client secret (POWERBI_CLIENT_SECRET) or a certificate "
                "(POWERBI_CERTIFICATE), not both"
            )

    @property
    def token_url(self) -> str:
        """The v2 token endpoint."""
        return f"{self.authority_url.rstrip('/')}/{self.tenant_id}/oauth2/v2.0/token"


@dataclass(slots=True)
class TokenSource:
    """Tokens from Entra, kept until five minutes before their end; safe for threads."""

    principal: Principal
    clock: Callable[[], float] = time.time
    timeout: float = 30.0
    fetched: int = 0
    _token: str = field(default="", repr=False)
    _until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def token(self, *, renew: bool = False) -> str:
        """A token that lives at least five minutes more, or for a new one half its life."""
        with self._lock:
            if renew or not self._token or self.clock() >= self._until:
                answer = self._fetch()
                life = float(answer.get("expires_in") or 0)
                self._token = str(answer["access_token"])
                self._until = self.clock() + max(life - RENEW_EARLY, life / 2)
                self.fetched += 1
            return self._token

    def _fetch(self) -> dict[str, Any]:
        p = self.principal
        operation = f"token from {p.authority_url}"
        method = "client_secret_post" if p.secret else "private_key_jwt"
        with OAuth2Session(
            p.client_id,
            p.secret.reveal() if p.secret else self._pem(),
            token_endpoint_auth_method=method,
            scope=p.scope,
        ) as session:
            if p.certificate:
                session.register_client_auth_method(
                    PrivateKeyJWT(p.token_url, headers={"x5t": self._thumbprint(), "typ": "JWT"})
                )
            try:
                return dict(
                    session.fetch_token(
                        p.token_url,
                        grant_type="client_credentials",
                        client_id=p.client_id,
                        scope=p.scope,
                        timeout=self.timeout,
                    )
                )
            except OAuthError as error:
                said = str(error.description or error.error or "").splitlines()
                raise NotAuthorized(
                    operation, Answer(401, str(error.error)), said[0] if said else ""
                ) from None
            except (requests.RequestException, ValueError, KeyError) as error:
                raise Transient(operation, detail=type(error).__name__) from None

    def _pem(self) -> str:
        assert self.principal.certificate is not None  # noqa: S101 - held by Principal
        try:
            return self.principal.certificate.read_text("ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise NotAuthorized(
                "reading the certificate", detail=f"{self.principal.certificate}: {error}"
            ) from None

    def _thumbprint(self) -> str:
        pem = self._pem()
        try:
            certificate = x509.load_pem_x509_certificate(
                pem[pem.index("-----BEGIN CERTIFICATE") :].encode()
            )
        except ValueError:
            raise NotAuthorized(
                "reading the certificate",
                detail=f"{self.principal.certificate} has no certificate in PEM form",
            ) from None
        digest = certificate.fingerprint(hashes.SHA1())  # noqa: S303 - the name Entra knows it by
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
