"""Sensors: changes during the day, days that were missed, and failures.

A cursor here only decides when to look; what is loaded is decided by partitions. Fixed times belong
in `schedules.py`, the wording of alerts in `alerts.py`.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg

from vismapbi_assets.orchestration.alerts import Alert, send
from vismapbi_assets.orchestration.jobs import SYNC
from vismapbi_assets.orchestration.partitions import partition_key
from vismapbi_assets.orchestration.resources import VismaResource
from vismapbi_assets.settings import Settings

ACTIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]
CATCH_UP_DAYS = 31
CATCH_UP_SECONDS = 900


def build_sensors(settings: Settings, entities: list[str]) -> list[dg.SensorDefinition]:
    """All sensors; `entities` are those that a sync reads."""
    return [
        _change_sensor(settings, entities),
        _catch_up_sensor(settings, entities),
        _failure_sensor(settings),
    ]


def _status(settings: Settings) -> dg.DefaultSensorStatus:
    running = settings.schedule.enabled
    return dg.DefaultSensorStatus.RUNNING if running else dg.DefaultSensorStatus.STOPPED


def is_busy(instance: dg.DagsterInstance, company: str) -> bool:
    """Whether a run of this company is queued or running."""
    filters = dg.RunsFilter(statuses=ACTIVE, tags={"vismapbi/company": company})
    return bool(instance.get_run_records(filters, limit=1))


def _change_sensor(settings: Settings, entities: list[str]) -> dg.SensorDefinition:
    @dg.sensor(
        name="change_sensor",
        job_name=SYNC,
        minimum_interval_seconds=settings.schedule.sensor_seconds,
        default_status=_status(settings),
        description="Asks each entity for changes (one call) and syncs the entities that moved.",
    )
    def _sensor(
        context: dg.SensorEvaluationContext, visma: VismaResource
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        seen: dict[str, Any] = json.loads(context.cursor or "{}")
        now = datetime.now(UTC)
        today = settings.today(now)
        notes = []
        reader = visma.reader()
        graph = context.repository_def.asset_graph if context.repository_def else None
        for company in settings.companies:
            if is_busy(context.instance, company.key):
                notes.append(f"{company.key}: a run is under way")
                continue
            probed = reader.probe_all(company, entities, seen.get(company.key, {}))
            seen[company.key] = probed.cursor
            notes += probed.notes
            if not probed.moved:
                continue
            moved = dg.AssetSelection.assets(*(dg.AssetKey(["visma", e]) for e in probed.moved))
            selection = sorted(moved.downstream().resolve(graph)) if graph else None
            yield dg.RunRequest(
                run_key=f"{company.key}:{now.isoformat()}",
                partition_key=partition_key(company.key, today),
                asset_selection=selection,
                tags={"vismapbi/trigger": "change", "vismapbi/company": company.key},
            )
        context.update_cursor(json.dumps(seen, sort_keys=True))
        if notes:
            yield dg.SkipReason("; ".join(notes))

    return _sensor


def open_days(
    instance: dg.DagsterInstance,
    settings: Settings,
    company: str,
    entities: list[str],
    now: datetime,
) -> list[date] | None:
    """Days before today that no run has closed, oldest first; None before the initial load.

    A day is closed when a run that began after its end plus the overlap has materialized it for
    every entity.
    """
    zone = ZoneInfo(settings.time_zone)
    today = settings.today(now)
    start = max(settings.first_day, today - timedelta(days=CATCH_UP_DAYS))
    days = [start + timedelta(days=n) for n in range((today - start).days)]
    found: set[date] = set()
    for name in entities:
        key = dg.AssetKey(["visma", name])
        first = str(partition_key(company, settings.first_day))
        if first not in instance.get_materialized_partitions(key):
            return None
        latest: dict[str, float] = {}
        keys = [str(partition_key(company, day)) for day in days]
        if not keys:
            continue
        records = instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=key, asset_partitions=keys), limit=1000
        ).records
        for record in records:
            partition = record.partition_key or ""
            latest[partition] = max(latest.get(partition, 0.0), record.timestamp)
        for day, partition in zip(days, keys, strict=True):
            end = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(days=1)
            if latest.get(partition, 0.0) < (end + settings.overlap).timestamp():
                found.add(day)
    return sorted(found)


def _catch_up_sensor(settings: Settings, entities: list[str]) -> dg.SensorDefinition:
    @dg.sensor(
        name="catch_up_sensor",
        job_name=SYNC,
        minimum_interval_seconds=CATCH_UP_SECONDS,
        default_status=_status(settings),
        description="Finds days that no run has closed (the machine was off) and reads them.",
    )
    def _sensor(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        now = datetime.now(UTC)
        grace = timedelta(hours=6)
        for company in settings.companies:
            days = open_days(context.instance, settings, company.key, entities, now - grace)
            if days is None:
                yield dg.SkipReason(
                    f"{company.key}: the initial load has not run. Backfill it, or: vismapbi sync"
                )
                continue
            if not days or is_busy(context.instance, company.key):
                continue
            keys = [str(partition_key(company.key, day)) for day in days]
            yield dg.RunRequest(
                run_key=f"{company.key}:{keys[0]}:{now.isoformat()}",
                tags={
                    "vismapbi/trigger": "catch_up",
                    "vismapbi/company": company.key,
                    "dagster/asset_partition_range_start": keys[0],
                    "dagster/asset_partition_range_end": str(
                        partition_key(company.key, settings.today(now))
                    ),
                },
            )

    return _sensor


def _failure_sensor(settings: Settings) -> dg.SensorDefinition:
    @dg.run_failure_sensor(
        name="failure_sensor",
        default_status=_status(settings),
        description="Tells people which entity and partition failed, why, and what to do next.",
        monitor_all_code_locations=False,
    )
    def _sensor(context: dg.RunFailureSensorContext) -> None:
        steps = context.get_step_failure_events()
        causes = []
        for event in steps:
            error = event.step_failure_data.error
            while error and error.cause:
                error = error.cause
            causes.append((event.step_key or "", error.message.strip() if error else "unknown"))
        run = context.dagster_run
        subject = ", ".join(step.replace("__", "/") for step, _ in causes) or run.job_name
        cause = "; ".join(text for _, text in causes) or context.failure_event.message or "unknown"
        alert = Alert(
            title=f"vismapbi: {run.job_name} failed",
            subject=subject,
            partition=run.tags.get("dagster/partition", ""),
            cause=cause[:1500],
            next_step=(
                "Open the run in the UI, follow the hint in the cause and launch it again: "
                "every run may be repeated."
            ),
            run_id=run.run_id,
            runbook_url=settings.alerts.runbook_url,
        )
        for failure in send(alert, settings):
            context.log.error(f"alert was not delivered by {failure}")

    return _sensor
