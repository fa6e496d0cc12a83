"""The figures of a finance report that come from the event ledgers.

Sums only, so that a figure is the same on net rows and on rows that still hold superseded versions
with their reversals. Documents are in `document_figures`, statements and cash from the journal in
`statements`; the measures that readers see are DAX texts in `measures/`, and mean the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import polars as pl

from vismapbi_assets.model.transforms.aging_buckets import BUCKETS
from vismapbi_assets.model.transforms.aging_snapshot import bucket

Rows = pl.LazyFrame | pl.DataFrame

AP_INVOICING = ("Invoice", "CreditAdj", "DebitAdj")
AR_INVOICING = ("Invoice", "DebitNote", "CreditNote")
ZERO = Decimal(0)


def divide(amount: Decimal, by: Decimal) -> Decimal | None:
    """A ratio, None where there is nothing to divide by."""
    return amount / by if by else None


def total(rows: Rows, column: str = "AmountBase") -> Decimal:
    """The sum of an amount; zero for no rows."""
    found = rows.lazy().select(pl.col(column).sum()).collect().item()
    return found if isinstance(found, Decimal) else ZERO


def open_items(ledger: Rows, day: date, *, prepayments: bool = False) -> pl.LazyFrame:
    """The rows of a sub-ledger that make up its balance on a day."""
    return ledger.lazy().filter(
        pl.col("EntryDate") <= day, pl.col("IsPrepayment") == pl.lit(prepayments)
    )


def balance(ledger: Rows, day: date, *, prepayments: bool = False) -> Decimal:
    """Open amount on a day in base currency; prepayments are a balance of their own."""
    return total(open_items(ledger, day, prepayments=prepayments))


def aging(ledger: Rows, day: date) -> pl.DataFrame:
    """Open amount per bucket: BucketKey, Bucket, AmountBase; all five, in order."""
    overdue = (pl.lit(day) - pl.col("AgingDate")).dt.total_days()
    found = (
        open_items(ledger, day)
        .group_by(Bucket=bucket(overdue))
        .agg(pl.col("AmountBase").sum())
        .collect()
    )
    names = pl.DataFrame(
        [(key, name) for key, name, *_ in BUCKETS],
        schema={"BucketKey": pl.Int64, "Bucket": pl.String},
        orient="row",
    )
    return names.join(found, on="Bucket", how="left", maintain_order="left").with_columns(
        pl.col("AmountBase").fill_null(0)
    )


def overdue(ledger: Rows, day: date) -> Decimal:
    """Open amount past its ageing date."""
    return total(open_items(ledger, day).filter(pl.col("AgingDate") < day))


def days_overdue(ledger: Rows, day: date) -> Decimal | None:
    """Days past the ageing date, weighted by open amount."""
    late = open_items(ledger, day).filter(pl.col("AgingDate") < day)
    days = (pl.lit(day) - pl.col("AgingDate")).dt.total_days()
    weighted = late.with_columns(Weighted=pl.col("AmountBase") * days)
    return divide(total(weighted, "Weighted"), total(late))


def falling_due(ledger: Rows, data_date: date, first: date, last: date) -> Decimal:
    """Open amount known at the data date that is due in a span of days."""
    due = pl.col("AgingDate").is_between(first, last)
    return total(open_items(ledger, data_date).filter(due))


def revalued(ledger: Rows, rates: Rows, day: date) -> Decimal:
    """The balance at the last rate on or before the day; without a rate as it was booked."""
    last = (
        net(rates, "CurrencyId", "RateDate", "RateToBase")
        .filter(pl.col("RateDate") <= day)
        .sort("RateDate")
        .group_by("CurrencyId")
        .agg(Rate=pl.col("RateToBase").last())
        .collect()
    )
    rate = {name: Decimal(repr(value)) for name, value in last.iter_rows()}
    by_currency = (
        open_items(ledger, day)
        .group_by("CurrencyId")
        .agg(pl.col("AmountBase", "AmountCurrency").sum())
        .collect()
    )
    return sum(
        (
            in_currency * rate[currency] if currency in rate else base
            for currency, base, in_currency in by_currency.iter_rows()
        ),
        ZERO,
    )


def invoiced(ledger: Rows, day: date, days: int, types: Sequence[str]) -> Decimal:
    """Gross invoicing, credit notes subtracted, of the days that end on a day."""
    return total(
        ledger.lazy().filter(
            pl.col("EntryType") == "Document",
            pl.col("DocumentType").is_in(types),
            pl.col("EntryDate").is_between(day - timedelta(days=days - 1), day),
        )
    )


def days_outstanding(
    ledger: Rows, day: date, types: Sequence[str], days: int = 365
) -> Decimal | None:
    """DPO or DSO: the balance over the invoicing of the trailing days, times these days."""
    ratio = divide(balance(ledger, day), invoiced(ledger, day, days, types))
    return None if ratio is None else ratio * days


def net(rows: Rows, *columns: str) -> pl.LazyFrame:
    """The distinct values of some columns that are left when reversals have cancelled theirs."""
    return (
        versions(rows)
        .group_by(columns)
        .agg(Left=pl.col("RowDelta").sum())
        .filter(pl.col("Left") > 0)
        .select(columns)
    )


def versions(rows: Rows) -> pl.LazyFrame:
    """The rows with RowDelta: +1, or -1 where a row reverses another; net rows are all +1."""
    frame = rows.lazy()
    if "RowDelta" in frame.collect_schema():
        return frame
    return frame.with_columns(RowDelta=pl.lit(1, dtype=pl.Int64))
