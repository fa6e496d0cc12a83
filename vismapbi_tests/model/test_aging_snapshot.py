"""Evidence of the ageing: which days get a snapshot, once, and what it holds."""

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from vismapbi_assets.model import figures
from vismapbi_assets.model.transforms.aging_snapshot import bucket

from .computing import rows
from .states import (
    calendar_years,
    customer_invoice,
    inputs,
    paid,
    supplier_invoice,
    supplier_payment,
)

DOCUMENTS: dict[str, Any] = {
    "supplierInvoice": [
        supplier_invoice("I1", "2026-08-01", 100, 40, due="2026-08-31"),
        supplier_invoice("I2", "2026-09-05", 30, 30, due="2026-12-05"),
    ],
    "supplierPayment": [
        supplier_payment("P1", "2026-10-12", 60, 0, paid("I1", 60, "202610")),
        supplier_payment("M1", "2026-09-12", 5, 5, kind="Prepayment"),
    ],
    "customerInvoice": [customer_invoice("7", "2026-09-10", 80, 80, due="2026-09-20")],
}


def snapshot(as_of: date, held: pl.DataFrame | None = None, closed: str = "") -> pl.DataFrame:
    """The new rows; `closed` is the last period that both sub-ledgers have closed."""
    flags = [
        {
            **p,
            "closedInSupplierLedger": f"{p['year']}{p['period']}" <= closed,
            "closedInCustomerLedger": f"{p['year']}{p['period']}" <= closed,
        }
        for p in calendar_years(2025, 2027)
    ]
    given = inputs(as_of=as_of, financialPeriod=flags, **DOCUMENTS)
    tables = {name: rows(name, given) for name in ("ApLedger", "ArLedger")}
    if held is not None:
        tables["AgingSnapshot"] = held
    return rows(
        "AgingSnapshot", inputs(tables=tables, as_of=as_of, financialPeriod=flags, **DOCUMENTS)
    )


def days(found: pl.DataFrame) -> set[str]:
    return set(found["SnapshotDate"].cast(pl.String))


def test_a_closed_period_gets_its_snapshot_at_once() -> None:
    assert days(snapshot(date(2026, 10, 3), closed="202609")) == {"2026-09-30"}


def test_an_open_period_gets_it_when_the_next_one_has_ended() -> None:
    assert days(snapshot(date(2026, 10, 31))) == {"2026-08-31"}
    assert days(snapshot(date(2026, 11, 1))) == {"2026-09-30"}


def test_a_period_that_has_not_ended_has_none_even_if_it_is_closed() -> None:
    assert days(snapshot(date(2026, 9, 30), closed="202609")) == {"2026-08-31"}


def test_what_the_table_holds_is_not_delivered_again() -> None:
    first = snapshot(date(2026, 10, 3), closed="202609")
    assert snapshot(date(2026, 10, 20), held=first, closed="202609").height == 0
    later = snapshot(date(2026, 12, 2), held=first, closed="202611")
    assert days(later) == {"2026-10-31", "2026-11-30"}


def test_a_snapshot_is_the_balance_of_its_day_document_by_document() -> None:
    found = snapshot(date(2026, 10, 3), closed="202609")
    payables = found.filter(pl.col("Side") == "AP").sort("DocumentKey")
    assert payables["DocumentKey"].to_list() == ["no:Invoice:I1", "no:Invoice:I2"]
    assert payables["OpenBase"].to_list() == [100, 30]
    assert payables["DaysOverdue"].to_list() == [30, -66]
    assert payables["Bucket"].to_list() == ["1-30", "Not due"]
    assert set(payables["CustomerKey"]) == {"-"}
    ledger = rows("ApLedger", inputs(**DOCUMENTS))
    assert payables["OpenBase"].sum() == figures.balance(ledger, date(2026, 9, 30))
    receivables = found.filter(pl.col("Side") == "AR").row(0, named=True)
    assert (receivables["SupplierKey"], receivables["CustomerKey"]) == ("-", "no:C1")
    assert receivables["OpenBase"] == Decimal(80)


@pytest.mark.parametrize(
    ("overdue", "name"),
    [
        (-400, "Not due"),
        (0, "Not due"),
        (1, "1-30"),
        (30, "1-30"),
        (31, "31-60"),
        (60, "31-60"),
        (61, "61-90"),
        (90, "61-90"),
        (91, ">90"),
        (4000, ">90"),
    ],
)
def test_bucket_borders(overdue: int, name: str) -> None:
    """8.14: due on the day itself is not due; 1-30 includes day 30."""
    assert pl.DataFrame({"d": [overdue]}).select(bucket("d")).item() == name
