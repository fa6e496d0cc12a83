"""Errors of the parts as Dagster failures: what may be tried again and what not."""

from __future__ import annotations

import dagster as dg

from vismapbi_assets.powerbi.errors import PowerBIError
from vismapbi_assets.powerbi.errors import Transient as PowerBITransient
from vismapbi_assets.visma.errors import TransientError, VismaError


def failure_of(error: VismaError | PowerBIError, *, subject: str) -> dg.Failure:
    """The failure that a step ends with; its text names cause and next step."""
    again = isinstance(error, TransientError | PowerBITransient)
    metadata: dict[str, dg.RawMetadataValue] = {"kind": type(error).__name__}
    resume_at = getattr(error, "resume_at", None)
    if resume_at is not None:
        metadata["resume_at"] = str(resume_at)
    return dg.Failure(f"{subject}: {error}", metadata=metadata, allow_retries=again)
