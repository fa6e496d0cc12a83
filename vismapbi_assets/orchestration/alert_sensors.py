"""Sensors that tell people: a run failed, a check did, or nothing has come for too long.

The wording and the channels belong in `alerts.py`; starting runs, in `sensors.py`.
"""

import json
from datetime import UTC, datetime, timedelta

import dagster as dg

from vismapbi_assets.orchestration.alerts import Alert, send
from vismapbi_assets.orchestration.failures import cause_of
from vismapbi_assets.orchestration.partitions import partition_words
from vismapbi_assets.orchestration.resources import WorkbenchResource
from vismapbi_assets.orchestration.sensors import sensor_status
from vismapbi_assets.pipeline.health import stale
from vismapbi_assets.settings import Settings

AGAIN = "Open the run in the UI, follow the hint in the cause and launch it again: every run may "
AGAIN += "be repeated."
CAUSE_LENGTH = 1500
STALE_SECONDS = 900
STALE_AGAIN = timedelta(hours=24)
"""How long after an alert people are told again of what is still stale."""


def build_alert_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """The sensors that send alerts."""
    return [_failure_sensor(settings), _check_sensor(settings), _stale_sensor(settings)]


def _failure_sensor(settings: Settings) -> dg.SensorDefinition:
    @dg.run_failure_sensor(
        name="failure_sensor",
        default_status=sensor_status(settings),
        description="Tells people which entity and partition failed, why, and what to do next.",
        monitor_all_code_locations=False,
    )
    def _sensor(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        causes: dict[str, list[str]] = {}
        resume_at = None
        for event in context.get_step_failure_events():
            step = (event.step_key or "").replace("__", "/")
            text, waits = cause_of(event.step_failure_data)
            resume_at = waits or resume_at
            causes.setdefault(text.removeprefix(f"{step}: "), []).append(step)
        steps = [step for found in causes.values() for step in found]
        alert = Alert(
            title=f"vismapbi: {run.job_name} failed",
            subject=", ".join(steps) or run.job_name,
            partition=partition_words(run.tags),
            cause=("; ".join(causes) or context.failure_event.message or "")[:CAUSE_LENGTH],
            next_step=(
                f"Nothing: the catch-up sensor goes on by itself after {resume_at}."
                if resume_at
                else AGAIN
            ),
            run_id=run.run_id,
            runbook_url=settings.alerts.runbook_url,
        )
        _deliver(context, alert, settings)

    return _sensor


def _check_sensor(settings: Settings) -> dg.SensorDefinition:
    @dg.run_status_sensor(
        name="check_sensor",
        run_status=dg.DagsterRunStatus.SUCCESS,
        default_status=sensor_status(settings),
        description="Tells people of checks that fail in runs that went through; once for each.",
        monitor_all_code_locations=False,
    )
    def _sensor(context: dg.RunStatusSensorContext) -> None:
        run, instance = context.dagster_run, context.instance
        records = instance.get_records_for_run(
            run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
        ).records
        failing: dict[str, str] = {}
        for record in records:
            event = record.event_log_entry.dagster_event
            found = event.asset_check_evaluation_data if event else None
            if found and not found.passed and found.severity == dg.AssetCheckSeverity.ERROR:
                name = f"{found.asset_key.to_user_string()} {found.check_name}"
                if not _failed_before(instance, found.asset_check_key, run.run_id):
                    failing[name] = found.description or ""
        if not failing:
            return
        alert = Alert(
            title=f"vismapbi: {run.job_name} delivered, but not verified",
            subject=", ".join(failing),
            partition=partition_words(run.tags),
            cause="; ".join(failing.values())[:CAUSE_LENGTH],
            next_step="Open the check in the UI: it names numbers, examples and the remedy.",
            run_id=run.run_id,
            runbook_url=settings.alerts.runbook_url,
        )
        _deliver(context, alert, settings)

    return _sensor


def _stale_sensor(settings: Settings) -> dg.SensorDefinition:
    @dg.sensor(
        name="stale_sensor",
        minimum_interval_seconds=STALE_SECONDS,
        default_status=sensor_status(settings),
        description=(
            "Tells people of companies that have not been read, and of a dataset that has not been "
            "verified, for too long; once a day while it lasts."
        ),
    )
    def _sensor(
        context: dg.SensorEvaluationContext, workbench: WorkbenchResource
    ) -> dg.SensorResult:
        now = datetime.now(UTC)
        told: dict[str, str] = json.loads(context.cursor or "{}")
        found = list(stale(workbench.workbench(), now))
        kept = {}
        for each in found:
            before = told.get(each.subject)
            if before and now - datetime.fromisoformat(before) < STALE_AGAIN:
                kept[each.subject] = before
                continue
            alert = Alert(
                title=f"vismapbi: {each.subject} is stale",
                subject=each.subject,
                partition="",
                cause=each.text,
                next_step="vismapbi status: it names what is broken now, and the remedy.",
                runbook_url=settings.alerts.runbook_url,
            )
            failures = send(alert, settings)
            for failure in failures:
                context.log.error(f"alert was not delivered by {failure}: {alert.title}")
            if not failures:
                kept[each.subject] = now.isoformat()
        said = "; ".join(f"{each.subject}: {each.text}" for each in found)
        return dg.SensorResult(skip_reason=said or "nothing is stale", cursor=json.dumps(kept))

    return _sensor


def _failed_before(instance: dg.DagsterInstance, key: dg.AssetCheckKey, run_id: str) -> bool:
    """Whether the evaluation before this run's failed too, so that people know already."""
    history = instance.event_log_storage.get_asset_check_execution_history(key, limit=10)
    earlier = [record for record in history if record.run_id != run_id]
    return bool(earlier) and earlier[0].status.value == "FAILED"


def _deliver(context: dg.RunStatusSensorContext, alert: Alert, settings: Settings) -> None:
    for failure in send(alert, settings):
        context.log.error(f"alert was not delivered by {failure}: {json.dumps(alert.title)}")
