"""Figures of a report that no worked example asks for, and what they do with nothing."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from vismapbi_assets.model import document_figures, figures, statements
from vismapbi_assets.model.semantic_model import TABLE

from .computing import rows
from .states import inputs, paid, supplier_invoice, supplier_payment

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def empty(table: str) -> pl.DataFrame:
    return pl.DataFrame(schema=TABLE[table].schema)


def test_the_suppliers_with_most_purchases_and_how_punctually_they_are_paid() -> None:
    given = inputs(
        supplier=[{"number": "V1", "name": "Steel"}, {"number": "V2", "name": "Freight"}],
        supplierInvoice=[
            supplier_invoice("I1", "2026-03-01", 100, 0, due="2026-03-31"),
            supplier_invoice("I2", "2026-03-02", 50, 0, due="2026-03-31"),
            supplier_invoice("I3", "2026-03-03", 900, 900, supplier_number="V2"),
            supplier_invoice("I4", "2026-03-03", 5000, 5000, supplier_number="V2", status="Hold"),
        ],
        supplierPayment=[
            supplier_payment("P1", "2026-03-30", 100, 0, paid("I1", 100, "202603")),
            supplier_payment("P2", "2026-04-02", 50, 0, paid("I2", 50, "202604")),
        ],
    )
    documents, suppliers = rows("SupplierInvoice", given), rows("Supplier", given)
    assert document_figures.top_suppliers(documents, suppliers, *YEAR).rows() == [
        ("no:V2", "V2 Freight", Decimal(900), None),
        ("no:V1", "V1 Steel", Decimal(150), 0.5),
    ]
    assert document_figures.top_suppliers(documents, suppliers, *YEAR, count=1).height == 1


def test_a_supplier_that_a_correction_has_left_is_not_listed() -> None:
    moved = pl.DataFrame(
        {
            "SupplierKey": ["no:V1", "no:V1", "no:V2"],
            "DocumentType": ["Invoice"] * 3,
            "IsReleased": [True] * 3,
            "DocumentDate": [date(2026, 3, 1)] * 3,
            "NetBase": [Decimal(10), Decimal(-10), Decimal(10)],
            "RowDelta": [1, -1, 1],
        }
    )
    assert document_figures.spend(moved, *YEAR).rows() == [("no:V2", Decimal(10))]


def test_nothing_gives_nothing() -> None:
    ledger = empty("ApLedger")
    assert figures.balance(ledger, date(2026, 1, 1)) == 0
    assert figures.aging(ledger, date(2026, 1, 1))["AmountBase"].to_list() == [0] * 5
    assert figures.days_outstanding(ledger, date(2026, 1, 1), figures.AP_INVOICING) is None
    assert figures.days_overdue(ledger, date(2026, 1, 1)) is None
    found = document_figures.settlement(empty("SupplierInvoice"))
    assert (found.invoices, found.on_time_share, found.average_days) == (0, None, None)
    waiting = document_figures.unposted(empty("UnpostedDocument"), date(2026, 1, 1))
    assert (waiting.documents, waiting.amount, waiting.average_age) == (0, 0, None)


def test_rates_that_were_reversed_do_not_count() -> None:
    ledger = rows(
        "ApLedger",
        inputs(
            supplierInvoice=[
                supplier_invoice("I1", "2026-08-01", 10, 10, currency="EUR", rate="11")
            ]
        ),
    )
    rates = pl.DataFrame(
        {
            "CurrencyId": ["EUR"] * 4,
            "RateDate": [date(2026, 9, 1)] * 3 + [date(2026, 8, 1)],
            "RateToBase": [99.0, 99.0, 11.9, 10.0],
            "RowDelta": [1, -1, 1, 1],
        }
    )
    assert figures.revalued(ledger, rates, date(2026, 10, 1)) == 119
    assert figures.revalued(ledger, rates, date(2026, 7, 31)) == 0
    assert figures.revalued(ledger, rates.clear(), date(2026, 10, 1)) == 110


def test_a_day_before_the_calendar_is_refused_with_its_reason() -> None:
    book = statements.Books(pl.LazyFrame(), {2026: date(2026, 1, 1)})
    assert book.year_of(date(2026, 5, 5)) == 2026
    with pytest.raises(ValueError, match="2025-12-31 lies before the first financial year"):
        book.year_of(date(2025, 12, 31))
