"""Pictures for the run log: drawn from published rows, for the tables that people look at."""

import base64
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

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
