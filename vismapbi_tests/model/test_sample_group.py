"""The sample group, read through the wire and decoded, satisfies every finance check.

The simulated ERP keeps its books its own way and shares no code with the model: sub-ledgers that
equal their control accounts and a journal that equals the ERP's balances are no coincidence.
"""

from datetime import date

import polars as pl
import pytest

from vismapbi_assets.model.checks import FINANCE_CHECKS, FinanceCheck
from vismapbi_assets.model.inputs import CompanyInfo, Inputs
from vismapbi_assets.sandbox.visma.history import build_group
from vismapbi_assets.sandbox.visma.listing import Listings
from vismapbi_assets.sandbox.visma.resources import RESOURCES
from vismapbi_assets.sandbox.visma.settings import ServiceSettings
from vismapbi_assets.visma.decode import decode_page
from vismapbi_assets.visma.entities.catalogue import CATALOGUE

from .computing import published

EVERYTHING = {
    "pageSize": "1000000",
    "lastModifiedDateTime": "2000-01-01T00:00:00",
    "fromDate": "2000-01-01",
    "toDate": "2030-12-31",
}
LOOPED = ("dimension", "budget", "generalLedgerTransactions")
"""Entities that are asked for element by element; no check needs them."""


def _read() -> Inputs:
    group = build_group(scale=0.05)
    frames: dict[str, list[pl.DataFrame]] = {name: [] for name in CATALOGUE}
    for key, company in group.items():
        service = ServiceSettings()
        service.caps = dict.fromkeys(RESOURCES, 1_000_000)
        listings = Listings(company.books, service)
        for name in CATALOGUE.keys() - set(LOOPED):
            entity = CATALOGUE[name]
            page = listings.page(RESOURCES[name], {**entity.parameters, **EVERYTHING})
            decoded = decode_page(entity, page.body, zone="Europe/Oslo", company=key)
            assert not decoded.rejects, decoded.rejects[0]
            frames[name].append(decoded.frame)
    entities = {
        name: pl.concat([pl.DataFrame(schema=entity.state_schema), *frames[name]]).lazy()
        for name, entity in CATALOGUE.items()
    }
    companies = tuple(CompanyInfo(key, c.profile.name, "NOK") for key, c in group.items())
    return Inputs(entities, {}, companies, date(2026, 11, 20), "Europe/Oslo")


@pytest.fixture(scope="module")
def group() -> Inputs:
    return published(_read())


@pytest.mark.parametrize("check", FINANCE_CHECKS, ids=lambda check: check.name)
def test_the_sample_group_satisfies_every_check(group: Inputs, check: FinanceCheck) -> None:
    outcome = check.evaluate(group)
    assert outcome.passed, outcome


@pytest.mark.parametrize("ledger", ["ApLedger", "ArLedger"])
def test_the_ledgers_hold_every_kind_of_event_and_none_from_the_future(
    group: Inputs, ledger: str
) -> None:
    rows = group.table(ledger).collect()
    assert {"Document", "Application", "Void", "Discount"} <= set(rows["EntryType"])
    assert rows["EntryDate"].max() <= group.as_of  # type: ignore[operator]
