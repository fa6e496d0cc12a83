"""Book balances of cash accounts by branch and day.

Posted journal lines of the actual ledgers only: what the bank says differs by items in transit.
Money that moves between own accounts is a transfer, neither receipt nor payment.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from vismapbi_assets.model.calendar import regular_periods
from vismapbi_assets.model.companies import base_currency
from vismapbi_assets.model.conversion import WIDE
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import NONE, key, part
from vismapbi_assets.model.periods import periods
from vismapbi_assets.model.table import MONEY

ACCOUNT = ("CashAccountKey", "BranchKey")
BATCH = ("Company", "LedgerKey", "Module", "BatchNumber")


def cash_position(inputs: Inputs) -> pl.DataFrame:
    """One row per cash account, branch and day with a movement, and per period end."""
    lines = _cash_lines(inputs)
    days = (
        _with_transfers(lines)
        .group_by(*ACCOUNT, BalanceDate="PostingDate")
        .agg(
            pl.col("CurrencyId").first(),
            pl.col("Brought", "In", "Out", "Transfer", "Currency").sum(),
        )
    )
    moved = pl.col("In") - pl.col("Out") + pl.col("Transfer")
    return (
        _with_period_ends(days, inputs)
        .sort(*ACCOUNT, "BalanceDate")
        .with_columns(
            Closing=(moved + pl.col("Brought")).cum_sum().over(ACCOUNT),
            ClosingCurrency=pl.col("Currency").cum_sum().over(ACCOUNT),
        )
        .select(
            *ACCOUNT,
            "BalanceDate",
            "CurrencyId",
            OpeningBase=(pl.col("Closing") - moved).cast(MONEY),
            InBase=pl.col("In").cast(MONEY),
            OutBase=pl.col("Out").cast(MONEY),
            TransferBase=pl.col("Transfer").cast(MONEY),
            ClosingBase=pl.col("Closing").cast(MONEY),
            ClosingCurrency=pl.col("ClosingCurrency").cast(MONEY),
        )
    )


def cash_accounts(inputs: Inputs) -> pl.DataFrame:
    """AccountKey, CashAccountKey and CurrencyId of every ledger account that holds cash.

    An account that no cash account stands for gets the key `-`; of several on one account the one
    with the lowest number is taken.
    """
    named = (
        inputs.entity("cashAccount")
        .select(
            AccountKey=key(pl.coalesce(part("account_number"), part("number"))),
            CashAccountKey=key("number"),
            CurrencyId=part("currency"),
        )
        .sort("CashAccountKey")
        .unique("AccountKey", keep="first", maintain_order=True)
    )
    return (
        inputs.entity("account")
        .filter(pl.col("cashAccount").fill_null(value=False))
        .select(AccountKey=key("accountCD"), Base=base_currency(inputs))
        .join(named, on="AccountKey", how="left")
        .select(
            "AccountKey",
            "Base",
            CashAccountKey=pl.col("CashAccountKey").fill_null(NONE),
            CurrencyId=pl.coalesce("CurrencyId", "Base"),
        )
        .collect()
    )


def _cash_lines(inputs: Inputs) -> pl.DataFrame:
    """Lines on cash accounts, and what their batch received from accounts that hold none."""
    actual = inputs.entity("ledger").filter(pl.col("balanceType") == "Actual")
    lines = (
        inputs.table("JournalLine")
        .join(actual.select(LedgerKey=key("number")), on="LedgerKey", how="semi")
        .with_columns(Company=pl.col("LineKey").str.extract("^([^:]*):"))
    )
    received = (
        lines.filter(pl.col("CashDirection") == "In")
        .group_by(BATCH)
        .agg(Received=pl.col("CashFlowBase").sum())
    )
    return (
        lines.join(cash_accounts(inputs).lazy(), on="AccountKey", how="inner", suffix="OfAccount")
        .join(received, on=BATCH, how="left", nulls_equal=True)
        .select(
            *BATCH,
            *ACCOUNT,
            "LineKey",
            "PostingDate",
            CurrencyId="CurrencyIdOfAccount",
            IsOpening=pl.col("EntryKind") == "Opening",
            Debit="DebitBase",
            Credit="CreditBase",
            Currency=pl.when(pl.col("CurrencyIdOfAccount") == pl.col("Base"))
            .then("AmountBase")
            .when(pl.col("CurrencyId") == pl.col("CurrencyIdOfAccount"))
            .then("AmountCurrency")
            .otherwise(0)
            .cast(MONEY),
            Received=pl.col("Received").fill_null(0),
        )
        .collect()
    )


def _with_transfers(lines: pl.DataFrame) -> pl.DataFrame:
    """Splits debits and credits into transfers between own accounts and the rest.

    What a batch debits to cash accounts and did not receive from others came from cash accounts.
    """
    opening = pl.col("IsOpening")
    brought = pl.when(opening).then(pl.col("Debit") - pl.col("Credit")).otherwise(0).cast(MONEY)
    moved = lines.with_columns(
        Brought=brought,
        Debit=pl.when(opening).then(0).otherwise("Debit").cast(MONEY),
        Credit=pl.when(opening).then(0).otherwise("Credit").cast(MONEY),
    ).sort(*BATCH, "LineKey")
    debits, credits_ = (pl.col(name).sum().over(BATCH) for name in ("Debit", "Credit"))
    within = pl.min_horizontal(debits, credits_, debits - pl.col("Received"))
    transferred = pl.max_horizontal(within, pl.lit(0).cast(MONEY))
    shared = moved.with_columns(Transferred=transferred.cast(MONEY))
    return shared.with_columns(FromDebit=_share("Debit"), FromCredit=_share("Credit")).with_columns(
        In=pl.col("Debit") - pl.col("FromDebit"),
        Out=pl.col("Credit") - pl.col("FromCredit"),
        Transfer=pl.col("FromDebit") - pl.col("FromCredit"),
    )


def _share(amount: str) -> pl.Expr:
    """The line's part of what its batch transferred; parts add up to it to the cent."""
    total = pl.col(amount).sum().over(BATCH).cast(WIDE)
    so_far = pl.col(amount).cum_sum().over(BATCH).cast(WIDE)
    reached = (pl.col("Transferred").cast(WIDE) * so_far / pl.when(total != 0).then(total)).round(
        2, mode="half_away_from_zero"
    )
    step = reached - reached.shift(1, fill_value=0).over(BATCH)
    return step.fill_null(0).cast(MONEY)


def _with_period_ends(days: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    """Adds the period ends from an account's first day to the last period with any movement."""
    first, last = days["BalanceDate"].min(), days["BalanceDate"].max()
    if not isinstance(first, date) or not isinstance(last, date):
        return days
    ends = regular_periods(periods(inputs), first, last).filter(pl.col("start") <= last)
    added = (
        days.group_by(ACCOUNT)
        .agg(pl.col("CurrencyId").first(), First=pl.col("BalanceDate").min())
        .join(ends.select(BalanceDate="end"), how="cross")
        .filter(pl.col("BalanceDate") >= pl.col("First"))
        .join(days, on=[*ACCOUNT, "BalanceDate"], how="anti")
    )
    return pl.concat([days, added.drop("First")], how="diagonal").with_columns(
        pl.col("Brought", "In", "Out", "Transfer", "Currency").fill_null(0)
    )
