"""The ERP's own period balances as the journal's control, and budgets per period.

Balances are published as delivered but for the running total of the year's income, which has no
postings. Adding journals up belongs in the measures and checks.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.companies import default_branch, default_branches
from vismapbi_assets.model.frames import lines, money
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import NONE, first_key, key, part, text
from vismapbi_assets.model.periods import month_end, period, periods
from vismapbi_assets.model.transforms.accounts import mapped_accounts, ytd_accounts

BALANCE_PARTS = ("BranchKey", "LedgerKey", "FinancialPeriodKey", "AccountKey", "SubaccountKey")


def balance_parent() -> pl.Expr:
    """The parent of a balance row: its own identity."""
    return pl.concat_str(BALANCE_PARTS, separator="|")


def balance_parents(entity: str, moved: pl.DataFrame) -> pl.Series:
    """The identities of moved balances."""
    return moved.select(_balance_keys(key("branch_number"))).select(balance_parent()).to_series()


def balance_lookup(inputs: Inputs) -> pl.DataFrame:
    """What balances depend on besides their row: branches, period ends, the excluded account."""
    return pl.concat(
        [
            default_branches(inputs).select(what=pl.lit("branch"), key="company", on="branch_key"),
            periods(inputs).select(
                what=pl.lit("period"), key="period", on=pl.col("end").cast(pl.String)
            ),
            ytd_accounts(inputs).select(what=pl.lit("ytd"), key="company", on="number"),
        ]
    ).sort("what", "key", "on")


def gl_period_balance(inputs: Inputs) -> pl.DataFrame:
    """One row per ledger, branch, account, subaccount and period."""
    excluded = ytd_accounts(inputs).select(key("number")).to_series()
    branch = first_key("branch_number", default=default_branch(inputs))
    return (
        inputs.entity("generalLedgerBalance")
        .with_columns(_balance_keys(branch))
        .filter(~pl.col("AccountKey").is_in(excluded.implode()))
        .join(_ends(inputs), on="FinancialPeriodKey", how="left", maintain_order="left")
        .select(
            "LedgerKey",
            "BranchKey",
            "AccountKey",
            "SubaccountKey",
            "FinancialPeriodKey",
            PeriodEndDate=_period_end(),
            CurrencyId=text("currencyId"),
            BeginningBase=money("beginningBalance"),
            DebitBase=money("periodToDateDebit"),
            CreditBase=money("periodToDateCredit"),
            EndingBase=money("yearToDateBalance"),
            YearClosed=pl.col("yearClosed").fill_null(value=False),
        )
        .collect()
    )


def budget(inputs: Inputs) -> pl.DataFrame:
    """One row per budget line and period, in the account's natural sign and debit positive."""
    signs = mapped_accounts(inputs).lazy().select(AccountKey=key("number"), sign="NaturalSign")
    rows = inputs.entity("budget").with_columns(
        LedgerId=part("ledger"),
        BranchKey=first_key("branchNumber_number", default=default_branch(inputs)),
        AccountKey=key("account_number"),
        SubaccountKey=key("subaccount_id"),
        Description=text("description"),
        IsReleased=pl.col("released").fill_null(value=False),
        year=part("financialYear"),
    )
    header = (
        "LedgerId",
        "BranchKey",
        "AccountKey",
        "SubaccountKey",
        "Description",
        "IsReleased",
        "year",
    )
    number = part("line_periodId")
    within_year = pl.when(number.str.len_chars() <= 2).then(pl.col("year") + number.str.zfill(2))
    return (
        lines(rows, "periods", header, ("periodId", "amount"))
        .with_columns(FinancialPeriodKey=period(pl.coalesce(within_year, number)).fill_null(NONE))
        .join(_ends(inputs), on="FinancialPeriodKey", how="left", maintain_order="left")
        .join(signs, on="AccountKey", how="left", maintain_order="left")
        .select(
            "LedgerId",
            "BranchKey",
            "AccountKey",
            "SubaccountKey",
            "FinancialPeriodKey",
            PeriodEndDate=_period_end(),
            Description="Description",
            IsReleased="IsReleased",
            AmountNatural=money("line_amount"),
            AmountBase=money("line_amount", pl.col("sign").fill_null(1)),
        )
        .collect()
    )


def _balance_keys(branch: pl.Expr) -> list[pl.Expr]:
    return [
        key("ledger_id").alias("LedgerKey"),
        branch.alias("BranchKey"),
        key("account_number").alias("AccountKey"),
        key("subAccountCd").alias("SubaccountKey"),
        period("financialPeriod").fill_null(NONE).alias("FinancialPeriodKey"),
    ]


def _ends(inputs: Inputs) -> pl.LazyFrame:
    return periods(inputs).lazy().select("end", FinancialPeriodKey="period")


def _period_end() -> pl.Expr:
    return pl.coalesce("end", month_end("FinancialPeriodKey"))
