"""Extraction against the simulated Visma.net: every entity, changes under way, faults, zones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from vismapbi_assets.sandbox.server import running_sandbox
from vismapbi_assets.sandbox.visma.faults import FAULTS
from vismapbi_assets.sandbox.visma.profiles import load_document
from vismapbi_assets.sandbox.visma.service import VismaSandbox
from vismapbi_assets.settings import load_settings
from vismapbi_assets.settings_shape import Company, Secret, Visma
from vismapbi_assets.store.store import Store
from vismapbi_assets.visma import errors
from vismapbi_assets.visma.client import VismaClient
from vismapbi_assets.visma.decode import decode_page
from vismapbi_assets.visma.entities.catalogue import CATALOGUE
from vismapbi_assets.visma.extract import extract
from vismapbi_assets.visma.extraction import Extraction, Options
from vismapbi_assets.visma.window import WHOLE, Window, changed_since
from vismapbi_tests.visma.doubles import TestClock

NO, SE = "nordvik", "solberg"
FIRST = ["branch", "ledger", "financialPeriod"]
NAMES = FIRST + [name for name in CATALOGUE if name not in FIRST]


class Bench:
    def __init__(self, visma: VismaSandbox, url: str, environ: dict[str, str], folder: Path):
        self.visma, self.url, self.environ = visma, url, environ
        self.store = Store(str(folder))
        self.runs = count(1)
        self.settings = load_settings(environ=environ)

    @contextmanager
    def client(self, company: str = NO, **changes: Any) -> Iterator[VismaClient]:
        known = self.settings.company(company)
        values = {f: getattr(known, f) for f in known.__struct_fields__} | changes
        visma = Visma(
            api_url=self.environ["VISMA_API_URL"], token_url=self.environ["VISMA_TOKEN_URL"],
            timeout_seconds=5.0, reserve_calls=0,
        )  # fmt: skip
        with VismaClient(
            visma, Company(**values), Secret(self.environ["VISMA_CLIENT_ID"]),
            Secret(self.environ["VISMA_CLIENT_SECRET"]), clock=FastClock(self.visma),
        ) as client:  # fmt: skip
            yield client

    def extract(
        self, client: VismaClient, name: str, window: Window = WHOLE, **more: Any
    ) -> Extraction:
        options = Options(
            **{"zone": "Europe/Oslo", "page_size": 50, "journal_page_size": 300}
            | {k: v for k, v in more.items() if k != "sweep"}
        )
        return extract(
            CATALOGUE[name], client.company, window, client=client, store=self.store,
            run_id=f"run-{next(self.runs)}", options=options, sweep=more.get("sweep", False),
        )  # fmt: skip

    def truth(self, name: str, company: str = NO) -> pl.DataFrame:
        """What the server answers in one piece; its keys are those of its own books."""
        entity = CATALOGUE[name]
        keys = decode_page(
            entity, self.visma.snapshot(company, name), zone="Europe/Oslo", company=company
        ).frame["key"]  # fmt: skip
        query = {**entity.parameters, **changed_since(entity.delta, None), "pageSize": "100000"}
        self.visma.configure(caps={name: 100_000})
        with self.client(company) as client:
            found = client.get(
                entity.path, query,
                lambda a: decode_page(entity, a.body, zone="Europe/Oslo", company=company),
            ).frame  # fmt: skip
        assert sorted(found["key"]) == sorted(keys)
        return found.select("key", "content_hash").sort("key")

    def state(self, name: str, company: str = NO) -> pl.DataFrame:
        rows = self.store.state(name).current(["company", "key", "content_hash"])
        ours = rows.filter(pl.col("company") == company).collect()
        return ours.select("key", "content_hash").sort("key")

    def agrees(self, name: str, company: str = NO) -> bool:
        return self.state(name, company).equals(self.truth(name, company))


class FastClock(TestClock):
    """Does not wait, but lets the server's limits believe that somebody did."""

    def __init__(self, visma: VismaSandbox) -> None:
        super().__init__()
        self.visma = visma

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.visma.set_clock(gateway_advance=seconds)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with running_sandbox(scale=0.05, seed=7) as sandbox:
        yield Bench(sandbox.visma, sandbox.visma_url, sandbox.environ, tmp_path / "store")


def test_every_entity_of_a_company_is_read_complete_and_equal_to_the_server(bench):
    with bench.client() as client:
        for name in NAMES:
            done = bench.extract(client, name)
            assert done.complete, (name, done.reason)
            assert (done.quarantined, done.held) == (0, 0), name
            if name not in ("generalLedgerTransactions", "budget", "dimension"):
                assert bench.agrees(name), name
        for name in NAMES:
            assert bench.extract(client, name, sweep=True).written == 0, name


