"""Checks of the general ledger: batches, period balances, cash and the balance sheet."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from vismapbi_assets.model import figures, statements
from vismapbi_assets.model.checks.outcome import CENT, CheckOutcome, none_of
from vismapbi_assets.model.inputs import Inputs

BOOKS = ("JournalLine", "Account", "Ledger", "Dates")


def books(inputs: Inputs) -> statements.Books:
    """The books that the published tables hold."""
    return statements.books(*(inputs.table(name) for name in BOOKS))


def trial_balance_is_zero(inputs: Inputs) -> CheckOutcome:
    """Debit equals credit in every posted batch and thus in every period."""
    lines = actual_lines(inputs).filter(pl.col("EntryKind") == "Journal")
    company = pl.col("LineKey").str.extract("^([^:]*):")
    batches = _unequal(lines, "LedgerKey", "Module", "BatchNumber", "FinancialPeriodKey")
    by_period = _unequal(lines, "LedgerKey", "FinancialPeriodKey")
    found = batches.select(Batch=pl.concat_str("LedgerKey", "Module", "BatchNumber", separator=":"))
    count = lines.select(company.n_unique()).collect().item()
    return none_of(found, "Batch", Periods=by_period.height, Companies=count)


def journal_matches_balances(inputs: Inputs) -> CheckOutcome:
    """Turnover of the journal equals that of the ERP's period balances, key by key.

    Compared from the first loaded period on, for ledgers whose balances are loaded; the ERP's
    running total of the year is in neither.
    """
    keys = ["LedgerKey", "BranchKey", "AccountKey", "SubaccountKey", "FinancialPeriodKey"]
    with_balances = inputs.table("GlPeriodBalance").select("LedgerKey").unique()
    journal = (
        actual_lines(inputs)
        .filter(pl.col("EntryKind") == "Journal")
        .join(with_balances, on="LedgerKey", how="semi")
        .group_by(keys)
        .agg(pl.col("DebitBase", "CreditBase").sum())
    )
    first = journal.group_by("LedgerKey").agg(First=pl.col("FinancialPeriodKey").min())
    balances = (
        inputs.table("GlPeriodBalance")
        .join(first, on="LedgerKey", how="inner")
        .filter(pl.col("FinancialPeriodKey") >= pl.col("First"))
        .select(*keys, "DebitBase", "CreditBase")
    )
    zero = pl.lit(Decimal(0))
    compared = (
        journal.join(balances, on=keys, how="full", coalesce=True, suffix="Balance")
        .with_columns(
            Debit=pl.col("DebitBase").fill_null(zero) - pl.col("DebitBaseBalance").fill_null(zero),
            Credit=pl.col("CreditBase").fill_null(zero)
            - pl.col("CreditBaseBalance").fill_null(zero),
        )
        .filter((pl.col("Debit") != 0) | (pl.col("Credit") != 0))
        .sort(keys)
        .select(
            Key=pl.concat_str("AccountKey", "SubaccountKey", "FinancialPeriodKey", separator=" "),
            Difference="Debit",
            CreditDifference="Credit",
        )
        .collect()
    )
    return none_of(
        compared,
        "Key",
        Debit=figures.total(compared, "Difference"),
        Credit=figures.total(compared, "CreditDifference"),
    )


def cash_flow_is_change_of_position(inputs: Inputs) -> CheckOutcome:
    """In every period cash in less cash out is the change of the cash accounts."""
    cash = inputs.table("Account").select("AccountKey", "IsCashAccount")
    periods = (
        actual_lines(inputs)
        .filter(pl.col("EntryKind") == "Journal")
        .join(cash, on="AccountKey", how="left")
        .group_by("FinancialPeriodKey")
        .agg(
            Flow=pl.col("CashFlowBase").sum(),
            Change=pl.col("AmountBase")
            .filter(pl.col("IsCashAccount").fill_null(value=False))
            .sum(),
        )
        .collect()
    )
    differing = periods.filter(pl.col("Flow") != pl.col("Change")).sort("FinancialPeriodKey")
    return none_of(differing, "FinancialPeriodKey", CheckedPeriods=periods.height)


def cash_position_is_ledger_balance(inputs: Inputs) -> CheckOutcome:
    """The last position of the cash accounts together is their balance in the ledger."""
    last = (
        inputs.table("CashPosition")
        .sort("BalanceDate")
        .group_by("CashAccountKey", "BranchKey")
        .agg(pl.col("ClosingBase").last())
        .collect()
    )
    position = figures.total(last, "ClosingBase")
    balance = figures.total(books(inputs).lines.filter("IsCashAccount"))
    return CheckOutcome(position == balance, {"Position": position, "Ledger": balance})


def balance_sheet_balances(inputs: Inputs) -> CheckOutcome:
    """Assets are liabilities and equity, at every period end up to the last posting."""
    book = books(inputs)
    last = book.lines.select(pl.col("PostingDate").max()).collect().item()
    ends = (
        inputs.table("Dates")
        .filter("IsLastDayOfPeriod")
        .select("Date", "FinancialPeriodStart")
        .sort("Date")
        .collect()
    )
    daily = (
        book.lines.filter(pl.col("Statement").is_in(["BalanceSheet", "ProfitLoss"]))
        .group_by("PostingDate")
        .agg(pl.col("AmountBase").sum())
        .sort("PostingDate")
        .collect()
        .with_columns(Sum=pl.col("AmountBase").cum_sum())
        .set_sorted("PostingDate")
    )
    if last is None:
        return CheckOutcome(passed=True, numbers={"Periods": 0})
    checked = (
        ends.filter(
            pl.col("FinancialPeriodStart") <= last, pl.col("Date") >= daily["PostingDate"][0]
        )
        .join_asof(daily, left_on="Date", right_on="PostingDate")
        .with_columns(pl.col("Date").cast(pl.String))
    )
    wrong = checked.filter(pl.col("Sum").abs() >= CENT)
    return none_of(wrong, "Date", Periods=checked.height)


def actual_lines(inputs: Inputs) -> pl.LazyFrame:
    """Journal lines of the actual ledgers."""
    actual = inputs.table("Ledger").filter(pl.col("BalanceType") == "Actual").select("LedgerKey")
    return inputs.table("JournalLine").join(actual, on="LedgerKey", how="semi")


def _unequal(lines: pl.LazyFrame, *keys: str) -> pl.DataFrame:
    return (
        lines.group_by(keys)
        .agg(pl.col("AmountBase").sum())
        .filter(pl.col("AmountBase") != 0)
        .sort(keys)
        .collect()
    )
