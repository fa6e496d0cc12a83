"""Opening rows of the journal: what accounts held before the first loaded financial year.

They come from the period balances and stand for journals that are not loaded. Everything that has
a batch belongs in `journal`.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from vismapbi_assets.model.companies import default_branch
from vismapbi_assets.model.frames import money
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import NONE, enumeration, first_key, key, part, text
from vismapbi_assets.model.periods import first_period, period, periods
from vismapbi_assets.model.signs import is_posted
from vismapbi_assets.model.table import MONEY
from vismapbi_assets.model.transforms.accounts import mapped_accounts

OPENING = "Opening"

_EMPTY = (
    "Module",
    "BatchNumber",
    "ProjectTask",
    "TransactionType",
    "ReferenceNumber",
    "CustomerSupplier",
    "BatchDescription",
    "InventoryNumber",
    "VatCode",
    "OriginalBatchNumber",
    "CashDirection",
)


def opening_rows(inputs: Inputs) -> pl.DataFrame:
    """One row per balance sheet account that has a balance before the first loaded year.

    The beginning balance of the account's first period row in that year or later; an account that
    has not moved since has the ending balance of its last row before. Dated the day before the
    year, debit positive. The system account of the year's income has no opening, nor has an equity
    account that first appears in a later year with exactly the results of the years before: the ERP
    carries them there without a journal, and measures add them themselves.
    """
    found = openings(inputs)
    amount = pl.col("amount")
    zero = pl.lit(0).cast(MONEY)
    empty = {name: pl.lit(None, dtype=pl.String) for name in _EMPTY}
    return found.select(
        LineKey=key(pl.lit(OPENING), *opening_identity()),
        Module=empty["Module"],
        BatchNumber=empty["BatchNumber"],
        LineNumber=pl.lit(None, dtype=pl.Int64),
        EntryKind=pl.lit(OPENING),
        LedgerKey=key("ledger"),
        BranchKey=first_key("branch", default=default_branch(inputs)),
        AccountKey=key("account"),
        SubaccountKey=key("subaccount"),
        ProjectKey=pl.lit(NONE),
        ProjectTask=empty["ProjectTask"],
        FinancialPeriodKey=pl.lit(NONE),
        PostingDate="day",
        TransactionDate="day",
        TransactionType=empty["TransactionType"],
        ReferenceNumber=empty["ReferenceNumber"],
        CustomerSupplier=empty["CustomerSupplier"],
        Description=pl.lit("Opening balance"),
        BatchDescription=empty["BatchDescription"],
        DebitBase=pl.when(amount > 0).then(amount).otherwise(zero),
        CreditBase=pl.when(amount < 0).then(-amount).otherwise(zero),
        AmountBase=amount,
        AmountCurrency="in_currency",
        CurrencyId="currency",
        Quantity=pl.lit(0.0),
        InventoryNumber=empty["InventoryNumber"],
        VatCode=empty["VatCode"],
        IsReversing=pl.lit(value=False),
        OriginalBatchNumber=empty["OriginalBatchNumber"],
        IsAutoReversing=pl.lit(value=False),
        IsCashContra=pl.lit(value=False),
        CashFlowBase=zero,
        CashDirection=empty["CashDirection"],
    )


def opening_identity() -> tuple[str | pl.Expr, ...]:
    """What tells an opening from the others of its company; a balance may lack a subaccount."""
    branch, subaccount = (
        pl.coalesce(part(name), pl.lit(NONE)) for name in ("branch", "subaccount")
    )
    return "ledger", branch, "account", subaccount


def openings(inputs: Inputs) -> pl.DataFrame:
    """The accounts with an opening: their identity, day and signed amounts."""
    return inputs.shared("journal_openings", _read_openings)


def _read_openings(inputs: Inputs) -> pl.DataFrame:
    first_years = (
        inputs.entity("journalTransaction")
        .filter(is_posted("status"))
        .select(
            "company",
            part("ledger").alias("ledger"),
            period=first_period("financialPeriod", "postPeriod"),
        )
        .filter(pl.col("period").str.contains(r"^\d{6}$"))
        .group_by("company", "ledger")
        .agg((pl.col("period").str.slice(0, 4).min() + "01").alias("first"))
    )
    days = periods(inputs).select(first="period", day=pl.col("start") - timedelta(days=1))
    places = mapped_accounts(inputs).filter(~pl.col("ytd"))
    accounts = places.filter(pl.col("Statement") == "BalanceSheet").select(
        "company", account="number"
    )
    income = places.filter(pl.col("Statement") == "ProfitLoss").select("company", account="number")
    within = pl.col("period") >= pl.col("first")
    identity = ["company", "ledger", "branch", "account", "subaccount"]
    balances = (
        inputs.entity("generalLedgerBalance")
        .filter(enumeration("balanceType").ne_missing("Budget"))
        .select(
            "company",
            part("ledger_id").alias("ledger"),
            part("branch_number").alias("branch"),
            part("account_number").alias("account"),
            part("subAccountCd").alias("subaccount"),
            period("financialPeriod").alias("period"),
            text("currencyId").alias("currency"),
            begins=money("beginningBalance"),
            ends=money("yearToDateBalance"),
            begins_in_currency=money(pl.coalesce("beginningBalanceInCurrency", "beginningBalance")),
            ends_in_currency=money(pl.coalesce("yearToDateBalanceInCurrency", "yearToDateBalance")),
            moved=money("periodToDateDebit") - money("periodToDateCredit"),
        )
        .join(first_years, on=["company", "ledger"])
    )
    found = (
        balances.join(accounts.lazy(), on=["company", "account"])
        .with_columns(
            amount=pl.when(within).then("begins").otherwise("ends"),
            in_currency=pl.when(within).then("begins_in_currency").otherwise("ends_in_currency"),
            distance=pl.when(within).then(pl.lit(0)).otherwise(pl.lit(1)),
            place=pl.when(within)
            .then(pl.col("period").cast(pl.Int64, strict=False))
            .otherwise(-pl.col("period").cast(pl.Int64, strict=False)),
        )
        .sort("distance", "place")
        .unique(identity, keep="first", maintain_order=True)
        .filter((pl.col("amount") != 0) | (pl.col("in_currency") != 0))
    )
    carried = _carried_results(balances.join(income.lazy(), on=["company", "account"]), found)
    return (
        found.join(carried, on=identity, how="anti", nulls_equal=True)
        .join(days.lazy(), on="first", how="left")
        .with_columns(
            pl.col("day").fill_null(
                pl.date(pl.col("first").str.slice(0, 4).cast(pl.Int32), 1, 1) - timedelta(days=1)
            )
        )
        .sort(identity)
        .collect()
    )


def _carried_results(income: pl.LazyFrame, found: pl.LazyFrame) -> pl.LazyFrame:
    """The openings that are nothing but the branch's results of loaded years."""
    year = pl.col("period").str.slice(0, 4)
    branch = ["company", "ledger", "branch"]
    results = income.group_by(*branch, earned=year).agg(result=pl.col("moved").sum())
    return (
        found.filter(year > pl.col("first").str.slice(0, 4))
        .join(results, on=branch, how="inner", nulls_equal=True)
        .filter((pl.col("earned") >= pl.col("first").str.slice(0, 4)) & (pl.col("earned") < year))
        .group_by(*branch, "account", "subaccount")
        .agg(pl.col("amount").first(), pl.col("result").sum())
        .filter(pl.col("amount") == pl.col("result"))
    )