@pytest.mark.parametrize(("order", "zone"), [("id", "UTC"), ("modified", "Europe/Oslo")])
def test_changes_between_pages_are_neither_lost_nor_doubled(bench, order, zone):
    names = ("supplierInvoice", "customerInvoice", "journalTransaction")
    bench.visma.configure(order=order, zone=zone)
    for name in names:
        for at, verb in enumerate(("create_supplier_invoice", "create_customer_invoice"), start=2):
            bench.visma.script(name, at, NO, verb)
        bench.visma.script(name, 4, NO, "restamp", entity=name)
        bench.visma.script(name, 5, NO, "work")
    with bench.client() as client:
        for name in names:
            done = bench.extract(client, name, page_size=30, journal_page_size=150, rereadings=8)
            assert done.complete, (name, done.reason)
        while True:  # changes may still be planned after one of the next requests
            swept = [bench.extract(client, name, sweep=True) for name in names]
            assert all(done.complete for done in swept)
            if not any(done.written for done in swept):
                break
        for name in names:
            assert bench.agrees(name), name


def test_rows_that_come_in_another_order_on_every_page_are_proved_or_nothing_is_claimed(bench):
    bench.visma.configure(order="shuffled")
    with bench.client() as client:
        patient = bench.extract(client, "supplierInvoice", page_size=40, rereadings=20)
        assert patient.complete, patient.reason
        swept = bench.extract(client, "supplierInvoice", page_size=40, sweep=True)
        assert swept.deleted == 0
    bench.visma.configure(order="id")
    assert bench.agrees("supplierInvoice")


HTTP_FAULTS = sorted(FAULTS.keys() - {"slow", "member", "missing_member"})


@pytest.mark.parametrize("after", [0, 2])
def test_faults_of_every_kind_cost_calls_and_nothing_else(bench, after):
    with bench.client() as client:
        for kind in HTTP_FAULTS:
            bench.visma.fault(kind, entity="supplierInvoice", after=after)
            retries = client.traffic.retries
            done = bench.extract(client, "supplierInvoice", sweep=True, page_size=20)
            assert done.complete, (kind, done.reason)
            assert client.traffic.retries > retries or kind == "unauthorized"
    assert bench.agrees("supplierInvoice")


def test_a_small_hourly_limit_is_never_exceeded_and_the_reading_goes_on_in_the_next_hour(bench):
    bench.visma.configure(rate_limit=6)
    hours = 0
    with bench.client() as client:
        while True:
            done = bench.extract(client, "journalTransaction", journal_page_size=150)
            hours += 1
            assert hours < 30
            if done.complete:
                break
            assert done.resume_at is not None
            wait = (done.resume_at - client.clock.now()).total_seconds() + 1
            client.clock.sleep(max(wait, 1))
        assert client.traffic.refusals == 0, "the headers were enough"
    assert hours > 2
    assert bench.agrees("journalTransaction")


def test_the_tenant_of_the_customer_is_told_from_that_of_the_company(bench):
    wrong = load_document()["companies"][0]["customer_tenant_id"]
    with bench.client(tenant_id=wrong) as client, pytest.raises(errors.WrongTenantError):
        bench.extract(client, "supplier")
    with (
        bench.client(tenant_id="nobody") as client,
        pytest.raises(errors.AuthenticationError, match="tenant"),
    ):
        bench.extract(client, "supplier")


def test_a_missing_licence_or_role_says_what_to_do(bench):
    bench.visma.configure(forbidden={NO: ["timeCard"]}, unlicensed=[SE])
    refused = pytest.raises(errors.PermissionDeniedError, match=r"visma\.exclude")
    for company in (NO, SE):
        with bench.client(company) as client, refused:
            bench.extract(client, "timeCard")


def test_a_day_of_changes_arrives_through_its_window(bench):
    names = [n for n in NAMES if n not in ("generalLedgerTransactions", "budget", "dimension")]
    with bench.client() as client:
        for name in names:
            bench.extract(client, name)
        newest = bench.store.state("journalTransaction").current(["modified_at"])
        since = newest.collect()["modified_at"].max()
        bench.visma.advance(days=1, company=NO)
        for name in names:
            done = bench.extract(client, name, Window(since))
            assert done.complete, (name, done.reason)
        missing = [name for name in names if not bench.agrees(name)]
        for name in missing:
            bench.extract(client, name, sweep=True)
            assert bench.agrees(name), name
    assert bench.store.state("journalTransaction").current(["key"]).collect().height > 0
    assert "journalTransaction" not in missing
    assert "supplierInvoice" not in missing
