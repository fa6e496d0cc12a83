"""Every finance check passes on sound tables and fails, naming keys, on tables that are not."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from vismapbi_assets.model.checks import FINANCE_CHECKS, CheckOutcome, FinanceCheck
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.semantic_model import TABLE

from .computing import published
from .examples import example_inputs
from .states import inputs, supplier_invoice

FOLDER = Path(__file__).parents[1] / "finance_examples"
CHECK = {check.name: check for check in FINANCE_CHECKS}
NOT_TIED = {"ap_ledger_matches_control_accounts", "ar_ledger_matches_control_accounts"}
"""The example's journals do not hold every document (GL63, GL64)."""

Change = Callable[[pl.LazyFrame], pl.LazyFrame]


@pytest.fixture(scope="module")
def company() -> Inputs:
    return published(example_inputs(FOLDER))


def changed(company: Inputs, **tables: Change) -> Inputs:
    """The company with some tables changed by hand."""
    frames = {**company.tables, **{n: change(company.table(n)) for n, change in tables.items()}}
    return Inputs(company.entities, frames, company.companies, company.as_of, company.zone)


def without(key: str, column: str) -> Change:
    return lambda rows: rows.filter(pl.col(column) != key)


def setting(column: str, value: object, **where: str) -> Change:
    """One column set to a value in the rows that some columns select."""

    def change(rows: pl.LazyFrame) -> pl.LazyFrame:
        chosen = pl.all_horizontal(pl.col(name) == v for name, v in where.items())
        dtype = rows.collect_schema()[column]
        return rows.with_columns(
            pl.when(chosen).then(pl.lit(value).cast(dtype)).otherwise(column).alias(column)
        )

    return change


def balances(company: Inputs) -> pl.LazyFrame:
    """The period balances that the journal adds up to."""
    keys = ["LedgerKey", "BranchKey", "AccountKey", "SubaccountKey", "FinancialPeriodKey"]
    schema = TABLE["GlPeriodBalance"].schema
    sums = company.table("JournalLine").group_by(keys).agg(pl.col("DebitBase", "CreditBase").sum())
    return sums.select(
        (pl.col(name) if name in (*keys, "DebitBase", "CreditBase") else pl.lit(None))
        .cast(dtype)
        .alias(name)
        for name, dtype in schema.items()
    )


@pytest.mark.parametrize("name", [name for name in CHECK if name not in NOT_TIED])
def test_sound_tables_pass(company: Inputs, name: str) -> None:
    outcome = CHECK[name].evaluate(company)
    assert outcome.passed, outcome
    assert outcome.samples == ()


@pytest.mark.parametrize("check", FINANCE_CHECKS, ids=lambda c: c.name)
def test_a_check_reads_the_tables_that_it_names_and_no_others(
    check: FinanceCheck, company: Inputs
) -> None:
    read: set[str] = set()

    class Watched(dict[str, pl.LazyFrame]):
        def __getitem__(self, name: str) -> pl.LazyFrame:
            read.add(name)
            return super().__getitem__(name)

    entities, tables = Watched(company.entities), Watched(company.tables)
    check.evaluate(Inputs(entities, tables, company.companies, company.as_of, company.zone))
    assert read == {*check.tables, *check.sources}


