"""Quotas on the simulated clock, and their limits to the second."""

from threading import Thread

from hypothesis import given
from hypothesis import strategies as st

from vismapbi_assets.sandbox.powerbi.limits import Window
from vismapbi_tests.sandbox.powerbi_client import Client, dataset, table

MODEL = dataset(table("T", Key="String"))
ROW = [{"Key": "a"}]


def test_posts_per_minute(powerbi: Client) -> None:
    powerbi.sandbox.clock.set_rate(0)
    powerbi.sandbox.set_limits(posts_per_minute=3)
    identity = powerbi.create(MODEL)
    assert [powerbi.rows(identity, "T", ROW).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = powerbi.rows(identity, "T", ROW)
    assert refused.headers["Retry-After"] == "60"
    powerbi.sandbox.clock.advance(59)
    assert powerbi.rows(identity, "T", ROW).headers["Retry-After"] == "1"
    powerbi.sandbox.clock.advance(1)
    assert powerbi.rows(identity, "T", ROW).status_code == 200
    assert powerbi.sandbox.rows(identity, "T").height == 4
    other = powerbi.create(MODEL)
    assert powerbi.rows(other, "T", ROW).status_code == 200
    powerbi.sandbox.clock.set_rate(1)


def test_posts_per_hour_once_a_table_is_large(powerbi: Client) -> None:
    powerbi.sandbox.clock.set_rate(0)
    powerbi.sandbox.set_limits(large_table_rows=5, posts_per_hour_when_large=7)
    identity = powerbi.create(dataset(table("T", Key="String"), table("Small", Key="String")))
    for _ in range(4):
        powerbi.rows(identity, "T", ROW)
    powerbi.sandbox.clock.advance(600)
    assert [powerbi.rows(identity, "Small", ROW).status_code for _ in range(4)] == [200] * 4
    assert powerbi.rows(identity, "T", ROW).status_code == 200
    refused = powerbi.rows(identity, "Small", ROW)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3000")
    powerbi.sandbox.clock.set_rate(1)


def test_rows_per_hour(powerbi: Client) -> None:
    powerbi.sandbox.clock.set_rate(0)
    powerbi.sandbox.set_limits(rows_per_hour=10)
    identity = powerbi.create(MODEL)
    assert powerbi.rows(identity, "T", ROW * 8).status_code == 200
    powerbi.sandbox.clock.advance(1800)
    assert powerbi.rows(identity, "T", ROW * 2).status_code == 200
    refused = powerbi.rows(identity, "T", ROW)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1800")
    powerbi.sandbox.clock.set_rate(1)


def test_retry_after_is_in_real_seconds(powerbi: Client) -> None:
    powerbi.sandbox.set_limits(rows_per_hour=1)
    identity = powerbi.create(MODEL)
    powerbi.sandbox.clock.set_rate(600)
    powerbi.rows(identity, "T", ROW)
    refused = powerbi.rows(identity, "T", ROW)
    assert 1 <= int(refused.headers["Retry-After"]) <= 6
    powerbi.sandbox.clock.set_rate(1)


def test_five_pending_posts(powerbi: Client) -> None:
    identity = powerbi.create(MODEL)
    powerbi.sandbox.add_fault("slow", operation="rows.post", times=5, seconds=0.6)
    statuses: list[int] = []
    threads = [
        Thread(target=lambda: statuses.append(powerbi.rows(identity, "T", ROW).status_code))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    while powerbi.sandbox.datasets[identity].meter.pending < 5:
        assert any(thread.is_alive() for thread in threads)
    sixth = powerbi.rows(identity, "T", ROW)
    for thread in threads:
        thread.join()
    assert sixth.status_code == 429
    assert "Retry-After" in sixth.headers
    assert statuses == [200] * 5
    assert powerbi.rows(identity, "T", ROW).status_code == 200


def test_queries_per_minute_over_all_datasets(powerbi: Client) -> None:
    powerbi.sandbox.set_limits(queries_per_minute=2)
    first, second = powerbi.create(MODEL), powerbi.create(MODEL)
    text = 'EVALUATE ROW("n", 1)'
    assert powerbi.query(first, text).status_code == 200
    assert powerbi.query(second, text).status_code == 200
    refused = powerbi.query(first, text)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) <= 60


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)), min_size=1, max_size=40),
    st.integers(9, 30),
)
def test_waiting_as_told_is_enough_and_not_too_long(
    steps: list[tuple[int, int]], limit: int
) -> None:
    window, now = Window(60.0), 0.0
    booked: list[tuple[float, int]] = []

    def load(at: float) -> int:
        return sum(amount for when, amount in booked if when > at - 60)

    for step, amount in steps:
        now += step
        wait = window.wait(now, limit, amount)
        assert (wait == 0) == (load(now) + amount <= limit)
        if wait:
            assert load(now + wait - 0.5) + amount > limit
        now += wait
        assert window.wait(now, limit, amount) == 0
        window.book(now, amount)
        booked.append((now, amount))
