"""The declarations against the sandbox over HTTP: two readings of one contract."""

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
import requests

from vismapbi_assets.sandbox.server import running_sandbox
from vismapbi_assets.visma.decode import decode_page
from vismapbi_assets.visma.entities.catalogue import CATALOGUE
from vismapbi_assets.visma.entities.declaration import Entity

QUERIES: dict[str, dict[str, str]] = {
    "journalTransaction": {"lastModifiedDateTime": "2000-01-01"},
    "generalLedgerBalance": {"lastModifiedDateTime": "2000-01-01"},
    "generalLedgerTransactions": {"ledger": "1"},
    "budget": {"branch": "1", "ledger": "2", "financialYear": "2026"},
}


class Api:
    """The sandbox's Visma.net for one company."""

    def __init__(self, environ: dict[str, str]) -> None:
        companies = files("vismapbi_assets.sandbox").joinpath("companies.toml").read_text("utf-8")
        self.url = environ["VISMA_API_URL"]
        grant = {
            "grant_type": "client_credentials",
            "client_id": environ["VISMA_CLIENT_ID"],
            "client_secret": environ["VISMA_CLIENT_SECRET"],
            "scope": "vismanet_erp_service_api:read",
            "tenant_id": tomllib.loads(companies)["companies"][0]["tenant_id"],
        }
        token = requests.post(environ["VISMA_TOKEN_URL"], data=grant, timeout=10).json()
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token['access_token']}"

    def get(self, path: str, **query: Any) -> requests.Response:
        answer = self.session.get(self.url + path, params=query, timeout=30)
        answer.raise_for_status()
        return answer

    def page(self, entity: Entity) -> bytes:
        query = {**entity.parameters, **QUERIES.get(entity.name, {})}
        path = entity.path
        if entity.detail:
            path = entity.detail.format(id=self.get(path).json()[0])
        elif not entity.whole:
            query |= {"pageNumber": "1", "pageSize": "500"}
        return self.get(path, **query).content


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with running_sandbox(scale=0.1) as sandbox:
        yield Api(sandbox.environ)


@pytest.mark.parametrize("entity", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_every_document_of_the_sandbox_is_accepted(api: Api, entity: Entity) -> None:
    requested = {name: QUERIES[entity.name][name] for name in entity.requested}
    found = decode_page(
        entity, api.page(entity), zone="Europe/Oslo", company="no", requested=requested
    )
    assert found.frame.height > 0
    assert found.rejects == ()
    assert found.frame["key"].is_unique().all() or entity.paging == "line"
    surprises = [what for what in found.drift if not what.startswith("new member")]
    assert surprises == []