FAULTS: dict[str, tuple[dict[str, Change], str]] = {
    "ap_ledger_ties_out": (
        {"ApLedger": without("no:Invoice:INV1007", "DocumentKey")},
        "no:Invoice:INV1007",
    ),
    "ar_ledger_ties_out": (
        {"CustomerInvoice": setting("OpenBase", 1, DocumentKey="no:Invoice:7003")},
        "no:Invoice:7003",
    ),
    "ap_aging_adds_up": (
        {"ApLedger": setting("AgingDate", None, DocumentKey="no:Invoice:INV1007")},
        "",
    ),
    "ar_aging_adds_up": (
        {"ArLedger": setting("AgingDate", None, DocumentKey="no:Invoice:7003")},
        "",
    ),
    "ap_ledger_is_explained": (
        {"ApLedger": setting("EntryType", "Unexplained", DocumentKey="no:CreditAdj:CAD3001")},
        "no:CreditAdj:CAD3001",
    ),
    "ar_ledger_is_explained": (
        {"ArLedger": setting("EntryType", "Unexplained", DocumentKey="no:FinCharge:7201")},
        "no:FinCharge:7201",
    ),
    "open_currencies_have_rates": ({"ExchangeRate": without("EUR", "CurrencyId")}, "EUR"),
    "trial_balance_is_zero": (
        {"JournalLine": without("no:AP:000021:2", "LineKey")},
        "no:ACTUAL:AP:000021",
    ),
    "cash_flow_is_change_of_position": (
        {"JournalLine": setting("CashFlowBase", 5, LineKey="no:AP:000021:1")},
        "202610",
    ),
    "cash_position_is_ledger_balance": (
        {"CashPosition": without("no:1930", "CashAccountKey")},
        "",
    ),
    "balance_sheet_balances": (
        {"Account": setting("Statement", "Statistical", AccountKey="no:2900")},
        "2026-10-31",
    ),
    "dates_cover_facts": (
        {"Dates": lambda rows: rows.filter(pl.col("Date") < date(2026, 11, 24))},
        "ApLedger[AgingDate]",
    ),
    "no_orphan_keys": (
        {"Supplier": without("no:V200", "SupplierKey")},
        "SupplierInvoice-SupplierKey-Supplier: no:V200",
    ),
    "members_are_listed": (
        {"Supplier": setting("SupplierName", "V200 (missing)", SupplierNumber="V200")},
        "Supplier V200 (missing)",
    ),
    "payments_are_converted": (
        {"SupplierPayment": setting("PaymentBase", 0, DocumentKey="no:Payment:PAY5001")},
        "no:Payment:PAY5001 NOK",
    ),
    "accounts_are_mapped": (
        {"Account": setting("ReportGroup", "Unmapped", AccountKey="no:6300")},
        "no:6300",
    ),
    "types_and_statuses_are_known": (
        {"SupplierInvoice": setting("StatusGroup", "Unknown", Status="Hold")},
        "SupplierInvoice Invoice Hold",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_and_named(company: Inputs, name: str) -> None:
    faults, sample = FAULTS[name]
    outcome = CHECK[name].evaluate(changed(company, **faults))
    assert not outcome.passed
    assert sample in outcome.samples or not sample


def test_the_examples_are_not_tied_to_their_control_accounts(company: Inputs) -> None:
    found: dict[str, CheckOutcome] = {n: CHECK[n].evaluate(company) for n in sorted(NOT_TIED)}
    assert [outcome.passed for outcome in found.values()] == [False, False]
    assert found["ap_ledger_matches_control_accounts"].numbers["Difference"] == 56575
    assert found["ar_ledger_matches_control_accounts"].numbers["Difference"] == -357600


def test_period_balances_control_the_journal(company: Inputs) -> None:
    check = CHECK["journal_matches_period_balances"]
    sound = changed(company, GlPeriodBalance=lambda _: balances(company))
    assert check.evaluate(sound).passed
    missing = changed(sound, JournalLine=without("no:AP:000021:2", "LineKey"))
    outcome = check.evaluate(missing)
    assert not outcome.passed
    assert outcome.samples == ("no:1920 - 202610",)
    assert outcome.numbers["Credit"] == -60000
    superfluous = changed(
        sound, JournalLine=lambda rows: pl.concat([rows, rows.filter(pl.col("LineNumber") == 4)])
    )
    assert not check.evaluate(superfluous).passed


@pytest.mark.parametrize(
    ("amount", "in_currency", "passed"),
    [(1150, 100, True), (1151, 100, False), (1150, 101, False), (None, None, True)],
)
def test_the_header_list_confirms_gross_amounts(
    amount: int | None, in_currency: int | None, passed: bool
) -> None:
    """3.5: a foreign document shows whether base and document currency are mixed up."""
    note = supplier_invoice(
        "C1", "2026-09-01", 100, 100, kind="DebitAdj", currency="EUR", rate="11.5"
    )
    told = {
        "documentType": "DebitAdj",
        "referenceNumber": "C1",
        "amount": amount,
        "amountInCurrency": in_currency,
    }
    check = CHECK["supplier_gross_is_confirmed"]
    outcome = check.evaluate(published(inputs(supplierInvoice=[note], supplierDocument=[told])))
    assert (outcome.passed, check.forbids) == (passed, False)
    assert outcome.samples == (() if passed else ("no:DebitAdj:C1",))


def test_every_check_has_a_fault_here() -> None:
    elsewhere = {"journal_matches_period_balances", "supplier_gross_is_confirmed"}
    assert set(CHECK) == set(FAULTS) | NOT_TIED | elsewhere
    assert len(CHECK) == len(FINANCE_CHECKS)
    assert all(check.description.endswith(".") for check in FINANCE_CHECKS)
