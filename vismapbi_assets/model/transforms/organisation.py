"""Branches, ledgers, cash accounts and currencies.

Small dimensions straight from their entity. Accounts and parties have modules of their own.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.companies import company_name, default_branch
from vismapbi_assets.model.conversion import rates
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import NONE, key, part, text
from vismapbi_assets.model.members import (
    Use,
    member_name,
    missing_name,
    published_keys,
    used_keys,
    with_missing,
    with_none,
)
from vismapbi_assets.model.transforms.parties import CUSTOMER_DOCUMENTS

BRANCH_USES = (
    Use("supplierInvoice", "branchNumber_number"),
    Use("supplierPayment", "branch"),
    *(Use(entity, "branchNumber_number") for entity in CUSTOMER_DOCUMENTS),
    Use("customerPayment", "branch"),
    Use("generalLedgerBalance", "branch_number"),
    Use("budget", "branchNumber_number"),
    Use("purchaseOrder", "branch_number"),
    Use("purchaseReceipt", "branchNumber_number"),
)
BRANCH_FACTS = dict.fromkeys(
    (
        "SupplierInvoiceLine",
        "CustomerInvoiceLine",
        "JournalLine",
        "PurchaseOrderLine",
        "PurchaseReceiptLine",
        "UnpostedDocument",
    ),
    "BranchKey",
)
"""Facts whose rows name branches of their own, beside those of their documents."""

LEDGER_FACTS = {"JournalLine": "LedgerKey"}
CASH_ACCOUNT_USES = (Use("supplierPayment", "cashAccount"), Use("customerPayment", "cashAccount"))
CURRENCY_USES = (
    Use("supplierInvoice", "currencyId"),
    Use("supplierPayment", "currency_id"),
    *(Use(entity, "currencyId") for entity in CUSTOMER_DOCUMENTS),
    Use("customerPayment", "currency"),
)

MINOR_UNITS = {
    code: decimals
    for decimals, codes in (
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    )
    for code in codes.split()
}
"""ISO 4217: decimals of the currencies that do not have two."""


def branch(inputs: Inputs) -> pl.DataFrame:
    """One row per branch; the default branch of every company is among them."""
    companies = pl.LazyFrame({"company": [c.key for c in inputs.companies]}, {"company": pl.String})
    defaults = companies.select(
        "company", default_branch(inputs).str.replace(r"^[^:]*:", "").alias("number")
    )
    also = pl.concat([defaults, published_keys(inputs, BRANCH_FACTS)])
    rows = (
        with_missing(inputs, "branch", "number", BRANCH_USES, also=also)
        .with_columns(member_name("name"))
        .select(
            BranchKey=key("number"),
            Company=company_name(inputs),
            BranchNumber=text("number"),
            BranchName=pl.col("name"),
            BaseCurrencyId=text("currency_id"),
            CountryCode=text("defaultCountry_id"),
            CorporateId=text("corporateId"),
            IsMainBranch=pl.col("isMainBranch").fill_null(value=False),
        )
        .collect()
    )
    return with_none(rows, "BranchName")


def ledger(inputs: Inputs) -> pl.DataFrame:
    """One row per ledger."""
    uses = (Use("generalLedgerBalance", "ledger_id"), Use("budget", "ledger"))
    rows = (
        with_missing(inputs, "ledger", "number", uses, also=published_keys(inputs, LEDGER_FACTS))
        .with_columns(member_name("description"))
        .select(
            LedgerKey=key("number"),
            Company=company_name(inputs),
            Ledger=text("number"),
            LedgerName=pl.col("description"),
            BalanceType=text("balanceType"),
            CurrencyId=text("currencyId"),
        )
        .collect()
    )
    return with_none(rows, "LedgerName")


def cash_account(inputs: Inputs) -> pl.DataFrame:
    """One row per cash account; its ledger account is its own number where none is named."""
    rows = (
        with_missing(inputs, "cashAccount", "number", CASH_ACCOUNT_USES)
        .with_columns(member_name("description"))
        .select(
            CashAccountKey=key("number"),
            Company=company_name(inputs),
            CashAccount=text("number"),
            CashAccountName=pl.col("description"),
            CurrencyId=text("currency"),
            AccountKey=key(pl.coalesce(part("account_number"), "number")),
        )
        .collect()
    )
    return with_none(rows, "CashAccountName", AccountKey=NONE)


def currency(inputs: Inputs) -> pl.DataFrame:
    """One row per currency that is kept, used, or has a rate."""
    order = {company.key: place for place, company in enumerate(inputs.companies)}
    base = list({company.base_currency for company in inputs.companies})
    known = (
        inputs.entity("currency")
        .select(
            part("id").alias("id"),
            text("description").alias("name"),
            pl.col("company").replace_strict(order, default=len(order), return_dtype=pl.Int64),
        )
        .drop_nulls("id")
        .sort("id", "company")
        .unique("id", keep="first", maintain_order=True)
        .drop("company")
        .collect()
    )
    used = [
        used_keys(inputs, CURRENCY_USES).select(id="number").collect(),
        rates(inputs).select(id="CurrencyId"),
        pl.DataFrame({"id": base}, schema={"id": pl.String}),
    ]
    unknown = (
        pl.concat(used)
        .unique()
        .join(known, on="id", how="anti")
        .with_columns(name=missing_name("id"))
    )
    rows = (
        pl.concat([known, unknown])
        .sort("id")
        .select(
            CurrencyId="id",
            CurrencyName="name",
            Decimals=pl.col("id").replace_strict(MINOR_UNITS, default=2, return_dtype=pl.Int64),
            IsBaseCurrency=pl.col("id").is_in(base),
        )
    )
    return with_none(rows, "CurrencyName")
