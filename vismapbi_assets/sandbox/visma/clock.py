"""The two clocks of the simulated service: business time for stamps, gateway time for limits.

Belongs here: reading, moving and scaling time, and writing stamps the way the service does.
Does not belong here: what happens at a time. Stamps are kept as zone-less UTC instants; the zone
in which the service writes and compares them is a setting, because the real one is undocumented.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


class BusinessClock:
    """Time of the sample companies: stands still unless moved, ticks a little with every stamp."""

    def __init__(self, start: datetime, speed: float = 0.0) -> None:
        self._instant = start.replace(tzinfo=None)
        self._speed = speed
        self._read_at = time.monotonic()
        self._held: datetime | None = None
        self._ticks = 0

    def now(self) -> datetime:
        """The current instant, zone-less UTC."""
        if self._speed:
            read_at = time.monotonic()
            self._instant += timedelta(seconds=(read_at - self._read_at) * self._speed)
            self._read_at = read_at
        return self._instant

    def stamp(self) -> datetime:
        """A new instant, later than every one before, finer than the milliseconds shown."""
        if self._held is not None:
            return self._held
        self._ticks += 1
        self._instant = self.now() + timedelta(microseconds=1_237 + self._ticks * 7_919 % 8_000)
        return self._instant

    @contextmanager
    def held(self, at: datetime | None = None) -> Iterator[datetime]:
        """Give the same stamp (now, or an earlier one) to everything done inside."""
        before, self._held = self._held, None
        self._held = at or self.stamp()
        try:
            yield self._held
        finally:
            self._held = before

    def set(self, instant: datetime) -> None:
        """Move to an instant; going back is allowed, as after a restored database."""
        self._instant = instant.replace(tzinfo=None)
        self._read_at = time.monotonic()

    def run(self, speed: float) -> None:
        """Let time pass `speed` times as fast as real time; 0 stands still."""
        self._instant, self._speed, self._read_at = self.now(), speed, time.monotonic()


class GatewayClock:
    """Real elapsed seconds, which tests may scale or push forward."""

    def __init__(self, scale: float = 1.0) -> None:
        self._scale = scale
        self._base = 0.0
        self._read_at = time.monotonic()

    def seconds(self) -> float:
        """Seconds since the service started."""
        return self._base + (time.monotonic() - self._read_at) * self._scale

    def scale(self, factor: float) -> None:
        """Let gateway time run faster or slower from now on."""
        self._base, self._read_at, self._scale = self.seconds(), time.monotonic(), factor

    def advance(self, seconds: float) -> None:
        """Jump ahead, so that a window or a token ends without waiting."""
        self._base += seconds


class Zone:
    """The zone in which the service writes its zone-less stamps."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._info = None if name == "UTC" else ZoneInfo(name)

    def local(self, instant: datetime) -> datetime:
        """The wall-clock time of an instant, without zone."""
        if self._info is None:
            return instant
        return instant.replace(tzinfo=UTC).astimezone(self._info).replace(tzinfo=None)

    def text(self, instant: datetime) -> str:
        """The stamp as the service writes it."""
        return stamp_text(self.local(instant))

    def with_offset(self, instant: datetime) -> str:
        """The stamp with the local offset, as the background state carries it."""
        info = self._info or ZoneInfo("Europe/Oslo")
        text = instant.replace(tzinfo=UTC).astimezone(info).isoformat(timespec="milliseconds")
        return stamp_text_fraction(text[:-6]) + text[-6:]


def stamp_text(value: datetime) -> str:
    """Zone-less text with up to three fraction digits, trailing zeros dropped (.NET FFF)."""
    return stamp_text_fraction(value.isoformat(timespec="milliseconds"))


def stamp_text_fraction(text: str) -> str:
    """Drop trailing zeros of a three-digit fraction, and the point when nothing is left."""
    return text[:-4] if text.endswith(".000") else text.rstrip("0")
