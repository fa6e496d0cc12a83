"""Exactly once through faults: nothing lost, nothing doubled, nothing sent again unasked."""

from dataclasses import replace

import pytest

from vismapbi_assets.powerbi.errors import NotAuthorized
from vismapbi_assets.store.errors import LeaseLostError, PlanConflictError
from vismapbi_tests.powerbi.conftest import DIMENSION, FACT, Died, facts, many, same
from vismapbi_tests.powerbi.test_publisher import parties

BASE = {f"k{i}": i for i in range(20)}
WANTED = {**BASE, "k3": 333, "new": 5}
STEPS = [
    "planned", "clearing", "cleared", "before attempt", "before post", "after post",
    "after outcome", "sent", "verified", "committed",
]  # fmt: skip


def dying_at(step: str, nth: int = 1):
    count = [0]

    def on_step(name: str) -> None:
        count[0] += name == step
        if name == step and count[0] == nth:
            raise Died(step)

    return on_step


def unasked_repeats(bench) -> int:
    """POSTs of a table that follow one without a clear answer, without a query in between."""
    doubtful, found = set(), 0
    for entry in bench.sandbox.log.entries():
        if entry.operation == "rows.post":
            found += entry.table in doubtful
            clear_answer = entry.status is not None and entry.status < 500
            if not clear_answer or entry.fault in ("slow", "late"):
                doubtful.add(entry.table)
        elif entry.operation in ("queries.execute", "rows.delete"):
            doubtful.clear()
    return found


@pytest.mark.parametrize(
    ("fault", "posts"),
    [
        ({"kind": "drop_before"}, 2),
        ({"kind": "drop_after"}, 1),
        ({"kind": "error_after", "status": 500}, 1),
        ({"kind": "refuse", "status": 503, "retry_after": 1}, 2),
        ({"kind": "refuse", "status": 500}, 2),
        ({"kind": "refuse", "status": 429, "retry_after": 5}, 2),
        ({"kind": "refuse", "status": 408}, 2),
    ],
)
@pytest.mark.parametrize("table", ["fact", "dimension"])
def test_an_unclear_post_is_settled_by_counting(bench, fault, posts, table):
    if table == "fact":
        bench.publisher().publish(FACT, facts(BASE))
        bench.sandbox.add_fault(operation="rows.post", **fault)
        done = bench.publisher().publish(FACT, facts(WANTED))
        same(bench.net(), facts(WANTED))
    else:
        bench.publisher()
        bench.sandbox.add_fault(operation="rows.post", **fault)
        done = bench.publisher().publish(DIMENSION, parties(V1="A", V2="B"))
        same(bench.net(DIMENSION), parties(V1="A", V2="B"), DIMENSION)
    assert (done.status, done.verified, done.posts) == ("ok", True, posts)
    assert unasked_repeats(bench) == 0


def test_a_half_stored_batch_is_repaired_by_replacement(bench):
    bench.publisher().publish(FACT, facts(BASE))
    bench.sandbox.add_fault("half", operation="rows.post", status=500)
    done = bench.publisher().publish(FACT, facts(WANTED))
    assert (done.status, done.action, done.verified) == ("repaired", "replace", True)
    assert "rows instead of" in done.reason
    same(bench.net(), facts(WANTED))


def test_an_answer_after_the_time_out_is_settled(bench):
    bench.publisher().publish(FACT, facts(BASE))
    bench.timeout = 0.3
    bench.sandbox.add_fault("slow", operation="rows.post", seconds=0.6)
    done = bench.publisher().publish(FACT, facts(WANTED))
    assert (done.status, done.posts) == ("ok", 1)
    same(bench.net(), facts(WANTED))


def test_rows_that_are_stored_long_after_the_time_out_are_repaired(bench):
    import time

    bench.publisher().publish(FACT, facts(BASE))
    bench.timeout = 0.3
    bench.sandbox.add_fault("late", operation="rows.post", seconds=0.6)
    bench.publisher().publish(FACT, facts(WANTED))
    time.sleep(0.6)
    bench.timeout = 5.0
    done = bench.publisher().publish(FACT, facts(WANTED))
    assert done.verified
    same(bench.net(), facts(WANTED))


def test_an_expired_token_is_renewed_in_the_middle(bench):
    publisher = bench.publisher()
    publisher.publish(FACT, facts(BASE))
    bench.sandbox.directory.expire_tokens()
    done = publisher.publish(FACT, facts(WANTED))
    assert (done.status, done.verified) == ("ok", True)
    same(bench.net(), facts(WANTED))


def test_an_unknown_outcome_without_queries_is_repaired_by_replacement(bench):
    bench.publisher().publish(FACT, facts(BASE))
    bench.sandbox.set_switches(queries="not_for_push")
    bench.sandbox.add_fault("drop_after", operation="rows.post")
    done = bench.publisher().publish(FACT, facts(WANTED))
    assert (done.status, done.action, done.verified) == ("repaired", "replace", False)
    assert "counting is impossible" in done.reason
    same(bench.net(), facts(WANTED))


def test_a_batch_that_the_service_refuses_ends_the_plan_and_leaves_the_rest_true(bench):
    bench.publisher().publish(FACT, facts(BASE))
    bench.sandbox.add_fault("refuse", operation="rows.post", status=400)
    done = bench.publisher().publish(FACT, facts(WANTED))
    assert (done.status, done.net) == ("failed", 20)
    same(bench.net(), facts(BASE))
    assert bench.publisher().publish(FACT, facts(WANTED)).status == "repaired"
    same(bench.net(), facts(WANTED))


