"""Which pages are asked for, in which order, and when to stop."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vismapbi_assets.visma.paging import Page, effective_size, page_count, pages


class Listing:
    """A list of rows behind a loader that counts its calls."""

    def __init__(self, rows, *, cap=1000, metadata=True, ignores_paging=False, pause=0.0):
        self.pause = pause
        self.rows, self.cap, self.metadata, self.ignores = list(rows), cap, metadata, ignores_paging
        self.asked = []
        self.now = self.most = 0
        self.lock = threading.Lock()

    def load(self, number, size):
        with self.lock:
            self.asked.append(number)
            self.now += 1
            self.most = max(self.most, self.now)
        effective = min(size, self.cap)
        at = 0 if self.ignores else (number - 1) * effective
        part = self.rows if self.ignores else self.rows[at : at + effective]
        time.sleep(self.pause)
        with self.lock:
            self.now -= 1
        known = self.metadata and part
        return Page(
            number, len(part), len(self.rows) if known else None, self.cap if known else None,
            part[0] if part else None, part,
        )  # fmt: skip

    def read(self, paging="document", size=1000, in_flight=1, proven=0):
        found = pages(self.load, paging=paging, size=size, in_flight=in_flight, proven=proven)
        return [row for page in found for row in page.content]


@settings(deadline=None, max_examples=60)
@given(
    total=st.integers(0, 400), size=st.integers(1, 120), cap=st.integers(1, 120),
    in_flight=st.integers(1, 3),
)  # fmt: skip
def test_every_row_comes_once_in_order_with_the_fewest_calls(total, size, cap, in_flight):
    listing = Listing(range(total), cap=cap)
    assert listing.read(size=size, in_flight=in_flight) == list(range(total))
    assert sorted(listing.asked) == list(range(1, page_count(total, min(size, cap)) + 1))


@settings(deadline=None, max_examples=60)
@given(total=st.integers(0, 400), size=st.integers(1, 300), cap=st.integers(1, 300))
def test_lists_without_metadata_end_at_a_short_page_and_never_at_a_hidden_cap(total, size, cap):
    listing = Listing(range(total), cap=cap, metadata=False)
    assert listing.read("short", size=size) == list(range(total))
    assert len(listing.asked) <= page_count(total, min(size, cap)) + 1


def test_a_page_shorter_than_the_server_has_given_before_is_the_last():
    listing = Listing(range(20), cap=20, metadata=False)
    assert listing.read("short", proven=21) == list(range(20))
    assert listing.asked == [1]
    assert listing.read("short", proven=20) == list(range(20))
    assert listing.asked == [1, 1, 2]
    full = Listing(range(20), cap=10, metadata=False)
    assert full.read("short", size=10, proven=1000) == list(range(20)), "what is asked for is full"


def test_an_empty_list_is_one_call():
    for paging in ("document", "line", "short", "none"):
        listing = Listing([])
        assert listing.read(paging) == []
        assert listing.asked == [1]


def test_an_unpaged_resource_is_one_call_whatever_it_holds():
    listing = Listing(range(5000), metadata=False, ignores_paging=True)
    assert len(listing.read("none", size=10)) == 5000
    assert listing.asked == [1]


def test_a_list_that_answers_page_one_forever_ends():
    listing = Listing(range(100), metadata=False, ignores_paging=True)
    assert listing.read("short", size=100) == list(range(100))
    assert listing.asked == [1, 2]


def test_a_hidden_cap_below_the_announced_one_is_noticed_on_page_one():
    listing = Listing(range(90), cap=20)
    listing_load = listing.load

    def load(number, size):
        page = listing_load(number, size)
        return Page(page.number, page.rows, page.total, 1000, page.mark, page.content)

    found = [row for page in pages(load, paging="document", size=50) for row in page.content]
    assert found == list(range(90))
    assert listing.asked == [1, 2, 3, 4, 5]


def test_pages_in_flight_are_bounded_and_never_run_far_ahead_of_the_reader():
    listing = Listing(range(100), cap=10, pause=0.001)
    reader = pages(listing.load, paging="document", size=10, in_flight=2)
    next(reader)
    assert listing.asked == [1]
    next(reader)
    assert len(listing.asked) <= 4
    rest = list(reader)
    assert len(rest) == 8
    assert listing.most == 2


def test_a_failing_page_fails_the_reading_after_the_pages_before_it():
    listing = Listing(range(50), cap=10)

    def load(number, size):
        if number == 4:
            raise RuntimeError("page 4")
        return listing.load(number, size)

    read = []
    with pytest.raises(RuntimeError, match="page 4"):
        for page in pages(load, paging="document", size=10, in_flight=2):
            read.append(page.number)
    assert read == [1, 2, 3]


def test_a_list_that_grows_while_it_is_read_is_read_to_its_new_end():
    listing = Listing(range(30), cap=10)
    reader = pages(listing.load, paging="document", size=10, in_flight=1)
    read = [next(reader), next(reader)]
    listing.rows += range(30, 45)
    read += list(reader)
    assert [row for page in read for row in page.content] == list(range(45))


def test_a_list_that_shrinks_while_it_is_read_ends_without_a_useless_loop():
    listing = Listing(range(50), cap=10)
    reader = pages(listing.load, paging="document", size=10, in_flight=1)
    next(reader)
    del listing.rows[20:]
    assert [page.number for page in reader][-1] <= 3


def test_the_effective_size_is_what_the_server_gives():
    assert effective_size(Page(1, 500, 900, 500, 0, None), 1000) == 500
    assert effective_size(Page(1, 200, 900, 1000, 0, None), 200) == 200
    assert effective_size(Page(1, 3, 3, 1000, 0, None), 1000) == 1000
