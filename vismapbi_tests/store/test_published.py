"""The rows that the destination holds: plans count once, facts ride with rows."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import polars as pl
import pytest

from vismapbi_assets.store.errors import PlanConflictError, SchemaConflictError
from vismapbi_assets.store.published import PublishedMeta, PublishedTable
from vismapbi_tests.store.frames import NOW, rows

NOON = datetime(2026, 1, 1, 12)  # noqa: DTZ001
NONE = pl.Series([], dtype=pl.String)


@pytest.fixture
def table(store) -> PublishedTable:
    return store.published("LedgerEntries")


def values(table: PublishedTable) -> dict[str, int]:
    held = table.current(["row_key", "Amount"]).collect()
    return {key: int(value) for key, value in held.iter_rows()}


def test_nothing_was_published_yet(table):
    assert table.meta() == PublishedMeta()
    assert not table.exists()
    assert table.lookup(pl.Series(["a"])).is_empty()
    assert table.current(["row_key"]).collect().is_empty()


def test_a_commit_adds_changes_and_removes(table):
    table.commit(rows("a:1", "a:2", "b:1"), NONE, plan=1, at=NOW, posted=3, sources={"x": 7})
    assert table.commit(
        rows("a:1", "c:1", value=2),
        pl.Series(["b:1", "unknown"]),
        plan=2,
        at=NOW,
        posted=4,
        sources={"y": 1},
        lookup_hash="h",
        facts={"loaded": "now"},
    )
    assert values(table) == {"a:1": 2, "a:2": 1, "c:1": 2}
    meta = table.meta()
    assert meta == PublishedMeta(2, {"x": 7, "y": 1}, "h", 7, 3, None, {"loaded": "now"})
    assert meta.superseded == 4


def test_a_key_that_is_added_and_removed_by_one_plan_stays(table):
    table.commit(rows("a:1"), NONE, plan=1, at=NOW, posted=1)
    table.commit(rows("a:1", value=2), pl.Series(["a:1"]), plan=2, at=NOW, posted=2)
    assert (values(table), table.meta().net) == ({"a:1": 2}, 1)


def test_a_removed_row_can_come_back(table):
    table.commit(rows("a:1"), NONE, plan=1, at=NOW, posted=1)
    table.commit(rows(), pl.Series(["a:1"]), plan=2, at=NOW, posted=1)
    assert (values(table), table.meta().net) == ({}, 0)
    table.commit(rows("a:1", value=3), NONE, plan=3, at=NOW, posted=1)
    assert (values(table), table.meta().net, table.meta().rows) == ({"a:1": 3}, 1, 3)
    assert table.history("a:1")["Amount"].to_list() == [Decimal(1), Decimal(1), Decimal(3)]


def test_the_same_plan_again_changes_nothing(table):
    assert table.commit(rows("a:1"), NONE, plan=1, at=NOW, posted=1)
    assert not table.commit(rows("a:2"), NONE, plan=1, at=NOW, posted=1)
    assert not table.replace(iter([rows("a:3")]), plan=1)
    assert values(table) == {"a:1": 1}
    assert table.meta().rows == 1


def test_an_older_plan_is_refused(table):
    table.commit(rows("a:1"), NONE, plan=5, at=NOW, posted=1)
    with pytest.raises(PlanConflictError, match="plan 4 comes after plan 5"):
        table.commit(rows("a:2"), NONE, plan=4, at=NOW, posted=1)


def test_a_row_key_twice_in_a_plan_is_refused(table):
    with pytest.raises(ValueError, match="adds a row key twice"):
        table.commit(rows("a:1", "a:1"), NONE, plan=1, at=NOW, posted=2)


def test_rows_are_found_by_key_and_by_parent(table):
    table.commit(rows("a:1", "a:2", "b:1"), NONE, plan=1, at=NOW, posted=3)
    table.commit(rows("a:1", value=2), pl.Series(["a:2"]), plan=2, at=NOW, posted=3)
    found = table.lookup(pl.Series(["a:1", "a:2", "zz"]), ["row_key", "Amount", "sequence"])
    assert found.rows() == [("a:1", Decimal(2), 2)]
    assert sorted(table.lookup_parents(pl.Series(["a", "b"]))["row_key"]) == ["a:1", "b:1"]
    assert table.lookup_parents(NONE).is_empty()


def test_a_row_that_moves_to_another_parent_is_found_there_only(table):
    table.commit(rows("a:1"), NONE, plan=1, at=NOW, posted=1)
    moved = rows("a:1", value=2).with_columns(parent=pl.lit("b"))
    table.commit(moved, NONE, plan=2, at=NOW, posted=2)
    assert table.lookup_parents(pl.Series(["a"])).is_empty()
    assert table.lookup_parents(pl.Series(["b"]))["Amount"].to_list() == [Decimal(2)]


def test_a_replacement_exchanges_everything_and_cleans_the_table(table):
    table.commit(rows("a:1"), NONE, plan=1, at=NOW, posted=1, sources={"x": 1}, facts={"k": 1})
    assert table.mark_dirty("batch 7 is unknown").dirty == "batch 7 is unknown"
    table.commit(rows("a:2"), NONE, plan=2, at=NOW, posted=5)
    assert table.meta().dirty == "batch 7 is unknown"
    frames = (rows(*(f"{part}:{n}" for n in range(3)), value=9) for part in "bcd")
    assert table.replace(frames, plan=3, sources={"x": 4}, lookup_hash="h")
    assert len(values(table)) == 9
    assert table.meta() == PublishedMeta(3, {"x": 4}, "h", 9, 9, None, {"k": 1})


def test_a_replacement_that_fails_half_way_changes_nothing(table):
    table.replace(iter([rows("a:1")]), plan=1)

    def frames():
        yield rows("b:1")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        table.replace(frames(), plan=2)
    assert (values(table), table.meta().plan) == ({"a:1": 1}, 1)


def test_a_table_can_be_replaced_by_nothing(table):
    table.replace(iter([rows("a:1")]), plan=1)
    table.replace(iter([]), plan=2)
    assert (values(table), table.meta().net) == ({}, 0)
    table.commit(rows("a:1"), NONE, plan=3, at=NOW, posted=1)
    assert values(table) == {"a:1": 1}


def test_a_replacement_may_change_the_columns(table):
    table.note(sources={"x": 1})
    table.commit(rows("a:1"), NONE, plan=1, at=NOW, posted=1)
    frame = rows("a:1").with_columns(Amount=pl.lit("text"), At=pl.lit(NOON))
    table.replace(iter([frame, frame.with_columns(row_key=pl.lit("a:2"))]), plan=2)
    held = table.current(["row_key", "Amount", "At"]).sort("row_key").collect()
    assert held.rows() == [(key, "text", NOON) for key in ("a:1", "a:2")]
    table.commit(frame, pl.Series(["a:2"]), plan=3, at=NOW, posted=3)
    assert table.lookup(pl.Series(["a:1", "a:2"]))["sequence"].to_list() == [3]
    with pytest.raises(SchemaConflictError, match="column Amount"):
        table.commit(rows("a:1"), NONE, plan=4, at=NOW, posted=1)


def test_a_date_time_without_zone_can_join_later(table):
    table.commit(rows("a:1"), NONE, plan=1, at=NOW, posted=1)
    frame = rows("a:2").with_columns(At=pl.lit(NOON))
    table.commit(frame, NONE, plan=2, at=NOW, posted=1)
    assert table.current(["At"]).collect()["At"].to_list() == [None, NOON]


def test_sources_can_move_without_a_plan(table):
    table.note(sources={"x": 3}, lookup_hash="h")
    version = table.delta.open().version()
    assert table.note(sources={"x": 3}).sources == {"x": 3}
    assert table.delta.open().version() == version
    assert table.meta().plan == 0
    table.commit(rows("a:1"), NONE, plan=1, at=NOW, posted=1)
    assert table.meta().sources == {"x": 3}


def test_a_new_column_joins_the_table(table):
    table.commit(rows("a:1"), NONE, plan=1, at=NOW, posted=1)
    wider = rows("b:1").with_columns(Text=pl.lit("new"), push_batch_id=pl.lit(7), loaded_at=NOW)
    table.commit(wider, pl.Series(["a:1"]), plan=2, at=NOW, posted=2)
    held = table.current(["row_key", "Text", "push_batch_id", "loaded_at"]).collect()
    assert held.rows() == [("b:1", "new", 7, NOW)]
