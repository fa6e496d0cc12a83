"""Every row of the worked examples: CSV to state frames, the transforms, and what measures mean.

Where the package computes a figure, the figure is asked; the rest is a few sums written down here
from the meaning of the measure. Rows that begin with WRONG show what a usual mistake yields: the
mistake is made here too, gives that number, and the right way does not.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import polars as pl
import pytest

from vismapbi_assets.model import document_figures, figures, statements
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.semantic_model import TABLE

from .computing import published
from .examples import example_inputs

FOLDER = Path(__file__).parents[1] / "finance_examples"
DATA_DATE = date(2026, 11, 15)
Number = Decimal | float | int | None


@dataclass(frozen=True)
class Example:
    """One row of expected.csv."""

    id: str
    measure: str
    as_of: date | None
    first: date | None
    last: date | None
    filter: str
    expected: Decimal
    tolerance: Decimal

    @property
    def column(self) -> str:
        return self.filter.partition("=")[0]

    @property
    def value(self) -> str:
        return self.filter.partition("=")[2]

    @property
    def day(self) -> date:
        """The last visible day, never later than the data."""
        day = self.as_of or self.last
        assert day is not None
        return min(day, DATA_DATE)

    @property
    def span(self) -> tuple[date, date]:
        assert self.first is not None
        assert self.last is not None
        return self.first, self.last

    @property
    def book_day(self) -> date:
        """The last visible day; books are not cut at the data date."""
        day = self.as_of or self.last
        assert day is not None
        return day


def _examples() -> list[Example]:
    with (FOLDER / "expected.csv").open(encoding="utf-8", newline="") as file:
        return [
            Example(
                row["ExampleId"],
                row["Measure"],
                *(
                    date.fromisoformat(row[name]) if row[name] else None
                    for name in ("AsOfDate", "PeriodFrom", "PeriodTo")
                ),
                row["Filter"],
                Decimal(row["Expected"]),
                Decimal(row["Tolerance"]),
            )
            for row in csv.DictReader(file)
        ]


class Company:
    """The published tables of the example company, narrowed the way an example filters them."""

    def __init__(self, given: Inputs, example: Example) -> None:
        self._given = given
        self._example = example

    def table(self, name: str) -> pl.LazyFrame:
        rows = self._given.table(name)
        column, value = self._example.column, self._example.value
        if column in ("Bucket", "ReportGroup", "") or column not in TABLE[name].schema:
            return rows
        wanted = f"no:{value}" if column.endswith("Key") else value
        return rows.filter(pl.col(column) == wanted)

    @cached_property
    def books(self) -> statements.Books:
        return statements.books(
            self.table("JournalLine"),
            self._given.table("Account"),
            self._given.table("Ledger"),
            self._given.table("Dates"),
        )

    @cached_property
    def calendar(self) -> pl.DataFrame:
        return self._given.table("Dates").collect()

    def moved(self, first: date, last: date, **place: str) -> Decimal:
        """Debit less credit of the lines of a place in the statements."""
        lines = self.books.between(first, last)
        for column, value in place.items():
            lines = lines.filter(pl.col(column) == value)
        return figures.total(lines)

    def year_to(self, day: date) -> tuple[date, date]:
        return self.books.year_start[self.books.year_of(day)], day

    def twelve_periods_to(self, day: date) -> tuple[date, date]:
        index = self.calendar.filter(pl.col("Date") == day)["FinancialPeriodIndex"].item()
        span = self.calendar.filter(pl.col("FinancialPeriodIndex").is_between(index - 11, index))[
            "Date"
        ]
        return span.to_list()[0], span.to_list()[-1]

    def revenue_last_year(self, first: date, last: date) -> Decimal:
        """Like for like: the same days of the same periods, up to the data date."""
        days = self.calendar.filter(
            pl.col("Date").is_between(first, min(last, DATA_DATE)),
            pl.col("PriorYearDate").is_not_null(),
        )
        spans = days.group_by("FinancialPeriodIndex").agg(
            First=pl.col("PriorYearDate").min(), Last=pl.col("PriorYearDate").max()
        )
        return sum(
            (
                statements.revenue(self.books, start, end)
                for start, end in spans.select("First", "Last").iter_rows()
            ),
            Decimal(0),
        )

    def budget(self, first: date, last: date, group: str | None = "Revenue") -> Decimal:
        rows = self.table("Budget").filter(pl.col("PeriodEndDate").is_between(first, last))
        accounts = self._given.table("Account").select("AccountKey", "ReportGroup", "Statement")
        rows = rows.join(accounts, on="AccountKey").filter(pl.col("Statement") == "ProfitLoss")
        if group:
            rows = rows.filter(pl.col("ReportGroup") == group)
        return figures.total(rows, "AmountNatural")

    def actual(self, first: date, last: date) -> Decimal:
        """Movement of income statement accounts in their natural sign."""
        lines = self.books.between(first, last).filter(pl.col("Statement") == "ProfitLoss")
        natural = pl.col("NaturalSign") * pl.col("AmountBase")
        return figures.total(lines.with_columns(Natural=natural), "Natural")

    def days(self, first: date, last: date) -> int:
        return (min(last, DATA_DATE) - first).days + 1

    def in_trial_balance(self, first: date, last: date, column: str) -> Decimal:
        return figures.total(statements.trial_balance(self.books, first, last), column)

    def on_receipts(self, numerator: str) -> float:
        received = self.table("PurchaseReceiptLine").select(
            pl.col(numerator, "LeadTimeQty").cast(pl.Float64).sum()
        )
        amount, quantity = received.collect().row(0)
        return float(amount / quantity)

    def hours(self, first: date, last: date, column: str = "Hours") -> float:
        cards = self.table("TimecardLine").filter(
            "IsEffective", pl.col("WorkDate").is_between(first, last)
        )
        return float(cards.select(pl.col(column).sum()).collect().item())

    @cached_property
    def waiting(self) -> pl.LazyFrame:
        """Without purchase receipts, which have a status of their own."""
        return self.table("UnpostedDocument").filter(pl.col("Area") != "PO receipt")


def _per_side(side: str, ledger: str, types: tuple[str, ...]) -> dict[str, Meaning]:
    def bucket(name: str) -> Meaning:
        return lambda c, e: _bucket(figures.aging(c.table(ledger), e.day), name)

    def over(days: int) -> Meaning:
        return lambda c, e: figures.days_outstanding(c.table(ledger), e.day, types, days)

    def invoiced(days: int) -> Meaning:
        return lambda c, e: figures.invoiced(c.table(ledger), e.day, days, types)

    outstanding = {"AP": "DPO", "AR": "DSO"}[side]
    return {
        f"{side} Balance": lambda c, e: figures.balance(c.table(ledger), e.day),
        f"{side} Aging": lambda c, e: _bucket(figures.aging(c.table(ledger), e.day), e.value),
        f"{side} 1-30": bucket("1-30"),
        f"{side} 61-90": bucket("61-90"),
        f"{side} Over 90": bucket(">90"),
        f"{side} Overdue": lambda c, e: figures.overdue(c.table(ledger), e.day),
        f"{side} Overdue %": lambda c, e: figures.divide(
            figures.overdue(c.table(ledger), e.day), figures.balance(c.table(ledger), e.day)
        ),
        f"{side} Prepayments": lambda c, e: figures.balance(
            c.table(ledger), e.day, prepayments=True
        ),
        f"{side} Unapplied Credits": lambda c, e: figures.balance(
            c.table(ledger).filter("IsUnappliedCredit"), e.day
        ),
        f"{side} Days Overdue": lambda c, e: figures.days_overdue(c.table(ledger), e.day),
        f"{side} Balance (currency)": lambda c, e: figures.total(
            figures.open_items(c.table(ledger), e.day), "AmountCurrency"
        ),
        f"{side} Balance (revalued)": lambda c, e: figures.revalued(
            c.table(ledger), c.table("ExchangeRate"), e.day
        ),
        f"{side} Falling Due": lambda c, e: figures.falling_due(
            c.table(ledger), DATA_DATE, *e.span
        ),
        f"{side} Invoiced Trailing 365": invoiced(365),
        f"{side} Invoiced Trailing 90": invoiced(90),
        outstanding: over(365),
        f"{outstanding} 90": over(90),
    }


def _bucket(aging: pl.DataFrame, name: str) -> Decimal:
    return figures.total(aging.filter(pl.col("Bucket") == name))


def _control(company: Company, group: str, day: date) -> Decimal:
    return statements.control_balance(company.books, group, day)


def _of_group(company: Company, group: str, day: date) -> Decimal:
    return figures.total(company.books.until(day).filter(pl.col("ReportGroup") == group))


Meaning = Callable[[Company, Example], Number]

MEANING: dict[str, Meaning] = {
    **_per_side("AP", "ApLedger", figures.AP_INVOICING),
    **_per_side("AR", "ArLedger", figures.AR_INVOICING),
    "Settled Invoices": lambda c, e: _settlement(c, e).invoices,
    "On-time Payment Share": lambda c, e: _settlement(c, e).on_time_share,
    "On-time Payment Share (amount)": lambda c, e: _settlement(c, e).on_time_share_by_amount,
    "Average Days to Pay": lambda c, e: _settlement(c, e).average_days,
    "Average Days to Pay (amount)": lambda c, e: _settlement(c, e).average_days_by_amount,
    "Supplier Spend": lambda c, e: figures.total(
        document_figures.spend(c.table("SupplierInvoice"), *e.span), "NetBase"
    ),
    "Supplier Spend Share": lambda c, e: figures.divide(
        figures.total(document_figures.spend(c.table("SupplierInvoice"), *e.span), "NetBase"),
        figures.total(
            document_figures.spend(c._given.table("SupplierInvoice"), *e.span), "NetBase"
        ),
    ),
    "PO Lead Time (days)": lambda c, e: c.on_receipts("LeadTimeWeighted"),
    "PO On-time Delivery Share": lambda c, e: c.on_receipts("OnTimeQty"),
    "Open PO Amount": lambda c, e: figures.total(c.table("PurchaseOrderLine"), "OpenBase"),
    "Revenue": lambda c, e: statements.revenue(c.books, *e.span),
    "Revenue PTD": lambda c, e: statements.revenue(c.books, e.span[1].replace(day=1), e.span[1]),
    "Revenue YTD": lambda c, e: statements.revenue(c.books, *c.year_to(e.span[1])),
    "Revenue PY": lambda c, e: c.revenue_last_year(*e.span),
    "Revenue YoY %": lambda c, e: figures.divide(
        statements.revenue(c.books, e.span[0], min(e.span[1], DATA_DATE))
        - c.revenue_last_year(*e.span),
        c.revenue_last_year(*e.span),
    ),
    "Revenue R12": lambda c, e: statements.revenue(c.books, *c.twelve_periods_to(e.span[1])),
    "COGS": lambda c, e: statements.group(c.books, "Cost of goods sold", *e.span),
    "Gross Margin": lambda c, e: _margin(c, e),
    "Gross Margin %": lambda c, e: figures.divide(
        _margin(c, e), statements.revenue(c.books, *e.span)
    ),
    "Cash Position": lambda c, e: statements.cash_position(c.books, e.book_day),
    "Cash In": lambda c, e: statements.cash_flow(c.books, *e.span)[0],
    "Cash Out": lambda c, e: statements.cash_flow(c.books, *e.span)[1],
    "Net Cash Flow": lambda c, e: (
        statements.cash_flow(c.books, *e.span)[0] - statements.cash_flow(c.books, *e.span)[1]
    ),
    "TB Opening": lambda c, e: c.in_trial_balance(*e.span, "Opening"),
    "TB Debit": lambda c, e: c.in_trial_balance(*e.span, "Debit"),
    "TB Credit": lambda c, e: c.in_trial_balance(*e.span, "Credit"),
    "TB Closing": lambda c, e: c.in_trial_balance(*e.span, "Closing"),
    "GL Movement": lambda c, e: c.moved(*e.span),
    "Result for the Year": lambda c, e: statements.equity(c.books, e.book_day).result,
    "Prior Years Result (not journalled)": lambda c, e: (
        statements.equity(c.books, e.book_day).earlier_results
    ),
    "Posted Equity": lambda c, e: statements.equity(c.books, e.book_day).posted,
    "Total Equity": lambda c, e: statements.equity(c.books, e.book_day).total,
    "Total Assets": lambda c, e: statements.assets(c.books, e.book_day),
    "Total Liabilities": lambda c, e: statements.liabilities(c.books, e.book_day),
    "Balance Sheet Check": lambda c, e: statements.balance_sheet_check(c.books, e.book_day),
    "Balance Sheet": lambda c, e: figures.total(
        statements.balance_sheet(c.books, e.book_day).filter(pl.col("ReportGroup") == e.value),
        "Amount",
    ),
    "Profit and Loss": lambda c, e: figures.total(
        statements.profit_and_loss(c.books, *e.span), "Amount"
    ),
    "Budget Revenue": lambda c, e: c.budget(*e.span),
    "Budget Revenue YTD": lambda c, e: c.budget(*c.year_to(e.span[1])),
    "Revenue vs Budget": lambda c, e: statements.revenue(c.books, *e.span) - c.budget(*e.span),
    "Revenue vs Budget %": lambda c, e: figures.divide(
        statements.revenue(c.books, *e.span) - c.budget(*e.span), c.budget(*e.span)
    ),
    "Actual vs Budget": lambda c, e: c.actual(*e.span) - c.budget(*e.span, group=None),
    "DPO (GL)": lambda c, e: (
        -_of_group(c, "Payables", e.span[1])
        / c.moved(*e.span, ReportGroup="Cost of goods sold")
        * c.days(*e.span)
    ),
    "DSO (GL)": lambda c, e: (
        _of_group(c, "Receivables", e.span[1])
        / statements.revenue(c.books, *e.span)
        * c.days(*e.span)
    ),
    "AP vs GL": lambda c, e: (
        figures.balance(c.table("ApLedger"), e.day) + _control(c, "Payables", e.day)
    ),
    "AR vs GL": lambda c, e: (
        figures.balance(c.table("ArLedger"), e.day) - _control(c, "Receivables", e.day)
    ),
    "Days In Selection": lambda c, e: c.days(*e.span),
    "Unposted Documents": lambda c, e: document_figures.unposted(c.waiting, DATA_DATE).documents,
    "Unposted Amount": lambda c, e: document_figures.unposted(c.waiting, DATA_DATE).amount,
    "Unposted Age (days)": lambda c, e: document_figures.unposted(c.waiting, DATA_DATE).average_age,
    "Worked Hours": lambda c, e: c.hours(*e.span),
    "Invoiceable Share": lambda c, e: c.hours(*e.span, "InvoiceableHours") / c.hours(*e.span),
}


def _settlement(company: Company, example: Example) -> document_figures.Settlement:
    return document_figures.settlement(
        company.table("SupplierInvoice"), example.first, example.last
    )


def _margin(company: Company, example: Example) -> Decimal:
    revenue = statements.revenue(company.books, *example.span)
    return revenue - statements.group(company.books, "Cost of goods sold", *example.span)


def _versions(name: str, example: Example) -> pl.DataFrame:
    rows = pl.read_csv(FOLDER / f"{name}.csv", schema_overrides={"AmountBase": pl.Decimal(19, 4)})
    if not example.filter:
        return rows
    return rows.filter(pl.col(example.column) == example.value)


def _newest(example: Example) -> Decimal:
    rows = pl.read_csv(
        FOLDER / "version_append.csv", schema_overrides={"AmountBase": pl.Decimal(19, 4)}
    )
    current = rows.filter(pl.col("VersionSeq") == pl.col("VersionSeq").max().over("DocumentKey"))
    if example.filter:
        current = current.filter(pl.col(example.column) == example.value)
    return figures.total(current)


UPDATES: dict[str, Callable[[Example], Number]] = {
    "VR01": _newest,
    "VR02": _newest,
    "VR03": lambda e: figures.total(_versions("delta_append", e)),
    "VR04": lambda e: figures.total(_versions("delta_append", e)),
    "VR05": lambda e: int(_versions("delta_append", e)["RowDelta"].sum()),
    "VR06": lambda e: int(_versions("delta_append", e)["RowDelta"].sum()),
}

MISTAKES: dict[str, Callable[[Inputs, Example], Number]] = {
    "AP90": lambda given, e: figures.total(
        given.table("SupplierInvoice").filter(
            pl.col("DocumentDate") <= e.day, pl.col("StatusGroup") != "Void"
        ),
        "OpenBase",
    ),
    "GL91": lambda given, e: figures.total(
        Company(given, e).books.between(*e.span).filter("IsCashAccount"), "DebitBase"
    ),
    "VR92": lambda given, e: figures.total(
        _versions("version_append", e).filter(
            pl.col("VersionSeq") == pl.col("VersionSeq").max().over("DocumentKey")
        )
    ),
    "VR93": lambda given, e: figures.total(_versions("version_append", e)),
    "VR94": lambda given, e: _versions("delta_append", e)["DocumentKey"].n_unique(),
}

RIGHT = {"AP90": "AP01", "GL91": "GL12", "VR92": "VR02", "VR93": "VR01", "VR94": "VR06"}
"""What the mistake was meant to compute."""

EXAMPLES = {example.id: example for example in _examples()}
CORRECT = [e for e in EXAMPLES.values() if not e.measure.startswith("WRONG")]
WRONG = [e for e in EXAMPLES.values() if e.measure.startswith("WRONG")]


@pytest.fixture(scope="module")
def company() -> Inputs:
    return published(example_inputs(FOLDER))


def actual(given: Inputs, example: Example) -> Decimal:
    if example.id in UPDATES:
        value = UPDATES[example.id](example)
    else:
        value = MEANING[example.measure](Company(given, example), example)
    assert value is not None
    return Decimal(value)


@pytest.mark.parametrize("example", CORRECT, ids=lambda e: f"{e.id} {e.measure}")
def test_every_expected_number_is_met(company: Inputs, example: Example) -> None:
    assert abs(actual(company, example) - example.expected) <= example.tolerance


@pytest.mark.parametrize("example", WRONG, ids=lambda e: f"{e.id} {e.measure}")
def test_every_wrong_number_is_the_mistake_and_not_the_right_way(
    company: Inputs, example: Example
) -> None:
    mistaken = MISTAKES[example.id](company, example)
    assert mistaken is not None
    assert abs(Decimal(mistaken) - example.expected) <= example.tolerance
    right = actual(company, EXAMPLES[RIGHT[example.id]])
    assert abs(right - example.expected) > example.tolerance


def test_all_rows_are_covered() -> None:
    assert len(EXAMPLES) == 119
    assert set(MISTAKES) == {e.id for e in WRONG}
    assert not [e.measure for e in CORRECT if e.id not in UPDATES and e.measure not in MEANING]


def reversed_once(table: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Net rows, and for each of them a superseded version that its reversal has cancelled."""
    additive = [name for name in TABLE[table].additive if name in rows.columns]
    others = [
        name
        for name, dtype in rows.schema.items()
        if dtype == pl.Date and name not in TABLE[table].key
    ]
    old = rows.with_columns(
        *(pl.col(name) * 3 + 7 for name in additive),
        *(pl.col(name) + timedelta(days=40) for name in others),
        RowDelta=pl.lit(1, dtype=pl.Int64),
    ).cast({name: rows.schema[name] for name in additive})
    undone = old.with_columns(-pl.col(*additive, "RowDelta")).cast(
        {name: rows.schema[name] for name in additive}
    )
    net = rows.with_columns(RowDelta=pl.lit(1, dtype=pl.Int64))
    return pl.concat([old, net, undone])


@pytest.fixture(scope="module")
def reversed_company(company: Inputs) -> Inputs:
    tables = {
        name: reversed_once(name, frame.collect()).lazy()
        if TABLE[name].strategy == "reverse"
        else frame
        for name, frame in company.tables.items()
    }
    return Inputs(company.entities, tables, company.companies, company.as_of, company.zone)


@pytest.mark.parametrize("example", CORRECT, ids=lambda e: f"{e.id} {e.measure}")
def test_reversals_change_no_figure(reversed_company: Inputs, example: Example) -> None:
    assert abs(actual(reversed_company, example) - example.expected) <= example.tolerance
