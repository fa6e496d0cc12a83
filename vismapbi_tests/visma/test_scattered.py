"""Batches whose lines stand anywhere in the list: one reading brings every line, once."""

import random
import shutil
import tempfile
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from vismapbi_assets.store.store import Store
from vismapbi_assets.visma.content import merge_fragments
from vismapbi_assets.visma.entities.catalogue import CATALOGUE
from vismapbi_assets.visma.errors import TransientError
from vismapbi_assets.visma.fragments import Fragments
from vismapbi_assets.visma.journal import LINES, Assembler
from vismapbi_assets.visma.rebuild import rebuild
from vismapbi_tests.visma.books import Books, balanced, batch, lines_page
from vismapbi_tests.visma.conftest import Desk
from vismapbi_tests.visma.doubles import Reply, TestClock, client_of, serving
from vismapbi_tests.visma.test_journal import JOURNAL, decoded

SLOW = (Phase.explicit, Phase.reuse, Phase.generate)  # shrinking takes minutes
PATH = "/v2/journaltransaction"
UNTOLD = dict.fromkeys(
    ("debitTotal", "creditTotal", "debitTotalInCurrency", "creditTotalInCurrency")
)


class Scattered:
    """Answers with the lines of the batches in any order; fails at page `broken`."""

    def __init__(self, batches, order=None):
        self.batches, self.order, self.broken = batches, order, 0

    def __call__(self, call):
        if call.path != PATH:
            return None
        number, size = int(call.query["pageNumber"]), int(call.query["pageSize"])
        if number == self.broken:
            return Reply({"message": "not now"}, 503)
        return Reply(lines_page(self.batches, number, size, self.order))


def interleaved(batches):
    """Line 1 of every batch, then line 2 of every batch, and so on."""
    at, columns = 0, []
    for one in batches:
        count = len(one["journalTransactionLines"])
        columns.append(range(at, at + count))
        at += count
    return [n for row in zip_longest(*columns) for n in row if n is not None]


def stored(desk):
    rows = desk.state("journalTransaction", "key", "content_hash", LINES)
    return {key: (hashed, lines) for key, hashed, lines in rows.iter_rows()}


def source(batches):
    rows = decoded(batches).select("key", "content_hash", LINES)
    return {key: (hashed, lines) for key, hashed, lines in rows.iter_rows()}


@contextmanager
def desks():
    books, clock = Books(), TestClock()
    with tempfile.TemporaryDirectory() as folder, serving(books) as server:
        desk = Desk(Store(str(Path(folder) / "store")), books, server, clock)
        with client_of(server, clock) as client:
            desk.client = client
            yield desk


halves = st.lists(st.integers(0, 9), min_size=1, max_size=4)


@st.composite
def a_batch(draw, number):
    """Every debit with its credit beside it, so that many a fragment balances by chance."""
    amounts = [pair for a in draw(halves) for pair in ((a, 0), (0, a))]
    return batch(number, amounts, **draw(st.sampled_from([{}, {}, UNTOLD])))


@settings(deadline=None, max_examples=30, phases=SLOW)
@given(
    st.integers(1, 9).flatmap(lambda n: st.tuples(*(a_batch(number) for number in range(n)))),
    st.integers(1, 12),
    st.integers(1, 30),
    st.randoms(use_true_random=False),
)
def test_whatever_the_order_of_the_lines_one_reading_brings_the_books(made, size, chunk, chance):
    batches = list(made)
    count = sum(len(b["journalTransactionLines"]) for b in batches)
    with desks() as desk:
        desk.books.before = scattered = Scattered(batches)
        for _ in range(2):
            scattered.order = chance.sample(range(count), count)
            done = desk.extract("journalTransaction", journal_page_size=size, chunk_rows=chunk)
            assert done.complete, done.reason
            assert (done.readings, done.held, done.read) == (1, 0, len(batches))
            assert done.distinct == done.total == count
            assert stored(desk) == source(batches)


def test_interleaved_fragments_of_batches_come_together(desk):
    batches = [balanced(n, lines=4) for n in range(12)]
    desk.books.before = Scattered(batches, interleaved(batches))
    done = desk.extract("journalTransaction")
    assert (done.complete, done.readings, done.calls) == (True, 1, 5)
    assert (done.held, done.read, done.new, done.changed) == (0, 12, 12, 0)
    assert stored(desk) == source(batches)
    again = desk.extract("journalTransaction")
    assert (again.complete, again.unchanged, again.changed) == (True, 12, 0)


