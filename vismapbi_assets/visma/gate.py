"""Holds the calls of one client back after the server has refused one with 429.

Only waiting and single file; what a call is and how often it is repeated belongs in `client.py`,
what may be spent in `quota.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from vismapbi_assets.visma.clock import Clock
from vismapbi_assets.visma.errors import QuotaExhausted

MAX_REFUSALS = 5


class Gate:
    """Holds every call of a client back after a 429, then lets one at a time try.

    So a closed window is met once, not once per thread. Waits longer than `patience`, or a server
    that keeps refusing, end the run instead.
    """

    def __init__(self, clock: Clock, patience: timedelta) -> None:
        """An open gate."""
        self._clock = clock
        self._patience = patience
        self._single_file = threading.Lock()
        self._until: datetime | None = None
        self._refusals = 0

    @contextmanager
    def passage(self) -> Iterator[None]:
        """Go through; waits while the gate is closed."""
        if self._until is None:
            yield
            return
        with self._single_file:
            if self._until is not None:
                self._wait(self._until)
            yield

    def close(self, seconds: float) -> None:
        """Nobody calls for that long."""
        self._refusals += 1
        # the server counts whole seconds, rounded down
        until = self._clock.now() + timedelta(seconds=seconds + 1)
        self._until = max(until, self._until or until)

    def open(self) -> None:
        """A call got through."""
        self._until = None
        self._refusals = 0

    def _wait(self, until: datetime) -> None:
        wait = until - self._clock.now()
        if wait > self._patience or self._refusals >= MAX_REFUSALS:
            raise QuotaExhausted(until, "Visma.net limits the calls of this client")
        if wait > timedelta(0):
            self._clock.sleep(wait.total_seconds())
