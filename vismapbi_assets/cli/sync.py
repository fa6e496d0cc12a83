"""`vismapbi sync`: the Dagster job `sync` for all companies, in this process."""

from __future__ import annotations

import sys
from datetime import date, datetime
from zoneinfo import ZoneInfo

import click
import dagster as dg

from vismapbi_assets.cli.instance import dagster_instance
from vismapbi_assets.cli.main import EXIT_AGAIN_LATER
from vismapbi_assets.cli.output import Progress, console, print_json, summary_table
from vismapbi_assets.cli.runs import RunSummary, run_job
from vismapbi_assets.orchestration.jobs import SYNC
from vismapbi_assets.orchestration.partitions import partition_key
from vismapbi_assets.pipeline.ends import open_store
from vismapbi_assets.pipeline.inputs import reading_name
from vismapbi_assets.settings import Settings, load_settings
from vismapbi_assets.store import Store
from vismapbi_assets.visma.entities.catalogue import CATALOGUE

REFRESH_LOG = dg.AssetKey(["powerbi", "RefreshLog"])


@click.command()
@click.option("--company", "companies", multiple=True, help="Key of a company; repeat for more.")
@click.option("--entity", "entities", multiple=True, help="Name of an entity; repeat for more.")
@click.option("--full", is_flag=True, help="Read everything again and find deletions.")
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
    allow_deletions: bool,
    as_json: bool,
) -> None:
    """Read what changed in Visma.net and publish it to Power BI.

    The first sync reads everything; later ones read from the last day that was read. Exit code 0
    only when everything asked for is delivered and verified; 75 when a quota stopped the run, which
    then says when to go on.
    """
    settings = load_settings()
    summaries = synchronise(
        settings,
        companies=companies or tuple(c.key for c in settings.companies),
        entities=entities,
        full=full,
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
            out.print("Delivered and verified.")
        elif resume_at:
            out.print(f"Not everything fitted into the quota; run again after {resume_at}.")
        else:
            out.print("Not everything was delivered; see above. A repeated run is safe.")
    if not delivered:
        sys.exit(EXIT_AGAIN_LATER if resume_at else 1)


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
    config = (
        {"ops": {f"visma__{n}": {"config": {"allow_deletions": True}} for n in chosen}}
        if allow_deletions
        else None
    )
    summaries = []
    with dagster_instance() as instance:
        for position, key in enumerate(companies):
            settings.company(key)
            last = position == len(companies) - 1
            first, today = _days(settings, store, key, chosen, full=full)
            title = f"{key}: {'everything' if first == settings.first_day else f'since {first}'}"
            progress.line(title)
            span = (str(partition_key(key, first)), str(partition_key(key, today)))
            summaries.append(
                run_job(
                    definitions,
                    instance,
                    SYNC,
                    title=title,
                    partition=span[0] if span[0] == span[1] else None,
                    partition_range=None if span[0] == span[1] else span,
                    assets=[*extracts, *tables] if last else extracts,
                    run_config=config,
                    tags={"vismapbi/company": key, "vismapbi/trigger": "command line"},
                    on_event=progress,
                )
            )
    return summaries


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


def _days(
    settings: Settings, store: Store, company: str, entities: list[str], *, full: bool
) -> tuple[date, date]:
    today = settings.today()
    first = today
    zone = ZoneInfo(settings.time_zone)
    for name in entities:
        record = store.documents.get(reading_name(company, name)) or {}
        whole, read_at = record.get("whole_at"), record.get("read_at")
        if full or whole is None or read_at is None:
            return settings.first_day, today
        day = datetime.fromisoformat(read_at).astimezone(zone).date()
        first = min(first, max(day, settings.first_day))
    return first, today
