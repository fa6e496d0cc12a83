"""How many pages a Visma.net list has, and reading them in order.

Knows numbers and nothing about documents: a loader brings page n, this module says which n to ask
for, keeps a few in flight and hands pages on in order. What a page holds belongs in `reading.py`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

T = TypeVar("T")

Paging = Literal["document", "line", "none", "short"]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One loaded page.

    Attributes:
        number: from 1.
        rows: how much of the list it holds, in the unit that the list is paged by.
        total: size of the whole list in that unit, as this page says; None where it does not.
        cap: the largest page the server gives; None where it does not say.
        mark: identifies the first row, to notice a list that answers page 1 again.
        content: what the loader made of it.
    """

    number: int
    rows: int
    total: int | None
    cap: int | None
    mark: object
    content: T


Load = Callable[[int, int], Page[T]]
"""Loads page `number` of `size` rows; called from several threads."""


def pages(
    load: Load[T], *, paging: Paging, size: int, in_flight: int = 1, proven: int = 0
) -> Iterator[Page[T]]:
    """The pages of a list in order, each loaded once, never more than `in_flight` ahead.

    Where the list does not tell its size, a page may be short or capped: it is the last when the
    server is known to put more rows on a page (`proven`, or page 1), or the next one is empty.

    The size asked for stays the same throughout, so that the server's offsets do: what the server
    really gives per page (its cap, or what page 1 shows) only decides how many pages there are.
    """
    first = load(1, size)
    yield first
    if paging == "none" or first.rows == 0:
        return
    if paging == "short" or first.total is None:
        yield from _until_short(load, first, size, proven)
    else:
        yield from _counted(load, first, size, in_flight)


def effective_size(first: Page[T], size: int) -> int:
    """How many rows the server puts on a page: at most its cap, at least one."""
    expected = min(size, first.cap or size)
    if first.total is not None and first.rows < min(first.total, expected):
        return first.rows
    return expected


def page_count(total: int, size: int) -> int:
    """How many pages of `size` hold `total` rows; an empty list is one empty page."""
    return max(1, -(-total // size))


def _counted(load: Load[T], first: Page[T], size: int, in_flight: int) -> Iterator[Page[T]]:
    effective = effective_size(first, size)
    total = first.total or 0
    received, number, ended = first.rows, 1, False
    ahead: deque[Future[Page[T]]] = deque()
    with ThreadPoolExecutor(max_workers=in_flight) as pool:
        try:
            while not ended:
                while len(ahead) < in_flight and number < page_count(total, effective):
                    number += 1
                    ahead.append(pool.submit(load, number, size))
                if not ahead:
                    break
                page = ahead.popleft().result()
                ended = page.rows == 0
                total = page.total if page.total is not None else total
                received += page.rows
                yield page
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    while not ended and received < total:
        number += 1
        page = load(number, size)
        ended = page.rows == 0
        total = page.total if page.total is not None else total
        received += page.rows
        yield page


def _until_short(load: Load[T], first: Page[T], size: int, proven: int) -> Iterator[Page[T]]:
    page, may_go_on = first, first.rows >= min(proven, size)
    while may_go_on:
        following = load(page.number + 1, size)
        if following.rows == 0 or following.mark == page.mark:
            return
        yield following
        page, may_go_on = following, following.rows >= first.rows
