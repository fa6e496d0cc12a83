"""Supplier documents and their applications, as the two supplier endpoints tell of them.

Here it is decided which document opens an amount and which line changes it. How that becomes
ledger rows belongs in `entries`; what a published row looks like in
`transforms/sub_ledgers`.

Amounts come from the invoice endpoint, applications from the payment endpoint, which repeats
credit notes as paying documents. A prepayment counts once it is paid; a voiding payment belongs
to the payment that it voids.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from vismapbi_assets.model.companies import base_currency, default_branch
from vismapbi_assets.model.conversion import implied_rates, with_base, with_twins
from vismapbi_assets.model.frames import money
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import document_key, enumeration, first_key, key, part
from vismapbi_assets.model.ledgers.applications import APPLICATIONS, application_events
from vismapbi_assets.model.ledgers.entries import DOCUMENTS, NO_RATE, build_ledger
from vismapbi_assets.model.ledgers.voids import VOIDS, void_events, voided_payments
from vismapbi_assets.model.periods import first_period, month_end, period, periods
from vismapbi_assets.model.signs import (
    SUPPLIER_PAYMENTS,
    is_released,
    status_group,
    supplier_sign,
)
from vismapbi_assets.model.table import MONEY

INVOICES = ("Invoice", "CreditAdj", "DebitAdj")
PAYMENTS = ("Payment", "Check", "Prepayment", "Refund", "VoidRefund")
GROSS = ("detailTotal", "discountTotal", "vatTotal", "roundingDiff")
"""What a supplier document's gross amount is made of."""


def ap_entries(inputs: Inputs) -> pl.DataFrame:
    """The rows of the supplier ledger, computed once for all tables of a run."""
    return inputs.shared("ap_entries", _ap_entries)


def supplier_documents(inputs: Inputs) -> pl.LazyFrame:
    """The documents of the supplier invoice endpoint, payments left to their own endpoint.

    A prepayment request stays one of them.
    """
    payment = enumeration("documentType").is_in(list(SUPPLIER_PAYMENTS - {"Prepayment"}))
    return with_twins(
        inputs.entity("supplierInvoice").filter(~payment.fill_null(value=False)),
        inputs,
        GROSS,
        ("balance",),
    )


def gross(suffix: str = "") -> pl.Expr:
    """Gross amount of a supplier document, unsigned; `InCurrency` for the document currency."""
    detail, discount, vat, rounding = (pl.col(f"{name}{suffix}").fill_null(0) for name in GROSS)
    return (detail - discount + vat + rounding).cast(MONEY)


def released_payment() -> pl.Expr:
    """Whether a supplier payment is or was released: the flag, else the status."""
    by_status = is_released("status") | (status_group("status") == "Void")
    return pl.coalesce("released", by_status)


def _ap_entries(inputs: Inputs) -> pl.DataFrame:
    invoices = _invoices(inputs)
    payments = with_base(
        _payments(inputs),
        inputs,
        {"GrossBase": "GrossCurrency"},
        currency="CurrencyId",
        day="DocumentDate",
        base_currency="BaseCurrency",
        otherwise=implied_rates(invoices),
        rate="Rate",
    ).with_columns(money("GrossBase"))
    voided = voided_payments(payments)
    modified = pl.concat([payments["ModifiedDate"], invoices["ModifiedDate"]]).max()
    lines = _lines(payments, voided, inputs, modified if isinstance(modified, date) else None)
    documents = _documents(invoices, payments, voided, lines)
    events = pl.concat([void_events(payments, voided), application_events(lines, documents)])
    return build_ledger(documents, events, periods(inputs))


def _payments(inputs: Inputs) -> pl.DataFrame:
    """Released documents of the payment endpoint, credit notes among them."""
    return (
        inputs.entity("supplierPayment")
        .filter(released_payment())
        .select(
            Company="company",
            DocumentKey=document_key("type", "refNbr"),
            DocumentType=enumeration("type"),
            ReferenceNumber=part("refNbr"),
            PartyKey=key("supplier_number"),
            BranchKey=first_key("branch", default=default_branch(inputs)),
            CurrencyId=pl.coalesce(part("currency_id"), base_currency(inputs)),
            DocumentDate="applicationDate",
            FinancialPeriodKey=period("applicationPeriod"),
            ModifiedDate=pl.col("lastModifiedDateTime").dt.date(),
            SignFactor=supplier_sign("type"),
            GrossCurrency=money("paymentAmount"),
            BalanceCurrency=pl.coalesce("balance", "unappliedBalance"),
            IsVoided=status_group("status") == "Void",
            BaseCurrency=base_currency(inputs),
            Lines="paymentLines",
        )
        .collect()
    )


