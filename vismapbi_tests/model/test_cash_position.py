"""Book balances of cash accounts: days, branches, transfers, openings and currencies."""

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from vismapbi_assets.model.inputs import Inputs

from .computing import rows
from .states import inputs, money

ACCOUNTS = [
    {"accountCD": "1920", "type": "Asset", "cashAccount": True},
    {"accountCD": "1930", "type": "Asset", "cashAccount": True},
    {"accountCD": "1500", "type": "Asset", "cashAccount": False},
    {"accountCD": "2400", "type": "Liability", "cashAccount": False},
    {"accountCD": "7770", "type": "Expense", "cashAccount": False},
]
BANKS = [
    {"number": "BANK", "account_number": "1920", "currency": "NOK"},
    {"number": "EURBANK", "account_number": "1930", "currency": "EUR"},
]


def batch(number: str, on: date, *lines: tuple[str, str | int], **more: Any) -> dict[str, Any]:
    """A posted batch; a line is an account and debit less credit."""
    return {
        "module": "ModuleGL",
        "batchNumber": number,
        "status": "Posted",
        "transactionDate": on,
        "financialPeriod": f"{on:%Y%m}",
        "ledger": "ACTUAL",
        "currencyId": "NOK",
        "branch": "1",
        "journalTransactionLines": [
            {
                "lineNumber": place,
                "accountNumber": account,
                "debitAmount": max(money(amount), money(0)),
                "creditAmount": max(-money(amount), money(0)),
                "debitAmountInCurrency": max(money(amount), money(0)),
                "creditAmountInCurrency": max(-money(amount), money(0)),
            }
            for place, (account, amount) in enumerate(lines, 1)
        ],
        **more,
    }


def given(*batches: dict[str, Any], **more: Any) -> Inputs:
    company = inputs(
        journalTransaction=list(batches),
        account=ACCOUNTS,
        cashAccount=BANKS,
        ledger=[
            {"number": "ACTUAL", "balanceType": "Actual"},
            {"number": "STAT", "balanceType": "Statistical"},
        ],
        **more,
    )
    lines = rows("JournalLine", company).lazy()
    return Inputs(
        company.entities, {"JournalLine": lines}, company.companies, company.as_of, company.zone
    )


def on_days(position: pl.DataFrame, account: str, *names: str) -> list[tuple[object, ...]]:
    columns = [pl.col(name).cast(pl.Float64) for name in names]
    return (
        position.filter(pl.col("CashAccountKey") == f"no:{account}")
        .sort("BalanceDate")
        .select(pl.col("BalanceDate").dt.strftime("%m-%d"), *columns)
        .rows()
    )


def test_days_with_movement_and_period_ends_carry_the_balance_forward() -> None:
    position = rows(
        "CashPosition",
        given(
            batch("1", date(2026, 8, 10), ("1920", 100), ("1500", -100)),
            batch("2", date(2026, 10, 5), ("2400", 30), ("1920", -30)),
        ),
    )
    moved = ("OpeningBase", "InBase", "OutBase", "TransferBase", "ClosingBase")
    assert on_days(position, "BANK", *moved) == [
        ("08-10", 0, 100, 0, 0, 100),
        ("08-31", 100, 0, 0, 0, 100),
        ("09-30", 100, 0, 0, 0, 100),
        ("10-05", 100, 0, 30, 0, 70),
        ("10-31", 70, 0, 0, 0, 70),
    ]


def test_money_between_own_accounts_is_neither_receipt_nor_payment() -> None:
    """8.21: the bank's fee is a payment, the rest of the batch a transfer."""
    position = rows(
        "CashPosition",
        given(batch("1", date(2026, 10, 5), ("1930", 390), ("7770", 10), ("1920", -400))),
    )
    moved = ("InBase", "OutBase", "TransferBase", "ClosingBase")
    assert on_days(position, "BANK", *moved)[0] == ("10-05", 0, 10, -390, -400)
    assert on_days(position, "EURBANK", *moved)[0] == ("10-05", 0, 0, 390, 390)
    assert position.filter(pl.col("BalanceDate") == date(2026, 10, 5))["TransferBase"].sum() == 0


