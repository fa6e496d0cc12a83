"""The facts of a published table: last plan, sources, counters, trust.

Plain data. It is read and written together with the rows in `published`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class PublishedMeta:
    """What is known about a published table.

    Attributes:
        plan: the last plan that was committed; 0 before the first.
        sources: the sequence of each source that the rows were computed from.
        lookup_hash: what the rows depend on besides their documents, as a hash.
        rows: rows in the destination, reversals included.
        net: rows that count, one per key.
        dirty: why the destination cannot be trusted until it is replaced; None when it can.
        facts: whatever else the publisher keeps with the table.
    """

    plan: int = 0
    sources: dict[str, int] = field(default_factory=dict)
    lookup_hash: str | None = None
    rows: int = 0
    net: int = 0
    dirty: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def superseded(self) -> int:
        """Rows in the destination that cancel each other out."""
        return self.rows - self.net
