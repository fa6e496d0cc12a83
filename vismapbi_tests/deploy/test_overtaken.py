"""A run that another one overtakes: it ends with a sentence and a time, and may be tried again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vismapbi_assets.orchestration.failures import failure_of
from vismapbi_assets.store.errors import (
    LeaseLostError,
    PlanConflictError,
    SchemaConflictError,
    StoreBusyError,
)


@pytest.mark.parametrize("kind", [LeaseLostError, PlanConflictError, StoreBusyError])
def test_an_overtaken_run_goes_on_later(kind: type[Exception]) -> None:
    failure = failure_of(kind("another run has it"), subject="powerbi/ApLedger")
    assert failure.allow_retries
    assert failure.description == "powerbi/ApLedger: another run has it"
    named = str(failure.metadata["resume_at"].value)
    assert 0 < (datetime.fromisoformat(named) - datetime.now(UTC)).total_seconds() <= 60


def test_a_conflict_of_types_is_for_a_person() -> None:
    failure = failure_of(SchemaConflictError("x"), subject="visma/account")
    assert not failure.allow_retries
    assert "resume_at" not in failure.metadata
