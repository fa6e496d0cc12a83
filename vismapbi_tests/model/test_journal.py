"""Journal lines, opening rows, period balances and budgets."""

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.semantic_model import TABLE
from vismapbi_tests.model.computing import by_key, rows
from vismapbi_tests.model.states import inputs, money

CENTS = st.decimals(Decimal(-10_000), Decimal(10_000), places=2)

ACCOUNTS = [
    {"accountCD": "1920", "type": "Asset", "cashAccount": True},
    {"accountCD": "1930", "type": "Asset", "cashAccount": True},
    {"accountCD": "1500", "type": "Asset"},
    {"accountCD": "2050", "type": "Liability", "description": "Retained earnings"},
    {"accountCD": "2098", "type": "Liability", "description": "YTD net income (system)"},
    {"accountCD": "2400", "type": "Liability"},
    {"accountCD": "3000", "type": "Income"},
    {"accountCD": "6300", "type": "Expense"},
]


def batch(
    number: str,
    *lines: tuple[str, int | str, int | str],
    module: str = "ModuleGL",
    status: str = "Posted",
    **header: Any,
) -> dict[str, Any]:
    """A batch; each line is account, debit, credit."""
    return {
        "key": f"{module.removeprefix('Module')}:{number}",
        "module": module,
        "batchNumber": number,
        "status": status,
        "ledger": "ACTUAL",
        "currencyId": "NOK",
        "transactionDate": date(2026, 10, 12),
        "financialPeriod": "202610",
        "journalTransactionLines": [
            {
                "lineNumber": place,
                "accountNumber": account,
                "debitAmount": debit,
                "creditAmount": credit,
                "debitAmountInCurrency": debit,
                "creditAmountInCurrency": credit,
            }
            for place, (account, debit, credit) in enumerate(lines, start=1)
        ],
        **header,
    }


def journal(*batches: dict[str, Any], **more: Any) -> Inputs:
    return inputs(**{"journalTransaction": batches, "account": ACCOUNTS, **more})


@pytest.mark.parametrize(
    ("status", "published"),
    [
        ("Posted", True),
        ("Completed", True),
        ("Hold", False),
        ("Balanced", False),
        ("Unposted", False),
        ("Released", False),
        ("PartiallyReleased", False),
        ("Voided", False),
        ("Scheduled", False),
        ("Somethingnew", False),
        (None, False),
    ],
)
def test_only_batches_in_the_balances_are_published(status: Any, published: bool) -> None:
    found = rows("JournalLine", journal(batch("1", ("6300", 5, 0), ("2400", 0, 5), status=status)))
    assert (found.height == 2) is published


def test_batch_numbers_repeat_across_modules() -> None:
    found = rows(
        "JournalLine",
        journal(
            batch("000010", ("6300", 1, 0), ("2400", 0, 1)),
            batch("000010", ("6300", 1, 0), ("2400", 0, 1), module="ModuleAP"),
        ),
    )
    assert found["LineKey"].sort().to_list() == [
        "no:AP:000010:1",
        "no:AP:000010:2",
        "no:GL:000010:1",
        "no:GL:000010:2",
    ]
    assert set(found["Module"]) == {"AP", "GL"}


@pytest.mark.parametrize(
    ("entered", "period", "posted"),
    [
        (date(2026, 11, 2), "202610", date(2026, 10, 31)),
        (date(2026, 10, 5), "202610", date(2026, 10, 5)),
        (date(2026, 9, 30), "202610", date(2026, 10, 1)),
        (date(2026, 12, 30), "202613", date(2026, 12, 31)),
        (date(2019, 1, 5), "201901", date(2019, 1, 5)),
        (None, "202610", date(2026, 10, 31)),
    ],
)
def test_posting_date_is_clamped_into_the_period(
    entered: date | None, period: str, posted: date
) -> None:
    found = rows(
        "JournalLine",
        journal(
            batch("1", ("3000", 1, 0), transactionDate=entered, financialPeriod=period),
        ),
    ).row(0, named=True)
    assert found["PostingDate"] == posted
    assert found["TransactionDate"] == entered
    assert found["FinancialPeriodKey"] == period


def test_period_falls_back_to_the_post_period_in_any_spelling() -> None:
    found = rows(
        "JournalLine",
        journal(batch("1", ("3000", 1, 0), financialPeriod=None, postPeriod="102026")),
    )
    assert found["FinancialPeriodKey"].to_list() == ["202610"]


