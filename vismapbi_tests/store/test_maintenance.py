"""Compaction, vacuum and retention change files, never rows."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from vismapbi_assets.store import Store
from vismapbi_assets.store.compaction import compact, vacuum
from vismapbi_assets.store.maintenance import maintain
from vismapbi_assets.store.state import StateTable
from vismapbi_tests.store.frames import NOW, documents, rows


@pytest.fixture
def table(store: Store) -> StateTable:
    table = store.state("entity")
    first = documents(*((f"{n:03d}", 1, "a") for n in range(300)))
    table.upsert(first, run_id="run", extracted_at=NOW)
    for n in range(12):
        changed = documents((f"{n:03d}", 2, "b"), (f"new-{n}", 1, "n"))
        table.upsert(changed, run_id="run", extracted_at=NOW)
    table.tombstone("nordvik", table.current(["key"]).collect()["key"][1:], run_id="s", at=NOW)
    return table


def content(table: StateTable, since: int = 0) -> list[tuple]:
    frame = table.changed_since(since).select(pl.exclude("replaces"))
    return sorted(frame.collect().rows(), key=str)


def files(table: StateTable) -> set[Path]:
    return set((table.objects.folder / table.delta.folder).glob("*.parquet"))


def age(paths, days: float) -> None:
    then = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    for path in paths:
        os.utime(path, (then, then))


@pytest.mark.parametrize("whole", [False, True])
def test_compaction_keeps_every_row_and_every_change(table, whole):
    before = {since: content(table, since) for since in (0, 1, 7, 13, 14)}
    done = compact(table, whole=whole)
    assert (done.files_before, done.files_after) == (14, 1)
    assert done.dropped == 13
    assert {since: content(table, since) for since in before} == before
    assert table.sequence() == 14


def test_few_files_are_left_alone(store):
    table = store.state("entity")
    for n in range(4):
        table.upsert(documents((f"{n}", 1, "a")), run_id="run", extracted_at=NOW)
    assert compact(table).files_after == 4
    assert compact(store.state("never")).files_after == 0


def test_many_superseded_versions_rewrite_the_whole_table(store):
    table = store.state("entity")
    for n in range(3):
        table.upsert(documents(("A", n, str(n))), run_id="run", extracted_at=NOW)
    done = compact(table)
    assert (done.files_before, done.files_after, done.dropped) == (3, 1, 2)
    assert compact(table).dropped == 0


def test_writing_goes_on_after_compaction(table):
    compact(table, whole=True)
    held = table.current(["key"]).collect().height
    done = table.upsert(
        documents(("005", 9, "c"), ("006", 1, "a"), ("fresh", 1, "f")),
        run_id="run",
        extracted_at=NOW,
    )
    assert (done.changed, done.stale, done.new, done.sequence) == (1, 1, 1, 15)
    assert table.current(["key"]).collect().height == held + 1
    assert table.changed_since(14).collect()["key"].sort().to_list() == ["005", "fresh"]


def test_statistics_of_a_compacted_file_still_prune(table):
    compact(table, whole=True)
    (file,) = table.snapshot().files
    assert (file.low["sequence"], file.high["sequence"]) == (1, 14)
    assert file.only_null("replaces")
    assert not file.may_hold("key", "zzz", "zzzz")


def test_a_reader_that_began_before_can_finish(table):
    held = table.snapshot()
    before = held.current().collect()
    compact(table, whole=True)
    vacuum(table)
    assert held.current().collect().equals(before)


def test_vacuum_deletes_what_no_recent_snapshot_needs(table):
    old = files(table)
    compact(table, whole=True)
    orphan = table.objects.folder / table.delta.folder / "s000000099-dead.parquet"
    orphan.write_bytes(b"a writer died")
    fresh = files(table) - old
    assert vacuum(table) == 0
    age([orphan], days=3)
    assert vacuum(table) >= 1
    assert not orphan.exists()
    assert fresh - {orphan} <= files(table)
    assert table.current().collect().height == 311
    assert vacuum(StateTable(table.objects, "never")) == 0


def test_published_rows_survive_compaction(store):
    table = store.published("Table")
    none = pl.Series([], dtype=pl.String)
    for plan in range(1, 12):
        table.commit(rows("a:1", f"b:{plan}", value=plan), none, plan=plan, at=NOW, posted=3)
    meta = table.meta()
    held = table.current(["row_key", "Amount"]).collect().sort("row_key")
    assert compact(table).files_after == 1
    assert table.meta() == meta
    assert table.current(["row_key", "Amount"]).collect().sort("row_key").equals(held)
    assert not table.commit(rows("a:1"), none, plan=11, at=NOW, posted=1)


def test_one_round_maintains_the_whole_store(store, table):
    store.archive.write_page("r", "entity", "c", 1, b"", {})
    for n in range(3):
        store.log("quota").append(n + 1, b"")
        store.documents.put("pin", {"n": n})
    store.published("Table").replace(iter([rows("a:1")]), plan=1)
    store.published("Table").note(sources={"x": 1})
    store.quarantine("entity")
    later = datetime.now(UTC) + timedelta(days=91)
    done = maintain(store, now=later)
    assert (done.tables, done.compacted, done.versions_dropped) == (2, 1, 13)
    assert (done.pages_purged, done.log_entries_pruned) == (1, 2)
    assert store.log("quota").tail() == 3
    assert len(store.documents.versions("pin")) == 3
    assert store.published("Table").meta().sources == {"x": 1}
