"""The quotas of the service, metered on the simulated clock.

Numbers are the published ones and can be changed for a test. Deciding what a refused caller is
told belongs to the handlers.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

MINUTE, HOUR = 60.0, 3600.0


@dataclass(slots=True)
class Limits:
    """The published limits of push datasets and queries."""

    rows_per_post: int = 10_000
    request_bytes: int = 16 * 1024 * 1024
    string_characters: int = 4_000
    rows_per_hour: int = 1_000_000
    posts_per_minute: int = 120
    posts_per_hour_when_large: int = 120
    large_table_rows: int = 250_000
    pending_posts: int = 5
    table_rows: int = 5_000_000
    fifo_rows: int = 200_000
    fifo_slack: int = 10_000
    queries_per_minute: int = 120
    query_rows: int = 100_000
    query_values: int = 1_000_000
    query_bytes: int = 15 * 1024 * 1024
    refreshes_per_day: int = 8
    columns: int = 75
    tables: int = 75
    relationships: int = 75


@dataclass(slots=True)
class Window:
    """Amounts booked at moments, summed over a sliding window of `seconds`."""

    seconds: float
    booked: deque[tuple[float, int]] = field(default_factory=deque)
    total: int = 0

    def book(self, now: float, amount: int = 1) -> None:
        """Count an amount from now on."""
        self.booked.append((now, amount))
        self.total += amount

    def wait(self, now: float, limit: int, amount: int = 1) -> float:
        """Seconds until `amount` more would fit below `limit`; 0 when it fits now."""
        while self.booked and self.booked[0][0] <= now - self.seconds:
            self.total -= self.booked.popleft()[1]
        excess = self.total + amount - limit
        if excess <= 0:
            return 0.0
        for at, booked in self.booked:
            excess -= booked
            if excess <= 0:
                return at + self.seconds - now
        return self.seconds


@dataclass(slots=True)
class Meter:
    """What one dataset has received lately."""

    minute: Window = field(default_factory=lambda: Window(MINUTE))
    hour: Window = field(default_factory=lambda: Window(HOUR))
    rows: Window = field(default_factory=lambda: Window(HOUR))
    pending: int = 0

    def wait_for_post(self, now: float, limits: Limits, largest_table: int) -> float:
        """Seconds until another POST of rows is allowed; 0 when it is now."""
        wait = self.minute.wait(now, limits.posts_per_minute)
        if largest_table >= limits.large_table_rows:
            wait = max(wait, self.hour.wait(now, limits.posts_per_hour_when_large))
        return wait

    def book_post(self, now: float) -> None:
        """Count an admitted POST of rows."""
        self.minute.book(now)
        self.hour.book(now)
