"""Tokens: by secret or certificate, renewed in time, never shown."""

import base64
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from vismapbi_assets.powerbi.auth import Principal, TokenSource
from vismapbi_assets.powerbi.errors import NotAuthorized, Transient
from vismapbi_assets.settings_shape import Secret
from vismapbi_tests.powerbi.scripted import Clock, Script, answer

SECRET = "s3cr&t+%"
GOOD = {"token_type": "Bearer", "access_token": "tok-1", "expires_in": 3600}


@pytest.fixture
def script(monkeypatch):
    steps = Script()
    monkeypatch.setattr(requests.Session, "get_adapter", lambda self, url: steps)
    return steps


def source(clock=None, **who) -> TokenSource:
    who = who or {"secret": Secret(SECRET)}
    principal = Principal("https://login.test/", "tenant", "client-1", "scope/.default", **who)
    return TokenSource(principal, clock=clock or Clock())


def form(request) -> dict:
    return {k: v[0] for k, v in parse_qs(request.body).items()}


def test_the_secret_is_sent_form_encoded_to_the_v2_endpoint(script):
    script.answers = [answer(200, GOOD, {"Content-Type": "application/json"})]
    assert source().token() == "tok-1"
    request = script.requests[0]
    assert request.url == "https://login.test/tenant/oauth2/v2.0/token"
    assert form(request) == {
        "grant_type": "client_credentials",
        "client_id": "client-1",
        "client_secret": SECRET,
        "scope": "scope/.default",
    }


def test_a_token_is_kept_until_five_minutes_before_its_end(script):
    clock = Clock()
    script.answers = [answer(200, GOOD), answer(200, {**GOOD, "access_token": "tok-2"})]
    tokens = source(clock)
    assert tokens.token() == "tok-1"
    clock.now += 3299
    assert tokens.token() == "tok-1"
    clock.now += 2
    assert tokens.token() == "tok-2"
    assert tokens.fetched == 2


def test_renewal_on_demand(script):
    script.answers = [answer(200, GOOD), answer(200, {**GOOD, "access_token": "tok-2"})]
    tokens = source()
    tokens.token()
    assert tokens.token(renew=True) == "tok-2"


def certificate_file(folder):
    """A PEM file with key and certificate, and the certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = folder / "p.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return pem, certificate


def test_a_certificate_is_accepted_by_the_service(bench, tmp_path):
    pem, certificate = certificate_file(tmp_path)
    sandbox = bench.sandbox
    principal = Principal(
        bench.url,
        sandbox.tenant_id,
        sandbox.client_id,
        "https://analysis.windows.net/powerbi/api/.default",
        certificate=pem,
    )
    with pytest.raises(NotAuthorized):
        TokenSource(principal).token()
    sandbox.directory.applications[sandbox.client_id].register(
        certificate.public_bytes(serialization.Encoding.PEM)
    )
    client = bench.client()
    client.tokens = TokenSource(principal)
    assert client.datasets() == []


def test_a_certificate_signs_an_assertion_that_names_its_thumbprint(script, tmp_path):
    pem, certificate = certificate_file(tmp_path)
    script.answers = [answer(200, GOOD)]
    assert source(certificate=pem).token() == "tok-1"
    sent = form(script.requests[0])
    assert sent["client_id"] == "client-1"
    assert sent["client_assertion_type"].endswith("jwt-bearer")
    head, body, _ = (
        base64.urlsafe_b64decode(p + "=" * (-len(p) % 4))
        for p in sent["client_assertion"].split(".")
    )
    thumbprint = base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA1())).rstrip(b"=")
    assert json.loads(head) == {"alg": "RS256", "typ": "JWT", "x5t": thumbprint.decode()}
    claims = json.loads(body)
    assert claims["iss"] == claims["sub"] == "client-1"
    assert claims["aud"] == "https://login.test/tenant/oauth2/v2.0/token"


def test_a_refusal_tells_the_reason_and_no_secret(script):
    script.answers = [
        answer(401, {"error": "invalid_client", "error_description": "AADSTS7000215: wrong secret"})
    ]
    with pytest.raises(NotAuthorized) as caught:
        source().token()
    assert "AADSTS7000215" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(source())


def test_an_unreachable_authority_is_transient(script):
    script.answers = [requests.ConnectionError("no route")]
    with pytest.raises(Transient):
        source().token()


def test_a_token_never_shows_in_the_representation(script):
    script.answers = [answer(200, GOOD)]
    tokens = source()
    tokens.token()
    assert "tok-1" not in repr(tokens)


def test_secret_and_certificate_exclude_each_other(tmp_path):
    with pytest.raises(ValueError, match="either"):
        source(secret=Secret("x"), certificate=tmp_path)
