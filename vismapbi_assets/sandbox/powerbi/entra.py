"""The token endpoints of the directory, in their v1 and v2 forms.

Checks secrets and signed assertions of registered applications and hands out opaque tokens that
expire on the simulated clock. What a token may do is decided by the workspaces.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from vismapbi_assets.sandbox.powerbi.clock import Clock
from vismapbi_assets.sandbox.powerbi.errors import Refusal

RESOURCE = "https://analysis.windows.net/powerbi/api"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(slots=True)
class Application:
    """A registered application with its service principal.

    Attributes:
        client_id: application id, sent by clients.
        object_id: id of the service principal, used in workspace roles.
        secrets: valid client secrets.
        certificates: valid certificates by their thumbprints (SHA-1 and SHA-256, base64url).
    """

    client_id: str
    object_id: str
    secrets: set[str] = field(default_factory=set, repr=False)
    certificates: dict[str, x509.Certificate] = field(default_factory=dict, repr=False)

    def register(self, pem: bytes) -> None:
        """Accept assertions signed with the key of this certificate."""
        certificate = x509.load_pem_x509_certificate(pem)
        der = certificate.public_bytes(serialization.Encoding.DER)
        for digest in (hashlib.sha1(der, usedforsecurity=False), hashlib.sha256(der)):
            self.certificates[_base64url(digest.digest())] = certificate


@dataclass(frozen=True, slots=True)
class Grant:
    """What stands behind a token."""

    application: Application
    expires_at: float


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _unbase64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _refusal(status: int, error: str, number: int, text: str, clock: Clock) -> Refusal:
    return Refusal(
        status,
        {
            "error": error,
            "error_description": f"AADSTS{number}: {text}",
            "error_codes": [number],
            "timestamp": clock.stamp()[:19].replace("T", " ") + "Z",
            "trace_id": str(uuid.uuid4()),
            "correlation_id": str(uuid.uuid4()),
        },
    )


class Directory:
    """One tenant of the directory: its applications and the tokens it has issued.

    Attributes:
        token_seconds: life of a token on the simulated clock.
    """

    def __init__(self, tenant_id: str, clock: Clock) -> None:
        self.tenant_id = tenant_id
        self.token_seconds = 3599
        self.applications: dict[str, Application] = {}
        self._clock = clock
        self._grants: dict[str, Grant] = {}
        self._seen_assertions: set[str] = set()

    def add(self, application: Application) -> None:
        """Register an application."""
        self.applications[application.client_id] = application

    def grant(self, token: str) -> Grant | None:
        """What stands behind a token, expired or not; None for an unknown one."""
        return self._grants.get(token)

    def expire_tokens(self) -> None:
        """Let every token issued so far be expired from now on."""
        self._grants = {t: Grant(g.application, 0.0) for t, g in self._grants.items()}

    def issue(self, tenant: str, version: str, form: Mapping[str, str], url: str) -> dict[str, Any]:
        """Answer a token request, or refuse it.

        Args:
            tenant: tenant in the path.
            version: "v1" or "v2".
            form: the form fields.
            url: the URL that was called, the audience of an assertion.
        """
        if tenant != self.tenant_id:
            raise _refusal(400, "invalid_request", 90002, "Tenant not found.", self._clock)
        if form.get("grant_type") != "client_credentials":
            text = "The app requested an unsupported grant type."
            raise _refusal(400, "unsupported_grant_type", 70003, text, self._clock)
        application = self.applications.get(form.get("client_id", ""))
        if application is None:
            text = "Application was not found in the directory."
            raise _refusal(400, "unauthorized_client", 700016, text, self._clock)
        self._check_resource(version, form)
        if "client_assertion" in form:
            self._check_assertion(application, form, url)
        elif form.get("client_secret") not in application.secrets:
            number = 7000215 if form.get("client_secret") else 7000216
            raise _refusal(401, "invalid_client", number, "Invalid client secret.", self._clock)
        token = "eyJ0eXAi." + secrets.token_urlsafe(48)
        self._grants[token] = Grant(application, self._clock.now() + self.token_seconds)
        answer: dict[str, Any] = {"token_type": "Bearer", "access_token": token}
        if version == "v1":
            expires_on = int(self._clock.now()) + self.token_seconds
            return answer | {
                "expires_in": str(self.token_seconds),
                "ext_expires_in": str(self.token_seconds),
                "expires_on": str(expires_on),
                "not_before": str(int(self._clock.now())),
                "resource": RESOURCE,
            }
        return answer | {"expires_in": self.token_seconds, "ext_expires_in": self.token_seconds}

    def _check_resource(self, version: str, form: Mapping[str, str]) -> None:
        if version == "v2" and form.get("scope") != f"{RESOURCE}/.default":
            raise _refusal(400, "invalid_scope", 70011, "The scope is not valid.", self._clock)
        if version == "v1" and form.get("resource", "").rstrip("/") != RESOURCE:
            text = "The resource principal was not found."
            raise _refusal(400, "invalid_resource", 500011, text, self._clock)

    def _check_assertion(self, application: Application, form: Mapping[str, str], url: str) -> None:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            text = "client_assertion_type is missing or not supported."
            raise _refusal(400, "invalid_request", 900144, text, self._clock)
        try:
            head, claims, signed, signature = _split(form["client_assertion"])
        except (ValueError, binascii.Error, msgspec.DecodeError) as problem:
            text = "The assertion is malformed."
            raise _refusal(401, "invalid_client", 50027, text, self._clock) from problem
        thumbprint = str(head.get("x5t#S256") or head.get("x5t"))
        certificate = application.certificates.get(thumbprint)
        if certificate is None or not _verified(certificate, head, signed, signature):
            text = "The certificate or the signature of the assertion is not valid."
            raise _refusal(401, "invalid_client", 700027, text, self._clock)
        now = time.time()
        wrong = [
            name
            for name, right in {
                "iss": claims.get("iss") == application.client_id,
                "sub": claims.get("sub") == application.client_id,
                "aud": _same_endpoint(str(claims.get("aud")), url),
                "exp": _moment(claims.get("exp")) > now,
                "nbf": _moment(claims.get("nbf", 0)) <= now + 300,
                "jti": bool(claims.get("jti")) and claims["jti"] not in self._seen_assertions,
            }.items()
            if not right
        ]
        if wrong:
            text = f"The assertion is not valid: {', '.join(wrong)}."
            raise _refusal(401, "invalid_client", 700023, text, self._clock)
        self._seen_assertions.add(claims["jti"])


def _split(assertion: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    head, claims, signature = assertion.split(".")
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    signed = f"{head}.{claims}".encode()
    return decode(_unbase64url(head)), decode(_unbase64url(claims)), signed, _unbase64url(signature)


def _verified(
    certificate: x509.Certificate, head: Mapping[str, Any], signed: bytes, signature: bytes
) -> bool:
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    schemes: dict[str, padding.AsymmetricPadding] = {
        "RS256": padding.PKCS1v15(),
        "PS256": padding.PSS(padding.MGF1(hashes.SHA256()), 32),
    }
    scheme = schemes.get(str(head.get("alg")))
    if scheme is None:
        return False
    try:
        key.verify(signature, signed, scheme, hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _moment(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else -1.0


def _same_endpoint(audience: str, url: str) -> bool:
    def path(address: str) -> str:
        return address.split("://", 1)[-1].replace("/oauth2/v2.0/", "/oauth2/")

    return path(audience) == path(url)