def _lines(
    payments: pl.DataFrame, voided: pl.DataFrame, inputs: Inputs, seen: date | None
) -> pl.DataFrame:
    """All application lines with the day on which they took effect.

    `seen` is the last day on which any of the documents was modified.
    """
    calendar = periods(inputs).select(LinePeriod="period", start="start", end="end")
    return (
        payments.select(
            "Company",
            "DocumentKey",
            "DocumentDate",
            "FinancialPeriodKey",
            "ModifiedDate",
            "CurrencyId",
            "Lines",
        )
        .explode("Lines")
        .drop_nulls("Lines")
        .unnest("Lines")
        .with_columns(
            LinePeriod=first_period("applicationPeriod", "FinancialPeriodKey"),
            AdjustedKey=document_key("docType", "invoiceRefNbr", company="Company"),
        )
        .join(calendar, on="LinePeriod", how="left", maintain_order="left")
        .join(voided, left_on="DocumentKey", right_on="VoidKey", how="left", maintain_order="left")
        .select(
            AdjustedKey="AdjustedKey",
            PayingKey=pl.coalesce("PaymentKey", "DocumentKey"),
            ViaKey="DocumentKey",
            EntryDate=_application_date(seen),
            FinancialPeriodKey="LinePeriod",
            Amount=money("amountPaid"),
            Discount=money("cashDiscountTaken"),
            WriteOff=money("withholdingTax"),
            CurrencyId=pl.coalesce(part("currency"), "CurrencyId"),
            CrossRate=pl.lit(None, dtype=pl.Decimal(28, 10)),
        )
        .select(*APPLICATIONS)
    )


def _application_date(seen: date | None) -> pl.Expr:
    """The header's date if it lies in the line's period, else the last day of that period.

    A period that is still running has not reached its last day. The application is in the data, so
    it is not younger than the last modification of the payment that carries it: until a document
    that was modified after the period is seen, that day is taken instead, and balances of today
    hold what the ERP already counts.
    """
    end = pl.coalesce("end", month_end("LinePeriod"))
    start = pl.coalesce("start", end.dt.month_start())
    header = pl.col("DocumentDate")
    running = (end >= pl.lit(seen, dtype=pl.Date)).fill_null(value=False)
    so_far = pl.max_horizontal(start, header, pl.min_horizontal(end, "ModifiedDate"))
    return (
        pl.when(end.is_null() | header.is_between(start, end))
        .then(header)
        .when((header < start) & running)
        .then(so_far)
        .otherwise(end)
    )


def _documents(
    invoices: pl.DataFrame, payments: pl.DataFrame, voided: pl.DataFrame, lines: pl.DataFrame
) -> pl.DataFrame:
    is_payment = pl.col("DocumentType").is_in(PAYMENTS)
    stray_void = pl.col("DocumentType").is_in(VOIDS) & ~pl.col("DocumentKey").is_in(
        voided["VoidKey"].implode()
    )
    stray_credit = (pl.col("DocumentType") == "DebitAdj") & ~pl.col("DocumentKey").is_in(
        invoices["DocumentKey"].implode()
    )
    # Paid by a payment, a prepayment grows with it; paid directly, it has its own Document row.
    paid = lines.filter(pl.col("ViaKey").str.contains(":(Payment|Check|VoidPayment|VoidCheck):"))
    requests = pl.col("DocumentType").eq("Prepayment") & pl.col("DocumentKey").is_in(
        paid["AdjustedKey"].implode()
    )
    paying = payments.filter(is_payment | stray_void | stray_credit).with_columns(
        DueDate=pl.lit(None, dtype=pl.Date),
        ClosedPeriodKey=pl.lit(None, dtype=pl.String),
        BalanceBase=pl.when(pl.col("GrossBase") == pl.col("GrossCurrency")).then("BalanceCurrency"),
        IsRequest=requests,
    )
    owed = invoices.filter("IsReleased", pl.col("DocumentType").is_in(INVOICES)).with_columns(
        IsRequest=pl.lit(value=False), Rate=NO_RATE
    )
    requested = invoices.filter(
        "IsReleased",
        requests,
        ~pl.col("DocumentKey").is_in(paying["DocumentKey"].implode()),
    ).with_columns(
        # What the balance of a paid request means is not documented, so it is not tied out.
        BalanceBase=pl.lit(None, dtype=MONEY),
        BalanceCurrency=pl.lit(None, dtype=MONEY),
        IsRequest=pl.lit(value=True),
        Rate=NO_RATE,
    )
    return pl.concat([frame.select(*DOCUMENTS) for frame in (owed, paying, requested)])


def _invoices(inputs: Inputs) -> pl.DataFrame:
    return (
        supplier_documents(inputs)
        .select(
            Company="company",
            DocumentKey=document_key("documentType", "referenceNumber"),
            DocumentType=enumeration("documentType"),
            ReferenceNumber=part("referenceNumber"),
            PartyKey=key("supplier_number"),
            BranchKey=first_key("branchNumber_number", default=default_branch(inputs)),
            CurrencyId=pl.coalesce(part("currencyId"), base_currency(inputs)),
            DocumentDate="date",
            DueDate="dueDate",
            FinancialPeriodKey=first_period("financialPeriod", "postPeriod"),
            ClosedPeriodKey=period("closedFinancialPeriod"),
            ModifiedDate=pl.col("lastModifiedDateTime").dt.date(),
            SignFactor=supplier_sign("documentType"),
            GrossBase=gross(),
            GrossCurrency=gross("InCurrency"),
            BalanceBase="balance",
            BalanceCurrency="balanceInCurrency",
            IsReleased=is_released("status"),
        )
        .collect()
    )
