"""Evidence of the ageing at each close: what was open when a period ended.

A snapshot is taken once and never recomputed: rows for days that the table already holds are not
delivered again. Prepayments are left out, so that a snapshot adds up to the balance of its day.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import NONE
from vismapbi_assets.model.periods import periods
from vismapbi_assets.model.table import MONEY
from vismapbi_assets.model.transforms.aging_buckets import BUCKETS

SIDES = (
    ("AP", "ApLedger", "SupplierKey", "closedInSupplierLedger"),
    ("AR", "ArLedger", "CustomerKey", "closedInCustomerLedger"),
)


def aging_snapshot(inputs: Inputs) -> pl.DataFrame:
    """One row per side, document and new snapshot day: what was open at the end of that day.

    A period's last day gets its snapshot once the period is closed in the sub-ledger, at the
    latest when the next period has ended too. The first run takes the latest such day alone.
    """
    return pl.concat(
        _side(inputs, side, inputs.table(table), party, closed)
        for side, table, party, closed in SIDES
    ).sort("SnapshotDate", "Side", "DocumentKey")


def bucket(days: str | pl.Expr) -> pl.Expr:
    """The bucket's text for a number of days past the ageing date."""
    number = pl.col(days) if isinstance(days, str) else days
    found = pl.lit(None, dtype=pl.String)
    for _, name, first, _ in BUCKETS:
        found = pl.when(number >= first).then(pl.lit(name)).otherwise(found)
    return found


def _side(inputs: Inputs, side: str, ledger: pl.LazyFrame, party: str, closed: str) -> pl.DataFrame:
    rows = ledger.filter(~pl.col("IsPrepayment")).with_columns(
        company=pl.col("DocumentKey").str.extract("^([^:]*):")
    )
    days = _new_days(inputs, side, closed)
    attributes = (
        "company",
        "DocumentKey",
        party,
        "BranchKey",
        "DocumentType",
        "ReferenceNumber",
        "DueDate",
        "AgingDate",
        "CurrencyId",
    )
    parties = {"SupplierKey": pl.lit(NONE), "CustomerKey": pl.lit(NONE), party: pl.col(party)}
    return (
        days.lazy()
        .join(rows, on="company", how="inner")
        .filter(pl.col("EntryDate") <= pl.col("SnapshotDate"))
        .group_by("SnapshotDate", *attributes)
        .agg(OpenBase=pl.col("AmountBase").sum(), OpenCurrency=pl.col("AmountCurrency").sum())
        .filter((pl.col("OpenBase") != 0) | (pl.col("OpenCurrency") != 0))
        .with_columns(DaysOverdue=(pl.col("SnapshotDate") - pl.col("AgingDate")).dt.total_days())
        .select(
            "SnapshotDate",
            Side=pl.lit(side),
            **parties,
            BranchKey="BranchKey",
            DocumentKey="DocumentKey",
            DocumentType="DocumentType",
            ReferenceNumber="ReferenceNumber",
            DueDate="DueDate",
            DaysOverdue="DaysOverdue",
            Bucket=bucket("DaysOverdue"),
            OpenBase=pl.col("OpenBase").cast(MONEY),
            OpenCurrency=pl.col("OpenCurrency").cast(MONEY),
            CurrencyId="CurrencyId",
        )
        .collect()
    )


def _new_days(inputs: Inputs, side: str, closed: str) -> pl.DataFrame:
    """Company and SnapshotDate that are ripe and later than what the table holds."""
    flags = (
        inputs.entity("financialPeriod")
        .select(
            "company",
            end="endDate",
            closed=pl.col(closed).fill_null(value=False),
        )
        .group_by("company", "end")
        .agg(pl.col("closed").all())
        .collect()
    )
    regular = periods(inputs).filter(~pl.col("adjustment")).sort("start")
    ripe = (
        regular.select("end", next_end=pl.col("end").shift(-1))
        .filter(pl.col("end") < inputs.as_of)
        .join(flags, on="end", how="inner")
        .filter(pl.col("closed") | (pl.col("next_end") < inputs.as_of))
        .select("company", SnapshotDate="end")
    )
    held = _held(inputs, side)
    newest = ripe.group_by("company").agg(Newest=pl.col("SnapshotDate").max())
    return (
        ripe.join(held, on="company", how="left")
        .join(newest, on="company", how="left")
        .filter(
            pl.when(pl.col("Last").is_null())
            .then(pl.col("SnapshotDate") == pl.col("Newest"))
            .otherwise(pl.col("SnapshotDate") > pl.col("Last"))
        )
        .select("company", "SnapshotDate")
    )


def _held(inputs: Inputs, side: str) -> pl.DataFrame:
    """The last day per company that the table holds; a first run finds no table."""
    if "AgingSnapshot" not in inputs.tables:
        return pl.DataFrame(schema={"company": pl.String, "Last": pl.Date})
    return (
        inputs.table("AgingSnapshot")
        .filter(pl.col("Side") == side)
        .group_by(company=pl.col("DocumentKey").str.extract("^([^:]*):"))
        .agg(Last=pl.col("SnapshotDate").max())
        .collect()
    )