def test_contra_lines_of_a_batch_with_cash_carry_the_flow() -> None:
    whole = journal(
        batch("1", ("1920", 125, 0), ("1500", 0, 100), ("3000", 0, 25)),
        batch("2", ("2400", 60, 0), ("1920", 0, 60)),
        batch("3", ("6300", 7, 0), ("2400", 0, 7)),
        batch("4", ("1930", 40, 0), ("1920", 0, 40)),
    )
    found = by_key("JournalLine", whole)
    flows = {
        key: (row["CashFlowBase"], row["CashDirection"])
        for key, row in found.items()
        if row["IsCashContra"]
    }
    assert flows == {
        "no:GL:1:2": (money(100), "In"),
        "no:GL:1:3": (money(25), "In"),
        "no:GL:2:1": (money(-60), "Out"),
    }
    rest = [row for key, row in found.items() if key not in flows]
    assert {(row["CashFlowBase"], row["CashDirection"]) for row in rest} == {(money(0), None)}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from(["1920", "1930", "1500", "3000", "2400"]), CENTS),
            min_size=1,
            max_size=6,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_cash_flow_of_balanced_batches_is_what_cash_accounts_gained(
    drawn: list[list[tuple[str, Decimal]]],
) -> None:
    batches = []
    for number, lines in enumerate(drawn):
        balance = -sum(amount for _, amount in lines)
        posted = [
            (account, str(max(amount, Decimal(0))), str(max(-amount, Decimal(0))))
            for account, amount in [*lines, ("6300", Decimal(balance))]
        ]
        batches.append(batch(str(number), *posted))
    found = rows("JournalLine", journal(*batches))
    cash = found.filter(pl.col("AccountKey").is_in(["no:1920", "no:1930"]))
    assert found["CashFlowBase"].sum() == cash["AmountBase"].sum()
    assert found["AmountBase"].sum() == 0
    signs = found.filter(pl.col("CashDirection") == "In")["CashFlowBase"]
    assert signs.len() == 0 or signs.min() > 0


def test_branch_is_that_of_the_line_then_the_batch_then_the_company() -> None:
    line = {"lineNumber": 1, "accountNumber": "3000", "branch": "3"}
    whole = journal(
        batch("1", ("3000", 1, 0), branch="2"),
        batch("2", ("3000", 1, 0)),
        batch("3", branch="2") | {"journalTransactionLines": [line]},
    )
    found = by_key("JournalLine", whole)
    assert [found[f"no:GL:{n}:1"]["BranchKey"] for n in "123"] == ["no:2", "no:1", "no:3"]


def test_amounts_are_exact_and_empty_ones_are_zero() -> None:
    whole = journal(
        batch("1", ("6300", "123456789012345.6789", 0), ("2400", 0, "123456789012345.6789")),
        batch("2") | {"journalTransactionLines": [{"lineNumber": 1, "accountNumber": "3000"}]},
    )
    found = by_key("JournalLine", whole)
    assert found["no:GL:1:1"]["AmountBase"] == Decimal("123456789012345.6789")
    assert found["no:GL:1:2"]["AmountBase"] == Decimal("-123456789012345.6789")
    empty = found["no:GL:2:1"]
    additive = TABLE["JournalLine"].additive
    assert all(empty[name] == 0 for name in additive if name in empty)
    assert empty["ProjectKey"] == "-"


def test_reversing_batches_stay_and_say_so() -> None:
    found = by_key(
        "JournalLine",
        journal(
            batch("31", ("6300", 45, 0), ("2400", 0, 45), autoReversing=True),
            batch(
                "32",
                ("2400", 45, 0),
                ("6300", 0, 45),
                reversingEntry=True,
                originalBatchNumber="31",
                financialPeriod="202611",
            ),
        ),
    )
    assert len(found) == 4
    assert found["no:GL:32:1"]["IsReversing"]
    assert found["no:GL:32:1"]["OriginalBatchNumber"] == "31"
    assert found["no:GL:31:1"]["IsAutoReversing"]


def test_statistical_ledgers_keep_their_ledger() -> None:
    found = rows("JournalLine", journal(batch("1", ("6300", 120, 0), ledger="STAT")))
    assert found["LedgerKey"].to_list() == ["no:STAT"]


def test_slices_of_batches_give_the_table() -> None:
    batches = [
        batch(f"{number}", ("6300", number, 0), ("1920", 0, number)) for number in range(1, 8)
    ]
    whole = journal(*batches, generalLedgerBalance=BALANCES)
    table = TABLE["JournalLine"]
    assert table.transform and table.row_wise and table.row_wise.lookup and table.row_wise.rest
    table.row_wise.lookup(whole)
    documents = whole.entity("journalTransaction").collect()
    slices = [
        table.transform(whole.narrowed(journalTransaction=documents[start : start + 3].lazy()))
        for start in range(0, documents.height, 3)
    ]
    assert_frame_equal(pl.concat([*slices, table.row_wise.rest(whole)]), table.compute(whole))


