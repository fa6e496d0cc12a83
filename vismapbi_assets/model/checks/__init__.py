"""What must hold between the published tables, as a finance team would check it.

The list of all checks. A check that forbids speaks of the platform's own work (rows that contradict
each other): what it finds must not pass as verified. The others speak of the books and their
mapping: they are shown. Checks of single rows belong in `model.schema`, those of the destination
in the publisher.
"""

from __future__ import annotations

from functools import partial

from vismapbi_assets.model.checks import books, references, sub_ledgers
from vismapbi_assets.model.checks.outcome import CheckOutcome, FinanceCheck
from vismapbi_assets.model.semantic_model import RELATIONSHIPS
from vismapbi_assets.model.transforms.dates import FACT_DATES

__all__ = ["FINANCE_CHECKS", "CheckOutcome", "FinanceCheck"]

_SIDES = (
    ("ap", "ApLedger", "SupplierInvoice", "Payables", -1),
    ("ar", "ArLedger", "CustomerInvoice", "Receivables", 1),
)
_RELATED = dict.fromkeys(
    table
    for relationship in RELATIONSHIPS
    if relationship.to_table != "Dates"
    for table in (relationship.from_table, relationship.to_table)
)

FINANCE_CHECKS: tuple[FinanceCheck, ...] = (
    *(
        FinanceCheck(
            f"{side}_ledger_ties_out",
            (ledger, documents),
            f"Per document the rows of {ledger} add up to the open amount that the ERP tells.",
            partial(sub_ledgers.ledger_ties_out, ledger=ledger, documents=documents),
            forbids=True,
        )
        for side, ledger, documents, _, _ in _SIDES
    ),
    *(
        FinanceCheck(
            f"{side}_aging_adds_up",
            (ledger,),
            f"The ageing buckets of {ledger} add up to its balance.",
            partial(sub_ledgers.aging_adds_up, ledger=ledger),
            forbids=True,
        )
        for side, ledger, *_ in _SIDES
    ),
    *(
        FinanceCheck(
            f"{side}_ledger_is_explained",
            (ledger,),
            f"No balance in {ledger} had to be completed by a row without an event behind it.",
            partial(sub_ledgers.ledgers_are_explained, ledger=ledger),
            forbids=False,
        )
        for side, ledger, *_ in _SIDES
    ),
    *(
        FinanceCheck(
            f"{side}_ledger_matches_control_accounts",
            (ledger, *books.BOOKS),
            f"{ledger} equals the control accounts in the general ledger at the data date. "
            "Prebooked documents, unposted batches and revaluation make it differ.",
            partial(
                sub_ledgers.ledger_matches_control, ledger=ledger, report_group=group, sign=sign
            ),
            forbids=False,
        )
        for side, ledger, _, group, sign in _SIDES
    ),
    FinanceCheck(
        "supplier_gross_is_confirmed",
        ("SupplierInvoice",),
        "The gross amount of a released supplier document is the amount that supplierDocument "
        "tells, in both currencies.",
        sub_ledgers.supplier_gross_is_confirmed,
        forbids=False,
        sources=("supplierDocument",),
    ),
    FinanceCheck(
        "open_currencies_have_rates",
        ("ApLedger", "ArLedger", "ExchangeRate"),
        "Every foreign currency with an open balance has a rate on or before the data date.",
        sub_ledgers.open_currencies_have_rates,
        forbids=False,
    ),
    FinanceCheck(
        "trial_balance_is_zero",
        ("JournalLine", "Ledger"),
        "Debit equals credit in every posted batch of the actual ledgers.",
        books.trial_balance_is_zero,
        forbids=True,
    ),
    FinanceCheck(
        "journal_matches_period_balances",
        ("JournalLine", "GlPeriodBalance", "Ledger"),
        "Journal turnover equals the ERP's balance by ledger, branch, account, subaccount, period.",
        books.journal_matches_balances,
        forbids=False,
    ),
    FinanceCheck(
        "cash_flow_is_change_of_position",
        ("JournalLine", "Account", "Ledger"),
        "In every period cash in less cash out is the change of the cash accounts.",
        books.cash_flow_is_change_of_position,
        forbids=False,
    ),
    FinanceCheck(
        "cash_position_is_ledger_balance",
        ("CashPosition", *books.BOOKS),
        "The last position of all cash accounts is their balance in the general ledger.",
        books.cash_position_is_ledger_balance,
        forbids=True,
    ),
    FinanceCheck(
        "balance_sheet_balances",
        books.BOOKS,
        "Assets equal liabilities and equity at every period end.",
        books.balance_sheet_balances,
        forbids=False,
    ),
    FinanceCheck(
        "dates_cover_facts",
        ("Dates", *FACT_DATES),
        "No fact relates, ages or settles by a day outside the calendar.",
        references.dates_cover_facts,
        forbids=True,
    ),
    FinanceCheck(
        "no_orphan_keys",
        tuple(_RELATED),
        "Every key of a fact is a member of its dimension.",
        references.no_orphan_keys,
        forbids=False,
    ),
    FinanceCheck(
        "members_are_listed",
        tuple(references.MEMBER_NAMES),
        "Visma.net lists every supplier, account, project ... that facts use; what it does not "
        "list is a member called (missing). The code for no project is usually one.",
        references.members_are_listed,
        forbids=False,
    ),
    FinanceCheck(
        "payments_are_converted",
        ("SupplierPayment", "CustomerPayment"),
        "Every payment in a foreign currency found a rate; one without counts 0 in base currency.",
        references.payments_are_converted,
        forbids=False,
    ),
    FinanceCheck(
        "accounts_are_mapped",
        ("Account",),
        "Every account has its place in the statements; unmapped ones are in the group Unmapped.",
        references.accounts_are_mapped,
        forbids=False,
    ),
    FinanceCheck(
        "types_and_statuses_are_known",
        ("SupplierInvoice", "CustomerInvoice", "SupplierPayment", "CustomerPayment"),
        "No document has a type or status that counts nowhere because it is unknown.",
        references.types_and_statuses_are_known,
        forbids=False,
    ),
)
"""All finance checks."""
