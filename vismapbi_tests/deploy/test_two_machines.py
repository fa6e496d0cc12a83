"""Two machines load one company each at the same time, with only PostgreSQL and an object store
in common; what Power BI holds afterwards is held against the books of the ERP.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import psycopg2
import pytest

from vismapbi_assets.cli.main import EXIT_AGAIN_LATER
from vismapbi_assets.cli.proof import compare
from vismapbi_assets.model.semantic_model import TABLES
from vismapbi_assets.pipeline.ends import powerbi_client
from vismapbi_assets.sandbox.server import Sandbox, running_sandbox
from vismapbi_assets.settings import load_settings
from vismapbi_tests.deploy.machines import ROOT, Machine, running_postgres, s3_environment
from vismapbi_tests.store.s3 import Bucket, running_bucket

pytestmark = pytest.mark.postgres

COMPANIES = ("nordvik", "solberg")
PATIENCE = 600
ROUNDING = Decimal("0.05")
"""Less than any document: partly paid documents in foreign currency may differ by hundredths, which
the finance checks judge; here lost and doubled rows are looked for."""
DOCUMENTS = {"SupplierInvoice": "supplierInvoice"}


class Site:
    """Two machines, what they share, and how their work ended."""

    def __init__(self, sandbox: Sandbox, bucket: Bucket, machines: list[Machine]) -> None:
        self.sandbox, self.bucket, self.machines = sandbox, bucket, machines
        self.codes: dict[str, int] = {}

    def dataset(self) -> str:
        (found,) = [
            i for i, d in self.sandbox.powerbi.datasets.items() if d.name == "Visma Finance"
        ]
        return found

    def net(self, table: str, *key: str) -> pl.DataFrame:
        """The rows of a table in Power BI whose deltas do not cancel out, with their sum."""
        rows = self.sandbox.powerbi.rows(self.dataset(), table)
        if "RowDelta" not in rows.columns:
            rows = rows.with_columns(RowDelta=pl.lit(1))
        return rows.group_by(key).agg(pl.col("RowDelta").sum()).filter(pl.col("RowDelta") != 0)

    def snapshot(self, entity: str) -> list[tuple[str, dict[str, Any]]]:
        """What the ERP holds, straight from the sandbox."""
        return [
            (company, record)
            for company in COMPANIES
            for record in json.loads(self.sandbox.visma.snapshot(company, entity))
        ]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    now = datetime.now(UTC)
    with (
        running_sandbox(scale=0.03, start=now) as sandbox,
        running_bucket() as (bucket, options),
        running_postgres() as database,
    ):
        shared = {
            **sandbox.environ,
            **database,
            **s3_environment(options),
            "VISMAPBI_STORE": "s3://b/store",
        }
        machines = [
            Machine.set_up(
                folder / f"machine-{number}",
                first_day=now.date() - timedelta(days=5),
                shared=shared,
                instance=ROOT / "deploy" / "postgres" / "dagster.yaml",
            )
            for number in (1, 2)
        ]
        yield Site(sandbox, bucket, machines)


@pytest.fixture(scope="module")
def loaded(site: Site) -> Site:
    """Both machines load at the same time, then one of them goes on where they stopped."""
    working = [
        (machine, machine.start("sync", "--json", "--company", company))
        for machine, company in zip(site.machines, COMPANIES, strict=True)
    ]
    for machine, process in working:
        site.codes[machine.name] = process.wait(PATIENCE)
    for machine in site.machines:
        assert site.codes[machine.name] in (0, EXIT_AGAIN_LATER), machine.output + machine.errors
        told = json.loads(machine.output)
        assert site.codes[machine.name] == (0 if told["delivered"] else EXIT_AGAIN_LATER)
        assert not any(run["errors"] for run in told["runs"])
        assert told["delivered"] == (told["resume_at"] is None)
    last = site.machines[0]
    assert last.start("sync", "--json").wait(PATIENCE) == 0, last.output + last.errors
    return site


def test_workers_end_clearly_and_work_where_they_stand(loaded: Site) -> None:
    for machine in loaded.machines:
        left = {path.name for path in (machine.folder / "work").iterdir()}
        assert left == {"vismapbi.toml"}
        assert not list((machine.folder / "dagster").rglob("*.db"))
    assert any(key.startswith("store/") for key in loaded.bucket.objects)


def test_both_machines_wrote_one_history(loaded: Site) -> None:
    named = loaded.machines[0].environ
    connection = psycopg2.connect(
        host=named["DAGSTER_PG_HOST"],
        port=named["DAGSTER_PG_PORT"],
        dbname=named["DAGSTER_PG_DB"],
        user=named["DAGSTER_PG_USERNAME"],
        password=named["DAGSTER_PG_PASSWORD"],
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT status, count(*) FROM runs GROUP BY status")
        found = dict(cursor.fetchall())
    connection.close()
    assert set(found) == {"SUCCESS"}
    assert found["SUCCESS"] >= 4


def test_every_row_is_there_once(loaded: Site) -> None:
    counted = 0
    for table in TABLES:
        if table.key:
            net = loaded.net(table.name, *table.key)
            assert set(net["RowDelta"]) <= {1}, table.name
            counted += net.height
    assert counted > 1000


def test_documents_are_those_of_the_erp(loaded: Site) -> None:
    for table, entity in DOCUMENTS.items():
        wanted = {
            f"{company}:{record['documentType']}:{record['referenceNumber']}"
            for company, record in loaded.snapshot(entity)
        }
        assert set(loaded.net(table, "DocumentKey")["DocumentKey"]) == wanted, table


def test_totals_are_those_of_the_erp(loaded: Site) -> None:
    machine = loaded.machines[0]
    settings = load_settings(machine.folder / "work" / "vismapbi.toml", machine.environ)
    lines = compare(
        settings,
        loaded.sandbox.visma_url,
        powerbi_client(settings),
        loaded.dataset(),
        settings.today(),
    )
    assert [line for line in lines if abs(line.erp - line.powerbi) > ROUNDING] == []
    assert all(line.erp for line in lines)
