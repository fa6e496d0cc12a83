"""What the known events of a document leave unexplained of its balance.

Per document the ledger adds up to SignFactor times the balance that the API tells; what the
events do not account for becomes one row. Which events there are belongs in the sides.

The row is dated by the document, never by the run, so that it does not move from day to day: on
the day of the document's last modification, kept inside the period in which the ERP says it was
closed, and never before its last known event. A later explanation replaces the row.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.table import MONEY

_WIDE = pl.Decimal(38, 10)


def unexplained(rows: pl.DataFrame, documents: pl.DataFrame, periods: pl.DataFrame) -> pl.DataFrame:
    """Rows `Unexplained`, or `FxDifference` where the document currency ties and the base not.

    Args:
        rows: the known rows of all documents, with `Document` and both amounts.
        documents: with `Document`, as `entries.DOCUMENTS`.
        periods: the dataset's periods, as `model.periods.periods`.
    """
    known = rows.group_by("Document").agg(
        pl.col("AmountBase", "AmountCurrency").sum(), LastDate=pl.col("EntryDate").max()
    )
    expected = (
        documents.join(known, on="Document", how="left")
        .with_columns(
            pl.col("AmountBase", "AmountCurrency").fill_null(0),
        )
        .with_columns(
            RestCurrency=(
                pl.col("SignFactor") * pl.col("BalanceCurrency") - pl.col("AmountCurrency")
            )
            .cast(MONEY)
            .fill_null(0),
        )
        .with_columns(RestBase=_rest_base())
        .filter((pl.col("RestCurrency") != 0) | (pl.col("RestBase") != 0))
    )
    closed = periods.select(ClosedPeriodKey="period", ClosedStart="start", ClosedEnd="end")
    return (
        expected.join(closed, on="ClosedPeriodKey", how="left")
        .with_columns(
            Seen=pl.coalesce(
                pl.max_horizontal("ClosedStart", pl.min_horizontal("ClosedEnd", "ModifiedDate")),
                "DocumentDate",
            )
        )
        .sort("Document")
        .select(
            "Document",
            EntryType=pl.when(
                (pl.col("RestCurrency") == 0) & (pl.col("GrossBase") != pl.col("GrossCurrency"))
            )
            .then(pl.lit("FxDifference"))
            .otherwise(pl.lit("Unexplained")),
            EntryDate=pl.max_horizontal("LastDate", "DocumentDate", "Seen"),
            FinancialPeriodKey=pl.lit(None, dtype=pl.String),
            AmountCurrency="RestCurrency",
            AppliedToKey=pl.lit(None, dtype=pl.String),
            AppliedTo=pl.lit(None, dtype=pl.String),
            Via=pl.lit(None, dtype=pl.String),
            AmountBase="RestBase",
        )
    )


def _rest_base() -> pl.Expr:
    """The base difference: against the base balance, else the currency difference at own rate."""
    at_own_rate = (
        pl.col("RestCurrency").cast(_WIDE)
        * pl.col("GrossBase").cast(_WIDE)
        / pl.when(pl.col("GrossCurrency") != 0).then(pl.col("GrossCurrency").cast(_WIDE))
    ).round(2, mode="half_away_from_zero")
    return (
        pl.when(pl.col("BalanceBase").is_not_null())
        .then((pl.col("SignFactor") * pl.col("BalanceBase") - pl.col("AmountBase")).cast(MONEY))
        .when(pl.col("BalanceCurrency") == 0)
        .then((-pl.col("AmountBase")).cast(MONEY))
        .when(pl.col("GrossBase") == pl.col("GrossCurrency"))
        .then(pl.col("RestCurrency"))
        .otherwise(at_own_rate.cast(MONEY))
        .fill_null(0)
    )
