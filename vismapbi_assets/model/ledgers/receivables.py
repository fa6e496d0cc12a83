"""Customer documents and their applications, as the customer endpoints tell of them.

Here it is decided which document opens an amount. Which application changes it is read in
`customer_applications`, how that becomes ledger rows belongs in `entries`, what a published row
looks like in `transforms/sub_ledgers`.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from vismapbi_assets.model.companies import base_currency, default_branch
from vismapbi_assets.model.conversion import implied_rates, with_base, with_twins
from vismapbi_assets.model.frames import money
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import document_key, enumeration, first_key, key, part
from vismapbi_assets.model.ledgers.applications import application_events
from vismapbi_assets.model.ledgers.customer_applications import PAYING, customer_applications
from vismapbi_assets.model.ledgers.entries import DOCUMENTS, NO_RATE, build_ledger
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


def ar_entries(inputs: Inputs) -> pl.DataFrame:
    """The rows of the customer ledger, computed once for all tables of a run."""
    return inputs.shared("ar_entries", _ar_entries)


def customer_documents(inputs: Inputs) -> Iterator[pl.LazyFrame]:
    """The invoice-like entities, members that one of them lacks added as nulls.

    Documents in base currency have both amounts, whichever was delivered.
    """
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
        yield with_twins(frame, inputs, ("amount",), ("balance",)).with_columns(
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
        rate="Rate",
    ).with_columns(money("GrossBase"), pl.col("BalanceCurrency").cast(MONEY))
    voided = voided_payments(payments)
    lines = customer_applications(invoices, payments, voided)
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
        IsRequest=no_request, Rate=NO_RATE
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
