"""`vismapbi sync`: the Dagster job `sync` for all companies, in this process."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
import dagster as dg

from vismapbi_assets.cli.instance import dagster_instance
from vismapbi_assets.cli.main import EXIT_AGAIN_LATER
from vismapbi_assets.cli.output import Progress, console, print_json, summary_table
from vismapbi_assets.cli.runs import RunSummary, run_job
from vismapbi_assets.orchestration.jobs import SYNC
from vismapbi_assets.orchestration.partitions import partition_key
from vismapbi_assets.orchestration.schedules import OPEN_DOCUMENTS
from vismapbi_assets.pipeline.ends import open_store
from vismapbi_assets.pipeline.inputs import reading_name
from vismapbi_assets.settings import Settings, load_settings
from vismapbi_assets.store import Store
from vismapbi_assets.visma.entities.catalogue import CATALOGUE

LONGEST_RANGE_DAYS = 45
"""A longer first load is noted at its first day alone: that reads everything up to now, and Dagster
would note every day of every entity by itself."""
REFRESH_LOG = dg.AssetKey(["powerbi", "RefreshLog"])


@click.command()
@click.option("--company", "companies", multiple=True, help="Key of a company; repeat for more.")
@click.option("--entity", "entities", multiple=True, help="Name of an entity; repeat for more.")
@click.option("--full", is_flag=True, help="Read everything again and find deletions.")
@click.option(
    "--open-documents",
    is_flag=True,
    help="Read open documents again too: their balance may move without a stamp.",
)
@click.option(
    "--allow-deletions",
    is_flag=True,
    help="Let a full reading delete more than the guard allows. Look before you use it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def sync(
    companies: tuple[str, ...],
    entities: tuple[str, ...],
    full: bool,
    open_documents: bool,
    allow_deletions: bool,
    as_json: bool,
) -> None:
    """Read what changed in Visma.net and publish it to Power BI.

    The first sync reads everything; later ones read from the last day that was read. Exit code 0
    only when everything asked for is delivered and verified; 75 when a quota or another run stopped
    this one, which then says when to go on.
    """
    settings = load_settings()
    summaries = synchronise(
        settings,
        companies=companies or tuple(c.key for c in settings.companies),
        entities=entities,
        full=full,
        open_documents=open_documents,
        allow_deletions=allow_deletions,
        progress=Progress(quiet=as_json),
    )
    finish(summaries, as_json=as_json)


def finish(summaries: list[RunSummary], *, as_json: bool) -> None:
    """Print the outcome and end the process with its exit code."""
    delivered = all(s.delivered for s in summaries)
    resume_at = max((s.resume_at for s in summaries if s.resume_at), default=None)
    if as_json:
        print_json(
            {
                "delivered": delivered,
                "resume_at": resume_at,
                "runs": [s.to_json() for s in summaries],
            }
        )
    else:
        out = console()
        out.print(summary_table(summaries))
        for text in problems(summaries):
            out.print(text, markup=False, soft_wrap=True)
        if delivered:
            out.print(_delivered({c.check for s in summaries for c in s.failed_checks}))
        elif resume_at:
            out.print(f"Not everything could be delivered now; run again after {resume_at}.")
        else:
            out.print("Not everything was delivered; see above. A repeated run is safe.")
    if not delivered:
        sys.exit(EXIT_AGAIN_LATER if resume_at else 1)


def _delivered(warned: set[str]) -> str:
    """The last line of a sync whose warnings are of these checks."""
    if "reconciled" in warned:
        return "Delivered, and not verified: Power BI cannot be asked what it holds."
    if "schema" in warned:
        return "Delivered and verified, but for what was kept back: see the warnings above."
    return "Delivered and verified."


def problems(summaries: list[RunSummary]) -> list[str]:
    """Failures and failed checks, one line each; steps that failed alike share a line."""
    causes: dict[str, list[str]] = {}
    for summary in summaries:
        for step, text in summary.errors.items():
            cause = text.removeprefix(f"{step}: ")
            causes.setdefault(cause, []).append(step)
    lines = [f"FAILED {', '.join(steps)}: {cause}" for cause, steps in causes.items()]
    for summary in summaries:
        for check in summary.failed_checks:
            mark = "warning" if check.warning else "FAILED"
            lines.append(f"{mark} {check.asset} {check.check}: {check.description}")
    return lines


def synchronise(
    settings: Settings,
    *,
    companies: tuple[str, ...],
    entities: tuple[str, ...] = (),
    full: bool = False,
    open_documents: bool = False,
    allow_deletions: bool = False,
    progress: Progress,
) -> list[RunSummary]:
    """Extract every company, then publish once; gives a summary for each run."""
    from vismapbi_assets.definitions import build_definitions

    definitions = build_definitions(settings)
    store = open_store(settings)
    chosen = _entities(settings, entities)
    extracts = [dg.AssetKey(["visma", name]) for name in chosen]
    selection: dg.AssetSelection = dg.AssetSelection.key_prefixes("powerbi")
    if entities:
        below = dg.AssetSelection.assets(*extracts).downstream(include_self=False)
        selection = (selection & below) | dg.AssetSelection.assets(REFRESH_LOG)
    tables = sorted(selection.resolve(definitions.resolve_asset_graph()))
    plan = [
        part
        for key in companies
        for part in _parts(settings, store, key, chosen, full=full, reopen=open_documents)
    ]
    summaries = []
    with dagster_instance() as instance:
        for position, part in enumerate(plan):
            reads = [dg.AssetKey(["visma", name]) for name in part.entities]
            progress.line(part.title)
            summaries.append(
                run_job(
                    definitions,
                    instance,
                    SYNC,
                    title=part.title,
                    partition=part.span[0] if part.span[0] == part.span[1] else None,
                    partition_range=None if part.span[0] == part.span[1] else part.span,
                    assets=[*reads, *tables] if position == len(plan) - 1 else reads,
                    run_config=_config(part, allow_deletions=allow_deletions),
                    tags={"vismapbi/company": part.company, "vismapbi/trigger": "command line"},
                    on_event=progress,
                )
            )
    return summaries


@dataclass(frozen=True, slots=True)
class Part:
    """One run: some entities of a company and the days whose window they are read for."""

    company: str
    entities: tuple[str, ...]
    first: date
    last: date
    title: str
    reading: str = "window"

    @property
    def span(self) -> tuple[str, str]:
        """The first and the last partition."""
        return (
            str(partition_key(self.company, self.first)),
            str(partition_key(self.company, self.last)),
        )


def _config(part: Part, *, allow_deletions: bool) -> dict[str, Any]:
    asked = {"reading": part.reading, "allow_deletions": allow_deletions}
    return {"ops": {f"visma__{name}": {"config": asked} for name in part.entities}}


def _entities(settings: Settings, entities: tuple[str, ...]) -> list[str]:
    for name in entities:
        if name not in CATALOGUE:
            raise click.BadParameter(
                f"there is no entity {name!r}; there are: {', '.join(CATALOGUE)}"
            )
    return [
        name
        for name, entity in CATALOGUE.items()
        if (name in entities if entities else entity.in_sync) and name not in settings.visma.exclude
    ]


def _parts(
    settings: Settings,
    store: Store,
    company: str,
    entities: list[str],
    *,
    full: bool,
    reopen: bool,
) -> list[Part]:
    """Entities that were never read whole are read whole; the others since they were last read.

    With `reopen`, open documents of the others are read once more before that.
    """
    settings.company(company)
    today, zone = settings.today(), ZoneInfo(settings.time_zone)
    whole, since, first = [], [], today
    for name in entities:
        record = store.documents.get(reading_name(company, name)) or {}
        read_at = record.get("read_at")
        if full or read_at is None or record.get("whole_at") is None:
            whole.append(name)
            continue
        since.append(name)
        day = datetime.fromisoformat(read_at).astimezone(zone).date()
        first = min(first, max(day, settings.first_day))
    parts = []
    if whole:
        start = settings.first_day
        last = start if (today - start).days > LONGEST_RANGE_DAYS else today
        title = f"{company}: everything of {len(whole)} entities"
        parts.append(Part(company, tuple(whole), start, last, title))
    again = tuple(name for name in since if name in OPEN_DOCUMENTS) if reopen else ()
    if again:
        title = f"{company}: open documents of {len(again)} entities"
        parts.append(Part(company, again, today, today, title, reading="open_documents"))
    if since:
        title = f"{company}: {len(since)} entities since {first}"
        parts.append(Part(company, tuple(since), first, today, title))
    return parts
