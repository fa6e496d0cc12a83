"""Checks of the two event ledgers against documents, control accounts and rates."""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model import figures, statements
from vismapbi_assets.model.checks.books import books
from vismapbi_assets.model.checks.outcome import CENT, CheckOutcome, none_of
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import document_key


def ledger_ties_out(inputs: Inputs, ledger: str, documents: str) -> CheckOutcome:
    """Per document the ledger's rows add up to the open amount that the ERP tells."""
    in_ledger = (
        inputs.table(ledger)
        .group_by("DocumentKey")
        .agg(pl.col("AmountBase", "AmountCurrency").sum())
    )
    cash = ["QuickCheck", "VoidQuickCheck", "CashSale", "CashReturn", "Prepayment"]
    owed = (
        inputs.table(documents)
        .filter("IsReleased", ~pl.col("DocumentType").is_in(cash), pl.col("SignFactor") != 0)
        .select("DocumentKey", "OpenBase", "OpenCurrency")
    )
    differing = (
        owed.join(in_ledger, on="DocumentKey", how="left")
        .filter(
            pl.col("AmountBase").is_null()
            | (pl.col("AmountBase") != pl.col("OpenBase"))
            | (pl.col("AmountCurrency") != pl.col("OpenCurrency"))
        )
        .select("DocumentKey", Difference=pl.col("AmountBase").fill_null(0) - pl.col("OpenBase"))
        .sort("DocumentKey")
        .collect()
    )
    return none_of(differing, "DocumentKey", Difference=figures.total(differing, "Difference"))


def supplier_gross_is_confirmed(inputs: Inputs) -> CheckOutcome:
    """Gross amounts, made of their parts, are what the list of headers tells as a whole."""
    told = inputs.entity("supplierDocument").select(
        DocumentKey=document_key("documentType", "referenceNumber"),
        Base="amount",
        Currency="amountInCurrency",
    )
    sign = pl.col("SignFactor")
    differing = (
        inputs.table("SupplierInvoice")
        .filter("IsReleased")
        .join(told, on="DocumentKey", how="inner")
        .filter(
            (pl.col("Base") * sign != pl.col("GrossBase")).fill_null(value=False)
            | (pl.col("Currency") * sign != pl.col("GrossCurrency")).fill_null(value=False)
        )
        .select("DocumentKey")
        .sort("DocumentKey")
        .collect()
    )
    return none_of(differing, "DocumentKey")


def aging_adds_up(inputs: Inputs, ledger: str) -> CheckOutcome:
    """The buckets add up to the balance."""
    rows = inputs.table(ledger).select("EntryDate", "AgingDate", "AmountBase", "IsPrepayment")
    buckets = figures.total(figures.aging(rows, inputs.as_of), "AmountBase")
    balance = figures.balance(rows, inputs.as_of)
    return CheckOutcome(buckets == balance, {"Buckets": buckets, "Balance": balance})


def ledgers_are_explained(inputs: Inputs, ledger: str) -> CheckOutcome:
    """No balance had to be completed by an unexplained row."""
    rows = (
        inputs.table(ledger)
        .filter(pl.col("EntryType") == "Unexplained")
        .select("DocumentKey", "AmountBase")
        .sort("DocumentKey")
        .collect()
    )
    return none_of(rows, "DocumentKey", AmountBase=figures.total(rows, "AmountBase"))


def ledger_matches_control(
    inputs: Inputs, ledger: str, report_group: str, sign: int
) -> CheckOutcome:
    """The sub-ledger equals its control accounts at the data date."""
    rows = inputs.table(ledger).select("EntryDate", "AmountBase", "IsPrepayment")
    balance = figures.balance(rows, inputs.as_of)
    control = sign * statements.control_balance(books(inputs), report_group, inputs.as_of)
    difference = balance - control
    return CheckOutcome(
        abs(difference) < CENT,
        {"SubLedger": balance, "ControlAccounts": control, "Difference": difference},
    )


def open_currencies_have_rates(inputs: Inputs) -> CheckOutcome:
    """Every foreign currency with an open balance has a rate on or before the data date."""
    rated = inputs.table("ExchangeRate").filter(pl.col("RateDate") <= inputs.as_of)
    base = pl.col("CurrencyId").is_in([company.base_currency for company in inputs.companies])
    found = (
        pl.concat(
            inputs.table(ledger).select("CurrencyId", "AmountCurrency")
            for ledger in ("ApLedger", "ArLedger")
        )
        .group_by("CurrencyId")
        .agg(pl.col("AmountCurrency").sum())
        .filter((pl.col("AmountCurrency") != 0) & ~base)
        .join(rated, on="CurrencyId", how="anti")
        .sort("CurrencyId")
        .collect()
    )
    return none_of(found, "CurrencyId")
