"""Changes that wait: for the n-th request of a list, or to be seen later than stamped.

Belongs here: keeping and handing out waiting changes. Does not belong here: making them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class ScriptedChange:
    """A change to be made after so many more list requests of an entity."""

    entity: str
    requests: int
    company: str
    verb: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LateChange:
    """A change whose stamp was taken before it becomes visible."""

    company: str
    stamp: datetime
    verb: str
    arguments: dict[str, Any]


class PlannedChanges:
    """The changes that wait."""

    def __init__(self) -> None:
        self._scripted: list[ScriptedChange] = []
        self._late: list[LateChange] = []

    def after_requests(
        self, entity: str, requests: int, company: str, verb: str, arguments: dict[str, Any]
    ) -> None:
        """Wait for the n-th coming request."""
        self._scripted.append(ScriptedChange(entity, requests, company, verb, arguments))

    def take_after(self, entity: str, company: str) -> list[ScriptedChange]:
        """Count a request, and hand out the changes that are due after it."""
        due = []
        for change in list(self._scripted):
            if (change.entity, change.company) == (entity, company):
                change.requests -= 1
                if change.requests <= 0:
                    self._scripted.remove(change)
                    due.append(change)
        return due

    def cancel(self) -> None:
        """Forget the changes that wait for a request."""
        self._scripted.clear()

    def late(self, company: str, stamp: datetime, verb: str, arguments: dict[str, Any]) -> None:
        """Wait to be made visible."""
        self._late.append(LateChange(company, stamp, verb, arguments))

    def take_late(self) -> list[LateChange]:
        """Hand out every late change."""
        late, self._late = self._late, []
        return late
