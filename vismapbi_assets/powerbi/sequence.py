"""Sequence numbers of POSTs: a second opinion where the destination cannot be queried.

The feature is an undocumented preview that may be ignored, enforced or absent. A number counts as
evidence only after the service has shown, for a POST it acknowledged, that it keeps them; it then
says that a POST was accepted whole, as a 200 does. Counting always goes first.
"""

from __future__ import annotations

from dataclasses import dataclass

from vismapbi_assets.powerbi.client import PowerBIClient
from vismapbi_assets.powerbi.errors import Permanent, Throttled, Transient


@dataclass(slots=True)
class SequenceNumbers:
    """The numbers of one table as one plan uses them."""

    client: PowerBIClient
    dataset_id: str
    table: str
    last: int | None = None
    is_kept: bool = False
    is_off: bool = False

    def following(self) -> int | None:
        """The number for the next POST, None where the service has none."""
        if self.last is None and not self.is_off:
            self.last = self._ask()
            self.is_off = self.last is None
        return None if self.is_off or self.last is None else self.last + 1

    def acknowledged(self, number: int | None) -> None:
        """Learns from a POST that was answered 200 whether the service keeps numbers."""
        if number is None:
            return
        if not self.is_kept:
            self.is_kept = self._ask() == number
            self.is_off = not self.is_kept
        self.last = number

    def is_stored(self, number: int | None) -> bool | None:
        """Whether the POST with a number was stored; None when there is no evidence."""
        if number is None or not self.is_kept:
            return None
        found = self._ask()
        if found is None or found not in (number, number - 1):
            return None
        return found == number

    def _ask(self) -> int | None:
        try:
            return self.client.sequence_number(self.dataset_id, self.table)
        except (Permanent, Throttled, Transient):
            return None
