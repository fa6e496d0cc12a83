"""The hour's calls: kept by the headers, shared by a ledger, spent up to the reserve."""

from datetime import timedelta

import pytest

from vismapbi_assets.store.store import Store
from vismapbi_assets.visma.errors import QuotaExhausted
from vismapbi_assets.visma.quota import CallBudget
from vismapbi_tests.visma.doubles import Reply, TestClock, client_of, limits, serving


class Server:
    """Counts the calls of a window as Visma.net does."""

    def __init__(self, clock, limit):
        self.clock, self.limit, self.spent = clock, limit, 0
        self.ends = clock.now() + timedelta(minutes=30)

    def call(self, budget):
        budget.take()
        self.spend(budget)

    def spend(self, budget):
        if self.clock.now() >= self.ends:
            self.spent, self.ends = 0, self.ends + timedelta(hours=1)
        self.spent += 1
        assert self.spent <= self.limit, "the server would have answered 429"
        left = int((self.ends - self.clock.now()).total_seconds())
        budget.settle(limits(self.limit - self.spent, limit=self.limit, reset=left))


@pytest.fixture
def clock():
    return TestClock()


def test_a_budget_ends_at_the_reserve_and_says_when_to_go_on(clock):
    server, budget = Server(clock, 50), CallBudget("no", reserve=10, clock=clock)
    with pytest.raises(QuotaExhausted, match="reserve of 10") as caught:
        for _ in range(100):
            server.call(budget)
    assert server.spent == 40
    assert caught.value.resume_at == server.ends
    clock.time = server.ends
    server.call(budget)
    assert server.spent == 1


def test_a_small_limit_is_not_eaten_up_by_the_reserve(tmp_path, clock):
    server, log = Server(clock, 20), Store(str(tmp_path)).log("visma-calls-no")
    for _ in range(2):  # the second process learns the limit from the first
        budget = CallBudget("no", log=log, reserve=25, clock=clock)
        for _ in range(5):
            server.call(budget)
        budget.close()
    with pytest.raises(QuotaExhausted, match="reserve of 10"):
        server.call(CallBudget("no", log=log, reserve=25, clock=clock))
    assert server.spent == 10


def test_without_headers_nothing_is_limited(clock):
    budget = CallBudget("no", reserve=10, clock=clock)
    for _ in range(1000):
        budget.take()
        budget.settle({})
    assert budget.affordable() is None


def test_processes_that_share_the_ledger_stop_at_the_reserve_together(tmp_path, clock):
    server = Server(clock, 400)
    log = Store(str(tmp_path)).log("visma-calls-no")
    budgets = [CallBudget("no", log=log, reserve=20, clock=clock) for _ in range(4)]
    stopped = set()
    while len(stopped) < len(budgets):
        for budget in budgets:
            try:
                budget.take()
            except QuotaExhausted:
                stopped.add(budget)
                budget.close()
                continue
            server.spend(budget)
    assert 340 <= server.spent <= 380


def test_the_ledger_is_not_written_per_call(tmp_path, clock):
    server = Server(clock, 15_000)
    log = Store(str(tmp_path)).log("visma-calls-no")
    budget = CallBudget("no", log=log, reserve=25, clock=clock)
    for _ in range(1000):
        server.call(budget)
    budget.close()
    assert log.tail() <= 12


def test_calls_in_flight_are_counted_before_their_answers_arrive(clock):
    budget = CallBudget("no", reserve=0, clock=clock)
    budget.take()
    budget.settle(limits(2))
    budget.take()
    budget.take()
    with pytest.raises(QuotaExhausted):
        budget.take()


def test_unspent_calls_go_back_to_the_others(tmp_path, clock):
    server = Server(clock, 100)
    log = Store(str(tmp_path)).log("visma-calls-no")
    first, second = (CallBudget("no", log=log, clock=clock) for _ in range(2))
    server.call(first)
    server.call(first)
    held = second.affordable()
    first.close()
    given_back = second.affordable()
    assert held is not None and given_back is not None
    assert held < given_back == 98


def test_a_new_process_knows_the_window_from_the_ledger(tmp_path, clock):
    server = Server(clock, 30)
    log = Store(str(tmp_path)).log("visma-calls-no")
    first = CallBudget("no", log=log, reserve=5, clock=clock)
    with pytest.raises(QuotaExhausted):
        for _ in range(50):
            server.call(first)
    first.close()
    spent = server.spent
    with pytest.raises(QuotaExhausted):
        for _ in range(50):
            server.call(CallBudget("no", log=log, reserve=5, clock=clock))
    assert server.spent <= spent + 1


def test_a_client_waits_for_a_window_that_begins_soon_and_stops_for_a_late_one(clock):
    with serving(lambda call: Reply([], 200, limits(0, reset=60))) as server:
        with client_of(server, clock) as client:
            client.get("/v1/x", {}, bytes_of)
            client.get("/v1/x", {}, bytes_of)
        assert len(server.calls) == 2
        assert sum(clock.slept) >= 60
    with serving(lambda call: Reply([], 200, limits(0, reset=1800))) as server:
        with client_of(server, clock) as client:
            client.get("/v1/x", {}, bytes_of)
            with pytest.raises(QuotaExhausted):
                client.get("/v1/x", {}, bytes_of)
        assert len(server.calls) == 1


def bytes_of(answer):
    return answer.body
