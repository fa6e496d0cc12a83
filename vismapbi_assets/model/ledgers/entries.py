"""Ledger rows from documents and their events, alike for both sides.

A side delivers `documents` (one row per released document) and `events` (what changes the open
amount of one of them, signed, in its currency). Here they get base amounts and stable keys; where
documents and events come from belongs in `payables` and `receivables`.
"""

from __future__ import annotations

from hashlib import blake2b

import polars as pl

from vismapbi_assets.model.keys import NONE
from vismapbi_assets.model.ledgers.tie_out import unexplained
from vismapbi_assets.model.table import MONEY

RATE = pl.Decimal(28, 10)
NO_RATE = pl.lit(None, dtype=RATE)
WIDE = pl.Decimal(38, 10)
"""Room for a product of two amounts before it is divided again."""

DOCUMENTS: dict[str, pl.DataType] = {
    "Company": pl.String(),
    "DocumentKey": pl.String(),
    "DocumentType": pl.String(),
    "ReferenceNumber": pl.String(),
    "PartyKey": pl.String(),
    "BranchKey": pl.String(),
    "CurrencyId": pl.String(),
    "DocumentDate": pl.Date(),
    "DueDate": pl.Date(),
    "FinancialPeriodKey": pl.String(),
    "ClosedPeriodKey": pl.String(),
    "ModifiedDate": pl.Date(),
    "SignFactor": pl.Int64(),
    "GrossBase": MONEY,
    "GrossCurrency": MONEY,
    "BalanceBase": MONEY,
    "BalanceCurrency": MONEY,
    "IsRequest": pl.Boolean(),
    "Rate": RATE,
}
"""A side's documents: amounts unsigned as delivered, balances null where the API tells none.

`Rate` is what a payment was converted at; null where the document itself brings both amounts.

A request (a prepayment that a payment pays) has no Document row: its payments raise it.
"""

EVENTS: dict[str, pl.DataType] = {
    "DocumentKey": pl.String(),
    "EntryType": pl.String(),
    "EntryDate": pl.Date(),
    "FinancialPeriodKey": pl.String(),
    "AmountCurrency": MONEY,
    "AppliedToKey": pl.String(),
    "AppliedTo": pl.String(),
    "Via": pl.String(),
}
"""A side's events, in the order in which the API delivers them."""

PREPAYMENTS = ("Prepayment",)
CREDITS = (
    "DebitAdj",
    "CreditNote",
    "Payment",
    "Check",
    "VoidPayment",
    "VoidCheck",
    "SmallBalanceWo",
)


def build_ledger(
    documents: pl.DataFrame, events: pl.DataFrame, periods: pl.DataFrame
) -> pl.DataFrame:
    """The rows of one ledger, its party column still called PartyKey.

    Args:
        documents: as `DOCUMENTS`, one row per key.
        events: as `EVENTS`; those on documents that are not in `documents` are left out.
        periods: the dataset's periods, as `model.periods.periods`.
    """
    documents = documents.with_row_index("Document")
    rows = pl.concat(
        [
            documents.filter(~pl.col("IsRequest")).select(
                "Document",
                EntryType=pl.lit("Document"),
                EntryDate="DocumentDate",
                FinancialPeriodKey="FinancialPeriodKey",
                AmountCurrency=(pl.col("SignFactor") * pl.col("GrossCurrency")).cast(MONEY),
                AppliedToKey=pl.lit(None, dtype=pl.String),
                AppliedTo=pl.lit(None, dtype=pl.String),
                Via=pl.lit(None, dtype=pl.String),
            ),
            events.join(
                documents.select("Document", "DocumentKey"),
                on="DocumentKey",
                how="inner",
                maintain_order="left",
            ).select("Document", *[name for name in EVENTS if name != "DocumentKey"]),
        ]
    )
    rows = _with_base(rows, documents)
    rows = pl.concat([rows, unexplained(rows, documents, periods)])
    return _described(rows, documents, periods)