def test_a_lost_permission_stops_the_run_and_the_next_one_goes_on(bench):
    bench.publisher().publish(FACT, facts(BASE))
    bench.sandbox.add_fault("refuse", operation="rows.post", status=403)
    with pytest.raises(NotAuthorized):
        bench.publisher().publish(FACT, facts(WANTED))
    done = bench.publisher().publish(FACT, facts(WANTED))
    assert (done.status, done.action) == ("ok", "nothing")
    assert any("left open" in note for note in done.notes)
    same(bench.net(), facts(WANTED))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("first", [True, False])
def test_a_crash_between_any_two_steps_is_finished_by_the_next_run(bench, step, first):
    if not first:
        bench.publisher().publish(FACT, facts(BASE))
    died = False
    try:
        bench.publisher(dying_at(step)).publish(FACT, facts(WANTED))
    except Died:
        died = True
    assert died == (first or step not in ("clearing", "cleared"))
    newest = {**WANTED, "later": 8}
    done = bench.publisher().publish(FACT, facts(newest))
    assert (done.status, done.verified) == ("ok", True)
    same(bench.net(), facts(newest))
    assert unasked_repeats(bench) == 0


@pytest.mark.parametrize("step", ["marked dirty", "before post"])
def test_a_crash_in_the_middle_of_a_repair_is_finished_too(bench, step):
    bench.publisher().publish(FACT, facts(BASE))
    bench.sandbox.add_fault("half", operation="rows.post", status=500)
    with pytest.raises(Died):
        bench.publisher(dying_at(step, 2 if step == "before post" else 1)).publish(
            FACT, facts(WANTED)
        )
    done = bench.publisher().publish(FACT, facts(WANTED))
    assert done.verified
    same(bench.net(), facts(WANTED))


def test_a_crash_between_batches_sends_only_the_missing_ones(bench):
    with pytest.raises(Died):
        bench.publisher(dying_at("after outcome", 2)).publish(FACT, many(35_000))
    done = bench.publisher().publish(FACT, many(35_000))
    assert (done.status, done.posts) == ("ok", 2)
    assert bench.rows().height == 35_000


def test_another_run_is_left_alone_while_it_publishes(bench):
    publisher, seen = bench.publisher(), []

    def second(step: str) -> None:
        if step == "before post":
            seen.append(bench.publisher().publish(FACT, facts(BASE)))

    publisher.on_step = second
    done = publisher.publish(FACT, facts(BASE))
    assert (done.status, done.posts) == ("ok", 1)
    assert [(s.status, s.posts) for s in seen] == [("partial", 0)]
    same(bench.net(), facts(BASE))


@pytest.mark.parametrize(
    ("step", "stopped"),
    [
        ("before attempt", PlanConflictError),
        ("after outcome", LeaseLostError),
        ("sent", LeaseLostError),
    ],
)
def test_a_run_that_lost_its_claim_sends_nothing_more(bench, step, stopped):
    slow, wanted = bench.publisher(), many(15_000)

    def overtaken(name: str) -> None:
        if name == step and not others:
            bench.sandbox.clock.advance(3_600)
            others.append(bench.publisher().publish(FACT, wanted))

    others = []
    slow.on_step = overtaken
    with pytest.raises(stopped):
        slow.publish(FACT, wanted)
    assert [(o.status, o.verified) for o in others] == [("ok", True)]
    assert bench.rows().height == 15_000
    assert sum(e.rows for e in bench.log("rows.post")) == 15_000


def test_a_storm_of_refusals_ends_with_a_time_to_go_on(bench):
    bench.publisher().publish(FACT, facts(BASE))
    bench.options = replace(bench.options, wait_seconds=60)
    bench.sandbox.add_fault(
        "refuse", operation="rows.post", status=429, retry_after=1_800, times=None
    )
    done = bench.publisher().publish(FACT, facts(WANTED))
    assert done.status == "partial"
    assert done.resume_at == pytest.approx(bench.sandbox.clock.now() + 1_800, abs=5)
    same(bench.net(), facts(BASE))
    bench.sandbox.faults.clear()
    assert bench.publisher().publish(FACT, facts(WANTED)).status == "partial"
    bench.sandbox.clock.advance(1_801)
    done = bench.publisher().publish(FACT, facts(WANTED))
    assert done.status == "ok"
    same(bench.net(), facts(WANTED))


@pytest.mark.parametrize("policy", ["ignored", "replay_noop", "replay_error", "unsupported"])
@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "half"])
def test_sequence_numbers_change_nothing_where_rows_can_be_counted(bench, policy, kind):
    bench.options = replace(bench.options, use_sequence=True, chunk_rows=5)
    bench.publisher().publish(FACT, facts(BASE))
    bench.sandbox.set_switches(sequence_numbers=policy)
    wanted = {**BASE, **{f"n{i}": i for i in range(12)}}
    bench.sandbox.add_fault(kind, operation="rows.post", skip=1, status=500)
    done = bench.publisher().publish(FACT, facts(wanted))
    same(bench.net(), facts(wanted))
    assert done.verified
    assert done.action == ("replace" if kind == "half" else "append")


@pytest.mark.parametrize("policy", ["ignored", "replay_noop", "replay_error", "unsupported"])
@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_sequence_numbers_settle_only_where_the_service_keeps_them(bench, policy, kind):
    bench.options = replace(bench.options, use_sequence=True, chunk_rows=5)
    bench.publisher().publish(FACT, facts(BASE))
    bench.sandbox.set_switches(sequence_numbers=policy, queries="not_for_push")
    wanted = {**BASE, **{f"n{i}": i for i in range(12)}}
    bench.sandbox.add_fault(kind, operation="rows.post", skip=1)
    done = bench.publisher().publish(FACT, facts(wanted))
    same(bench.net(), facts(wanted))
    kept = policy in ("replay_noop", "replay_error")
    assert (done.status, done.action) == (("ok", "append") if kept else ("repaired", "replace"))
