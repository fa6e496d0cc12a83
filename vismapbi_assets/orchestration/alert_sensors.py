"""Sensors that tell people: a run failed, or a run went through but a check did not.

The wording and the channels belong in `alerts.py`; starting runs, in `sensors.py`.
"""

import json

import dagster as dg

from vismapbi_assets.orchestration.alerts import Alert, send
from vismapbi_assets.orchestration.failures import cause_of
from vismapbi_assets.orchestration.partitions import partition_words
from vismapbi_assets.orchestration.sensors import sensor_status
from vismapbi_assets.settings import Settings

AGAIN = "Open the run in the UI, follow the hint in the cause and launch it again: every run may "
AGAIN += "be repeated."
CAUSE_LENGTH = 1500


def build_alert_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """The sensors that send alerts."""
    return [_failure_sensor(settings), _check_sensor(settings)]


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


def _failed_before(instance: dg.DagsterInstance, key: dg.AssetCheckKey, run_id: str) -> bool:
    """Whether the evaluation before this run's failed too, so that people know already."""
    history = instance.event_log_storage.get_asset_check_execution_history(key, limit=10)
    earlier = [record for record in history if record.run_id != run_id]
    return bool(earlier) and earlier[0].status.value == "FAILED"


def _deliver(context: dg.RunStatusSensorContext, alert: Alert, settings: Settings) -> None:
    for failure in send(alert, settings):
        context.log.error(f"alert was not delivered by {failure}: {json.dumps(alert.title)}")
