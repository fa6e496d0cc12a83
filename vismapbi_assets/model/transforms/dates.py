"""The calendar: every day that a fact relates, ages or settles by, in whole financial years.

The calendar never shrinks, since the destination may still hold superseded rows. Holidays are not
known here: working days are Monday to Friday. Where periods come from belongs in `model.calendar`.
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from vismapbi_assets.model.calendar import regular_periods
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.periods import FIRST_DATE, LAST_DATE, periods

FACT_DATES: dict[str, tuple[str, ...]] = {
    "SupplierInvoice": ("DocumentDate", "SettledDate"),
    "SupplierInvoiceLine": ("DocumentDate",),
    "SupplierPayment": ("PaymentDate",),
    "ApLedger": ("EntryDate", "AgingDate"),
    "CustomerInvoice": ("DocumentDate", "SettledDate"),
    "CustomerInvoiceLine": ("DocumentDate",),
    "CustomerPayment": ("PaymentDate",),
    "ArLedger": ("EntryDate", "AgingDate"),
    "JournalLine": ("PostingDate",),
    "GlPeriodBalance": ("PeriodEndDate",),
    "Budget": ("PeriodEndDate",),
    "PurchaseOrderLine": ("OrderDate",),
    "PurchaseReceiptLine": ("ReceiptDate",),
    "TimecardLine": ("WorkDate",),
    "CashPosition": ("BalanceDate",),
    "UnpostedDocument": ("DocumentDate",),
    "AgingSnapshot": ("SnapshotDate",),
}
"""The columns that need a day in the calendar."""


def dates(inputs: Inputs) -> pl.DataFrame:
    """One row per day, from the first to the last financial year that is needed."""
    first, last = span(inputs)
    calendar = regular_periods(periods(inputs), first, last)
    days = (
        pl.DataFrame(
            {
                "Date": pl.date_range(
                    calendar["start"].to_list()[0], calendar["end"].to_list()[-1], eager=True
                )
            }
        )
        .join_asof(
            calendar.with_columns(year_start=pl.col("start").min().over("year")),
            left_on="Date",
            right_on="start",
        )
        .with_columns(day=_days_since("start"))
    )
    return _with_prior_year(days, calendar).select(
        "Date",
        Year=_number(pl.col("Date").dt.year()),
        Quarter=pl.format("{} Q{}", pl.col("Date").dt.year(), pl.col("Date").dt.quarter()),
        QuarterIndex=_number(pl.col("Date").dt.year()) * 4 + pl.col("Date").dt.quarter() - 1,
        Month=pl.col("Date").dt.strftime("%Y-%m"),
        MonthIndex=_number(pl.col("Date").dt.year()) * 12 + pl.col("Date").dt.month() - 1,
        MonthName=pl.col("Date").dt.strftime("%b"),
        MonthNumber=_number(pl.col("Date").dt.month()),
        IsoYearWeek=pl.col("Date").dt.strftime("%G-W%V"),
        IsoWeekIndex=_number((pl.col("Date").dt.epoch("d").cast(pl.Int64) + 3).floordiv(7)),
        DayOfWeek=pl.col("Date").dt.strftime("%a"),
        DayOfWeekNumber=_number(pl.col("Date").dt.weekday()),
        FinancialYear="year",
        FinancialPeriod="period",
        FinancialPeriodKey="period",
        FinancialPeriodNumber="number",
        FinancialPeriodIndex="index",
        FinancialPeriodStart="start",
        FinancialPeriodEnd="end",
        DayOfFinancialYear=_days_since("year_start"),
        DayOfFinancialPeriod="day",
        IsLastDayOfPeriod=pl.col("Date") == pl.col("end"),
        IsWorkingDay=pl.col("Date").dt.weekday() <= 5,
        PriorYearDate="PriorYearDate",
    )


def span(inputs: Inputs) -> tuple[date, date]:
    """The first and the last day that must be covered, the year after the current one included."""
    days: set[date] = {inputs.as_of}
    for table, columns in FACT_DATES.items():
        days |= _extremes(inputs.table(table), columns)
    if "Dates" in inputs.tables:
        days |= _extremes(inputs.table("Dates"), ("Date",))
    this_year = regular_periods(periods(inputs), inputs.as_of, inputs.as_of)["end"].to_list()[-1]
    return min(days), max(*days, this_year + timedelta(days=1))


def _extremes(rows: pl.LazyFrame, columns: tuple[str, ...]) -> set[date]:
    """The first and last day of some columns; what lies outside is a typing error."""
    plausible = pl.col(*columns).filter(pl.col(*columns).is_between(FIRST_DATE, LAST_DATE))
    found = rows.select(
        plausible.min().name.prefix("first"), plausible.max().name.prefix("last")
    ).collect()
    return {day for day in found.row(0) if day is not None}


def _with_prior_year(days: pl.DataFrame, calendar: pl.DataFrame) -> pl.DataFrame:
    """Same period and day one financial year earlier; a last day maps to a last day."""
    earlier = calendar.select(
        "number", year=pl.col("year") + 1, prior_start="start", prior_end="end"
    )
    same_day = pl.col("prior_start") + pl.duration(days=pl.col("day") - 1)
    return days.join(
        earlier, on=["year", "number"], how="left", maintain_order="left"
    ).with_columns(
        PriorYearDate=pl.when(pl.col("Date") == pl.col("end"))
        .then("prior_end")
        .otherwise(pl.min_horizontal(same_day, "prior_end"))
    )


def _days_since(start: str) -> pl.Expr:
    return (pl.col("Date") - pl.col(start)).dt.total_days() + 1


def _number(value: pl.Expr) -> pl.Expr:
    return value.cast(pl.Int64)
