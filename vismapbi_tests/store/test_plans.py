"""Plans exist whole or not at all, one is open per table, attempts are begun once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from vismapbi_assets.store import Store
from vismapbi_assets.store.batches import find_batch, list_batches, show_batch
from vismapbi_assets.store.drafts import Plan
from vismapbi_assets.store.errors import LeaseLostError, PlanConflictError
from vismapbi_assets.store.plans import Plans
from vismapbi_tests.store.frames import NOW, rows
from vismapbi_tests.store.workers import start

FUTURE = timedelta(minutes=1)


class Clock:
    def __init__(self) -> None:
        self.now = NOW.timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def plans(store: Store, clock: Clock) -> Plans:
    return Plans(store.objects, clock)


def make(plans: Plans, table: str = "Table", batches: int = 2, run_id: str = "run-1") -> Plan:
    with plans.claim(table, run_id=run_id) as lease:
        draft = plans.draft(table)
        for number in plans.allocate(batches):
            draft.batch(number, rows(f"a:{number}", f"b:{number}"))
        draft.part("added", rows("a:1"))
        draft.part("added", rows("a:2"))
        return plans.finish(draft, lease, kind="append", facts={"sources": {"x": 3}})


def test_a_plan_is_what_was_drafted(plans):
    made = make(plans)
    plan = plans.open_plan("Table")
    assert plan == made
    assert (plan.number, plan.kind, plan.run_id, plan.rows) == (1, "append", "run-1", 4)
    assert plan.created_at == NOW
    assert plan.facts == {"sources": {"x": 3}}
    first = plan.batches[0]
    assert plan.read(first).equals(rows(f"a:{first.push_batch_id}", f"b:{first.push_batch_id}"))
    assert [frame["row_key"].item() for frame in plan.part("added")] == ["a:1", "a:2"]
    assert list(plan.part("removed")) == []


def test_a_draft_is_no_plan(plans):
    plans.draft("Table").batch(1, rows("a:1"))
    assert plans.open_plan("Table") is None


def test_only_one_plan_is_open(plans):
    plan = make(plans)
    with pytest.raises(PlanConflictError, match="plan 1 of Table is still open"):
        make(plans)
    assert plans.close(plan, "committed", posted=4)
    assert not plans.close(plan, "abandoned")
    assert plans.closing(plan)["outcome"] == "committed"
    assert plans.open_plan("Table") is None
    assert make(plans).number == 2
    assert make(plans, "Other").number == 1
    assert plans.tables() == ["Other", "Table"]


def test_batch_ids_increase_within_a_plan_and_never_fall_behind_the_clock(plans, clock):
    first = plans.allocate(2)
    assert first[0] == int(clock.now * 1000) + 1
    assert plans.allocate(1)[0] == first[-1] + 1
    clock.now -= 3600
    assert plans.allocate(1)[0] == first[-1] + 2
    clock.now += 7200
    assert plans.allocate(1)[0] == int(clock.now * 1000) + 1
    draft = plans.draft("Table")
    draft.batch(5, rows("a:1"))
    with pytest.raises(ValueError, match="does not follow"):
        draft.batch(5, rows("a:1"))


def test_a_batch_file_that_was_tampered_with_is_refused(plans, store):
    plan = make(plans)
    store.objects.put(plan.batches[0].path, b"other")
    with pytest.raises(PlanConflictError, match="is not what plan 1 was made of"):
        plan.read(plan.batches[0])


def test_a_claim_excludes_others_until_it_is_released(plans, clock):
    lease = plans.claim("Table", run_id="one", seconds=100)
    assert plans.claim("Table", run_id="two") is None
    assert plans.claim("Other", run_id="two") is not None
    clock.now += 90
    lease.ensure(30)
    assert lease.remaining() == 100
    clock.now += 90
    assert plans.claim("Table", run_id="two") is None
    lease.release()
    assert plans.claim("Table", run_id="two") is not None


def test_an_owner_that_sleeps_too_long_is_told_and_cannot_go_on(plans, clock):
    lease = plans.claim("Table", run_id="one", seconds=100)
    clock.now += 104
    assert plans.claim("Table", run_id="two") is None
    clock.now += 2
    other = plans.claim("Table", run_id="two")
    with pytest.raises(LeaseLostError, match="run one lost its claim"):
        lease.ensure(10)
    draft = plans.draft("Table")
    with pytest.raises(LeaseLostError):
        plans.finish(draft, lease, kind="append")
    lease.release()
    assert plans.claim("Table", run_id="three") is None
    other.ensure(10)


def test_a_step_longer_than_the_lease_is_refused(plans):
    lease = plans.claim("Table", run_id="one", seconds=100)
    with pytest.raises(LeaseLostError, match="does not fit"):
        lease.ensure(101)


def test_the_claim_of_a_killed_process_is_free_at_once(store):
    process = start("hold", store.objects.root, "Table")
    try:
        assert process.stdout.readline() == "held\n"
        assert store.plans.claim("Table", run_id="other") is None
    finally:
        process.kill()
        process.communicate()
    assert store.plans.claim("Table", run_id="other") is not None


def test_an_attempt_is_begun_once_and_again_only_after_a_known_failure(plans):
    ledger = make(plans).ledger
    ledger.begin(7, 1, run_id="one", at=NOW)
    assert ledger.state(7).is_unsettled
    with pytest.raises(PlanConflictError, match="was begun by another sender"):
        ledger.begin(7, 1, run_id="two", at=NOW)
    with pytest.raises(PlanConflictError, match="not known to have failed"):
        ledger.begin(7, 2, run_id="two", at=NOW)
    ledger.end(7, 1, "unknown", at=NOW)
    assert ledger.state(7).is_unsettled
    with pytest.raises(PlanConflictError, match="not known to have failed"):
        ledger.begin(7, 2, run_id="one", at=NOW)
    ledger.end(7, 1, "absent", at=NOW)
    assert (ledger.state(7).status, ledger.state(7).attempts) == ("absent", 1)
    ledger.begin(7, 2, run_id="one", at=NOW)
    ledger.end(7, 2, "stored", at=NOW, facts={"status": 200, "request_id": "r-1"})
    assert ledger.state(7).is_stored
    with pytest.raises(PlanConflictError, match="not known to have failed"):
        ledger.begin(7, 3, run_id="one", at=NOW)
    assert [note["word"] for note in ledger.attempts(7)] == [
        "sent", "unknown", "absent", "sent", "stored",
    ]  # fmt: skip
    assert ledger.attempts(7)[-1]["request_id"] == "r-1"


def test_batches_are_listed_with_filters(plans, clock):
    first = make(plans)
    first.ledger.begin(first.batches[0].push_batch_id, 1, run_id="run-1", at=NOW)
    first.ledger.end(first.batches[0].push_batch_id, 1, "stored", at=NOW)
    plans.close(first, "committed")
    clock.now += 86_400
    make(plans, run_id="run-2")
    make(plans, "Other", batches=1)
    everything = list_batches(plans)
    assert everything.height == 5
    assert everything["push_batch_id"].is_sorted(descending=True)
    assert list_batches(plans, limit=2).height == 2
    assert list_batches(plans, table="Table").height == 4
    assert list_batches(plans, table="Table", plan=1).height == 2
    assert list_batches(plans, status="stored")["attempts"].to_list() == [1]
    assert list_batches(plans, run_id="run-2")["plan"].to_list() == [2, 2]
    assert list_batches(plans, until=NOW)["plan_outcome"].to_list() == ["committed"] * 2
    assert list_batches(plans, since=NOW + timedelta(hours=1)).height == 3


def test_a_batch_is_found_and_shown_with_its_life(plans):
    plan = make(plans)
    batch = plan.batches[1]
    plan.ledger.begin(batch.push_batch_id, 1, run_id="run-1", at=NOW)
    assert find_batch(plans, batch.push_batch_id) == (plan, batch)
    shown = show_batch(plans, batch.push_batch_id)
    assert (shown["status"], shown["plan_outcome"], shown["rows"]) == ("sent", "open", 2)
    assert shown["history"][0]["run_id"] == "run-1"
    with pytest.raises(FileNotFoundError, match="no kept plan holds batch 3"):
        find_batch(plans, 3)


def test_old_plans_and_dead_drafts_are_purged_but_never_the_last_plan(plans, store):
    for _ in range(3):
        plans.close(make(plans), "committed")
    plans.draft("Table").batch(1, rows("a:1"))
    assert plans.purge(datetime.now(UTC) - FUTURE) == 0
    assert plans.purge(datetime.now(UTC) + FUTURE) == 2 * (2 + 2 + 1) + 1
    (last,) = plans.newest("Table")
    assert last.number == 3
    assert plans.closing(last)["outcome"] == "committed"
    assert last.read(last.batches[0]).height == 2
    assert make(plans).number == 4
