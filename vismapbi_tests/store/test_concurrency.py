"""Several threads and processes write the same things: nothing is lost, order is commit order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest
from deltalake.exceptions import CommitFailedError

from vismapbi_assets.store import Store
from vismapbi_assets.store.compaction import compact
from vismapbi_tests.store.frames import NOW, documents, rows
from vismapbi_tests.store.workers import start


def follow(store: Store, wanted: int) -> set[str]:
    """Read changes by sequence, as a consumer does, until that many documents were seen."""
    table, cursor, seen = store.state("entity"), 0, set[str]()
    deadline = time.monotonic() + 60
    while len(seen) < wanted and time.monotonic() < deadline:
        held = table.snapshot()
        seen |= set(held.current(["key"], deleted=True, since=cursor).collect()["key"])
        cursor = held.sequence
    return seen


def together(*works: Callable[[], object]) -> list[object]:
    """Run the works in threads at the same time; their results, or the first error."""
    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(60) for future in [pool.submit(work) for work in works]]


def lines(processes: Iterable) -> list[str]:
    found = []
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        found += out.split("\n")[:-1]
    return found


def test_a_sequence_can_be_committed_only_once(store):
    table = store.state("entity")
    table.upsert(documents(("A", 1, "a")), run_id="run", extracted_at=NOW)
    first, second = table.snapshot(), table.snapshot()
    action = table.delta.write(first.current().collect(), "s2")
    table.delta.commit(first.table, [action], {"sequence": 2})
    with pytest.raises(CommitFailedError):
        table.delta.commit(second.table, [action], {"sequence": 2})
    with pytest.raises(CommitFailedError):
        table.delta.commit(second.table, [action], {"sequence": 3})


def test_processes_lose_nothing_and_a_reader_misses_nothing(store):
    workers, each = 4, 8
    processes = [start("upsert", store.objects.root, f"w{n}", each) for n in range(workers)]
    seen = follow(store, workers * each + 1)
    sequences = sorted(int(line) for line in lines(processes))
    assert sequences == list(range(1, workers * each + 1))
    table = store.state("entity")
    assert table.sequence() == workers * each
    versions = table.snapshot().scan(table.snapshot().files).collect()
    shared = versions.filter(pl.col("key") == "shared").sort("sequence")
    assert shared["sequence"].to_list() == sequences
    assert shared["replaces"].to_list() == [None, *sequences[:-1]]
    assert seen == set(table.current(["key"]).collect()["key"])


def test_threads_lose_nothing_while_the_table_is_compacted(store):
    table = store.state("entity")
    table.upsert(documents(("shared", None, "0")), run_id="run", extracted_at=NOW)

    def write(who: int) -> None:
        for n in range(12):
            frame = documents((f"{who}-{n}", 1, "x"), ("shared", None, f"{who}-{n}"))
            table.upsert(frame, run_id=str(who), extracted_at=NOW)

    def tidy() -> None:
        for n in range(12):
            compact(table, whole=n % 2 == 0)

    together(lambda: write(1), lambda: write(2), lambda: write(3), tidy)
    held = table.current(["key"]).collect()["key"]
    assert held.n_unique() == held.len() == 37
    assert table.sequence() == 37


def test_a_plan_counts_once_however_many_commit_it(store):
    table = store.published("Table")
    table.replace(iter([rows("a:1", "a:2")]), plan=1)

    def commit() -> bool:
        none = pl.Series([], dtype=pl.String)
        return table.commit(rows("b:1"), none, plan=2, at=NOW, posted=1)

    results = together(*[commit] * 4)
    assert sorted(results) == [False, False, False, True]
    assert (table.meta().rows, table.current().collect().height) == (3, 3)


def test_a_replacement_and_a_compaction_never_mix_old_and_new_rows(store):
    table = store.published("Table")
    for plan in range(1, 4):
        none = pl.Series([], dtype=pl.String)
        table.commit(rows(f"a:{plan}"), none, plan=plan, at=NOW, posted=1)
    before = table.snapshot()
    compact(table, whole=True)
    action = table.delta.write(before.current().collect(), "p9")
    with pytest.raises(CommitFailedError):
        table.delta.commit(before.table, [action], {"plan": 9}, whole=before.schema)
    table.replace(iter([rows("new:1")]), plan=4)
    assert table.current(["row_key"]).collect()["row_key"].to_list() == ["new:1"]


def test_processes_count_in_a_log_without_gap_or_repetition(store):
    processes = [start("append", store.objects.root, f"w{n}", 40) for n in range(3)]
    counted = [tuple(map(int, line.split()[:2])) for line in lines(processes)]
    assert sorted(counted) == [(n, n) for n in range(1, 121)]
    assert store.log("counter").tail() == 120


def test_batch_ids_are_unique_and_increase_over_threads(store):
    def take() -> list[int]:
        mine = [number for _ in range(10) for number in store.plans.allocate(3)]
        assert mine == sorted(mine)
        return mine

    taken = [number for mine in together(*[take] * 4) for number in mine]
    assert len(set(taken)) == 120
