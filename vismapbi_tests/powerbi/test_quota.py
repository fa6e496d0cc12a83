"""The row quota: spent by plan, shared through the store, cheap, and never passed."""

import pytest

from vismapbi_assets.powerbi.quota import Quota
from vismapbi_assets.powerbi.quota_ledger import QUERIES, Limits
from vismapbi_assets.sandbox.powerbi.limits import Limits as ServiceLimits
from vismapbi_assets.sandbox.powerbi.limits import Meter
from vismapbi_assets.store.store import Store
from vismapbi_tests.powerbi.scripted import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path):
    return Store(str(tmp_path))


def quota(store, clock, holder="a", limits=None, **more) -> Quota:
    return Quota(store.log("quota"), holder, limits or Limits(), clock, **more)


def send(q: Quota, clock: Clock, posts: int, rows: int) -> float:
    """Sends that many POSTs, waiting as told; the seconds it took."""
    start = clock.now
    for i in range(posts):
        while wait := q.take(rows, left_posts=posts - i, left_rows=(posts - i) * rows):
            clock.sleep(wait)
        clock.now += 0.05
    q.release()
    return clock.now - start


def test_a_minute_holds_one_hundred_and_twenty_posts(store, clock):
    q = quota(store, clock)
    took = send(q, clock, 121, 10)
    assert 60 < took < 70


def test_an_hour_holds_one_million_rows(store, clock):
    took = send(quota(store, clock), clock, 101, 10_000)
    assert 3_600 < took < 3_620


def test_a_large_table_turns_the_minute_into_an_hour(store, clock):
    q = quota(store, clock)
    q.sized("JournalLine", 250_000)
    took = send(q, clock, 121, 10)
    assert 3_600 < took < 3_620


def test_the_quota_is_shared_by_processes(store, clock):
    a, b = quota(store, clock, "a"), quota(store, clock, "b")
    send(a, clock, 60, 10_000)
    send(b, clock, 40, 10_000)
    assert quota(store, clock, "c").take(10_000) > 3_500


def test_what_was_granted_and_not_used_is_given_back(store, clock):
    a = quota(store, clock, "a", grant_posts=100)
    assert a.take(1, left_posts=100, left_rows=1_000_000) == 0
    b = quota(store, clock, "b")
    assert b.take(10_000, left_posts=20, left_rows=200_000) > 0
    a.release()
    assert b.take(10_000, left_posts=20, left_rows=200_000) == 0


def test_the_grant_of_a_dead_process_counts_as_used(store, clock):
    dead = quota(store, clock, "dead", grant_posts=100)
    dead.take(10_000, left_posts=100, left_rows=1_000_000)
    clock.now += 120
    assert quota(store, clock, "b").take(10_000) > 3_000


def test_at_most_five_processes_send_at_once(store, clock):
    for i in range(5):
        assert quota(store, clock, f"p{i}").take(1, left_posts=50, left_rows=50) == 0
    assert quota(store, clock, "p5").take(1) > 0


def test_retry_after_holds_every_process_back(store, clock):
    quota(store, clock, "a").throttled(300)
    assert quota(store, clock, "b").take(1) == pytest.approx(300, abs=1)
    clock.now += 301
    assert quota(store, clock, "b").take(1) == 0


def test_few_writes_for_many_posts(store, clock):
    q = quota(store, clock)
    send(q, clock, 100, 10_000)
    assert len(store.log("quota").entries()) <= 12


def test_the_ledger_stays_small(store, clock):
    q = quota(store, clock, grant_posts=1)
    send(q, clock, 700, 1)
    assert len(store.log("quota").last().data) < 20_000


def test_a_long_load_leaves_some_for_small_tables_where_that_costs_no_hour(store, clock):
    big = quota(store, clock, "big")
    sent = 0
    while big.take(10_000, left_posts=150, left_rows=1_500_000) == 0:
        sent += 10_000
        clock.now += 0.6
    assert sent == 980_000
    big.release()
    assert quota(store, clock, "small").take(10_000, left_posts=1, left_rows=10_000) == 0


def test_the_forecast_counts_hours_and_posts(store, clock):
    q = quota(store, clock)
    f = q.forecast(3_000_000, 300, table_rows=3_000_000)
    assert (f.hours, f.posts, f.seconds) == (3, 300, 7_200)
    assert q.forecast(5_000, 1).hours == 1


def test_three_million_rows_take_what_was_forecast_and_never_pass_the_service(store, clock):
    q, meter, service = quota(store, clock), Meter(), ServiceLimits()
    forecast = q.forecast(3_000_000, 300, table_rows=3_000_000)
    start, held = clock.now, 0
    for i in range(300):
        while wait := q.take(10_000, left_posts=300 - i, left_rows=3_000_000 - held):
            clock.sleep(wait)
        assert meter.wait_for_post(clock.now, service, held) == 0
        assert meter.rows.wait(clock.now, service.rows_per_hour, 10_000) == 0
        meter.book_post(clock.now)
        meter.rows.book(clock.now, 10_000)
        clock.now += 0.3
        held += 10_000
        q.sized("JournalLine", held)
    assert clock.now - start == pytest.approx(forecast.seconds, rel=0.1)
    assert clock.now - start < 3 * 3_600


def test_queries_have_their_own_minute(store, clock):
    q = quota(store, clock, limits=QUERIES)
    assert 60 < send(q, clock, 121, 0) < 70
