"""Runs a Dagster job in this process, shows its progress and sums it up.

The job is the one that the UI runs. What the commands ask for belongs in their own modules.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from queue import SimpleQueue
from typing import Any

import dagster as dg

from vismapbi_assets.orchestration.failures import cause_of

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Progress is shown by the command; the whole log stays in the run's history."""
TOLD = frozenset(
    {
        dg.DagsterEventType.ASSET_MATERIALIZATION,
        dg.DagsterEventType.ASSET_CHECK_EVALUATION,
        dg.DagsterEventType.STEP_FAILURE,
    }
)
"""Events that a command tells of."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one asset did in a run."""

    asset: str
    partition: str
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A check that did not pass."""

    asset: str
    check: str
    description: str
    warning: bool


@dataclass(slots=True)
class RunSummary:
    """One run: what was done, which checks failed, which steps failed and why."""

    run_id: str
    title: str
    success: bool = False
    steps: list[Step] = field(default_factory=list)
    failed_checks: list[FailedCheck] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    waits: list[str] = field(default_factory=list)

    @property
    def delivered(self) -> bool:
        """Everything asked for was done and verified, and nothing is left for a later run."""
        sound = all(c.warning for c in self.failed_checks)
        return self.success and sound and self.resume_at is None

    @property
    def resume_at(self) -> str | None:
        """When to go on, where a quota or another run stopped this one; ISO time."""
        times = [str(s.metadata["resume_at"]) for s in self.steps if s.metadata.get("resume_at")]
        return max([*times, *self.waits], default=None)

    def to_json(self) -> dict[str, Any]:
        """The summary for machines."""
        return {**asdict(self), "delivered": self.delivered, "resume_at": self.resume_at}


def run_job(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    job: str,
    *,
    title: str,
    partition: str | None = None,
    partition_range: tuple[str, str] | None = None,
    assets: Sequence[dg.AssetKey] | None = None,
    run_config: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    on_event: Callable[[Step | FailedCheck | str], None] = lambda _: None,
) -> RunSummary:
    """Execute `job` here; `on_event` is told of each step as it ends."""
    summary = RunSummary(run_id=str(uuid.uuid4()), title=title)
    all_tags = dict(tags or {})
    if partition_range:
        all_tags["dagster/asset_partition_range_start"] = partition_range[0]
        all_tags["dagster/asset_partition_range_end"] = partition_range[1]

    told: SimpleQueue[dg.EventLogEntry | None] = SimpleQueue()

    def hear(entry: dg.EventLogEntry) -> None:
        if entry.dagster_event and entry.dagster_event.event_type in TOLD:
            told.put(entry)

    instance.add_event_listener(summary.run_id, hear)

    def execute() -> bool:
        try:
            return (
                definitions.resolve_job_def(job)
                .execute_in_process(
                    instance=instance,
                    run_id=summary.run_id,
                    partition_key=partition,
                    asset_selection=list(assets) if assets else None,
                    run_config={**QUIET, **(run_config or {})},
                    tags=all_tags,
                    raise_on_error=False,
                )
                .success
            )
        finally:
            told.put(None)

    with ThreadPoolExecutor(1, thread_name_prefix=f"run-{job}") as pool:
        running = pool.submit(execute)
        while (entry := told.get()) is not None:
            _note(entry, summary, on_event)
        summary.success = running.result()
    return summary


def _note(
    entry: dg.EventLogEntry,
    summary: RunSummary,
    on_event: Callable[[Step | FailedCheck | str], None],
) -> None:
    """Take an event of the run into the summary and tell of it, if it is one to tell of."""
    event = entry.dagster_event
    if event is None:
        return
    if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
        found = event.step_materialization_data.materialization
        step = Step(
            asset="/".join(found.asset_key.path),
            partition=found.partition or "",
            metadata={k: getattr(v, "value", None) for k, v in found.metadata.items()},
        )
        if not any(_is_same(step, known) for known in summary.steps):
            summary.steps.append(step)
            on_event(step)
    elif event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
        data = event.asset_check_evaluation_data
        if not data.passed:
            failed = FailedCheck(
                asset="/".join(data.asset_key.path),
                check=data.check_name,
                description=data.description or "",
                warning=data.severity == dg.AssetCheckSeverity.WARN,
            )
            summary.failed_checks.append(failed)
            on_event(failed)
    elif event.event_type == dg.DagsterEventType.STEP_FAILURE:
        step_name = (event.step_key or "").replace("__", "/")
        text, resume_at = cause_of(event.step_failure_data)
        summary.errors[step_name] = text
        if resume_at:
            summary.waits.append(resume_at)
        on_event(f"{step_name}: {text}")


def _is_same(step: Step, known: Step) -> bool:
    """Whether both tell of one reading: a range of days is noted at each of its days."""
    company, known_company = step.partition.partition("|")[0], known.partition.partition("|")[0]
    return step.asset == known.asset and company == known_company
