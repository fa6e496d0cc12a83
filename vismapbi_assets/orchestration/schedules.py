"""Schedules: closing yesterday, open documents, sweep, reconciliation, compaction, maintenance.

Times and zone come from the settings; all start RUNNING unless the settings say otherwise. Reacting
to changes during the day belongs in `sensors.py`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from vismapbi_assets.orchestration.jobs import REFRESH, SWEEP, SYNC, in_sync_job
from vismapbi_assets.orchestration.partitions import partition_key
from vismapbi_assets.settings import Settings

OPEN_DOCUMENTS = ("supplierInvoice", "customerInvoice", "customerCreditNote", "customerDebitNote")
"""Entities whose balance may move without a stamp."""


def build_schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """All schedules, in the configured zone."""
    plan = settings.schedule
    return [
        _company_schedule(
            settings,
            name="closing",
            job=SYNC,
            cron=plan.closing,
            description="Reads yesterday once more when it is over, and so closes it.",
            days_back=1,
        ),
        _company_schedule(
            settings,
            name="open_documents",
            job=SYNC,
            cron=plan.open_documents,
            description="Reads open documents again: a balance may move without a new stamp.",
            open_documents=True,
        ),
        _company_schedule(
            settings,
            name="sweep",
            job=SWEEP,
            cron=plan.sweep,
            description="Reads everything; the only reading that can prove a deletion.",
            first_day=True,
        ),
        _plain_schedule(settings, "reconcile", plan.reconcile, "Compares Power BI with the store."),
        _plain_schedule(settings, "compact", plan.compact, "Compacts tables with many reversals."),
        _plain_schedule(
            settings, "maintenance", plan.maintenance, "Compacts and cleans the store."
        ),
        *(
            [_plain_schedule(settings, REFRESH, plan.refresh, "Refreshes dependent import models.")]
            if settings.refresh
            else []
        ),
    ]


def _status(settings: Settings) -> dg.DefaultScheduleStatus:
    running = settings.schedule.enabled
    return dg.DefaultScheduleStatus.RUNNING if running else dg.DefaultScheduleStatus.STOPPED


def open_documents_config(settings: Settings) -> dict[str, object]:
    """Run configuration that makes a sync read only the open documents of their entities."""
    chosen = [name for name in OPEN_DOCUMENTS if name not in settings.visma.exclude]
    return {"ops": {f"visma__{name}": {"config": {"reading": "open_documents"}} for name in chosen}}


def _company_schedule(
    settings: Settings,
    *,
    name: str,
    job: str,
    cron: str,
    description: str,
    days_back: int = 0,
    first_day: bool = False,
    open_documents: bool = False,
) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=f"{name}_schedule",
        job_name=job,
        cron_schedule=cron,
        execution_timezone=settings.time_zone,
        default_status=_status(settings),
        description=description,
    )
    def _schedule(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
        moment: datetime = context.scheduled_execution_time
        today = moment.astimezone(ZoneInfo(settings.time_zone)).date()
        day = settings.first_day if first_day else today - timedelta(days=days_back)
        for company in settings.companies:
            selection = None
            if open_documents:
                chosen = [n for n in OPEN_DOCUMENTS if n not in settings.visma.exclude]
                selection = in_sync_job(context.repository_def, chosen, chosen)
            yield dg.RunRequest(
                run_key=f"{company.key}:{moment.isoformat()}",
                partition_key=partition_key(company.key, max(day, settings.first_day)),
                run_config=open_documents_config(settings) if open_documents else None,
                asset_selection=selection,
                tags={"vismapbi/trigger": name, "vismapbi/company": company.key},
            )

    return _schedule


def _plain_schedule(
    settings: Settings, job: str, cron: str, description: str
) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=f"{job}_schedule",
        job_name=job,
        cron_schedule=cron,
        execution_timezone=settings.time_zone,
        default_status=_status(settings),
        description=description,
    )
