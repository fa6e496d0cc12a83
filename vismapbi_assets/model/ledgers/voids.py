"""Which payment a voiding payment voids, and the row that cancels it.

A voiding payment bears the number of the payment it voids and an amount below zero. Its lines are
applications like any other and belong in `applications`.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.ledgers.applications import named
from vismapbi_assets.model.table import MONEY

VOIDS = ("VoidPayment", "VoidCheck")
VOIDABLE = ("Payment", "Check", "Prepayment")


def voided_payments(payments: pl.DataFrame) -> pl.DataFrame:
    """VoidKey and PaymentKey: the same number, a payment marked as voided before others."""
    voids = payments.filter(pl.col("DocumentType").is_in(VOIDS))
    targets = payments.filter(pl.col("DocumentType").is_in(VOIDABLE))
    return (
        voids.select("Company", "ReferenceNumber", VoidKey="DocumentKey")
        .join(
            targets.select("Company", "ReferenceNumber", "IsVoided", PaymentKey="DocumentKey"),
            on=["Company", "ReferenceNumber"],
            how="inner",
        )
        .sort("VoidKey", ~pl.col("IsVoided"), "PaymentKey")
        .unique("VoidKey", keep="first", maintain_order=True)
        .select("VoidKey", "PaymentKey")
    )


def void_events(payments: pl.DataFrame, voided: pl.DataFrame) -> pl.DataFrame:
    """The Void row of every voided payment, on the day of the voiding."""
    return payments.join(
        voided, left_on="DocumentKey", right_on="VoidKey", how="inner", maintain_order="left"
    ).select(
        DocumentKey="PaymentKey",
        EntryType=pl.lit("Void"),
        EntryDate="DocumentDate",
        FinancialPeriodKey="FinancialPeriodKey",
        AmountCurrency=(pl.col("SignFactor") * pl.col("GrossCurrency")).cast(MONEY),
        AppliedToKey="DocumentKey",
        AppliedTo=named("DocumentKey"),
        Via="DocumentKey",
    )
