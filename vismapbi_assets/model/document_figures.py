"""The figures of a finance report that come from documents: purchases, punctuality, work list.

Sums only, right on net rows and on rows with reversals, as in `figures`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from vismapbi_assets.model.figures import ZERO, Rows, divide, versions

SPENDING = ("Invoice", "CreditAdj", "DebitAdj", "QuickCheck", "VoidQuickCheck")


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
