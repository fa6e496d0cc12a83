"""Partitions: company x day, where the day is a request window and nothing else.

The first day is open to the left. Which window a partition asks for is decided in
`visma/window.py`; when partitions are requested, in schedules and sensors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


def range_tags(company: str, first: date, last: date) -> dict[str, str]:
    """The tags of one run over a range of days of a company."""
    return {
        RANGE_START: str(partition_key(company, first)),
        RANGE_END: str(partition_key(company, last)),
    }


def company_of(tags: Mapping[str, str]) -> str | None:
    """The company that a run works on, from whichever tags it was started with."""
    key = tags.get(RANGE_START) or tags.get("dagster/partition") or ""
    return tags.get("vismapbi/company") or key.partition("|")[0] or None


def partition_words(tags: Mapping[str, str]) -> str:
    """The partitions of a run for people to read."""
    if RANGE_START in tags:
        return f"{tags[RANGE_START]} to {tags.get(RANGE_END, '')}"
    return tags.get("dagster/partition", "")