def test_rows_know_the_batch_they_come_from() -> None:
    whole = journal(batch("1", ("6300", 1, 0), ("1920", 0, 1)), generalLedgerBalance=BALANCES)
    table = TABLE["JournalLine"]
    assert table.row_wise
    moved = whole.entity("journalTransaction").select("company", "key").collect()
    parents = table.row_wise.parents("journalTransaction", moved)
    found = table.compute(whole).with_columns(parent=table.row_wise.parent)
    of_batch = found.filter(pl.col("parent").is_in(parents.implode()))
    assert of_batch["EntryKind"].to_list() == ["Journal", "Journal"]


BALANCES = [
    {
        "ledger_id": "ACTUAL",
        "balanceType": "Actual",
        "branch_number": "1",
        "subAccountCd": "00",
        "currencyId": "NOK",
        "financialPeriod": period,
        "account_number": account,
        "beginningBalance": begins,
        "yearToDateBalance": ends,
    }
    for account, period, begins, ends in (
        ("1920", "202512", 400, 500),
        ("1920", "202601", 500, 600),
        ("1500", "202603", 70, 90),
        ("2400", "202511", -300, -570),
        ("2098", "202601", -10, -20),
        ("3000", "202601", 99, 99),
        ("2050", "202601", 0, 0),
    )
]


def test_opening_rows_hold_what_was_there_before_the_first_loaded_year() -> None:
    whole = journal(
        batch("1", ("6300", 1, 0), ("1920", 0, 1), financialPeriod="202604"),
        generalLedgerBalance=BALANCES,
    )
    opening = rows("JournalLine", whole).filter(pl.col("EntryKind") == "Opening")
    amounts = dict(zip(opening["AccountKey"], opening["AmountBase"], strict=True))
    assert amounts == {
        "no:1500": money(70),
        "no:1920": money(500),
        "no:2400": money(-570),
    }
    assert sum(amounts.values()) == 0
    assert set(opening["PostingDate"]) == {date(2025, 12, 31)}
    assert set(opening["FinancialPeriodKey"]) == {"-"}
    assert set(opening["CashFlowBase"]) == {money(0)}
    assert (
        opening.filter(pl.col("AmountBase") != pl.col("DebitBase") - pl.col("CreditBase")).height
        == 0
    )
    assert opening["LineKey"].n_unique() == opening.height


@pytest.mark.parametrize("missing", ["subAccountCd", "branch_number"])
def test_openings_without_a_subaccount_have_keys_of_their_own(missing: str) -> None:
    whole = journal(
        batch("1", ("6300", 1, 0), ("1920", 0, 1), financialPeriod="202604"),
        generalLedgerBalance=[balance | {missing: None} for balance in BALANCES],
    )
    opening = rows("JournalLine", whole).filter(pl.col("EntryKind") == "Opening")
    assert opening.height == 3
    assert opening["LineKey"].n_unique() == 3
    assert opening["LineKey"].str.starts_with("no:Opening:ACTUAL:").all()


def test_results_that_the_erp_carried_into_equity_are_no_opening() -> None:
    """Nothing is journalled when a year is closed: a branch's equity begins with its result."""

    def balance(account: str, number: str, begins: int, debit: int, credit: int) -> dict[str, Any]:
        return {
            "ledger_id": "ACTUAL",
            "balanceType": "Actual",
            "branch_number": "2",
            "subAccountCd": "00",
            "financialPeriod": number,
            "account_number": account,
            "beginningBalance": begins,
            "periodToDateDebit": debit,
            "periodToDateCredit": credit,
            "yearToDateBalance": begins + debit - credit,
        }

    whole = journal(
        batch("1", ("6300", 1, 0), ("1920", 0, 1), financialPeriod="202504"),
        generalLedgerBalance=[
            balance("6300", "202504", 0, 30, 0),
            balance("2050", "202601", 30, 0, 0),
            balance("1500", "202601", 70, 0, 0),
        ],
    )
    opening = rows("JournalLine", whole).filter(pl.col("EntryKind") == "Opening")
    assert opening["AccountKey"].to_list() == ["no:1500"]


def test_no_journal_no_opening() -> None:
    assert rows("JournalLine", journal(generalLedgerBalance=BALANCES)).height == 0


