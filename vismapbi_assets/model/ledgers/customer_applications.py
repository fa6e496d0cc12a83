"""Which customer document was applied to which, told by documents and by payments.

The same application is told by the document it is applied to (with its day and release), and by
the payment; the payment's word counts only for pairs that the document does not name. What the
applications do to open amounts belongs in `applications`.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.frames import money
from vismapbi_assets.model.keys import document_key, enumeration, part
from vismapbi_assets.model.ledgers.applications import APPLICATIONS
from vismapbi_assets.model.periods import period
from vismapbi_assets.model.table import MONEY

PAYING = ("CreditNote", "SmallBalanceWo")
"""Documents of the invoice endpoints that pay others."""

REFUNDS = ("Refund", "VoidRefund")
LEDGER_CODE = {
    "INV": "Invoice",
    "DRM": "DebitNote",
    "CRM": "CreditNote",
    "FCH": "FinCharge",
    "SMB": "SmallBalanceWo",
    "SMC": "SmallCreditWo",
    "PMT": "Payment",
    "RPM": "VoidPayment",
    "PPM": "Prepayment",
    "REF": "Refund",
    "VRF": "VoidRefund",
    "CSL": "CashSale",
    "RCS": "CashReturn",
}
"""Applications name document types by the ERP's short codes, everything else by their names."""


def customer_applications(
    invoices: pl.DataFrame, payments: pl.DataFrame, voided: pl.DataFrame
) -> pl.DataFrame:
    """Every application once, as `applications.APPLICATIONS`.

    Args:
        invoices: documents of the invoice endpoints with their `Applications`.
        payments: released documents of the payment endpoint with their `Lines`.
        voided: as `voids.voided_payments`.
    """
    pair = ["AdjustedKey", "ViaKey"]
    same = [*pair, "Amount", "Nth"]
    nth = pl.int_range(pl.len()).over(*pair, "Amount").alias("Nth")
    told = _told_by_documents(invoices).with_columns(nth)
    of_pair = told.group_by(pair).agg(PairDate=pl.col("EntryDate").max())
    of_line = told.select(
        *same, ToldDate="EntryDate", ToldPeriod="FinancialPeriodKey", ToldRelease="IsReleased"
    )
    # Write-offs are told by payments alone; applications and discounts by either, once.
    is_told = pl.col("PairDate").is_not_null()
    counts = {
        "Amount": ~is_told,
        "Discount": ~is_told,
        "WriteOff": pl.col("ToldRelease").fill_null(value=True),
    }
    by_payment = (
        _told_by_payments(payments)
        .with_columns(nth)
        .join(of_pair, on=pair, how="left", maintain_order="left")
        .join(of_line, on=same, how="left", maintain_order="left")
        .with_columns(
            *(
                pl.when(condition).then(pl.col(name)).otherwise(0).cast(MONEY).alias(name)
                for name, condition in counts.items()
            ),
            EntryDate=pl.coalesce("ToldDate", "PairDate", "EntryDate"),
            FinancialPeriodKey=pl.when(~is_told).then("FinancialPeriodKey").otherwise("ToldPeriod"),
        )
    )
    return (
        pl.concat(
            [
                told.filter("IsReleased").select(*APPLICATIONS),
                by_payment.select(*APPLICATIONS),
            ]
        )
        .join(voided, left_on="ViaKey", right_on="VoidKey", how="left", maintain_order="left")
        .with_columns(PayingKey=pl.coalesce("PaymentKey", "ViaKey"))
        .select(*APPLICATIONS)
    )


def _told_by_documents(invoices: pl.DataFrame) -> pl.DataFrame:
    """Applications named on documents; of a pair that both sides name, the adjusted one counts."""
    lines = (
        invoices.filter("IsReleased")
        .select("Company", "DocumentKey", "DocumentType", "DocumentDate", "Applications")
        .explode("Applications")
        .drop_nulls("Applications")
        .unnest("Applications")
        .with_columns(Kind=enumeration("docType").replace(LEDGER_CODE))
        .with_columns(
            OtherKey=document_key("Kind", "refNbr", company="Company"),
            Pays=pl.col("DocumentType").is_in(PAYING)
            & ~pl.col("Kind").is_in(["Refund", "VoidRefund"]),
        )
        .with_columns(
            AdjustedKey=pl.when("Pays").then("OtherKey").otherwise("DocumentKey"),
            ViaKey=pl.when("Pays").then("DocumentKey").otherwise("OtherKey"),
        )
    )
    adjusted = lines.filter(~pl.col("Pays"))
    paying = lines.filter("Pays").join(adjusted, on=["AdjustedKey", "ViaKey"], how="anti")
    return pl.concat([adjusted, paying]).select(
        "AdjustedKey",
        "ViaKey",
        PayingKey="ViaKey",
        EntryDate=pl.coalesce("applicationDate", "DocumentDate"),
        FinancialPeriodKey=period("applicationPeriod"),
        Amount=money("amountPaid"),
        Discount=money("cashDiscountTaken"),
        WriteOff=pl.lit(0, dtype=MONEY),
        CurrencyId=pl.lit(None, dtype=pl.String),
        CrossRate=pl.lit(None, dtype=APPLICATIONS["CrossRate"]),
        IsReleased=pl.col("released").fill_null(value=True),
    )


def _told_by_payments(payments: pl.DataFrame) -> pl.DataFrame:
    """Lines of payments, dated by the payment: the line's own date is the adjusted document's."""
    return (
        payments.select(
            "Company", "DocumentKey", "DocumentDate", "FinancialPeriodKey", "CurrencyId", "Lines"
        )
        .with_columns(PaymentCurrency="CurrencyId")
        .explode("Lines")
        .drop_nulls("Lines")
        .unnest("Lines")
        .select(
            AdjustedKey=document_key("documentType", "refNbr", company="Company"),
            ViaKey="DocumentKey",
            PayingKey="DocumentKey",
            EntryDate="DocumentDate",
            FinancialPeriodKey="FinancialPeriodKey",
            Amount=money("amountPaid"),
            Discount=money("cashDiscountTaken"),
            WriteOff=money("balanceWriteOff"),
            CurrencyId=pl.coalesce(part("currency"), "PaymentCurrency"),
            CrossRate=pl.col("crossRate").cast(APPLICATIONS["CrossRate"]),
        )
    )
