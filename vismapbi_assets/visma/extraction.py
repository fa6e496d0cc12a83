"""The options of an extraction and the report it gives.

Declarations only: both travel between `extract.py`, the pipeline and whoever shows what was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from vismapbi_assets.settings import Settings
from vismapbi_assets.visma.entities.declaration import Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How extractions are run.

    Attributes:
        zone: the configured time zone.
        chunk_rows: rows or lines per commit, which bounds the memory.
        rereadings: how often a list that moved is read again before the run gives up.
        deletion_guard: share of the documents that may vanish without an explicit yes.
        resume_hours: how long the pages of an interrupted whole reading are used.
    """

    zone: str
    page_size: int = 1000
    journal_page_size: int = 5000
    pages_in_flight: int = 2
    chunk_rows: int = 25_000
    rereadings: int = 2
    deletion_guard: float = 0.2
    resume_hours: float = 24.0

    @classmethod
    def of(cls, settings: Settings) -> Options:
        """The options that the settings ask for."""
        visma = settings.visma
        return cls(
            zone=settings.time_zone,
            page_size=visma.page_size,
            journal_page_size=visma.journal_page_size,
            pages_in_flight=visma.pages_in_flight,
            deletion_guard=visma.deletion_guard,
        )

    def size_for(self, entity: Entity) -> int:
        """Rows per page in the unit the entity is paged by."""
        return self.journal_page_size if entity.paging == "line" else self.page_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What one extraction asked, found and did.

    Attributes:
        window: what was asked for, in words.
        read: documents read; `new` to `revived` say what became of them in state.
        deleted: documents marked as gone; `deletion_refused` says why none was.
        quarantined: documents rejected by a rule; `held` are journal batches held back.
        unkeyed: rejected documents of which not even the key could be read.
        distinct: distinct documents (lines for journals) seen; `total` is the server's count.
        complete: whether the reading has proved that it saw everything; else `reason`.
        resume_at: when to go on, if the calls of the hour were spent.
        watermark: newest stamp seen, server time.
        drift: unknown members and enumeration values, with counts.
        totals: sums of the money columns of the documents read.
        archive: prefix of the archived pages.
    """

    entity: str
    company: str
    run_id: str
    window: str
    whole: bool
    began: datetime
    seconds: float
    calls: int
    pages: int
    bytes: int
    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    stale: int = 0
    revived: int = 0
    deleted: int = 0
    deletion_refused: str | None = None
    quarantined: int = 0
    held: int = 0
    unkeyed: int = 0
    distinct: int = 0
    total: int | None = None
    readings: int = 0
    complete: bool = False
    reason: str | None = None
    resume_at: datetime | None = None
    watermark: datetime | None = None
    drift: Mapping[str, int] = field(default_factory=dict)
    totals: Mapping[str, Decimal] = field(default_factory=dict)
    archive: str = ""
    sequence: int = 0

    @property
    def written(self) -> int:
        """Documents whose state changed, deletions included."""
        return self.new + self.changed + self.revived + self.deleted
