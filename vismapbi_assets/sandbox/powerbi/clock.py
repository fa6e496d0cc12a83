"""The clock of the simulated service.

Rate windows, token life, refresh progress and visibility all run on it, so that a test can let an
hour pass in no time. Client assertions are the exception: they carry the client's own wall time.
"""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime


class Clock:
    """Seconds since the epoch that may run faster than real time and may be advanced.

    Attributes:
        rate: simulated seconds that pass per real second.
    """

    def __init__(self, rate: float = 1.0, start: float | None = None) -> None:
        self.rate = rate
        self._base = time.time() if start is None else start
        self._since = time.monotonic()

    def now(self) -> float:
        """The simulated moment, in seconds since the epoch."""
        return self._base + (time.monotonic() - self._since) * self.rate

    def set_rate(self, rate: float) -> None:
        """Let the clock run at another speed from now on."""
        self._base, self._since = self.now(), time.monotonic()
        self.rate = rate

    def advance(self, seconds: float) -> None:
        """Jump ahead."""
        self._base += seconds

    def real_seconds(self, seconds: float) -> int:
        """Whole real seconds after which `seconds` of simulated time have passed, at least 1."""
        return max(1, math.ceil(seconds / self.rate)) if self.rate else max(1, math.ceil(seconds))

    def stamp(self, moment: float | None = None) -> str:
        """A moment in the notation of the service's answers."""
        at = datetime.fromtimestamp(self.now() if moment is None else moment, UTC)
        return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
