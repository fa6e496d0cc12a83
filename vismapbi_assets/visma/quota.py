"""The calls that Visma.net grants per hour, company and client: who may spend how many.

The server's headers are the truth about what is left. Processes that share the client share a
ledger in the store, from which each takes blocks of calls, so that all stop at the reserve and
one call never costs a write. Waiting and retrying belong in `client.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol
from uuid import uuid4

import msgspec

from vismapbi_assets.visma.clock import Clock, SystemClock
from vismapbi_assets.visma.errors import QuotaExhausted

BLOCK = 100
SAME_WINDOW = timedelta(minutes=5)
UNSTATED_WINDOW = timedelta(hours=1)


class Ledger(msgspec.Struct, frozen=True):
    """What processes have agreed on for one window: calls left, and blocks taken by whom.

    `limit` is the size of the whole window, None where no answer has told it.
    """

    ends: datetime
    remaining: int
    leases: dict[str, int] = msgspec.field(default_factory=dict)
    limit: int | None = None


class Log(Protocol):
    """The part of the store's append log that the ledger needs."""

    def last(self) -> LogEntry | None:
        """The last entry."""

    def append(self, expected_number: int, data: bytes) -> bool:
        """Append unless somebody else was first."""


class LogEntry(Protocol):
    """One entry of the log."""

    @property
    def number(self) -> int:
        """Its number."""

    @property
    def data(self) -> bytes:
        """Its bytes."""


class CallBudget:
    """The hour's calls of one company, shared by the threads of a process and, by a log, by all.

    `reserve` calls of every hour are left to other users of the client, but at most half of them:
    a small limit would otherwise leave nothing.
    """

    def __init__(
        self,
        company: str,
        *,
        log: Log | None = None,
        reserve: int = 0,
        block: int = BLOCK,
        clock: Clock | None = None,
    ) -> None:
        """Start without knowledge of the window: the first answer or the ledger brings it."""
        self.company = company
        self.reserve = reserve
        self._log = log
        self._block = block
        self._clock = clock or SystemClock()
        self._owner = uuid4().hex[:12]
        self._lock = threading.Lock()
        self._ends: datetime | None = None
        self._remaining: int | None = None
        self._leased = 0
        self._recorded = False
        self._in_flight = 0
        self.limit: int | None = None
        """Calls of a whole window, as the server last said."""

    def take(self) -> None:
        """Spend one call, or raise `QuotaExhausted` when the window holds no more for us."""
        with self._lock:
            self._forget_past_window()
            if self._leased <= 0:
                self._lease()
            self._leased -= 1
            self._in_flight += 1

    def settle(self, headers: Mapping[str, str]) -> None:
        """Record what the answer to a taken call says; no headers for a call without answer."""
        with self._lock:
            self._in_flight = max(0, self._in_flight - 1)
            self.limit = _number(headers.get("X-RateLimit-Limit")) or self.limit
            remaining = _number(headers.get("X-RateLimit-Remaining"))
            reset = _number(headers.get("X-RateLimit-Reset"))
            if remaining is None or reset is None:
                return
            ends = self._clock.now() + timedelta(seconds=reset)
            known = self._remaining
            if known is not None and self._ends and abs(ends - self._ends) < SAME_WINDOW:
                self._remaining = min(remaining, known)
            else:
                self._ends, self._remaining, self._leased = ends, remaining, 0

    def affordable(self) -> int | None:
        """How many calls the rest of the window holds for us; None while nothing is known."""
        with self._lock:
            self._forget_past_window()
            ledger = self._agreed(self._log.last() if self._log else None)
            return None if ledger is None else max(0, self._leased + self._free(ledger))

    def kept(self, limit: int | None = None) -> int:
        """How many calls of a window of `limit` (or of the last known) are left to others."""
        limit = limit or self.limit
        return self.reserve if limit is None else min(self.reserve, limit // 2)

    @property
    def remaining(self) -> int | None:
        """Calls left in the window as the server last said, the reserve included."""
        return self._remaining

    @property
    def resume_at(self) -> datetime:
        """When the next window begins, as far as is known."""
        return self._ends or self._clock.now() + UNSTATED_WINDOW

    def close(self) -> None:
        """Give back what was taken; a block that stays in the ledger is lost to the others."""
        with self._lock:
            if self._recorded and self._ends and self._ends > self._clock.now():
                self._leased = 0
                self._write(0)

    def _forget_past_window(self) -> None:
        if self._ends is not None and self._clock.now() >= self._ends:
            self._ends, self._remaining, self._leased = None, None, 0

    def _lease(self) -> None:
        granted = self._write(self._block)
        if granted <= 0:
            raise QuotaExhausted(
                self.resume_at,
                f"company {self.company}: this hour's calls are spent except for the reserve of "
                f"{self.kept()}",
            )
        self._leased = granted

    def _write(self, wanted: int) -> int:
        """Take `wanted` calls from the ledger; returns how many there were."""
        while True:
            entry = self._log.last() if self._log else None
            ledger = self._agreed(entry)
            if ledger is None:
                return 1 if wanted else 0  # only the answer to a first call tells the window
            self._ends, self._remaining = ledger.ends, ledger.remaining
            self.limit = self.limit or ledger.limit
            free = self._free(ledger)
            # a quarter at most, so that a process that dies keeps little from the others
            granted = min(wanted, max(free // 4, 1)) if free > 0 else 0
            if self._log is None or (wanted and not granted):
                return granted
            others = {o: n for o, n in ledger.leases.items() if o != self._owner and n}
            leases = others | ({self._owner: granted} if granted else {})
            data = msgspec.json.encode(Ledger(ledger.ends, ledger.remaining, leases, self.limit))
            if self._log.append(entry.number + 1 if entry else 1, data):
                self._recorded = granted > 0
                return granted

    def _agreed(self, entry: LogEntry | None) -> Ledger | None:
        """The ledger of the present window with our own observation; None when neither is known."""
        found = msgspec.json.decode(entry.data, type=Ledger) if entry else None
        if found is not None and found.ends <= self._clock.now():
            found = None
        if self._ends is None or self._remaining is None:
            return found
        if found is None or abs(found.ends - self._ends) >= SAME_WINDOW:
            return Ledger(self._ends, self._remaining, limit=self.limit)
        ends, remaining = max(found.ends, self._ends), min(found.remaining, self._remaining)
        return Ledger(ends, remaining, found.leases, self.limit or found.limit)

    def _free(self, ledger: Ledger) -> int:
        others = sum(n for owner, n in ledger.leases.items() if owner != self._owner)
        kept = self.kept(ledger.limit)
        return ledger.remaining - kept - others - self._in_flight - self._leased


def _number(text: str | None) -> int | None:
    try:
        return int(float(text)) if text else None
    except ValueError:
        return None
