"""Which changes a run asks for: the window of a day and the query parameters that express it.

The server's stamps have no zone and theirs is not documented, so a window is written in the
configured zone and reaches back by the overlap. There is no upper bound in the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Delta = Literal["pair", "floor", "none"]

FLOOR = datetime(1900, 1, 1)  # noqa: DTZ001 - server time has no zone
"""Asks for everything where a floor is mandatory."""


@dataclass(frozen=True, slots=True)
class Window:
    """Everything modified at or after `since` (server time, no zone); everything when None."""

    since: datetime | None

    @property
    def whole(self) -> bool:
        """Whether it asks for everything, so that deletions show."""
        return self.since is None

    def __str__(self) -> str:
        return f"since {stamp(self.since)}" if self.since else "everything"


WHOLE = Window(None)


def window_of(day: date, *, first_day: date, overlap: timedelta) -> Window:
    """The window of a day's partition; that of the first day is open to the left.

    The start of the day in the configured zone, written without a zone, is the same text in every
    zone: the overlap is what covers a server that keeps another one.
    """
    if day <= first_day:
        return WHOLE
    return Window(datetime.combine(day, time()) - overlap)


def is_closed_by(day: date, began: datetime, *, zone: str, overlap: timedelta) -> bool:
    """Whether a run that began then has seen all of the day, whatever zone the server keeps."""
    ends = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return began >= ends + overlap


def stamp(moment: datetime) -> str:
    """The only form of a time that every list accepts: seconds, no zone."""
    return moment.replace(tzinfo=None, microsecond=0).isoformat()


def changed_since(delta: Delta, since: datetime | None) -> Mapping[str, str]:
    """The query parameters for everything changed at or after `since`; None asks for all.

    A pair is always sent complete: half of it is ignored with status 200.
    """
    if delta == "none" or (delta == "pair" and since is None):
        return {}
    parameters = {"lastModifiedDateTime": stamp(since or FLOOR)}
    if delta == "pair":
        parameters["lastModifiedDateTimeCondition"] = ">="
    return parameters


def earliest_server_time(moment: datetime, zone: str) -> datetime:
    """The earliest that the server's clock may show at `moment`: UTC or the configured zone."""
    local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    universal = moment.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
    return min(local, universal)
