"""Supplier and customer documents of any status, with their settlement.

Amounts are signed by document type; open amounts are those of today, the history of a balance is
in the ledgers. Lines and payments belong in modules of their own.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.companies import default_branch
from vismapbi_assets.model.frames import money
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import NONE, document_key, enumeration, first_key, key, part, text
from vismapbi_assets.model.ledgers.payables import ap_entries, gross, supplier_documents
from vismapbi_assets.model.ledgers.receivables import ar_entries, customer_documents
from vismapbi_assets.model.ledgers.settlement import SETTLEMENT, with_settlement
from vismapbi_assets.model.periods import first_period, period
from vismapbi_assets.model.signs import (
    CUSTOMER_PAYMENTS,
    customer_sign,
    is_released,
    status_group,
    supplier_sign,
)


def supplier_invoice(inputs: Inputs) -> pl.DataFrame:
    """One row per document of the supplier invoice endpoint."""
    sign = supplier_sign("documentType")
    documents = (
        supplier_documents(inputs)
        .select(
            DocumentKey=document_key("documentType", "referenceNumber"),
            DocumentType=enumeration("documentType"),
            ReferenceNumber=part("referenceNumber"),
            SupplierKey=key("supplier_number"),
            BranchKey=first_key("branchNumber_number", default=default_branch(inputs)),
            DocumentDate="date",
            OriginalInvoiceDate="origInvoiceDate",
            DueDate="dueDate",
            PayDate="payDate",
            CashDiscountDate="cashDiscountDate",
            FinancialPeriodKey=first_period("financialPeriod", "postPeriod").fill_null(NONE),
            ClosedPeriodKey=period("closedFinancialPeriod"),
            Status=enumeration("status"),
            StatusGroup=status_group("status"),
            ApprovalStatus=enumeration("approvalStatus"),
            IsReleased=is_released("status"),
            IsHold=pl.col("hold").fill_null(value=False),
            IsPrebooked=enumeration("status").eq_missing("Prebooked"),
            CurrencyId=part("currencyId"),
            ExchangeRate=pl.col("exchangeRate").cast(pl.Float64),
            SignFactor=sign,
            GrossCurrency=money(gross("InCurrency"), sign),
            GrossBase=money(gross(), sign),
            NetBase=money(_net(), sign),
            VatBase=money("vatTotal", sign),
            OpenBase=pl.col("balance") * sign,
            OpenCurrency=pl.col("balanceInCurrency") * sign,
            CashDiscountBase=money("cashDiscount"),
            WithholdingTaxBase=money("withholdingTax"),
            CreditTerms=text("creditTerms_description"),
            PaymentMethod=text("paymentMethod_description"),
            CashAccount=text("cashAccount"),
            SupplierReference=text("supplierReference"),
            PaymentReference=text("paymentRefNo"),
            Description=text("description"),
            DocumentVersion="documentVersionNumber",
            CreatedAt="createdDateTime",
            LastModifiedAt="lastModifiedDateTime",
        )
        .collect()
    )
    return _settled(documents, ap_entries(inputs), before="CreditTerms")


def customer_invoice(inputs: Inputs) -> pl.DataFrame:
    """One row per document of the customer endpoints, payments left to their own table.

    Where two endpoints deliver the same document, the newest reading counts.
    """
    sign = customer_sign("documentType")
    documents = (
        pl.concat(
            frame.filter(
                ~enumeration("documentType").is_in(CUSTOMER_PAYMENTS).fill_null(value=False)
            ).select(
                DocumentKey=document_key("documentType", "referenceNumber"),
                DocumentType=enumeration("documentType"),
                ReferenceNumber=part("referenceNumber"),
                CustomerKey=key("customer_number"),
                BranchKey=first_key("branchNumber_number", default=default_branch(inputs)),
                DocumentDate="documentDate",
                OriginalInvoiceDate="origInvoiceDate",
                DueDate="documentDueDate",
                CashDiscountDate="cashDiscountDate",
                FinancialPeriodKey=first_period("financialPeriod", "postPeriod").fill_null(NONE),
                ClosedPeriodKey=period("closedFinancialPeriod"),
                Status=enumeration("status"),
                StatusGroup=status_group("status"),
                IsReleased=is_released("status"),
                IsHold=pl.col("hold").fill_null(value=False),
                CurrencyId=part("currencyId"),
                ExchangeRate=pl.col("exchangeRate").cast(pl.Float64),
                SignFactor=sign,
                GrossBase=money("amount", sign),
                GrossCurrency=money(pl.coalesce("amountInCurrency", "amount"), sign),
                NetBase=money(_net(), sign),
                VatBase=money("vatTotal", sign),
                OpenBase=pl.col("balance") * sign,
                OpenCurrency=pl.coalesce("balanceInCurrency", "balance") * sign,
                CashDiscountBase=money("cashDiscount"),
                DunningLevel="dunningLetterLevel",
                DunningDate="dunningLetterDate",
                CreditTerms=text("creditTerms_description"),
                PaymentMethod=text("paymentMethod_description"),
                SalesPerson=text("salesPerson_description"),
                ProjectKey=key("project_id"),
                CustomerReference=text("customerRefNumber"),
                ExternalReference=text("externalReference"),
                Description=text("invoiceText"),
                CreatedAt="createdDateTime",
                LastModifiedAt="lastModifiedDateTime",
            )
            for frame in customer_documents(inputs)
        )
        .sort("LastModifiedAt", descending=True, nulls_last=True, maintain_order=True)
        .unique("DocumentKey", keep="first", maintain_order=True)
        .collect()
    )
    return _settled(documents, ar_entries(inputs), before="DunningLevel")


def _net() -> pl.Expr:
    return pl.col("vatTaxableTotal").fill_null(0) + pl.col("vatExemptTotal").fill_null(0)


def _settled(documents: pl.DataFrame, entries: pl.DataFrame, before: str) -> pl.DataFrame:
    """The documents with their settlement, in the place where the tables have it.

    The open amount of a document whose balance was not delivered is what its ledger says.
    """
    place = documents.columns.index(before)
    known = entries.group_by("DocumentKey").agg(pl.col("AmountBase", "AmountCurrency").sum())
    return (
        with_settlement(documents, entries)
        .join(known, on="DocumentKey", how="left", maintain_order="left")
        .with_columns(
            OpenBase=money(pl.coalesce("OpenBase", "AmountBase")),
            OpenCurrency=money(pl.coalesce("OpenCurrency", "AmountCurrency")),
        )
        .select(*documents.columns[:place], *SETTLEMENT, *documents.columns[place:])
    )
