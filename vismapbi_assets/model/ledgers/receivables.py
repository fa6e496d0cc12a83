"""Customer documents and their applications, as the customer endpoints tell of them.

Here it is decided which document opens an amount and which application changes it. How that
becomes ledger rows belongs in `entries`; what a published row looks like in
`transforms/ar_ledger`.

The same application is told by the document it is applied to (with its day and release), and by
the payment; the payment's word counts only for pairs that the document does not name.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from vismapbi_assets.model.companies import base_currency, default_branch
from vismapbi_assets.model.conversion import implied_rates, with_base
from vismapbi_assets.model.frames import money
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import document_key, enumeration, first_key, key, part
from vismapbi_assets.model.ledgers.applications import APPLICATIONS, application_events
from vismapbi_assets.model.ledgers.entries import DOCUMENTS, build_ledger
from vismapbi_assets.model.ledgers.voids import void_events, voided_payments
from vismapbi_assets.model.periods import first_period, period, periods
from vismapbi_assets.model.signs import customer_sign, is_released, status_group
from vismapbi_assets.model.table import MONEY

ENTITIES = (
    "customerInvoice",
    "customerCreditNote",
    "customerDebitNote",
    "customerOverdueCharge",
    "customerCreditWriteOff",
    "cashSale",
)
OPENING = ("Invoice", "DebitNote", "CreditNote", "FinCharge", "SmallBalanceWo", "SmallCreditWo")
PAYMENTS = ("Payment", "Prepayment", "Refund", "VoidRefund")
PAYING = ("CreditNote", "SmallBalanceWo")
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


def ar_entries(inputs: Inputs) -> pl.DataFrame:
    """The rows of the customer ledger, computed once for all tables of a run."""
    return inputs.shared("ar_entries", _ar_entries)


def customer_documents(inputs: Inputs) -> Iterator[pl.LazyFrame]:
    """The invoice-like entities, members that one of them lacks added as nulls."""
    optional: dict[str, pl.DataType] = {
        "documentDueDate": pl.Date(),
        "cashDiscountDate": pl.Date(),
        "dunningLetterDate": pl.Date(),
        "dunningLetterLevel": pl.Int64(),
        "exchangeRate": pl.Decimal(28, 10),
        "externalReference": pl.String(),
        "creditTerms_description": pl.String(),
        "salesPerson_description": pl.String(),
        "vatTaxableTotal": MONEY,
        "vatExemptTotal": MONEY,
        "applications": pl.List(pl.Struct(_APPLICATION)),
    }
    for name in ENTITIES:
        frame = inputs.entity(name)
        present = frame.collect_schema().names()
        yield frame.with_columns(
            pl.lit(None, dtype=dtype).alias(column)
            for column, dtype in optional.items()
            if column not in present
        )


_APPLICATION: dict[str, pl.DataType] = {
    "docType": pl.String(),
    "refNbr": pl.String(),
    "amountPaid": MONEY,
    "cashDiscountTaken": MONEY,
    "applicationDate": pl.Date(),
    "applicationPeriod": pl.String(),
    "released": pl.Boolean(),
}


def _ar_entries(inputs: Inputs) -> pl.DataFrame:
    invoices = _invoices(inputs)
    payments = with_base(
        _payments(inputs),
        inputs,
        {"GrossBase": "GrossCurrency"},
        currency="CurrencyId",
        day="DocumentDate",
        base_currency="BaseCurrency",
        otherwise=implied_rates(invoices),
    ).with_columns(money("GrossBase"), pl.col("BalanceCurrency").cast(MONEY))
    voided = voided_payments(payments)
    lines = _lines(invoices, payments, voided)
    documents = _documents(invoices, payments, voided)
    events = pl.concat([void_events(payments, voided), application_events(lines, documents)])
    return build_ledger(documents, events, periods(inputs))


def _invoices(inputs: Inputs) -> pl.DataFrame:
    """Every document of the invoice endpoints, the newest where two endpoints deliver one."""
    frames = [
        frame.select(
            Company="company",
            DocumentKey=document_key("documentType", "referenceNumber"),
            DocumentType=enumeration("documentType"),
            ReferenceNumber=part("referenceNumber"),
            PartyKey=key("customer_number"),
            BranchKey=first_key("branchNumber_number", default=default_branch(inputs)),
            CurrencyId=pl.coalesce(part("currencyId"), base_currency(inputs)),
            DocumentDate="documentDate",
            DueDate="documentDueDate",
            FinancialPeriodKey=first_period("financialPeriod", "postPeriod"),
            ClosedPeriodKey=period("closedFinancialPeriod"),
            ModifiedDate=pl.col("lastModifiedDateTime").dt.date(),
            SignFactor=customer_sign("documentType"),
            GrossBase=money("amount"),
            GrossCurrency=money(pl.coalesce("amountInCurrency", "amount")),
            BalanceBase="balance",
            BalanceCurrency=pl.coalesce("balanceInCurrency", "balance"),
            IsReleased=is_released("status"),
            ModifiedAt="lastModifiedDateTime",
            Applications=pl.col("applications").list.eval(
                pl.struct(pl.element().struct.field(name).alias(name) for name in _APPLICATION)
            ),
        )
        for frame in customer_documents(inputs)
    ]
    return (
        pl.concat(frames)
        .sort("ModifiedAt", descending=True, nulls_last=True, maintain_order=True)
        .unique("DocumentKey", keep="first", maintain_order=True)
        .collect()
    )


def _payments(inputs: Inputs) -> pl.DataFrame:
    """Released documents of the payment endpoint, credit notes and write-offs among them."""
    return (
        inputs.entity("customerPayment")
        .filter(is_released("status") | (status_group("status") == "Void"))
        .select(
            Company="company",
            DocumentKey=document_key("type", "refNbr"),
            DocumentType=enumeration("type"),
            ReferenceNumber=part("refNbr"),
            PartyKey=key("customer_number"),
            BranchKey=first_key("branch", default=default_branch(inputs)),
            CurrencyId=pl.coalesce(part("currency"), base_currency(inputs)),
            DocumentDate="applicationDate",
            FinancialPeriodKey=period("applicationPeriod"),
            ModifiedDate=pl.col("lastModifiedDateTime").dt.date(),
            SignFactor=customer_sign("type"),
            GrossCurrency=money("paymentAmount"),
            # What is reserved for orders is not available, and still owed to the customer.
            BalanceCurrency=pl.col("availableBalance") + money("appliedToOrders"),
            IsVoided=status_group("status") == "Void",
            BaseCurrency=base_currency(inputs),
            Lines="paymentLines",
        )
        .collect()
    )


def _lines(invoices: pl.DataFrame, payments: pl.DataFrame, voided: pl.DataFrame) -> pl.DataFrame:
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


def _documents(
    invoices: pl.DataFrame, payments: pl.DataFrame, voided: pl.DataFrame
) -> pl.DataFrame:
    stray_void = (pl.col("DocumentType") == "VoidPayment") & ~pl.col("DocumentKey").is_in(
        voided["VoidKey"].implode()
    )
    stray_credit = pl.col("DocumentType").is_in(PAYING) & ~pl.col("DocumentKey").is_in(
        invoices["DocumentKey"].implode()
    )
    no_request = pl.lit(value=False)
    owed = invoices.filter("IsReleased", pl.col("DocumentType").is_in(OPENING)).with_columns(
        IsRequest=no_request
    )
    paying = payments.filter(
        pl.col("DocumentType").is_in(PAYMENTS) | stray_void | stray_credit
    ).with_columns(
        DueDate=pl.lit(None, dtype=pl.Date),
        ClosedPeriodKey=pl.lit(None, dtype=pl.String),
        BalanceBase=pl.when(pl.col("GrossBase") == pl.col("GrossCurrency")).then("BalanceCurrency"),
        IsRequest=no_request,
    )
    return pl.concat([owed.select(*DOCUMENTS), paying.select(*DOCUMENTS)])
