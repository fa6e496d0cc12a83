"""How far a company has been read without a gap, from what was written beside the data.

A reading has no upper bound, so a proved one covers every day from the start of its window to the
moment it began. What is requested because of that is decided in `orchestration/`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from vismapbi_assets.pipeline.inputs import reading_name
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.visma.window import is_closed_by


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known of the readings of a company.

    Attributes:
        begun: some entity has been read completely.
        unread: entities that have never been read completely.
        read_at: moment up to which every entity has been read; None while some are unread.
    """

    begun: bool
    unread: tuple[str, ...]
    read_at: datetime | None


def coverage(bench: Workbench, company: str, entities: Iterable[str]) -> Coverage:
    """How far the entities of a company have been read."""
    unread, moments = [], []
    for name in entities:
        record = bench.store.documents.get(reading_name(company, name)) or {}
        if record.get("whole_at") and record.get("read_at"):
            moments.append(datetime.fromisoformat(record["read_at"]))
        else:
            unread.append(name)
    return Coverage(
        begun=bool(moments),
        unread=tuple(unread),
        read_at=min(moments) if moments and not unread else None,
    )


def open_days(bench: Workbench, read_at: datetime, now: datetime) -> list[date]:
    """The days before today that readings up to `read_at` have not closed, oldest first."""
    settings = bench.settings
    today = settings.today(now)
    day = max(read_at.astimezone(ZoneInfo(settings.time_zone)).date(), settings.first_day)
    day -= timedelta(days=1 if day > settings.first_day else 0)
    days = [day + timedelta(days=n) for n in range(max((today - day).days, 0))]
    return [
        each
        for each in days
        if not is_closed_by(each, read_at, zone=settings.time_zone, overlap=settings.overlap)
    ]
