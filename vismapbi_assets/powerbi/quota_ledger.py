"""The state of a quota: what was booked when, and how much more fits into its windows.

Pure arithmetic over one small value; sharing it between processes belongs in `quota.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

MINUTE, HOUR = 60.0, 3600.0
SKEW = 2.0
"""Seconds by which windows are held longer than the service holds them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the service allows one dataset; None for no such limit."""

    per_minute: int = 120
    per_hour_when_large: int | None = 120
    large_table: int = 250_000
    rows_per_hour: int | None = 1_000_000
    pending: int = 5
    reserve_rows: int = 20_000
    reserve_posts: int = 6


QUERIES = Limits(per_hour_when_large=None, rows_per_hour=None)
"""The limit of executeQueries, which is counted per user."""


class Booking(msgspec.Struct, array_like=True):
    """POSTs and rows that count until their windows have passed `at`; `open` is a grant's id."""

    at: float
    posts: int
    rows: int
    open: str = ""


class Ledger(msgspec.Struct):
    """The whole state of a quota; every entry of its log is one."""

    bookings: list[Booking] = []
    blocked_until: float = 0.0
    sizes: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class Forecast:
    """What posting some rows will take: POSTs, full hours begun, and seconds from now."""

    rows: int
    posts: int
    hours: int
    seconds: float


def pruned(ledger: Ledger, now: float) -> Ledger:
    """Drops what no window holds any more and merges what is older than a minute."""
    kept: dict[int, Booking] = {}
    fresh: list[Booking] = []
    for b in ledger.bookings:
        if b.at <= now - HOUR - SKEW or not b.posts:
            continue
        if b.open or b.at > now - MINUTE - SKEW:
            fresh.append(b)
            continue
        bucket = kept.setdefault(int(b.at // 10), Booking(0.0, 0, 0))
        bucket.at = max(bucket.at, b.at)
        bucket.posts += b.posts
        bucket.rows += b.rows
    ledger.bookings = [*kept.values(), *fresh]
    return ledger


def blocked(ledger: Ledger, until: float) -> Ledger:
    """The ledger with nothing allowed before a moment."""
    ledger.blocked_until = max(ledger.blocked_until, until)
    return ledger


def fit(
    ledger: Ledger, now: float, window: float, limit: int, amount: int, of: str
) -> tuple[int, float]:
    """How much fits into a sliding window now, and the wait until `amount` does."""
    counted = sorted((b.at, getattr(b, of)) for b in ledger.bookings if b.at > now - window - SKEW)
    room = limit - sum(n for _, n in counted)
    if room >= amount:
        return room, 0.0
    for at, n in counted:
        room += n
        if room >= amount:
            return 0, max(at + window + SKEW - now, 0.01)
    return 0, window
