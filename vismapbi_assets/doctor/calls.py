"""What Visma.net grants per hour, and what an initial load, a sync and the sensor would take of it.

Reckons from the sizes that the lists told; asks for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vismapbi_assets.doctor.lists import Sample
from vismapbi_assets.doctor.steps import Asked, Step
from vismapbi_assets.pipeline.probing import SHARE, is_probed
from vismapbi_assets.settings import Settings
from vismapbi_assets.visma.entities.catalogue import CATALOGUE
from vismapbi_assets.visma.paging import page_count
from vismapbi_assets.visma.quota import CallBudget

SLOW_SECONDS = 300
HOUR = 3600


def what_it_costs(
    settings: Settings, asked: Asked, budget: CallBudget, samples: Mapping[str, Sample]
) -> Iterator[Step]:
    """The limit as seen, and the calls that ours would take."""
    limit, left, kept = budget.limit, budget.remaining, budget.kept()
    if limit is None or left is None:
        yield asked.unknown("rate limit", "the answers carry no X-RateLimit headers")
        limit = None
    else:
        yield asked.ok(
            "rate limit",
            f"{limit:,} calls per hour for this client and company, {left:,} left, next "
            f"window at {budget.resume_at:%H:%M:%S} UTC; {kept} of each "
            "are left to others",
        )
    load = sum(_pages(settings, sample) for sample in samples.values())
    idle = sum(1 for name in samples if CATALOGUE[name].in_sync)
    probed = sum(1 for name in samples if is_probed(CATALOGUE[name]))
    seconds = settings.schedule.sensor_seconds
    usable = max(1.0, ((limit or 0) - kept) * SHARE)
    paced = max(float(seconds), HOUR * probed / usable) if limit else float(seconds)
    seen = (
        f"initial load about {load:,} calls, a sync without changes {idle}, the sensor {probed} "
        f"per look: {HOUR * probed / paced:,.0f} per hour at one look every {paced:,.0f} s"
    )
    name = "calls needed"
    if limit is not None and load > limit - kept:
        hours = -(-load // max(1, limit - kept))
        yield asked.warning(
            name,
            seen,
            f"The initial load takes about {hours} hours; it goes on by itself where it stopped. "
            "Ask Visma for a production client's limit",
        )
    elif paced > SLOW_SECONDS:
        yield asked.warning(
            name,
            seen,
            "Changes show later than after a minute; ask Visma for a production client's limit, or "
            "exclude entities that are not used",
        )
    else:
        yield asked.ok(name, seen)


def _pages(settings: Settings, sample: Sample) -> int:
    if sample.entity.paging == "none" or sample.total is None:
        return 1
    line = sample.entity.paging == "line"
    wanted = settings.visma.journal_page_size if line else settings.visma.page_size
    return page_count(sample.total, min(wanted, sample.cap or wanted))
