"""Suppliers and customers from their master data.

Credit days come from the documents, since the API keeps the credit terms themselves out of reach:
what nine of ten documents with the same terms agree on. Balances and ageing belong in the ledgers.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.companies import company_name
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import key, label, text
from vismapbi_assets.model.members import Use, member_name, with_missing, with_none

SUPPLIER_USES = (
    Use("supplierInvoice", "supplier_number"),
    Use("supplierPayment", "supplier_number"),
    Use("purchaseOrder", "supplier_number"),
    Use("purchaseReceipt", "supplier_number"),
)

CUSTOMER_DOCUMENTS = (
    "customerInvoice",
    "customerCreditNote",
    "customerDebitNote",
    "customerOverdueCharge",
    "customerCreditWriteOff",
    "cashSale",
)

CUSTOMER_USES = (
    *(Use(entity, "customer_number") for entity in CUSTOMER_DOCUMENTS),
    Use("customerPayment", "customer_number"),
)

AGREEMENT = 0.9
"""The share of documents that must show the same days between document and due date."""


def supplier(inputs: Inputs) -> pl.DataFrame:
    """One row per supplier, `-` and the missing ones included."""
    days = _credit_days(inputs, "supplierInvoice", "date", "dueDate")
    rows = (
        with_missing(inputs, "supplier", "number", SUPPLIER_USES)
        .join(days, on=["company", "creditTerms_id"], how="left", maintain_order="left")
        .with_columns(member_name("name"))
        .select(
            SupplierKey=key("number"),
            Company=company_name(inputs),
            SupplierNumber=text("number"),
            SupplierName=pl.col("name"),
            SupplierLabel=label("number", "name"),
            Status=text("status"),
            SupplierClass=text("supplierClass_description"),
            SupplierClassId=text("supplierClass_id"),
            Country=text("mainAddress_country_name"),
            CountryCode=text("mainAddress_country_id"),
            City=text("mainAddress_city"),
            CurrencyId=text("currencyId"),
            CreditTerms=text("creditTerms_description"),
            CreditTermsId=text("creditTerms_id"),
            CreditDays="days",
            PaymentMethod=text("paymentMethod_description"),
            PaymentLeadTimeDays="paymentLeadTime",
            VatZone=text("vatZone_description"),
            VatRegistrationId=text("vatRegistrationId"),
            CorporateId=text("corporateId"),
            ParentSupplier=text("parentRecord_number"),
            LastModifiedAt="lastModifiedDateTime",
        )
        .collect()
    )
    return with_none(rows, "SupplierName", "SupplierLabel")


def customer(inputs: Inputs) -> pl.DataFrame:
    """One row per customer, `-` and the missing ones included."""
    days = _credit_days(inputs, "customerInvoice", "documentDate", "documentDueDate")
    rows = (
        with_missing(inputs, "customer", "number", CUSTOMER_USES)
        .join(days, on=["company", "creditTerms_id"], how="left", maintain_order="left")
        .with_columns(member_name("name"))
        .select(
            CustomerKey=key("number"),
            Company=company_name(inputs),
            CustomerNumber=text("number"),
            CustomerName=pl.col("name"),
            CustomerLabel=label("number", "name"),
            Status=text("status"),
            CustomerClass=text("customerClass_description"),
            CustomerClassId=text("customerClass_id"),
            Country=text("mainAddress_country_name"),
            CountryCode=text("mainAddress_country_id"),
            City=text("mainAddress_city"),
            CurrencyId=text("currencyId"),
            CreditTerms=text("creditTerms_description"),
            CreditDays="days",
            CreditLimit="creditLimit",
            CreditVerification=text("creditVerification"),
            PriceClass=text("priceClass_description"),
            VatZone=text("vatZone_description"),
            CorporateId=text("corporateId"),
            ParentCustomer=text("parentRecord_number"),
            LastModifiedAt="lastModifiedDateTime",
        )
        .collect()
    )
    return with_none(rows, "CustomerName", "CustomerLabel")


def _credit_days(inputs: Inputs, entity: str, dated: str, due: str) -> pl.LazyFrame:
    return (
        inputs.entity(entity)
        .select(
            "company",
            "creditTerms_id",
            (pl.col(due) - pl.col(dated)).dt.total_days().alias("days"),
        )
        .drop_nulls()
        .group_by("company", "creditTerms_id", "days")
        .len("documents")
        .sort("documents", "days", descending=[True, False])
        .group_by("company", "creditTerms_id")
        .agg(
            pl.col("days")
            .first()
            .filter(pl.col("documents").first() >= AGREEMENT * pl.col("documents").sum())
            .first()
        )
    )