def _with_base(rows: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    """Adds AmountBase: at the document's own rate, the row that closes it takes the rest.

    Every time the open currency amount reaches zero the open base amount does so too; the
    difference to the rate of the payment is a matter of the general ledger.
    """
    amount = pl.col("AmountCurrency")
    implied = (amount.cast(WIDE) * pl.col("GrossBase").cast(WIDE)) / pl.when(
        pl.col("GrossCurrency") != 0
    ).then(pl.col("GrossCurrency").cast(WIDE))
    told = amount.cast(WIDE) * pl.col("Rate").cast(WIDE)
    own_rate = pl.coalesce(told, implied).round(2, mode="half_away_from_zero")
    rated = (
        rows.join(
            documents.select("Document", "SignFactor", "GrossBase", "GrossCurrency", "Rate"),
            on="Document",
            how="left",
            maintain_order="left",
        )
        .sort("Document", "EntryDate", maintain_order=True)
        .with_columns(
            AmountBase=pl.when(pl.col("EntryType") == "Document")
            .then((pl.col("SignFactor") * pl.col("GrossBase")).cast(MONEY))
            .when(pl.col("GrossBase") == pl.col("GrossCurrency"))
            .then(amount)
            .otherwise(own_rate.cast(MONEY).fill_null(0)),
        )
    )
    # A document keeps the base amount that it was delivered with, whatever is known of the other.
    closes = (pl.col("AmountCurrency").cum_sum().over("Document") == 0) & (
        pl.col("EntryType") != "Document"
    )
    rated = rated.with_columns(Closes=closes).with_columns(
        Round=pl.col("Closes").cast(pl.UInt32).cum_sum() - pl.col("Closes").cast(pl.UInt32)
    )
    rest = pl.col("AmountBase") - pl.col("AmountBase").sum().over("Document", "Round")
    return rated.with_columns(
        AmountBase=pl.when("Closes").then(rest.cast(MONEY)).otherwise("AmountBase")
    ).drop("SignFactor", "GrossBase", "GrossCurrency", "Rate", "Closes", "Round")


def _described(rows: pl.DataFrame, documents: pl.DataFrame, periods: pl.DataFrame) -> pl.DataFrame:
    """Adds the document's attributes, the period and the key of the entry."""
    credit = pl.col("DocumentType").is_in(CREDITS)
    owed = pl.when(pl.col("SignFactor") > 0).then("DueDate")
    described = rows.join(
        documents.select(
            "Document",
            "Company",
            "DocumentKey",
            "DocumentType",
            "ReferenceNumber",
            "PartyKey",
            "BranchKey",
            "CurrencyId",
            DueDate=owed,
            AgingDate=owed.fill_null(pl.col("DocumentDate")),
            IsPrepayment=pl.col("DocumentType").is_in(PREPAYMENTS),
            IsUnappliedCredit=credit,
        ),
        on="Document",
        how="left",
        maintain_order="left",
    )
    return (
        with_period(described, periods)
        .with_columns(EntryKey=_entry_keys(described))
        .select(
            "EntryKey",
            "DocumentKey",
            "DocumentType",
            "ReferenceNumber",
            "PartyKey",
            "BranchKey",
            "CurrencyId",
            "EntryDate",
            "EntryType",
            "AgingDate",
            "DueDate",
            "FinancialPeriodKey",
            pl.col("AmountBase", "AmountCurrency").cast(MONEY),
            "IsPrepayment",
            "IsUnappliedCredit",
            "AppliedToKey",
            "AppliedTo",
        )
    )


def with_period(rows: pl.DataFrame, periods: pl.DataFrame) -> pl.DataFrame:
    """Fills FinancialPeriodKey, where the source names none, with the period of the entry date."""
    regular = periods.filter(~pl.col("adjustment")).sort("start")
    found = (
        rows.select("EntryDate")
        .unique()
        .drop_nulls()
        .sort("EntryDate")
        .join_asof(regular.select("start", "end", "period"), left_on="EntryDate", right_on="start")
        .select("EntryDate", Found=pl.when(pl.col("EntryDate") <= pl.col("end")).then("period"))
    )
    return (
        rows.join(found, on="EntryDate", how="left", maintain_order="left")
        .with_columns(
            FinancialPeriodKey=pl.coalesce(
                "FinancialPeriodKey", "Found", pl.col("EntryDate").dt.strftime("%Y%m"), pl.lit(NONE)
            )
        )
        .drop("Found")
    )


def _entry_keys(rows: pl.DataFrame) -> pl.Series:
    """Keys that do not move when another entry of the same document appears.

    The counter tells apart entries that are alike in everything else; they keep the order in which
    the API delivers them.
    """
    alike = ("Document", "EntryType", "AppliedToKey", "Via", "EntryDate")
    texts = rows.select(
        "Company",
        Text=pl.concat_str(
            "DocumentKey",
            "EntryType",
            pl.col("AppliedToKey").fill_null(NONE),
            pl.col("Via").fill_null(NONE),
            pl.col("EntryDate").cast(pl.String).fill_null(NONE),
            pl.int_range(pl.len()).over(alike).cast(pl.String),
            separator="|",
        ),
    )
    # polars' own hash is not stable across its versions, so the digest is taken in Python.
    digests = [
        pl.Series(
            [blake2b(text.encode(), digest_size=12).hexdigest() for text in part["Text"].to_list()],
            dtype=pl.String,
        )
        for part in texts.iter_slices(50_000)
    ]
    none = pl.Series([], dtype=pl.String)
    return texts["Company"] + ":" + pl.concat([none, *digests])
