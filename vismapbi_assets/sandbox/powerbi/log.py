"""The log of requests received, without secrets: what tests count and compare.

Bodies, tokens and form fields are never kept.
"""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import Any

from vismapbi_assets.sandbox.powerbi.clock import Clock


@dataclass(slots=True)
class Entry:
    """One request.

    Attributes:
        number: running number from 1.
        at: simulated moment of arrival.
        operation: what it asked for, such as `rows.post`.
        status: answered status; None while it runs and when the connection was dropped.
        rows: rows carried, returned or removed.
        stored: whether it changed what the service holds.
        fault: kind of the fault that struck it.
    """

    number: int
    at: str
    method: str
    path: str
    query: str
    operation: str
    dataset: str | None = None
    table: str | None = None
    status: int | None = None
    rows: int | None = None
    stored: bool = False
    fault: str | None = None
    bytes: int = 0


class RequestLog:
    """Every request the service has received, in order."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: list[Entry] = []
        self._lock = threading.Lock()
        self._number = 0

    def begin(self, **known: Any) -> Entry:
        """Note the arrival of a request."""
        with self._lock:
            self._number += 1
            entry = Entry(number=self._number, at=self._clock.stamp(), **known)
            self._entries.append(entry)
            return entry

    def entries(self, since: int = 0, operation: str | None = None) -> list[Entry]:
        """Requests numbered above `since`, of one operation if given."""
        with self._lock:
            found = [entry for entry in self._entries if entry.number > since]
        return [entry for entry in found if operation in (None, entry.operation)]

    def dicts(self, since: int = 0, operation: str | None = None) -> list[dict[str, Any]]:
        """The same for the wire."""
        return [asdict(entry) for entry in self.entries(since, operation)]

    def count(self, operation: str | None = None) -> int:
        """How many requests, of one operation if given."""
        return len(self.entries(operation=operation))

    def clear(self) -> None:
        """Forget the requests; numbers go on."""
        with self._lock:
            self._entries.clear()
