"""The figures of a finance report, computed from rows of the sub-ledger tables.

Sums only, so that a figure is the same on net rows and on rows that still hold superseded versions
with their reversals. Statements and cash from the journal are in `statements`; the measures that
readers see are DAX texts in `measures/`, and mean the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import polars as pl

from vismapbi_assets.model.transforms.aging_buckets import BUCKETS
from vismapbi_assets.model.transforms.aging_snapshot import bucket

Rows = pl.LazyFrame | pl.DataFrame

AP_INVOICING = ("Invoice", "CreditAdj", "DebitAdj")
AR_INVOICING = ("Invoice", "DebitNote", "CreditNote")
SPENDING = ("Invoice", "CreditAdj", "DebitAdj", "QuickCheck", "VoidQuickCheck")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Settlement:
    """Supplier invoices settled in a span of days, and how punctually."""

    invoices: int
    amount: Decimal
    on_time: int
    on_time_amount: Decimal
    days: int
    weighted_days: Decimal

    @property
    def on_time_share(self) -> Decimal | None:
        """Share of the invoices paid on or before their due date."""
        return divide(Decimal(self.on_time), Decimal(self.invoices))

    @property
    def on_time_share_by_amount(self) -> Decimal | None:
        """The same weighted by gross amount."""
        return divide(self.on_time_amount, self.amount)

    @property
    def average_days(self) -> Decimal | None:
        """Invoice date to settlement, per invoice."""
        return divide(Decimal(self.days), Decimal(self.invoices))

    @property
    def average_days_by_amount(self) -> Decimal | None:
        """The same weighted by gross amount."""
        return divide(self.weighted_days, self.amount)


@dataclass(frozen=True, slots=True)
class Unposted:
    """Documents that are not in the general ledger yet."""

    documents: int
    amount: Decimal
    average_age: Decimal | None


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


def settlement(documents: Rows, first: date | None = None, last: date | None = None) -> Settlement:
    """Supplier invoices that were settled in a span of days; all of them without one."""
    settled = versions(documents).filter(
        pl.col("DocumentType") == "Invoice", "IsReleased", pl.col("SettledDate").is_not_null()
    )
    if first and last:
        settled = settled.filter(pl.col("SettledDate").is_between(first, last))
    count, on_time = pl.col("RowDelta"), pl.col("IsPaidOnTime").fill_null(value=False)
    row = (
        settled.select(
            invoices=count.sum(),
            amount=pl.col("GrossBase").sum(),
            on_time=count.filter(on_time).sum(),
            on_time_amount=pl.col("GrossBase").filter(on_time).sum(),
            days=(pl.col("DaysToPay") * count).sum(),
            weighted_days=pl.col("PaidWeightedDays").sum(),
        )
        .collect()
        .row(0, named=True)
    )
    return Settlement(**row)


def spend(documents: Rows, first: date, last: date) -> pl.DataFrame:
    """Released purchases net of VAT per supplier: SupplierKey, NetBase, largest first."""
    return (
        versions(documents)
        .filter(
            "IsReleased",
            pl.col("DocumentType").is_in(SPENDING),
            pl.col("DocumentDate").is_between(first, last),
        )
        .group_by("SupplierKey")
        .agg(pl.col("NetBase").sum(), Rows=pl.col("RowDelta").sum())
        .filter(pl.col("Rows") != 0)
        .select("SupplierKey", "NetBase")
        .sort("NetBase", "SupplierKey", descending=[True, False])
        .collect()
    )


def top_suppliers(
    documents: Rows, suppliers: Rows, first: date, last: date, count: int = 10
) -> pl.DataFrame:
    """The suppliers with most purchases: label, purchases and share of invoices paid on time."""
    names = suppliers.lazy().select("SupplierKey", "SupplierLabel").collect()
    found = spend(documents, first, last).head(count)
    punctual = (
        versions(documents)
        .filter(
            pl.col("DocumentType") == "Invoice",
            "IsReleased",
            pl.col("SettledDate").is_between(first, last),
        )
        .group_by("SupplierKey")
        .agg(
            Settled=pl.col("RowDelta").sum(),
            OnTime=pl.col("RowDelta").filter(pl.col("IsPaidOnTime").fill_null(value=False)).sum(),
        )
        .filter(pl.col("Settled") != 0)
        .select("SupplierKey", OnTimeShare=pl.col("OnTime") / pl.col("Settled"))
        .collect()
    )
    return (
        found.join(names, on="SupplierKey", how="left", maintain_order="left")
        .join(punctual, on="SupplierKey", how="left", maintain_order="left")
        .select("SupplierKey", "SupplierLabel", "NetBase", "OnTimeShare")
    )


def unposted(documents: Rows, data_date: date) -> Unposted:
    """How much is waiting for the general ledger, and for how long on average."""
    age = (pl.lit(data_date) - pl.col("DocumentDate")).dt.total_days()
    count = pl.col("RowDelta")
    number, amount, days = (
        versions(documents)
        .select(count.sum(), pl.col("AmountBase").sum(), (age * count).sum().alias("Age"))
        .collect()
        .row(0)
    )
    return Unposted(number, amount or ZERO, divide(Decimal(days), Decimal(number)))


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
