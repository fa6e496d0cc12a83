"""A running simulated Visma.net for tests, a bare client for it, and the fixtures of both."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
import requests

from vismapbi_assets.sandbox.server import serving
from vismapbi_assets.sandbox.visma.app import build_visma_app
from vismapbi_assets.sandbox.visma.history import build_group
from vismapbi_assets.sandbox.visma.profiles import load_document
from vismapbi_assets.sandbox.visma.service import VismaSandbox

SCOPE = "vismanet_erp_service_api:read"
DOCUMENT = load_document()
COMPANIES = {entry["key"]: entry for entry in DOCUMENT["companies"]}


class Service:
    """The service and a client that reads it as one company."""

    def __init__(self, sandbox: VismaSandbox, url: str) -> None:
        self.sandbox = sandbox
        self.url = url
        self.session = requests.Session()
        self.token = ""

    def ask_token(self, **changes: str) -> requests.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": DOCUMENT["secrets"]["VISMA_CLIENT_ID"],
            "client_secret": DOCUMENT["secrets"]["VISMA_CLIENT_SECRET"],
            "scope": SCOPE,
            "tenant_id": COMPANIES["nordvik"]["tenant_id"],
        }
        return self.session.post(f"{self.url}/connect/token", data=form | changes, timeout=20)

    def login(self, company: str = "nordvik") -> None:
        answer = self.ask_token(tenant_id=COMPANIES[company]["tenant_id"])
        self.token = answer.json()["access_token"]

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> Any:
        marks = {"Authorization": f"Bearer {self.token}"} | (headers or {})
        return self.session.get(self.url + path, params=query, headers=marks, timeout=20)

    def rows(self, path: str, **query: Any) -> list[dict[str, Any]]:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.content, parse_float=Decimal)

    def pages(self, path: str, size: int, **query: Any) -> list[list[dict[str, Any]]]:
        found: list[list[dict[str, Any]]] = []
        while page := self.rows(path, pageNumber=len(found) + 1, pageSize=size, **query):
            found.append(page)
        return found

    def post(self, action: str, /, **wanted: Any) -> Any:
        answer = self.session.post(f"{self.url}/control/{action}", json=wanted, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def mutate(self, verb: str, /, company: str = "nordvik", **wanted: Any) -> Any:
        return self.post("mutate", company=company, verb=verb, **wanted)

    def snapshot(self, entity: str, company: str = "nordvik") -> Any:
        answer = self.session.get(
            f"{self.url}/control/snapshot",
            params={"company": company, "entity": entity},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        return json.loads(answer.content, parse_float=Decimal)


@contextmanager
def running(**group: Any) -> Iterator[Service]:
    sandbox = VismaSandbox(build_group(**group))
    with serving(build_visma_app(sandbox), 0) as url:
        sandbox.host = url
        service = Service(sandbox, url)
        with service.session:
            service.login()
            yield service


@pytest.fixture(scope="module")
def shared() -> Iterator[Service]:
    """One service for the tests of a module that only read."""
    with running(scale=0.3) as service:
        yield service


@pytest.fixture
def service() -> Iterator[Service]:
    """A service of its own, for tests that change or switch something."""
    with running(scale=0.1) as fresh:
        yield fresh
