"""Checks that facts find their days and members, and that accounts and documents are known."""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.checks.outcome import SAMPLES, CheckOutcome, none_of
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.mapping import UNMAPPED
from vismapbi_assets.model.members import MISSING
from vismapbi_assets.model.semantic_model import RELATIONSHIPS
from vismapbi_assets.model.signs import STATUS_GROUP, UNKNOWN
from vismapbi_assets.model.transforms.dates import FACT_DATES

MEMBER_NAMES = {
    "Supplier": "SupplierName",
    "Customer": "CustomerName",
    "Account": "AccountName",
    "Subaccount": "Description",
    "Branch": "BranchName",
    "Ledger": "LedgerName",
    "Currency": "CurrencyName",
    "Project": "ProjectName",
    "CashAccount": "CashAccountName",
    "FinancialPeriod": "Description",
}
"""The column in which a dimension says that a member is missing."""


def dates_cover_facts(inputs: Inputs) -> CheckOutcome:
    """No fact relates, ages or settles by a day that the calendar does not hold."""
    first, last = (
        inputs.table("Dates")
        .select(pl.col("Date").min(), pl.col("Date").max().alias("Last"))
        .collect()
        .row(0)
    )
    outside = {
        f"{table}[{column}]": inputs.table(table)
        .filter(pl.col(column).is_between(first, last).not_())
        .select(pl.len())
        .collect()
        .item()
        for table, columns in FACT_DATES.items()
        for column in columns
    }
    broken = {name: count for name, count in outside.items() if count}
    return CheckOutcome(not broken, {"Rows": sum(broken.values())}, tuple(broken))


def no_orphan_keys(inputs: Inputs) -> CheckOutcome:
    """Every key of a fact is a member of its dimension; `-` is one."""
    orphans: dict[str, int] = {}
    samples: list[str] = []
    for relationship in RELATIONSHIPS:
        if relationship.to_table == "Dates":
            continue
        members = inputs.table(relationship.to_table).select(Key=relationship.to_column)
        missing = (
            inputs.table(relationship.from_table)
            .select(Key=relationship.from_column)
            .unique()
            .join(members, on="Key", how="anti", nulls_equal=True)
            .collect()["Key"]
        )
        if len(missing):
            orphans[relationship.name] = len(missing)
            samples += [f"{relationship.name}: {key}" for key in missing.head(3)]
    return CheckOutcome(not orphans, orphans, tuple(samples[:SAMPLES]))


def members_are_listed(inputs: Inputs) -> CheckOutcome:
    """No dimension had to be completed by a member that only facts know."""
    missing = [
        inputs.table(table)
        .filter(pl.col(name).str.ends_with(MISSING))
        .select(Member=pl.format(table + " {}", pl.col(name)))
        for table, name in MEMBER_NAMES.items()
    ]
    return none_of(pl.concat(missing).sort("Member").collect(), "Member")


def payments_are_converted(inputs: Inputs) -> CheckOutcome:
    """Every payment in a foreign currency found a rate."""
    without = [
        inputs.table(table)
        .filter((pl.col("PaymentBase") == 0) & (pl.col("PaymentCurrency") != 0))
        .select(Payment=pl.format("{} {}", "DocumentKey", "CurrencyId"))
        for table in ("SupplierPayment", "CustomerPayment")
    ]
    return none_of(pl.concat(without).sort("Payment").collect(), "Payment")


def accounts_are_mapped(inputs: Inputs) -> CheckOutcome:
    """Every account has its place in the statements."""
    unmapped = (
        inputs.table("Account")
        .filter(pl.col("ReportGroup") == UNMAPPED)
        .select("AccountKey")
        .sort("AccountKey")
        .collect()
    )
    return none_of(unmapped, "AccountKey")


def types_and_statuses_are_known(inputs: Inputs) -> CheckOutcome:
    """No document has a type or a status that counts nowhere because nobody listed it."""
    no_documents = ["Undefined", "NoUpdate"]
    unknown = [
        inputs.table(table)
        .filter(
            ((pl.col("SignFactor") == 0) & ~pl.col("DocumentType").is_in(no_documents))
            | (pl.col("StatusGroup") == UNKNOWN)
        )
        .select(Value=pl.format(table + " {} {}", "DocumentType", "Status"))
        for table in ("SupplierInvoice", "CustomerInvoice")
    ] + [
        inputs.table(table)
        .filter(~pl.col("Status").is_in(list(STATUS_GROUP)))
        .select(Value=pl.format(table + " {} {}", "PaymentType", "Status"))
        for table in ("SupplierPayment", "CustomerPayment")
    ]
    found = pl.concat(unknown).collect()
    return none_of(found.unique(maintain_order=True), "Value", Documents=found.height)
