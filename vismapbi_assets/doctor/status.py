"""What is broken now: the daemon, runs, checks, readings and tables.

Asks Dagster's history and the store, neither Visma.net nor Power BI, so it may be asked often.
Whether the systems fit at all is examined in `examination.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import dagster as dg
from sqlalchemy.exc import SQLAlchemyError

from vismapbi_assets.doctor.own_side import STORAGE_ERRORS, STORE
from vismapbi_assets.doctor.steps import Asked, Step
from vismapbi_assets.orchestration.partitions import company_of, partition_words
from vismapbi_assets.pipeline.coverage import coverage
from vismapbi_assets.pipeline.health import stale, synced_entities, unsound, verified_date
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.settings import Settings, SettingsError, dagster_home

RUNS = 500
"""How many runs back the last run of each job and company is looked for."""
NAMED = 5
RECOVER = "docs/recover.md"


def ask_status(settings: Settings, now: datetime, home: Path | None = None) -> Iterator[Step]:
    """Every step as it is answered; those that failed are broken now."""
    asked = Asked("now")
    place = home or dagster_home()
    if (place / "dagster.yaml").is_file():
        try:
            with dg.DagsterInstance.from_config(str(place)) as instance:
                yield _daemon(asked, instance)
                yield _runs(asked, instance)
                yield from _checks(asked, instance, settings)
        except (dg.DagsterError, SQLAlchemyError, OSError, ImportError) as error:
            seen = f"{place}: {type(error).__name__}: {str(error)[:200]}"
            yield asked.failed("Dagster storage", seen, f"Dagster's history is lost: {RECOVER}")
    else:
        yield asked.skipped("Dagster storage", f"{place}: nothing has run here")
    try:
        yield from _data(asked, Workbench.of(settings), now)
    except (*STORAGE_ERRORS, SettingsError) as error:
        yield asked.failed("store", f"{type(error).__name__}: {str(error)[:200]}", STORE)


def _daemon(asked: Asked, instance: dg.DagsterInstance) -> Step:
    name = "daemon"
    statuses = instance.get_daemon_statuses()
    beats = {k: s.last_heartbeat for k, s in statuses.items() if s.last_heartbeat is not None}
    if not beats:
        return asked.skipped(name, "none has run on this storage", "dagster-daemon run, or cron")
    silent = sorted(kind for kind, status in statuses.items() if not status.healthy)
    if silent:
        last = max(beat.timestamp for beat in beats.values())
        return asked.failed(
            name,
            f"no sign of life or errors: {', '.join(silent)}; last heard of at "
            f"{datetime.fromtimestamp(last).astimezone():%Y-%m-%d %H:%M %Z}",
            "Start dagster-daemon, or read its log; exactly one has to run",
        )
    return asked.ok(name, f"{len(beats)} parts alive")


def _runs(asked: Asked, instance: dg.DagsterInstance) -> Step:
    """The last finished run of each job and company decides; an older failure is history."""
    name = "runs"
    finished = dg.RunsFilter(
        statuses=[
            dg.DagsterRunStatus.SUCCESS,
            dg.DagsterRunStatus.FAILURE,
            dg.DagsterRunStatus.CANCELED,
        ]
    )
    last: dict[tuple[str, str | None], dg.DagsterRun] = {}
    for run in instance.get_runs(finished, limit=RUNS):
        last.setdefault((run.job_name, company_of(run.tags)), run)
    broken = [run for run in last.values() if run.status == dg.DagsterRunStatus.FAILURE]
    if not broken:
        return asked.ok(name, f"the last run of {len(last)} jobs and companies went through")
    told = "; ".join(
        f"{run.job_name} {partition_words(run.tags)} (run {run.run_id})".replace("  ", " ")
        for run in broken[:NAMED]
    )
    return asked.failed(
        name, f"failed: {told}", f"Open the run: it names cause and remedy. Then {RECOVER}"
    )


def _checks(asked: Asked, instance: dg.DagsterInstance, settings: Settings) -> Iterator[Step]:
    """The last evaluation of each check of the graph."""
    from vismapbi_assets.definitions import build_definitions

    keys = list(build_definitions(settings).resolve_asset_graph().asset_check_keys)
    errors: list[str] = []
    warnings: list[str] = []
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    for key, record in latest.items():
        event = record.event.dagster_event if record.event else None
        found = event.event_specific_data if event else None
        if isinstance(found, dg.AssetCheckEvaluation) and not found.passed:
            severe = found.severity == dg.AssetCheckSeverity.ERROR
            (errors if severe else warnings).append(
                f"{key.asset_key.to_user_string()} {key.name}: {found.description or ''}"[:200]
            )
    remedy = f"Open the check in the UI: it names numbers, examples and the remedy. {RECOVER}"
    if errors:
        yield asked.failed("checks", _first(errors), remedy)
    if warnings:
        yield asked.warning("checks that warn", _first(warnings), remedy)
    if not errors and not warnings:
        yield asked.ok("checks", f"{len(latest)} evaluated, none fails")


def _data(asked: Asked, bench: Workbench, now: datetime) -> Iterator[Step]:
    settings = bench.settings
    late = {each.subject: each for each in stale(bench, now)}
    for company in settings.companies:
        mine = Asked("now", company.key)
        held = coverage(bench, company.key, synced_entities(settings))
        found = late.pop(f"company {company.key}", None)
        if found:
            yield mine.failed("read", found.text, "See runs above; then: vismapbi sync")
        elif held.read_at is not None:
            yield mine.ok("read", f"every entity up to {held.read_at:%Y-%m-%d %H:%M} UTC")
        elif held.begun:
            yield mine.warning(
                "read", f"the initial load is not complete: {_first(held.unread)}", "vismapbi sync"
            )
        else:
            yield mine.skipped("read", "the initial load has not run", "vismapbi sync")
    for found in late.values():
        yield asked.failed("verified", found.text, "See tables below; then: vismapbi sync")
    verified = verified_date(bench)
    if verified is not None and not late:
        yield asked.ok("verified", f"Power BI, with the data of {verified}")
    broken = [f"{o.table}: {o.status}, {o.reason}" for o in unsound(bench)]
    if broken:
        yield asked.failed("tables", _first(broken), f"vismapbi sync, else {RECOVER}")
    elif verified is not None:
        yield asked.ok("tables", "all complete and confirmed by Power BI")


def _first(names: list[str] | tuple[str, ...]) -> str:
    more = len(names) - NAMED
    return "; ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
