"""When a document was settled, read from the rows of its ledger.

A document is settled on the day from which on its open amount stays zero, counted by the end of
each day: what was paid, voided and paid again has the day of the last payment. Days to pay and
punctuality belong here too, so that suppliers and customers are measured alike.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.table import MONEY

SETTLEMENT = ("SettledDate", "DaysToPay", "DaysPaidLate", "IsPaidOnTime", "PaidWeightedDays")


def settled_dates(entries: pl.DataFrame) -> pl.DataFrame:
    """DocumentKey and SettledDate of the documents that are settled.

    Args:
        entries: rows of a ledger.
    """
    days = (
        entries.group_by("DocumentKey", "EntryDate")
        .agg(pl.col("AmountBase", "AmountCurrency").sum())
        .sort("DocumentKey", "EntryDate")
        .with_columns(
            Open=(pl.col("AmountBase").cum_sum().over("DocumentKey") != 0)
            | (pl.col("AmountCurrency").cum_sum().over("DocumentKey") != 0)
        )
        .with_columns(OpenLater=pl.col("Open").cum_sum(reverse=True).over("DocumentKey") > 0)
    )
    return (
        days.filter(~pl.col("OpenLater"))
        .group_by("DocumentKey")
        .agg(SettledDate=pl.col("EntryDate").min())
    )


def with_settlement(documents: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """Adds SettledDate, DaysToPay, DaysPaidLate, IsPaidOnTime and PaidWeightedDays.

    Args:
        documents: with DocumentKey, DocumentDate, DueDate and GrossBase; their order is kept.
        entries: rows of the ledger of the same side.
    """
    return (
        documents.join(settled_dates(entries), on="DocumentKey", how="left", maintain_order="left")
        .with_columns(
            DaysToPay=(pl.col("SettledDate") - pl.col("DocumentDate")).dt.total_days(),
            DaysPaidLate=(pl.col("SettledDate") - pl.col("DueDate")).dt.total_days(),
            IsPaidOnTime=pl.col("SettledDate") <= pl.col("DueDate"),
        )
        .with_columns(
            PaidWeightedDays=(pl.col("DaysToPay") * pl.col("GrossBase")).fill_null(0).cast(MONEY)
        )
    )
