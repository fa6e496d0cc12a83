"""The state of the sample companies: what the simulated service answers, decoded."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import polars as pl

from vismapbi_assets.model.inputs import CompanyInfo, Inputs
from vismapbi_assets.sandbox.visma.history import build_group
from vismapbi_assets.sandbox.visma.profiles import load_document
from vismapbi_assets.sandbox.visma.service import VismaSandbox
from vismapbi_assets.sandbox.visma.settings import ServiceSettings
from vismapbi_assets.visma.decode import decode_page
from vismapbi_assets.visma.entities.catalogue import CATALOGUE
from vismapbi_assets.visma.entities.declaration import Entity

ZONE = "Europe/Oslo"
EVERYTHING = "1990-01-01"


def sample_inputs(scale: float) -> Inputs:
    """The inputs of all sample companies; every list fits one page."""
    settings = ServiceSettings(caps=dict.fromkeys(CATALOGUE, 10**9))
    service = VismaSandbox(build_group(scale=scale), settings)
    companies = load_document()["companies"]
    frames: dict[str, list[pl.DataFrame]] = {name: [] for name in CATALOGUE}
    for company in companies:
        headers = {"authorization": f"Bearer {_token(service, company['tenant_id'])}"}
        for name, entity in CATALOGUE.items():
            for path, query, requested in _requests(entity, service, headers):
                answer = service.answer("GET", path, query, headers)
                assert answer.status == 200, (name, answer.body)
                body = answer.body if answer.body.startswith(b"[") else b"[" + answer.body + b"]"
                page = decode_page(
                    entity, body, zone=ZONE, company=company["key"], requested=requested
                )
                assert not page.rejects, page.rejects[0]
                frames[name].append(page.frame)
    return Inputs(
        {
            name: pl.concat(
                [pl.DataFrame(schema=CATALOGUE[name].state_schema), *found], how="diagonal"
            ).lazy()
            for name, found in frames.items()
        },
        {},
        tuple(CompanyInfo(c["key"], c["name"], "NOK") for c in companies),
        date(2026, 11, 15),
        ZONE,
    )


def of_company(whole: Inputs, company: CompanyInfo) -> Inputs:
    """The inputs as they would be with one company alone."""
    return Inputs(
        {
            name: frame.filter(pl.col("company") == company.key)
            for name, frame in whole.entities.items()
        },
        {},
        (company,),
        whole.as_of,
        whole.zone,
    )


def _token(service: VismaSandbox, tenant: str) -> str:
    secrets = load_document()["secrets"]
    form = {
        "grant_type": "client_credentials",
        "client_id": secrets["VISMA_CLIENT_ID"],
        "client_secret": secrets["VISMA_CLIENT_SECRET"],
        "scope": "vismanet_erp_service_api:read",
        "tenant_id": tenant,
    }
    body = service.answer("POST", "/connect/token", {}, {}, form).body
    return str(json.loads(body)["access_token"])


def _requests(
    entity: Entity, service: VismaSandbox, headers: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, str], dict[str, str]]]:
    query = {**entity.parameters, "pageNumber": "1", "pageSize": str(10**9)}
    if entity.name == "generalLedgerTransactions":
        return
    if entity.name == "dimension":
        yield f"{entity.path}/SUBACCOUNT", {}, {}
    elif entity.name == "budget":
        for branch in _list(service, headers, "/v1/branch"):
            for ledger in _list(service, headers, "/v1/ledger"):
                if ledger["balanceType"] == "Budget":
                    asked = {"branch": branch["number"], "ledger": ledger["number"]}
                    wanted = {**asked, "financialYear": "2026"}
                    yield entity.path, wanted, {"ledger": ledger["number"]}
    elif entity.delta == "floor":
        yield entity.path, {**query, "lastModifiedDateTime": EVERYTHING}, {}
    else:
        yield entity.path, query, {}


def _list(service: VismaSandbox, headers: Mapping[str, str], path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(service.answer("GET", path, {}, headers).body)
    return found
