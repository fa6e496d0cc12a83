"""Payables and receivables: ageing, overdue parties, days outstanding, suppliers, work list.

Sums are those of `model/figures` and `model/document_figures`; here they are put together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from vismapbi_assets.model import document_figures, figures
from vismapbi_assets.report.source import Source

PARTIES = 10
DOCUMENTS = 25


@dataclass(frozen=True, slots=True)
class Bucket:
    """Open amount of one ageing bucket and its share of the balance."""

    name: str
    amount: Decimal
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class OverdueParty:
    """What a supplier or customer has open, and how much of it is overdue."""

    key: str
    name: str
    company: str
    overdue: Decimal
    balance: Decimal
    oldest_days: int


@dataclass(frozen=True, slots=True)
class Ageing:
    """One side's open items on the day of the report; prepayments are a balance of their own."""

    buckets: tuple[Bucket, ...]
    balance: Decimal
    overdue: Decimal
    days_overdue: Decimal | None
    prepayments: Decimal
    parties: tuple[OverdueParty, ...]


@dataclass(frozen=True, slots=True)
class DaysOutstanding:
    """Balances and days outstanding at the end of a period."""

    period: str
    day: date
    payables: Decimal
    receivables: Decimal
    dpo: Decimal | None
    dso: Decimal | None


@dataclass(frozen=True, slots=True)
class SupplierSpend:
    """Purchases net of VAT and punctuality of payment in the year so far."""

    key: str
    name: str
    company: str
    net: Decimal
    share: Decimal | None
    on_time_share: float | None


@dataclass(frozen=True, slots=True)
class Spend:
    """Purchases of the year so far; punctuality over all suppliers beside the largest ones."""

    total: Decimal
    suppliers: tuple[SupplierSpend, ...]
    invoices_paid: int
    on_time_share: Decimal | None
    average_days_to_pay: Decimal | None


@dataclass(frozen=True, slots=True)
class WaitingDocument:
    """A document that is not in the general ledger yet."""

    company: str
    area: str
    type: str
    number: str
    party: str
    date: date
    status: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class WorkList:
    """Documents waiting for the general ledger at the last reading, the largest first."""

    documents: int
    amount: Decimal
    average_age: Decimal | None
    largest: tuple[WaitingDocument, ...]


def payables(source: Source) -> Ageing:
    """What is owed to suppliers."""
    return _ageing(source, "ApLedger", "Supplier")


def receivables(source: Source) -> Ageing:
    """What customers owe."""
    return _ageing(source, "ArLedger", "Customer")


def days_outstanding(source: Source) -> tuple[DaysOutstanding, ...]:
    """DPO and DSO at the end of each recent period, over the 365 days before."""
    ap, ar = source.tables["ApLedger"], source.tables["ArLedger"]
    return tuple(
        DaysOutstanding(
            period.name,
            period.last,
            figures.balance(ap, period.last),
            figures.balance(ar, period.last),
            figures.days_outstanding(ap, period.last, figures.AP_INVOICING),
            figures.days_outstanding(ar, period.last, figures.AR_INVOICING),
        )
        for period in source.recent
    )


def spend(source: Source) -> Spend:
    """The suppliers with most purchases in the year so far."""
    documents = source.tables["SupplierInvoice"]
    first, last = source.year_start, source.as_of
    total = figures.total(document_figures.spend(documents, first, last), "NetBase")
    top = document_figures.top_suppliers(documents, source.tables["Supplier"], first, last, PARTIES)
    settled = document_figures.settlement(documents, first, last)
    return Spend(
        total,
        tuple(
            SupplierSpend(
                key, name or key, source.company_of(key), net, figures.divide(net, total), on_time
            )
            for key, name, net, on_time in top.iter_rows()
        ),
        settled.invoices,
        settled.on_time_share,
        settled.average_days,
    )


def work_list(source: Source) -> WorkList:
    """Documents that wait for the general ledger."""
    documents = source.tables["UnpostedDocument"]
    known = document_figures.unposted(documents, source.as_of)
    largest = documents.sort(
        pl.col("AmountBase").abs(), "DocumentKey", descending=[True, False]
    ).head(DOCUMENTS)
    columns = (
        "DocumentKey",
        "Area",
        "DocumentType",
        "ReferenceNumber",
        "PartyName",
        "DocumentDate",
        "Status",
        "AmountBase",
    )
    return WorkList(
        known.documents,
        known.amount,
        known.average_age,
        tuple(
            WaitingDocument(source.company_of(key), *row)
            for key, *row in largest.select(columns).iter_rows()
        ),
    )


def _ageing(source: Source, ledger: str, dimension: str) -> Ageing:
    rows, day = source.tables[ledger], source.as_of
    balance = figures.balance(rows, day)
    buckets = tuple(
        Bucket(name, amount, figures.divide(amount, balance))
        for _, name, amount in figures.aging(rows, day).iter_rows()
    )
    return Ageing(
        buckets,
        balance,
        figures.overdue(rows, day),
        figures.days_overdue(rows, day),
        figures.balance(rows, day, prepayments=True),
        _overdue_parties(source, ledger, dimension),
    )


def _overdue_parties(source: Source, ledger: str, dimension: str) -> tuple[OverdueParty, ...]:
    key, label, day = f"{dimension}Key", f"{dimension}Label", source.as_of
    late = pl.col("AgingDate") < day
    names = source.tables[dimension].select(key, label)
    per_document = (
        figures.open_items(source.tables[ledger], day)
        .group_by(key, "DocumentKey", "AgingDate")
        .agg(pl.col("AmountBase").sum())
        .filter(pl.col("AmountBase") != 0)
    )
    found = (
        per_document.group_by(key)
        .agg(
            Overdue=pl.col("AmountBase").filter(late).sum(),
            Balance=pl.col("AmountBase").sum(),
            Oldest=(pl.lit(day) - pl.col("AgingDate").filter(late).min()).dt.total_days(),
        )
        .filter(pl.col("Overdue") > 0)
        .sort("Overdue", key, descending=[True, False])
        .head(PARTIES)
        .collect()
        .join(names, on=key, how="left", maintain_order="left")
    )
    return tuple(
        OverdueParty(party, name or party, source.company_of(party), overdue, balance, oldest)
        for party, overdue, balance, oldest, name in found.iter_rows()
    )