def test_lookup_moves_with_periods_cash_accounts_and_openings_only() -> None:
    lookup = TABLE["JournalLine"].row_wise.lookup  # type: ignore[union-attr]
    assert lookup
    first = batch("1", ("6300", 1, 0))
    before = lookup(journal(first, generalLedgerBalance=BALANCES))
    more = lookup(journal(first, batch("2", ("6300", 1, 0)), generalLedgerBalance=BALANCES))
    assert_frame_equal(before, more)
    moved = [{**row, "beginningBalance": 1} for row in BALANCES]
    assert not before.equals(lookup(journal(first, generalLedgerBalance=moved)))
    other = [{**account, "cashAccount": False} for account in ACCOUNTS]
    assert not before.equals(lookup(journal(first, account=other, generalLedgerBalance=BALANCES)))


def test_period_balances_are_published_but_the_running_total_is_not() -> None:
    found = rows("GlPeriodBalance", journal(generalLedgerBalance=BALANCES))
    assert "no:2098" not in found["AccountKey"]
    assert found.height == len(BALANCES) - 1
    cash = found.filter(
        (pl.col("AccountKey") == "no:1920") & (pl.col("FinancialPeriodKey") == "202601")
    ).row(0, named=True)
    assert cash["PeriodEndDate"] == date(2026, 1, 31)
    assert (cash["BeginningBase"], cash["EndingBase"]) == (money(500), money(600))


def test_balance_of_a_period_that_no_calendar_knows_ends_with_its_month() -> None:
    balance = {**BALANCES[0], "financialPeriod": "201802"}
    found = rows("GlPeriodBalance", journal(generalLedgerBalance=[balance]))
    assert found["PeriodEndDate"].to_list() == [date(2018, 2, 28)]


def test_balances_know_their_parent() -> None:
    whole = journal(generalLedgerBalance=BALANCES)
    table = TABLE["GlPeriodBalance"]
    assert table.row_wise
    found = table.compute(whole).select(table.row_wise.parent).to_series()
    moved = whole.entity("generalLedgerBalance").collect()
    assert set(found) < set(table.row_wise.parents("generalLedgerBalance", moved))


@pytest.mark.parametrize("spelling", [("01", "13"), ("1", "13"), ("202601", "202613")])
def test_budget_is_per_period_and_signed_by_account(spelling: tuple[str, str]) -> None:
    lines = [{"periodId": spelling[0], "amount": 100}, {"periodId": spelling[1], "amount": 5}]
    whole = journal(
        budget=[
            {
                "ledger": "BUDGET",
                "branchNumber_number": "1",
                "financialYear": "2026",
                "account_number": account,
                "subaccount_id": "00",
                "released": True,
                "periods": lines,
            }
            for account in ("3000", "6300")
        ]
    )
    found = rows("Budget", whole).sort("AccountKey", "FinancialPeriodKey")
    assert found["FinancialPeriodKey"].to_list() == ["202601", "202613"] * 2
    assert found["AmountNatural"].to_list() == [money(100), money(5)] * 2
    assert found["AmountBase"].to_list() == [money(-100), money(-5), money(100), money(5)]
    assert found["PeriodEndDate"].to_list() == [date(2026, 1, 31), date(2026, 12, 31)] * 2


def test_worked_journal_keeps_its_sums(finance_examples: Path) -> None:
    batches: dict[tuple[str, str], dict[str, Any]] = {}
    lines: defaultdict[tuple[str, str], list[tuple[str, str, str]]] = defaultdict(list)
    with (finance_examples / "journal_line.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            key = (row["Module"], row["BatchNumber"])
            lines[key].append((row["AccountKey"], row["DebitBase"], row["CreditBase"]))
            batches[key] = {
                "module": f"Module{row['Module']}",
                "status": row["Status"],
                "ledger": row["Ledger"],
                "transactionDate": date.fromisoformat(row["TransactionDate"]),
                "financialPeriod": row["FinancialPeriodKey"],
            }
    found = rows(
        "JournalLine",
        journal(*(batch(key[1], *lines[key], **header) for key, header in batches.items())),
    )
    october = found.filter(
        pl.col("PostingDate").is_between(date(2026, 10, 1), date(2026, 10, 31)),
        pl.col("LedgerKey") == "no:ACTUAL",
    )
    revenue = -october.filter(pl.col("AccountKey") == "no:3000")["AmountBase"].sum()
    assert revenue == money(240000)
    assert october["AmountBase"].sum() == 0
    flow = october.group_by("CashDirection").agg(pl.col("CashFlowBase").sum())
    assert dict(flow.drop_nulls().iter_rows()) == {"In": money(150000), "Out": money(-90000)}
