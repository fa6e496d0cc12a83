"""Errors of the parts as Dagster failures: what may be tried again and what not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.execution.plan.objects import StepFailureData

from vismapbi_assets.powerbi.errors import PowerBIError
from vismapbi_assets.powerbi.errors import Transient as PowerBITransient
from vismapbi_assets.settings import SettingsError
from vismapbi_assets.store.errors import (
    LeaseLostError,
    PlanConflictError,
    StoreBusyError,
    StoreError,
)
from vismapbi_assets.visma.errors import TransientError, VismaError
from vismapbi_assets.visma.extraction import Extraction

OVERTAKEN = (LeaseLostError, PlanConflictError, StoreBusyError)
"""Another run did the same work meanwhile; what it left is found by the next attempt."""
AFTER_OVERTAKEN = timedelta(minutes=1)


def failure_of(
    error: VismaError | PowerBIError | SettingsError | StoreError, *, subject: str
) -> dg.Failure:
    """The failure that a step ends with; its text names cause and next step."""
    overtaken = isinstance(error, OVERTAKEN)
    again = overtaken or isinstance(error, TransientError | PowerBITransient)
    metadata: dict[str, dg.RawMetadataValue] = {"kind": type(error).__name__}
    resume_at = getattr(error, "resume_at", None)
    if overtaken:
        resume_at = (datetime.now(UTC) + AFTER_OVERTAKEN).isoformat(timespec="seconds")
    if resume_at is not None:
        metadata["resume_at"] = str(resume_at)
    return dg.Failure(f"{subject}: {error}", metadata=metadata, allow_retries=again)


def quota_failure(done: Extraction, *, subject: str) -> dg.Failure:
    """The end of a step whose calls are spent: what was read is kept, the next run goes on."""
    return dg.Failure(
        f"{subject}: {done.reason}",
        metadata={
            "kind": "QuotaExhausted",
            "resume_at": str(done.resume_at),
            "rows_read": done.read,
            "pages": done.pages,
        },
        allow_retries=False,
    )


def cause_of(failed: StepFailureData) -> tuple[str, str | None]:
    """Why a step failed, in the words of the part that failed, and when a spent quota is back."""
    told = failed.user_failure_data
    if told is not None:
        resume_at = told.metadata.get("resume_at")
        return str(told.description), str(resume_at.value) if resume_at else None
    error = failed.error
    while error and error.cause:
        error = error.cause
    return (error.message.strip() if error else "failed"), None