def test_a_batch_that_was_stored_gets_the_lines_that_come_later(desk):
    """Lines without amount: the first fragment adds up to what the header says."""
    first = batch(0, [(10, 0), (0, 10), (0, 0), (0, 0)])
    batches = [first, *(balanced(n, lines=4) for n in range(1, 9))]
    desk.books.before = Scattered(batches, [0, 1, *range(4, 36), 3, 2])
    done = desk.extract("journalTransaction", chunk_rows=6)
    assert (done.complete, done.readings, done.held) == (True, 1, 0)
    assert (done.read, done.distinct, str(done.totals["debitTotal"])) == (9, 36, "170.0000")
    assert stored(desk) == source(batches)


def test_scattered_fragments_that_do_not_balance_together_are_held_back(desk):
    """The first fragment balances, and no header tells that it is not the whole."""
    batches = [batch(0, [(10, 0), (0, 10), (5, 0)], **UNTOLD), balanced(1, lines=20)]
    desk.books.before = Scattered(batches, [0, 1, *range(3, 23), 2])
    done = desk.extract("journalTransaction")
    assert (done.complete, done.readings, done.held) == (True, 1, 1)
    assert desk.keys("journalTransaction") == ["GL:1"]
    [row] = desk.waiting("journalTransaction").iter_rows(named=True)
    assert (row["document_key"], row["rule"]) == ("GL:0", "unbalanced")


def test_a_reading_that_stops_leaves_no_half_batch_and_the_next_goes_on(desk):
    batches = [balanced(n, lines=4) for n in range(12)]
    desk.books.before = scattered = Scattered(batches, interleaved(batches))
    scattered.broken = 5
    with pytest.raises(TransientError):
        desk.extract("journalTransaction", pages_in_flight=1, chunk_rows=4)
    whole = source(batches)
    if desk.store.state("journalTransaction").exists():
        assert all(whole[key] == held for key, held in stored(desk).items())
    scattered.broken = 0
    done = desk.extract("journalTransaction", chunk_rows=4)
    assert (done.complete, done.readings) == (True, 1)
    assert stored(desk) == whole


def test_a_rebuild_joins_scattered_fragments_too(desk, tmp_path):
    batches = [batch(0, [(10, 0), (0, 10), (0, 0)]), *(balanced(n, lines=4) for n in range(1, 9))]
    order = random.Random(1).sample(range(35), 35)
    desk.books.before = Scattered(batches, order)
    desk.extract("journalTransaction")
    shutil.rmtree(tmp_path / "store" / "state")
    rebuild(CATALOGUE["journalTransaction"], desk.store, zone="Europe/Oslo", run_id="rebuild")
    assert stored(desk) == source(batches)


def pieces(*documents_of_pages):
    """What an assembler gives for these pages, and its late keys."""
    with Assembler(lambda frame: merge_fragments(JOURNAL, frame)) as assembler:
        done = [assembler.add(decoded(page)) for page in documents_of_pages]
        done += assembler.finish()
        found = {row["key"]: row for frame in done for row in frame.iter_rows(named=True)}
        return found, assembler.late.to_list()


def test_a_line_that_comes_twice_on_distant_pages_counts_once_and_shows():
    one, other = balanced(1, lines=4), balanced(2, lines=4)
    first, last = lines_page([one], 1, 3), lines_page([one], 1, 2, [2, 3])
    found, late = pieces(first, [other], last)
    assert late == []
    assert [line["lineNumber"] for line in found["GL:1"][LINES]] == [1, 2, 3, 4]
    assert (found["GL:1"]["came"], found["GL:1"]["rule"]) == (5, None)


def test_a_batch_that_comes_whole_twice_is_late():
    found, late = pieces([balanced(1), balanced(2)], [balanced(1), balanced(3)])
    assert late == ["GL:1"]
    assert set(found) == {"GL:1", "GL:2", "GL:3"}


def test_fragments_come_back_from_disk_by_key_and_in_order():
    waiting = Fragments(limit=10)
    frames = [decoded([balanced(n), balanced(n + 1)]) for n in range(60)]
    for number, frame in enumerate(frames):
        waiting.put(frame.with_columns(came=2, number=number))
    assert len(waiting.keys()) == 120
    folder = Path(waiting._folder.name)
    parts = list(waiting.parts())
    assert len(parts) > 5
    assert not folder.exists()
    keys = [set(part["key"]) for part in parts]
    assert sum(map(len, keys)) == len(set().union(*keys)) == 61
    assert all(part["number"].is_sorted() for part in parts)
    assert list(waiting.parts()) == []


def test_a_batch_of_zeros_that_comes_in_pieces_is_counted_once():
    batches = [batch(0, [(0, 0), (0, 0), (0, 0)]), batch(1, [(5, 0), (0, 5)])]
    with desks() as desk:
        desk.books.before = Scattered(batches, interleaved(batches))
        done = desk.extract("journalTransaction", journal_page_size=1)
        assert done.complete, done.reason
        assert (done.readings, done.held, done.read) == (1, 0, 2)
        assert stored(desk) == source(batches)
