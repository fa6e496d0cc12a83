"""The quotas of a push dataset, spent by plan and shared by all processes through the store.

Grants are taken from a ledger for a handful of POSTs at a time, so that a load costs few writes.
Says how long to wait and how long a load will take; whether to wait is decided by the publisher.
"""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from vismapbi_assets.powerbi.quota_ledger import (
    HOUR,
    MINUTE,
    QUERIES,
    Booking,
    Forecast,
    Ledger,
    Limits,
    blocked,
    fit,
    pruned,
)
from vismapbi_assets.store.append_log import AppendLog

__all__ = ["QUERIES", "Forecast", "Limits", "Quota"]


@dataclass(slots=True)
class _Grant:
    id: str = ""
    posts: int = 0
    rows: int = 0
    until: float = 0.0
    used_posts: int = 0
    used_rows: int = 0
    last: float = 0.0


@dataclass(slots=True)
class Quota:
    """The budget of one dataset as one process sees it; `holder` tells processes apart."""

    log: AppendLog
    holder: str
    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.time
    grant_posts: int = 10
    grant_seconds: float = 60.0
    grants: int = 0
    _grant: _Grant = field(default_factory=_Grant)
    _sizes: dict[str, int] = field(default_factory=dict)

    def take(self, rows: int = 0, *, left_posts: int = 1, left_rows: int | None = None) -> float:
        """Books one POST of `rows`; 0 when it may be sent now, else the seconds to wait.

        `left_posts` and `left_rows` are what the caller still has to send, this POST included.
        """
        grant = self._grant
        now = self.clock()
        if now >= grant.until or grant.posts < 1 or grant.rows < rows:
            wait = self._renew(rows, left_posts, rows if left_rows is None else left_rows)
            if wait:
                return wait
        grant = self._grant
        grant.posts -= 1
        grant.rows -= rows
        grant.used_posts += 1
        grant.used_rows += rows
        grant.last = self.clock()
        return 0.0

    def release(self) -> None:
        """Gives back what was granted and not used."""
        if self._grant.id:
            self._write(lambda ledger, now: self._settled(ledger, now))
        self._grant = _Grant()

    def throttled(self, seconds: float) -> None:
        """Tells every process that the service asked to wait."""
        until = self.clock() + seconds
        self._grant.posts = 0
        self._write(lambda ledger, _: blocked(ledger, until))

    def sized(self, table: str, rows: int) -> None:
        """Remembers how many rows a table holds, written only when it changes what is allowed."""
        large = self.limits.large_table
        if table not in self._sizes:
            self._sizes[table] = self.state().sizes.get(table, 0)
        held, self._sizes[table] = self._sizes[table], rows
        if (held >= large) != (rows >= large):

            def change(ledger: Ledger, _: float) -> Ledger:
                ledger.sizes[table] = rows
                return ledger

            self._write(change)

    def state(self) -> Ledger:
        """The ledger as the last process left it."""
        last = self.log.last()
        return msgspec.json.decode(last.data, type=Ledger) if last else Ledger()

    def forecast(self, rows: int, posts: int, *, table_rows: int = 0) -> Forecast:
        """How long posting `rows` in `posts` requests will take from now on."""
        ledger, now = pruned(self.state(), self.clock()), self.clock()
        large = table_rows >= self.limits.large_table or self._is_large(ledger)
        hours = 1
        seconds = max(0.0, ledger.blocked_until - now)
        spent_rows = sum(b.rows for b in ledger.bookings)
        spent_posts = sum(b.posts for b in ledger.bookings)
        for need, spent, limit in (
            (rows, spent_rows, self.limits.rows_per_hour),
            (posts, spent_posts, self.limits.per_hour_when_large if large else None),
        ):
            if limit:
                begun = math.ceil((need + spent) / limit)
                hours = max(hours, begun)
                seconds = max(seconds, (begun - 1) * HOUR)
        return Forecast(rows, posts, hours, max(seconds, (posts - 1) / self.limits.per_minute * 60))

    def _renew(self, rows: int, left_posts: int, left_rows: int) -> float:
        """A new grant that covers `rows`, or the seconds until one may be had."""
        waits: list[float] = [0.0]
        granted: list[_Grant] = [_Grant()]

        def change(ledger: Ledger, now: float) -> Ledger | None:
            ledger = self._settled(ledger, now)
            room_posts, room_rows, wait = self._room(ledger, now, rows, left_rows)
            waits[0] = wait
            if wait:
                return None
            posts = max(1, min(self.grant_posts, left_posts, room_posts))
            share = math.ceil(left_rows / max(left_posts, 1) * posts)
            amount = max(rows, min(share, room_rows))
            until = now + self.grant_seconds
            granted[0] = _Grant(f"{self.holder}#{uuid.uuid4().hex[:8]}", posts, amount, until)
            ledger.bookings.append(Booking(until, posts, amount, granted[0].id))
            return ledger

        self._write(change)
        if not waits[0]:
            self._grant = granted[0]
            self.grants += 1
        return waits[0]

    def _room(
        self, ledger: Ledger, now: float, rows: int, left_rows: int
    ) -> tuple[int, int, float]:
        """POSTs and rows that fit now, and the wait when not even one POST of `rows` does."""
        limits = self.limits
        wait = max(0.0, ledger.blocked_until - now)
        open_grants = [b for b in ledger.bookings if b.open and b.at > now]
        if len(open_grants) >= limits.pending:
            wait = max(wait, min(b.at for b in open_grants) - now)
        minute = fit(ledger, now, MINUTE, limits.per_minute, 1, "posts")
        posts, wait = minute[0], max(wait, minute[1])
        reserve = self._reserve(ledger, left_rows)
        if limits.per_hour_when_large is not None and self._is_large(ledger):
            hourly = limits.per_hour_when_large - (limits.reserve_posts if reserve else 0)
            hour = fit(ledger, now, HOUR, hourly, 1, "posts")
            posts, wait = min(posts, hour[0]), max(wait, hour[1])
        room = left_rows
        if limits.rows_per_hour is not None:
            allowed = limits.rows_per_hour - (limits.reserve_rows if reserve else 0)
            hour = fit(ledger, now, HOUR, allowed, rows, "rows")
            room, wait = hour[0], max(wait, hour[1])
        return posts, room, wait

    def _reserve(self, ledger: Ledger, left_rows: int) -> bool:
        """Whether a long load leaves some for small tables: where that costs no extra hour."""
        limits = self.limits
        if left_rows < limits.large_table or not limits.rows_per_hour:
            return False
        spent = sum(b.rows for b in ledger.bookings)

        def hours(limit: int) -> int:
            return math.ceil((left_rows - max(0, limit - spent)) / limit)

        return hours(limits.rows_per_hour - limits.reserve_rows) <= hours(limits.rows_per_hour)

    def _is_large(self, ledger: Ledger) -> bool:
        return any(n >= self.limits.large_table for n in ledger.sizes.values())

    def _settled(self, ledger: Ledger, now: float) -> Ledger:
        """Replaces this process's open grant by what it really used."""
        grant = self._grant
        for booking in ledger.bookings:
            if grant.id and booking.open == grant.id:
                booking.open = ""
                booking.at = grant.last or now
                booking.posts, booking.rows = grant.used_posts, grant.used_rows
        return pruned(ledger, now)

    def _write(self, change: Callable[[Ledger, float], Ledger | None]) -> None:
        """Appends what `change` makes of the ledger, again until nobody was faster."""
        while True:
            last = self.log.last()
            ledger = msgspec.json.decode(last.data, type=Ledger) if last else Ledger()
            changed = change(ledger, self.clock())
            if changed is None:
                return
            if self.log.append((last.number if last else 0) + 1, msgspec.json.encode(changed)):
                return
