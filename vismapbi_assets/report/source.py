"""What a report is made from: published rows of one or all companies, and the calendar.

Reading and narrowing only; figures are computed in the other modules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from vismapbi_assets.model import statements
from vismapbi_assets.model.keys import NONE
from vismapbi_assets.model.semantic_model import TABLE
from vismapbi_assets.pipeline.inputs import data_date, published_frame
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.settings_shape import Company
from vismapbi_assets.store import Store

TABLES = (
    "ApLedger",
    "ArLedger",
    "SupplierInvoice",
    "Supplier",
    "Customer",
    "JournalLine",
    "Account",
    "Ledger",
    "Dates",
    "CashPosition",
    "CashAccount",
    "UnpostedDocument",
)
SHARED = ("Dates",)
"""Tables that are the same for every company."""

RECENT = 13
"""Trends show a year and the period before it, so that the same period is in them twice."""

_DAILY = ("LedgerKey", "AccountKey", "EntryKind", "PostingDate", "CashDirection")


class ReportError(RuntimeError):
    """A report that cannot be written; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Period:
    """A financial period, ended early where the report's day falls into it."""

    name: str
    year: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Source:
    """Published rows up to a day.

    Attributes:
        companies: whose rows these are.
        as_of: the day of the report.
        tables: net rows by table, without the column that tells rows from reversals.
        books: the journal by account and day, which every statement is summed from.
        periods: financial periods from the first posting to the day, oldest first.
    """

    companies: tuple[Company, ...]
    as_of: date
    tables: Mapping[str, pl.DataFrame]
    books: statements.Books
    periods: tuple[Period, ...]

    def narrowed(self, company: Company) -> Source:
        """The same of one company alone."""
        tables = {
            name: rows if name in SHARED else rows.filter(_of(name, (company,)))
            for name, rows in self.tables.items()
        }
        own = pl.col("LedgerKey").str.starts_with(f"{company.key}:")
        books = replace(self.books, lines=self.books.lines.filter(own))
        return replace(self, companies=(company,), tables=tables, books=books)

    def company_of(self, key: str) -> str:
        """The name of the company that a key belongs to."""
        found = key.partition(":")[0]
        return next((c.name for c in self.companies if c.key == found), found)

    @property
    def year_start(self) -> date:
        """The first day of the financial year."""
        return self.books.year_start[self.books.year_of(self.as_of)]

    @property
    def recent(self) -> tuple[Period, ...]:
        """The last periods, over the turn of the year."""
        return self.periods[-RECENT:]

    @property
    def of_the_year(self) -> tuple[Period, ...]:
        """The periods of the financial year up to the day."""
        year = self.periods[-1].year
        return tuple(period for period in self.periods if period.year == year)


def open_source(bench: Workbench, companies: tuple[Company, ...], as_of: date) -> Source:
    """The published rows of these companies; `ReportError` where there is nothing to report."""
    dates = published_frame(bench.store, "Dates").collect()
    tables = {"Dates": dates}
    everybody = len(companies) == len(bench.settings.companies)
    for name in TABLES:
        if name not in SHARED and name != "JournalLine":
            rows = published_frame(bench.store, name)
            chosen = rows if everybody else rows.filter(_of(name, companies))
            tables[name] = chosen.drop("RowDelta", strict=False).collect()
    journal = published_frame(bench.store, "JournalLine")
    if not everybody:
        journal = journal.filter(_of("JournalLine", companies))
    daily = (
        journal.group_by(_DAILY)
        .agg(pl.col("AmountBase", "DebitBase", "CreditBase", "CashFlowBase").sum())
        .collect()
    )
    books = statements.books(daily, tables["Account"], tables["Ledger"], dates)
    collected = statements.Books(books.lines.collect().lazy(), books.year_start)
    first = daily.filter(pl.col("EntryKind") == "Journal")["PostingDate"].min()
    since = first if isinstance(first, date) else as_of
    return Source(companies, as_of, tables, collected, _periods(dates, min(since, as_of), as_of))


def require_published(store: Store) -> None:
    """Refuse a store in which a table of the report was never published."""
    missing = [name for name in TABLES if store.published(name).meta().plan == 0]
    if len(missing) == len(TABLES):
        raise ReportError(
            "nothing has been published yet, so there is nothing to report. Load and publish the "
            "data first with: vismapbi sync"
        )
    if missing:
        raise ReportError(
            f"not every table has been published yet; missing: {', '.join(missing)}. Finish with: "
            "vismapbi sync"
        )


def verified_date(bench: Workbench) -> date | None:
    """The day up to which every logged table was found equal in Power BI; None before the first."""
    last = (
        published_frame(bench.store, "RefreshLog")
        .group_by("TableName")
        .agg(pl.col("DataAsOfDate").max())
        .select(pl.col("DataAsOfDate").min())
        .collect()
        .item()
    )
    return last if isinstance(last, date) else None


def day_of_report(bench: Workbench, wanted: date | None) -> date:
    """The wanted day, or the data date; a day that is not known yet is refused."""
    read = data_date(bench.store, bench.settings)
    known = max((day for day in (verified_date(bench), read) if day), default=None)
    chosen = wanted or verified_date(bench) or read
    if chosen is None or known is None:
        raise ReportError(
            "not every entity of every company has been read yet, so there is no data date. Read "
            "the rest with: vismapbi sync"
        )
    if chosen > known:
        raise ReportError(
            f"{chosen} lies after the data date {known}; the figures of that day are not known "
            "yet. Choose an earlier --as-of, or read on with: vismapbi sync"
        )
    first = published_frame(bench.store, "Dates").select(pl.col("Date").min()).collect().item()
    if first is None or chosen < first:
        raise ReportError(
            f"{chosen} lies before the first day of the calendar, {first}. Choose a later --as-of"
        )
    return chosen


def _of(table: str, companies: tuple[Company, ...]) -> pl.Expr:
    key = pl.col(TABLE[table].key[0])
    own = [key.str.starts_with(f"{company.key}:") for company in companies]
    return pl.any_horizontal(*own, key == NONE)


def _periods(dates: pl.DataFrame, since: date, as_of: date) -> tuple[Period, ...]:
    columns = ("FinancialPeriod", "FinancialYear", "FinancialPeriodStart", "FinancialPeriodEnd")
    found = dates.select(columns).unique().sort("FinancialPeriodStart")
    return tuple(
        Period(name, year, first, min(last, as_of))
        for name, year, first, last in found.iter_rows()
        if first <= as_of and last >= since
    )
