"""Partitions: company x day, where the day is a request window and nothing else.

The first day is open to the left. Which window a partition asks for is decided in
`visma/window.py`; when partitions are requested, in schedules and sensors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import dagster as dg

from vismapbi_assets.settings import Settings


def build_partitions(settings: Settings) -> dg.MultiPartitionsDefinition:
    """Company x day in the configured zone, the current day included."""
    return dg.MultiPartitionsDefinition(
        {
            "company": dg.StaticPartitionsDefinition([c.key for c in settings.companies]),
            "day": dg.DailyPartitionsDefinition(
                start_date=settings.first_day.isoformat(),
                timezone=settings.time_zone,
                end_offset=1,
            ),
        }
    )


def partition_key(company: str, day: date) -> dg.MultiPartitionKey:
    """The key of one company and day."""
    return dg.MultiPartitionKey({"company": company, "day": day.isoformat()})


@dataclass(frozen=True, slots=True)
class CompanyDays:
    """The days of one company that a run covers, in order."""

    company: str
    days: tuple[date, ...]


def company_days(keys: Iterable[str]) -> list[CompanyDays]:
    """Partition keys of a run, grouped by company."""
    days: dict[str, set[date]] = {}
    for key in keys:
        company, day = key.split("|")
        days.setdefault(company, set()).add(date.fromisoformat(day))
    return [CompanyDays(company, tuple(sorted(found))) for company, found in sorted(days.items())]