def test_a_batch_that_receives_and_pays_transfers_nothing() -> None:
    position = rows(
        "CashPosition",
        given(
            batch(
                "1", date(2026, 10, 5), ("1920", 100), ("1500", -100), ("2400", 60), ("1920", -60)
            )
        ),
    )
    moved = ("InBase", "OutBase", "TransferBase", "ClosingBase")
    assert on_days(position, "BANK", *moved)[0] == ("10-05", 100, 60, 0, 40)


def test_a_transfer_shared_by_several_lines_adds_up_to_the_cent() -> None:
    lines = [("1930", "33.34"), ("1920", "-20.01"), ("1920", "-20.01"), ("1920", "-20.01")]
    position = rows("CashPosition", given(batch("1", date(2026, 10, 5), *lines, ("2400", "26.69"))))
    day = position.filter(pl.col("BalanceDate") == date(2026, 10, 5))
    assert day["TransferBase"].sum() == 0
    assert day["OutBase"].sum() == Decimal("26.69")


def test_branches_are_kept_apart_and_other_ledgers_left_out() -> None:
    position = rows(
        "CashPosition",
        given(
            batch("1", date(2026, 10, 5), ("1920", 100), ("1500", -100)),
            batch("2", date(2026, 10, 5), ("1920", 7), ("1500", -7), branch="2"),
            batch("3", date(2026, 10, 5), ("1920", 9), ("1500", -9), ledger="STAT"),
        ),
    )
    day = position.filter(pl.col("BalanceDate") == date(2026, 10, 5)).sort("BranchKey")
    assert day["BranchKey"].to_list() == ["no:1", "no:2"]
    assert day["ClosingBase"].to_list() == [100, 7]


def test_an_opening_is_brought_forward_and_no_movement() -> None:
    company = given(
        batch("1", date(2025, 2, 10), ("1920", 100), ("1500", -100)),
        generalLedgerBalance=[
            {
                "branch_number": "1",
                "ledger_id": "ACTUAL",
                "financialPeriod": "202501",
                "account_number": "1920",
                "balanceType": "Actual",
                "beginningBalance": 500,
                "yearToDateBalance": 500,
            }
        ],
    )
    # The opening row comes beside the batches' rows.
    opening = company.table("JournalLine").filter(pl.col("EntryKind") == "Opening").collect()
    assert opening["PostingDate"].to_list() == [date(2024, 12, 31)]
    position = rows("CashPosition", company)
    moved = ("OpeningBase", "InBase", "OutBase", "ClosingBase")
    assert on_days(position, "BANK", *moved)[:3] == [
        ("12-31", 500, 0, 0, 500),
        ("01-31", 500, 0, 0, 500),
        ("02-10", 500, 100, 0, 600),
    ]


def test_a_foreign_account_is_also_told_in_its_own_currency() -> None:
    foreign = batch("1", date(2026, 10, 5), ("1930", 1150), ("1500", -1150), currencyId="EUR")
    foreign["journalTransactionLines"][0]["debitAmountInCurrency"] = money(100)
    revaluation = batch("2", date(2026, 10, 31), ("1930", 20), ("7770", -20))
    position = rows("CashPosition", given(foreign, revaluation))
    assert on_days(position, "EURBANK", "ClosingBase", "ClosingCurrency") == [
        ("10-05", 1150, 100),
        ("10-31", 1170, 100),
    ]
    assert set(position["CurrencyId"]) == {"EUR"}


def test_a_cash_account_that_nobody_declared_is_not_dropped() -> None:
    company = inputs(account=ACCOUNTS)
    lines = rows(
        "JournalLine",
        inputs(
            account=ACCOUNTS,
            journalTransaction=[batch("1", date(2026, 10, 5), ("1920", 100), ("1500", -100))],
        ),
    )
    ledger = [{"number": "ACTUAL", "balanceType": "Actual"}]
    company = inputs(tables={"JournalLine": lines}, account=ACCOUNTS, ledger=ledger)
    position = rows("CashPosition", company)
    assert set(position["CashAccountKey"]) == {"-"}
    assert position["ClosingBase"].to_list() == [100, 100]


def test_no_lines_no_rows() -> None:
    assert rows("CashPosition", given()).height == 0
