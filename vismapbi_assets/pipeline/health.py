"""What is stale or unsound now, from what was written beside the data.

Asks neither Visma.net nor Power BI nor Dagster's history. Telling people belongs in
`orchestration/alert_sensors.py`, the whole picture in `doctor/status.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from vismapbi_assets.model.semantic_model import TABLES
from vismapbi_assets.pipeline.coverage import coverage
from vismapbi_assets.pipeline.publication import Outcome, last_outcome
from vismapbi_assets.pipeline.refresh_log import VERIFIED
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.settings import Settings
from vismapbi_assets.visma.entities.catalogue import CATALOGUE


@dataclass(frozen=True, slots=True)
class Stale:
    """Something that has been loaded and then not been renewed for too long."""

    subject: str
    since: datetime
    text: str


def synced_entities(settings: Settings) -> list[str]:
    """The entities that a sync reads."""
    excluded = settings.visma.exclude
    return [name for name, entity in CATALOGUE.items() if entity.in_sync and name not in excluded]


def stale(bench: Workbench, now: datetime) -> Iterator[Stale]:
    """Companies that have not been read, and the dataset if it was not verified, for too long."""
    settings = bench.settings
    limit = timedelta(hours=settings.alerts.stale_hours)
    entities = synced_entities(settings)
    for company in settings.companies:
        read_at = coverage(bench, company.key, entities).read_at
        if read_at is not None and now - read_at > limit:
            yield Stale(
                f"company {company.key}",
                read_at,
                f"not every entity has been read since {_words(read_at, now)}",
            )
    verified = verified_date(bench)
    if verified is not None:
        end = datetime.combine(
            verified + timedelta(days=1), time(), tzinfo=ZoneInfo(settings.time_zone)
        )
        if now - end > limit:
            yield Stale(
                f"dataset {settings.dataset.name}",
                end,
                f"Power BI was last verified with the data of {verified}",
            )


def verified_date(bench: Workbench) -> date | None:
    """The data date that every table in Power BI has reached; None before the first."""
    known = bench.store.documents.get(VERIFIED) or {}
    return min((date.fromisoformat(held["as_of"]) for held in known.values()), default=None)


def unsound(bench: Workbench) -> Iterator[Outcome]:
    """The last outcomes of tables that are not complete and confirmed."""
    for table in TABLES:
        outcome = last_outcome(bench, table.name) if table.strategy != "none" else None
        if outcome is not None and not outcome.is_sound:
            yield outcome


def _words(moment: datetime, now: datetime) -> str:
    hours = int((now - moment).total_seconds() // 3600)
    return f"{moment:%Y-%m-%d %H:%M} UTC, {hours} hours ago"
