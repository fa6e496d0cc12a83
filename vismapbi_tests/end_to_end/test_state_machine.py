"""A state machine over both ends: whatever happened before, one clean sync is exact.

Rules change the ERP, trouble either end, tamper with what was delivered, lose the store and kill
or double the run. What must hold after one clean full run is in `oracles.py` and `books.py`.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from contextlib import ExitStack, suppress
from datetime import date, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from vismapbi_assets.powerbi.errors import PowerBIError
from vismapbi_assets.store.errors import StoreError
from vismapbi_assets.visma.errors import VismaError
from vismapbi_tests.end_to_end.books import figures_agree
from vismapbi_tests.end_to_end.clocks import Died, dying_after
from vismapbi_tests.end_to_end.harness import START, WITH_ROWS, Installation, Template, loaded
from vismapbi_tests.end_to_end.oracles import (
    counts_match,
    every_row_counts_once,
    no_unasked_repeat,
    state_equals_erp,
)

SIDES = st.sampled_from(["AP", "AR"])
AMOUNTS = st.decimals("0.01", "99999.99", places=2)
LISTED = {"AP": "supplierInvoice", "AR": "customerInvoice"}
PAID = {"AP": "supplierPayment", "AR": "customerPayment"}
CREDIT = {"AP": "DebitAdj", "AR": "CreditNote"}
READ = [
    "supplierInvoice", "supplierPayment", "customerInvoice", "customerPayment", "customerDocument",
    "journalTransaction", "generalLedgerBalance", "account", "supplier", "currencyRate", "token",
    None,
]  # fmt: skip
VISMA_FAULTS = [
    {"kind": "error_message"},
    {"kind": "error_exception"},
    {"kind": "html"},
    {"kind": "html_ok"},
    {"kind": "timeout"},
    {"kind": "unauthorized"},
    {"kind": "slow", "seconds": 0.02},
    {"kind": "truncated"},
    {"kind": "cut"},
    {"kind": "empty"},
    {"kind": "reset"},
    {"kind": "too_many"},
    {"kind": "member", "member": "lastModifiedDateTime", "value": "not a time"},
    {"kind": "missing_member", "member": "lastModifiedDateTime"},
    {"kind": "member", "member": "status", "value": "NeverSeen"},
]
POWERBI_FAULTS = [
    {"kind": "drop_before"},
    {"kind": "drop_after"},
    {"kind": "error_after", "status": 500},
    {"kind": "half", "status": 502},
    {"kind": "refuse", "status": 503},
    {"kind": "refuse", "status": 500},
    {"kind": "refuse", "status": 403},
    {"kind": "refuse", "status": 429, "retry_after": 7},
    {"kind": "refuse", "status": 429, "retry_after": 900},
    {"kind": "slow", "seconds": 0.02},
]
OPERATIONS = ["rows.post", "rows.post", "rows.delete", "queries.execute", None]
TABLES = [t.name for t in WITH_ROWS]
UNTOUCHED = (
    "dimension", "organization", "inventory", "project", "projectTask", "timeCard", "budget",
    "currency",
)  # fmt: skip
"""Lists that no rule changes are not read here: more sequences fit into the same time."""


PLAYED = count(1)


class BothEnds(RuleBasedStateMachine):
    """One company, one store, one dataset, and much that goes wrong."""

    @initialize(pages=st.sampled_from([(1000, 5000), (100, 500)]))
    def begin(self, pages: tuple[int, int]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="both-ends-"))
        self.stack = ExitStack()
        self.stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.made = self.stack.enter_context(_template(pages).copy(self.folder))

    def change(self, verb: str, **arguments: Any) -> dict[str, Any] | None:
        """A change that the ERP may refuse, as it may refuse a person."""
        with suppress(ValueError, LookupError):
            return self.made.sandbox.visma.mutate("nordvik", verb, **arguments)
        return None

    def pick(self, entity: str, chance: float, *statuses: str) -> tuple[str, str] | None:
        """Type and number of a document of the list in one of the states."""
        records = self.made.sandbox.visma.companies["nordvik"].books.lists[entity]
        fitting: list[Any] = [r for r in records if r.status in statuses]
        if not fitting:
            return None
        chosen = fitting[min(int(chance * len(fitting)), len(fitting) - 1)]
        kind = chosen.module if entity == "journalTransaction" else chosen.type
        return kind, chosen.number

    # the ERP lives

    @rule(side=SIDES, amount=AMOUNTS, lines=st.integers(1, 3), release=st.booleans())
    def document_is_entered(self, side, amount, lines, release):
        self.change("create_document", side=side, amount=amount, lines=lines, release=release)

    @rule(side=SIDES, amount=AMOUNTS)
    def credit_is_entered(self, side, amount):
        self.change("create_document", side=side, type=CREDIT[side], amount=amount)

    @rule(side=SIDES, chance=st.floats(0, 1), amount=AMOUNTS, hold=st.booleans())
    def draft_is_edited(self, side, chance, amount, hold):
        if found := self.pick(LISTED[side], chance, "Hold", "Balanced"):
            self.change(
                "edit_document", side=side, type=found[0], number=found[1], amount=amount, hold=hold
            )

    @rule(side=SIDES, chance=st.floats(0, 1))
    def text_and_due_date_are_edited(self, side, chance):
        if found := self.pick(LISTED[side], chance, "Open", "Hold", "Balanced"):
            due = str(START.date() + timedelta(days=int(chance * 40)))
            self.change(
                "edit_document", side=side, type=found[0], number=found[1], due=due, text="Ændret"
            )

    @rule(side=SIDES, chance=st.floats(0, 1))
    def draft_is_released(self, side, chance):
        if found := self.pick(LISTED[side], chance, "Balanced"):
            self.change("release_document", side=side, type=found[0], number=found[1])

    @rule(side=SIDES, chance=st.floats(0, 1))
    def draft_is_deleted(self, side, chance):
        if found := self.pick(LISTED[side], chance, "Hold", "Balanced"):
            self.change("delete_draft", side=side, type=found[0], number=found[1])

    @rule(
        side=SIDES,
        chance=st.floats(0, 1),
        how=st.sampled_from(
            [{}, {"amount": "12.34"}, {"discount": "1.50"}, {"amount": "0.01", "on_account": 70}]
        ),
    )
    def document_is_paid(self, side, chance, how):
        if found := self.pick(LISTED[side], chance, "Open"):
            self.change("pay_document", side=side, type=found[0], number=found[1], **how)

    @rule(side=SIDES, amount=AMOUNTS)
    def prepayment_is_made(self, side, amount):
        self.change("prepay", side=side, amount=amount)

    @rule(side=SIDES, chance=st.floats(0, 1), other=st.floats(0, 1))
    def credit_is_applied(self, side, chance, other):
        credits = "customerCreditNote" if side == "AR" else "supplierInvoice"
        credit, target = self.pick(credits, chance, "Open"), self.pick(LISTED[side], other, "Open")
        if credit and target and credit[0] == CREDIT[side] and target[0] == "Invoice":
            self.change("apply_credit", side=side, credit=credit[1], number=target[1])

    @rule(side=SIDES, chance=st.floats(0, 1))
    def payment_is_voided(self, side, chance):
        if (found := self.pick(PAID[side], chance, "Open", "Closed")) and found[0] == "Payment":
            self.change("void_payment", side=side, number=found[1])

    @rule(amount=AMOUNTS, lines=st.sampled_from([2, 4, 12]), posted=st.booleans())
    def batch_is_entered(self, amount, lines, posted):
        status = "Posted" if posted else "Unposted"
        self.change("post_journal", amount=amount, lines=lines, status=status)

    @rule(chance=st.floats(0, 1))
    def batch_is_posted(self, chance):
        if found := self.pick("journalTransaction", chance, "Unposted"):
            self.change("post_batch", module=found[0], number=found[1])

    @rule(side=SIDES, name=st.text("abæøå ", min_size=1, max_size=4))
    def party_is_renamed(self, side, name):
        number = "50001" if side == "AP" else "10001"
        self.change("rename_party", side=side, number=number, name=f"Nytt {name.strip()} AS")

    @rule()
    def order_is_entered_and_received(self):
        if made := self.change("create_order"):
            self.change("receive_order", number=made["number"], quantity=4, bill=True)

    @rule()
    def everything_is_stamped_anew(self):
        self.change("restamp")

    @rule(entity=st.sampled_from(["supplierInvoice", "journalTransaction", "customerPayment"]))
    def stamps_become_identical(self, entity):
        self.change("restamp", entity=entity)

    @rule()
    def business_goes_on(self):
        self.change("work")

    @rule(side=SIDES, amount=AMOUNTS)
    def change_is_committed_late(self, side, amount):
        self.made.sandbox.visma.commit_late("nordvik", "create_document", side=side, amount=amount)

    @rule(entity=st.sampled_from(READ[:6]), after=st.integers(1, 2), side=SIDES, amount=AMOUNTS)
    def list_drifts_while_it_is_read(self, entity, after, side, amount):
        self.made.sandbox.visma.script(
            entity, after, "nordvik", "create_document", side=side, amount=amount
        )

    @rule(order=st.sampled_from(["id", "modified", "shuffled"]))
    def lists_are_ordered_otherwise(self, order):
        self.made.sandbox.visma.configure(order=order)

    # trouble

    @rule(
        fault=st.sampled_from(VISMA_FAULTS),
        entity=st.sampled_from(READ),
        after=st.integers(0, 2),
        count=st.integers(1, 6),
    )
    def erp_will_fail(self, fault, entity, after, count):
        self.made.sandbox.visma.fault(**fault, entity=entity, after=after, count=count)

    @rule(
        fault=st.sampled_from(POWERBI_FAULTS),
        operation=st.sampled_from(OPERATIONS),
        skip=st.integers(0, 3),
        times=st.integers(1, 3),
    )
    def power_bi_will_fail(self, fault, operation, skip, times):
        if fault["kind"] == "half":
            operation = "rows.post"
        self.made.sandbox.powerbi.add_fault(**fault, operation=operation, skip=skip, times=times)

    @rule(powerbi=st.booleans())
    def tokens_expire(self, powerbi):
        if powerbi:
            self.made.sandbox.powerbi.directory.expire_tokens()
        else:
            self.made.sandbox.visma.tokens.revoke_all()

    @rule(queries=st.sampled_from(["available", "not_for_push", "setting_off"]))
    def queries_are_switched(self, queries):
        self.made.sandbox.powerbi.set_switches(queries=queries)

    @rule(seconds=st.sampled_from([0.0, 4.0]))
    def rows_are_seen_later(self, seconds):
        self.made.sandbox.powerbi.set_switches(visibility_delay=seconds)

    @rule(
        table=st.sampled_from(TABLES),
        how=st.sampled_from([{"drop": 1}, {"drop": 40}, {"clear": True}, {"add": "again"}]),
    )
    def somebody_tampers(self, table, how):
        powerbi, dataset = self.made.sandbox.powerbi, self.made.dataset_id
        if "add" in how:
            rows = self.made.received(table).head(2)
            powerbi.table(dataset, table).rows.append(rows)
        else:
            powerbi.tamper(dataset, table, **how)

    @rule()
    def store_is_wiped(self):
        self.made.wipe()

    # runs

    @rule(full=st.booleans())
    def run_syncs(self, full):
        _attempt(self.made, full=full)

    @rule(moments=st.integers(0, 900))
    def run_dies(self, moments):
        with suppress(Died), dying_after(moments):
            _attempt(self.made)

    @rule()
    def two_runs_sync(self):
        threads = [threading.Thread(target=_attempt, args=(self.made,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def teardown(self) -> None:
        if hasattr(self, "made"):
            try:
                clean_run_is_exact(self.made)
                print(f"sequence {next(PLAYED)}: exact", flush=True)
            finally:
                self.stack.close()


def _attempt(made: Installation, *, full: bool = False) -> None:
    """A run in bad weather may fail, but only by saying so."""
    with suppress(VismaError, PowerBIError, StoreError):
        made.sync(full=full)


def clean_run_is_exact(made: Installation) -> None:
    """When trouble has ended, one full run brings everything into order."""
    made.calm()
    done = made.sync(full=True, allow_deletions=True)
    assert not done.unsound, done.unsound
    state_equals_erp(made)
    net = every_row_counts_once(made)
    counts_match(made, net)
    today = START.date()
    figures_agree(made, [today, today - timedelta(days=75), date(today.year - 1, 12, 31)])
    no_unasked_repeat(made)
    idle = made.sync()
    assert idle.posted == {}
    assert not idle.unsound, idle.unsound


@cache
def _template(pages: tuple[int, int]) -> Template:
    folder = Path(tempfile.mkdtemp(prefix="both-ends-template-"))
    return loaded(
        folder,
        scale=0.01,
        companies=1,
        page_size=pages[0],
        journal_page_size=pages[1],
        exclude=UNTOUCHED,
    )


def run(examples: int, steps: int, *, derandomize: bool) -> None:
    run_state_machine_as_test(
        BothEnds,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=derandomize,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_clean_run_is_exact_whatever_happened_before():
    run(examples=3, steps=12, derandomize=True)


@pytest.mark.campaign
def test_campaign(campaign_sequences):
    run(examples=campaign_sequences, steps=25, derandomize=False)
