"""Payment documents of both sides, in their own currency and in base currency.

Money out counts positive for suppliers, money in for customers. Credit notes that the payment
endpoints repeat are no payments. What a payment settles belongs in the ledgers.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.companies import base_currency, default_branch
from vismapbi_assets.model.conversion import implied_rates, with_base
from vismapbi_assets.model.frames import money
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import NONE, document_key, enumeration, first_key, key, part, text
from vismapbi_assets.model.periods import period
from vismapbi_assets.model.signs import (
    CUSTOMER_PAYMENTS,
    SUPPLIER_PAYMENTS,
    customer_sign,
    is_released,
    supplier_sign,
)
from vismapbi_assets.model.transforms.parties import CUSTOMER_DOCUMENTS


def supplier_payment(inputs: Inputs) -> pl.DataFrame:
    """One row per supplier payment of any status.

    Base amounts at the rate of the payment date; a currency without any rate takes the one that
    supplier documents were booked at, and 0 where there is none either.
    """
    # A refund comes in and is negative; what voids is delivered negative and cancels.
    sign = -supplier_sign("type")
    payments = (
        inputs.entity("supplierPayment")
        .filter(enumeration("type").is_in(list(SUPPLIER_PAYMENTS)).fill_null(value=False))
        .select(
            DocumentKey=document_key("type", "refNbr"),
            PaymentType=enumeration("type"),
            ReferenceNumber=part("refNbr"),
            SupplierKey=key("supplier_number"),
            CashAccountKey=key("cashAccount"),
            BranchKey=first_key("branch", default=default_branch(inputs)),
            PaymentDate="applicationDate",
            FinancialPeriodKey=period("applicationPeriod").fill_null(NONE),
            Status=enumeration("status"),
            IsReleased=pl.coalesce("released", is_released("status")),
            IsVoided=_is_voided(),
            CurrencyId=part("currency_id"),
            PaymentCurrency=money("paymentAmount", sign),
            UnappliedCurrency=money("unappliedBalance"),
            charges=money("financeCharges"),
            PaymentMethod=text("paymentMethod"),
            PaymentReference=text("paymentRef"),
            Description=text("description"),
            LastModifiedAt="lastModifiedDateTime",
            base_currency=base_currency(inputs),
        )
        .collect()
    )
    amounts = {"PaymentBase": "PaymentCurrency", "FinanceChargesBase": "charges"}
    booked = inputs.entity("supplierInvoice").select(
        CurrencyId=part("currencyId"),
        DocumentDate="date",
        GrossCurrency=money("detailTotalInCurrency"),
        GrossBase=money("detailTotal"),
    )
    converted = _converted(payments, inputs, amounts, booked)
    return converted.select(
        *payments.columns[:13],
        "PaymentBase",
        "UnappliedCurrency",
        "FinanceChargesBase",
        "PaymentMethod",
        "PaymentReference",
        "Description",
        "LastModifiedAt",
    )


def customer_payment(inputs: Inputs) -> pl.DataFrame:
    """One row per customer payment of any status; converted as supplier payments are."""
    sign = -customer_sign("type")
    payments = (
        inputs.entity("customerPayment")
        .filter(enumeration("type").is_in(list(CUSTOMER_PAYMENTS)).fill_null(value=False))
        .select(
            DocumentKey=document_key("type", "refNbr"),
            PaymentType=enumeration("type"),
            ReferenceNumber=part("refNbr"),
            CustomerKey=key("customer_number"),
            CashAccountKey=key("cashAccount"),
            BranchKey=first_key("branch", default=default_branch(inputs)),
            PaymentDate="applicationDate",
            FinancialPeriodKey=period("applicationPeriod").fill_null(NONE),
            Status=enumeration("status"),
            IsReleased=is_released("status"),
            IsVoided=_is_voided(),
            CurrencyId=part("currency"),
            PaymentCurrency=money("paymentAmount", sign),
            UnappliedCurrency=money("availableBalance"),
            written_off=money("writeOffAmount"),
            charges=money("deductedCharges"),
            PaymentMethod=text("paymentMethod_description"),
            PaymentReference=text("paymentRef"),
            LastModifiedAt="lastModifiedDateTime",
            base_currency=base_currency(inputs),
        )
        .collect()
    )
    amounts = {
        "PaymentBase": "PaymentCurrency",
        "WriteOffBase": "written_off",
        "DeductedChargesBase": "charges",
    }
    booked = pl.concat(
        inputs.entity(entity).select(
            CurrencyId=part("currencyId"),
            DocumentDate="documentDate",
            GrossCurrency=money("amountInCurrency"),
            GrossBase=money("amount"),
        )
        for entity in CUSTOMER_DOCUMENTS
    )
    return _converted(payments, inputs, amounts, booked).select(
        *payments.columns[:13],
        "PaymentBase",
        "UnappliedCurrency",
        "WriteOffBase",
        "DeductedChargesBase",
        "PaymentMethod",
        "PaymentReference",
        "LastModifiedAt",
    )


def _is_voided() -> pl.Expr:
    voided = enumeration("status").eq_missing("Voided")
    return voided | enumeration("type").str.starts_with("Void")


def _converted(
    payments: pl.DataFrame, inputs: Inputs, amounts: dict[str, str], booked: pl.LazyFrame
) -> pl.DataFrame:
    return with_base(
        payments,
        inputs,
        amounts,
        currency="CurrencyId",
        day="PaymentDate",
        base_currency="base_currency",
        otherwise=implied_rates(booked.collect()),
    ).with_columns(money(name) for name in amounts)
