"""Pictures for the run log: drawn from published rows, for the tables that people look at."""

import base64
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from vismapbi_assets.orchestration.table_assets import outcome_plots
from vismapbi_assets.pipeline.publication import Outcome
from vismapbi_assets.report.plots import plots_of
from vismapbi_assets.store import Store

DAY = date(2026, 11, 23)


@pytest.fixture
def store(tmp_path):
    made = Store(str(tmp_path / "store"))
    amounts = pl.Series("AmountBase", [Decimal("10.50"), Decimal("-2.25")], pl.Decimal(19, 4))
    technical = {
        "row_key": ["a", "b"],
        "parent": [None, None],
        "row_hash": ["1", "2"],
        "push_batch_id": [1, 1],
        "loaded_at": [None, None],
    }
    ledger = pl.DataFrame(
        technical
        | {
            "EntryDate": [DAY, DAY],
            "AgingDate": [DAY, date(2026, 10, 1)],
            "IsPrepayment": [False, False],
            "AmountBase": amounts,
        },
        schema_overrides={"parent": pl.String, "loaded_at": pl.Datetime("us", "UTC")},
    )
    journal = ledger.select(
        *technical, FinancialPeriodKey=pl.Series(["-", "202611"]), DebitBase="AmountBase"
    )
    made.published("ApLedger").replace([ledger], plan=1)
    made.published("JournalLine").replace([journal], plan=1)
    return made


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("ApLedger", {"ageing"}),
        ("JournalLine", {"rows_per_period", "amount_per_period"}),
        ("Account", set()),
    ],
)
def test_pictures_are_images_within_markdown(store, table, names):
    found = plots_of(store, table, DAY)
    assert set(found) == names
    for text in found.values():
        head, _, data = text.partition("](data:image/png;base64,")
        assert head.startswith(f"![{table}")
        assert base64.b64decode(data.removesuffix(")")).startswith(b"\x89PNG")


@dataclass
class Bench:
    store: Store

    def as_of(self):
        return DAY


def test_only_tables_that_moved_are_drawn(store):
    outcome = Outcome(
        table="ApLedger",
        run_id="r",
        at=datetime(2026, 11, 23, tzinfo=UTC),
        status="ok",
        action="append",
        reason="",
        verified=True,
        rows=2,
        rows_posted=2,
        posts=1,
        rejected=0,
        control_total=None,
    )
    drawn = outcome_plots(Bench(store), outcome)
    assert drawn["ageing"].md_str.startswith("![ApLedger: open amount by days overdue")
    assert outcome_plots(Bench(store), replace(outcome, action="nothing")) == {}
    assert outcome_plots(Bench(store), replace(outcome, rows=0)) == {}
