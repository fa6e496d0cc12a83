"""The log: numbers without gaps, one writer per number, cheap tails, pruning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from vismapbi_assets.store.append_log import AppendLog

SOON = timedelta(minutes=1)


def fill(log: AppendLog, count: int) -> None:
    for number in range(1, count + 1):
        assert log.append(number, str(number).encode())


def test_entries_come_in_order(store):
    log = store.log("quota/nordvik")
    assert (log.tail(), log.last(), log.entries()) == (0, None, [])
    fill(log, 5)
    assert [entry.data for entry in log.entries()] == [b"1", b"2", b"3", b"4", b"5"]
    assert [entry.number for entry in log.entries(since=3)] == [4, 5]
    assert log.entries(since=5) == []
    assert log.last().data == b"5"
    assert abs(log.last().at - datetime.now(UTC)) < SOON


def test_the_second_writer_of_a_number_is_told(store):
    first, second = store.log("x"), store.log("x")
    assert first.append(1, b"first")
    assert not second.append(1, b"second")
    assert second.last().data == b"first"


def test_no_gap_can_be_made(store):
    log = store.log("x")
    with pytest.raises(ValueError, match="would leave a gap after 0"):
        log.append(2, b"")
    with pytest.raises(ValueError, match="start at 1"):
        log.append(0, b"")


@pytest.mark.parametrize("count", [1, 2, 31, 32, 33, 100])
def test_a_fresh_reader_finds_the_tail(store, count):
    fill(store.log("x"), count)
    assert store.log("x").tail() == count


def test_a_fresh_reader_finds_the_tail_with_few_looks(store, monkeypatch):
    fill(store.log("x"), 100)
    looks = []
    look = AppendLog._has
    monkeypatch.setattr(AppendLog, "_has", lambda log, n: looks.append(n) or look(log, n))
    assert store.log("x").tail() == 100
    assert len(looks) <= 8


def test_a_wrong_hint_does_not_mislead(store):
    fill(store.log("x"), 40)
    store.objects.put("log-hints/x", b"999")
    assert store.log("x").tail() == 40


def test_pruning_keeps_the_last_entry_and_the_numbering(store):
    log = store.log("x")
    fill(log, 10)
    late = store.log("x")
    assert late.tail() == 10
    assert log.prune(datetime.now(UTC) - SOON) == 0
    assert log.prune(datetime.now(UTC) + SOON) == 9
    assert [entry.number for entry in log.entries()] == [10]
    assert [entry.number for entry in store.log("x").entries(since=4)] == [10]
    assert store.log("x").tail() == 10
    assert log.append(11, b"11")
    assert late.tail() == 11


def test_a_writer_that_slept_through_a_pruning_cannot_fill_a_hole(store):
    log = store.log("x")
    fill(log, 10)
    log.prune(datetime.now(UTC) + SOON)
    assert not store.log("x").append(5, b"too late")
    assert store.objects.get("log/x/000000000005") is None


def test_updates_build_on_each_other(store):
    log = store.log("x")
    for _ in range(3):
        log.update(lambda last: (last or b"") + b"+")
    assert log.last().data == b"+++"
