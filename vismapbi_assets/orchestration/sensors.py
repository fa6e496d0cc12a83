"""Sensors that start runs: changes during the day, and days that were missed.

A cursor here only decides when to look; what is loaded is decided by partitions. Fixed times belong
in `schedules.py`, telling people of trouble in `alert_sensors.py`.
"""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg
from dagster._core.events import RunFailureReason
from dagster._core.storage.tags import RUN_FAILURE_REASON_TAG

from vismapbi_assets.orchestration.jobs import SYNC, in_sync_job
from vismapbi_assets.orchestration.partitions import company_of, partition_key, range_tags
from vismapbi_assets.orchestration.resources import VismaResource, WorkbenchResource
from vismapbi_assets.pipeline.coverage import coverage, open_days
from vismapbi_assets.settings import Settings
from vismapbi_assets.settings_shape import Company

ACTIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]
CATCH_UP_SECONDS = 900
CATCH_UP_DAYS = 31
"""How far back days that are read but not shown as such are shown again."""
CATCH_UP_AGAIN = timedelta(hours=1)
"""How long after a run the same days are not requested again."""
GRACE = timedelta(hours=6)
"""How long after midnight the daily closing has time before days count as missed."""
CATCH_UP = "catch_up"


def build_sensors(settings: Settings, entities: list[str]) -> list[dg.SensorDefinition]:
    """The sensors that start runs; `entities` are those that a sync reads."""
    return [_change_sensor(settings, entities), _catch_up_sensor(settings, entities)]


def sensor_status(settings: Settings) -> dg.DefaultSensorStatus:
    """Whether sensors start running."""
    running = settings.schedule.enabled
    return dg.DefaultSensorStatus.RUNNING if running else dg.DefaultSensorStatus.STOPPED


def is_busy(instance: dg.DagsterInstance, company: str) -> bool:
    """Whether a run of this company is queued or running, whoever started it."""
    records = instance.get_run_records(dg.RunsFilter(statuses=ACTIVE))
    return any(company_of(record.dagster_run.tags) == company for record in records)


def _change_sensor(settings: Settings, entities: list[str]) -> dg.SensorDefinition:
    @dg.sensor(
        name="change_sensor",
        job_name=SYNC,
        minimum_interval_seconds=settings.schedule.sensor_seconds,
        default_status=sensor_status(settings),
        description="Asks each entity for changes (one call) and syncs the entities that moved.",
    )
    def _sensor(context: dg.SensorEvaluationContext, visma: VismaResource) -> dg.SensorResult:
        seen: dict[str, Any] = json.loads(context.cursor or "{}")
        now = datetime.now(UTC)
        requests, notes = [], []
        reader = visma.reader()
        for company in settings.companies:
            if is_busy(context.instance, company.key):
                notes.append(f"{company.key}: a run is under way")
                continue
            probed = reader.probe_all(company, entities, seen.get(company.key, {}))
            seen[company.key] = probed.cursor
            notes += probed.notes
            if probed.moved:
                requests.append(_request(context, settings, company, probed.moved, entities, now))
        cursor = json.dumps(seen, sort_keys=True)
        return _result(context, requests, notes, cursor=cursor)

    return _sensor


def _result(
    context: dg.SensorEvaluationContext,
    requests: list[dg.RunRequest],
    notes: list[str],
    cursor: str | None = None,
) -> dg.SensorResult:
    """Requests, or else the notes as the reason for none; a tick shows only one of both."""
    for note in notes if requests else ():
        context.log.info(note)
    return dg.SensorResult(
        run_requests=requests,
        skip_reason="; ".join(notes) if notes and not requests else None,
        cursor=cursor,
    )


def _request(
    context: dg.SensorEvaluationContext,
    settings: Settings,
    company: Company,
    moved: Iterable[str],
    entities: Iterable[str],
    now: datetime,
) -> dg.RunRequest:
    """Today's partition of what moved; the key is new each time, so nothing is swallowed."""
    return dg.RunRequest(
        run_key=f"{company.key}:{now.isoformat()}",
        partition_key=partition_key(company.key, settings.today(now)),
        asset_selection=in_sync_job(context.repository_def, moved, entities),
        tags={"vismapbi/trigger": "change", "vismapbi/company": company.key},
    )


def _catch_up_sensor(settings: Settings, entities: list[str]) -> dg.SensorDefinition:
    @dg.sensor(
        name="catch_up_sensor",
        job_name=SYNC,
        minimum_interval_seconds=CATCH_UP_SECONDS,
        default_status=sensor_status(settings),
        description=(
            "Finds days that no run has closed (the machine was off) and loads that were stopped "
            "or lost, and goes on with them."
        ),
    )
    def _sensor(
        context: dg.SensorEvaluationContext, workbench: WorkbenchResource
    ) -> dg.SensorResult:
        now = datetime.now(UTC)
        bench = workbench.workbench()
        requests, notes = [], []
        for company in settings.companies:
            held = coverage(bench, company.key, entities)
            selection = None
            if held.read_at is not None:
                days = open_days(bench, held.read_at, now - GRACE)
                days += _not_shown(context.instance, settings, company.key, entities, now - GRACE)
                first = min(days, default=None)
            elif held.begun or _was_lost(context.instance, company.key, now):
                first = settings.first_day
                selection = in_sync_job(context.repository_def, held.unread, entities)
            else:
                notes.append(
                    f"{company.key}: the initial load has not run. Backfill it, or: vismapbi sync"
                )
                continue
            if first is None:
                continue
            if is_busy(context.instance, company.key) or _was_asked(
                context.instance, company.key, now
            ):
                notes.append(f"{company.key}: since {first}, a run is under way or has just been")
                continue
            requests.append(
                dg.RunRequest(
                    run_key=f"{company.key}:{first}:{now.isoformat()}",
                    asset_selection=selection,
                    tags={
                        "vismapbi/trigger": CATCH_UP,
                        "vismapbi/company": company.key,
                        **range_tags(company.key, first, settings.today(now)),
                    },
                )
            )
        return _result(context, requests, notes)

    return _sensor


def _not_shown(
    instance: dg.DagsterInstance,
    settings: Settings,
    company: str,
    entities: Iterable[str],
    now: datetime,
) -> list[date]:
    """Days of the last month that the history does not show as read, though they may be."""
    today = settings.today(now)
    start = max(settings.first_day, today - timedelta(days=CATCH_UP_DAYS))
    days = [start + timedelta(days=n) for n in range(max((today - start).days, 0))]
    missing: set[date] = set()
    for name in entities:
        shown = instance.get_materialized_partitions(dg.AssetKey(["visma", name]))
        missing.update(d for d in days if str(partition_key(company, d)) not in shown)
    return sorted(missing)


def _was_lost(instance: dg.DagsterInstance, company: str, now: datetime) -> bool:
    """Whether somebody had a load begin that ended with its process, and not for a reason."""
    failed = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.FAILURE], created_after=now - timedelta(days=CATCH_UP_DAYS)
    )
    return any(
        company_of(run.tags) == company
        and run.tags.get(RUN_FAILURE_REASON_TAG) != RunFailureReason.STEP_FAILURE.value
        for run in (record.dagster_run for record in instance.get_run_records(failed))
    )


def _was_asked(instance: dg.DagsterInstance, company: str, now: datetime) -> bool:
    tags = {"vismapbi/trigger": CATCH_UP, "vismapbi/company": company}
    filters = dg.RunsFilter(tags=tags, created_after=now - CATCH_UP_AGAIN)
    return bool(instance.get_run_records(filters, limit=1))
