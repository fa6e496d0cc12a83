"""Tokens, tenant settings and workspace roles of the simulated service."""

import base64
import hashlib
import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from vismapbi_tests.sandbox.powerbi_client import Client, dataset, table

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ONE_TABLE = dataset(table("T", Key="String"))


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "vismapbi")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return builder.sign(key, hashes.SHA256())


def encoded(content: Any) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def assertion(
    client: Client, key: rsa.RSAPrivateKey, certificate: x509.Certificate, **claims: Any
) -> str:
    der = certificate.public_bytes(serialization.Encoding.DER)
    head = {"alg": "RS256", "typ": "JWT", "x5t": encoded(hashlib.sha1(der).digest())}
    now = int(time.time())
    standard = {
        "iss": client.sandbox.client_id,
        "sub": client.sandbox.client_id,
        "aud": f"{client.url}/{client.sandbox.tenant_id}/oauth2/v2.0/token",
        "nbf": now,
        "exp": now + 300,
        "jti": str(uuid.uuid4()),
    }
    signed = f"{encoded(head)}.{encoded(standard | claims)}"
    signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{encoded(signature)}"


def with_assertion(client: Client, text: str) -> Any:
    return client.token(
        client_secret=None, client_assertion=text, client_assertion_type=ASSERTION_TYPE
    )


def test_secret_grant_in_both_forms(powerbi: Client) -> None:
    answer = powerbi.token().json()
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 3599
    assert "refresh_token" not in answer
    form = {
        "grant_type": "client_credentials",
        "client_id": powerbi.sandbox.client_id,
        "client_secret": powerbi.sandbox.client_secret,
        "resource": "https://analysis.windows.net/powerbi/api",
    }
    endpoint = f"{powerbi.url}/{powerbi.sandbox.tenant_id}/oauth2/token"
    first = powerbi.session.post(endpoint, data=form).json()
    assert first["expires_in"] == "3599"


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 400, "unauthorized_client"),
        ({"scope": "https://graph.microsoft.com/.default"}, 400, "invalid_scope"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_refused_grants(powerbi: Client, changes: Any, status: int, error: str) -> None:
    answer = powerbi.token(**changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_assertion_grant(
    powerbi: Client, key: rsa.RSAPrivateKey, certificate: x509.Certificate
) -> None:
    refused = with_assertion(powerbi, assertion(powerbi, key, certificate))
    assert refused.status_code == 401
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    powerbi.session.post(f"{powerbi.url}/control/certificates", json={"pem": pem})
    text = assertion(powerbi, key, certificate)
    assert with_assertion(powerbi, text).json()["access_token"]
    assert with_assertion(powerbi, text).status_code == 401
    for wrong in (
        {"aud": "https://login.microsoftonline.com/other/oauth2/v2.0/token"},
        {"iss": "somebody"},
        {"exp": int(time.time()) - 10},
        {"jti": ""},
    ):
        assert with_assertion(powerbi, assertion(powerbi, key, certificate, **wrong)).status_code
        answer = with_assertion(powerbi, assertion(powerbi, key, certificate, **wrong))
        assert answer.json()["error"] == "invalid_client", wrong
    head, claims, signature = assertion(powerbi, key, certificate).split(".")
    forged = f"{head}.{claims}.{signature[:-6]}AAAAAA"
    assert with_assertion(powerbi, forged).status_code == 401
    assert with_assertion(powerbi, "no.token").status_code == 401


def test_tokens_expire_on_the_simulated_clock(powerbi: Client) -> None:
    assert powerbi.call("GET", "/groups").status_code == 200
    powerbi.sandbox.clock.advance(3600)
    expired = powerbi.call("GET", "/groups")
    assert (expired.status_code, expired.json()["error"]["code"]) == (403, "TokenExpired")
    powerbi.sandbox.set_switches(expired_token_status=401)
    assert powerbi.call("GET", "/groups").status_code == 401
    powerbi.authorise()
    assert powerbi.call("GET", "/groups").status_code == 200


def test_missing_and_unknown_tokens(powerbi: Client) -> None:
    powerbi.session.headers["Authorization"] = "Bearer nonsense"
    assert powerbi.call("GET", "/groups").status_code == 401
    del powerbi.session.headers["Authorization"]
    assert powerbi.call("GET", "/groups").status_code == 401


def test_service_principals_disabled(powerbi: Client) -> None:
    powerbi.sandbox.set_switches(service_principals_disabled=True)
    answer = powerbi.call("GET", "/groups")
    assert (answer.status_code, list(answer.json())) == (401, ["Message"])


def test_workspaces_and_roles(powerbi: Client) -> None:
    groups = {group["name"]: group for group in powerbi.call("GET", "/groups").json()["value"]}
    assert set(groups) >= {"Finance", "Board reports"}
    assert "Human resources" not in groups
    named = powerbi.call("GET", "/groups", params={"$filter": "name eq 'Finance'"}).json()
    assert [group["id"] for group in named["value"]] == [powerbi.workspace]
    tenant = f"{powerbi.url}/v1.0/{powerbi.sandbox.tenant_id}/groups"
    assert powerbi.session.get(tenant).status_code == 200
    identity = powerbi.create(ONE_TABLE)
    for workspace, status in (
        (powerbi.sandbox.foreign_workspace_id, 403),
        (str(uuid.uuid4()), 401),
    ):
        powerbi.workspace = workspace
        answer = powerbi.group("GET", "/datasets")
        assert answer.status_code == status
        assert answer.json()["error"]["code"] == "PowerBINotAuthorizedException"
    powerbi.workspace = powerbi.sandbox.viewer_workspace_id
    assert powerbi.group("GET", "/datasets").status_code == 200
    for answer in (
        powerbi.group("POST", "/datasets", json=ONE_TABLE),
        powerbi.query(identity, 'EVALUATE ROW("n", 1)'),
    ):
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "PowerBIEntityNotFound"


def test_members_of_an_own_workspace(powerbi: Client) -> None:
    made = powerbi.call("POST", "/groups", json={"name": "Scratch"}).json()
    powerbi.workspace = made["id"]
    user = {"identifier": "x", "principalType": "App", "groupUserAccessRight": "Viewer"}
    assert powerbi.group("POST", "/users", json=user).text == ""
    members = powerbi.group("GET", "/users").json()["value"]
    assert user in members
    assert powerbi.group("DELETE", "/users/x").status_code == 200
    assert powerbi.group("DELETE", "/users/x").status_code == 404
    wrong = user | {"groupUserAccessRight": "Owner"}
    assert powerbi.group("POST", "/users", json=wrong).status_code == 400


def test_no_secret_in_the_log(powerbi: Client) -> None:
    powerbi.token()
    powerbi.call("GET", "/groups")
    log = powerbi.session.get(f"{powerbi.url}/control/log").text
    assert powerbi.sandbox.client_secret not in log
    assert "Bearer" not in log
    assert '"operation":"groups.list"' in log
