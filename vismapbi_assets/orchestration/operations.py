"""Jobs that are no assets: reconcile, compact, replay and maintenance.

Each is one operation with a few options in its run configuration. The work is done in `pipeline/`.
"""

from typing import Any

import dagster as dg
from pydantic import Field

from vismapbi_assets.orchestration.resources import WorkbenchResource
from vismapbi_assets.pipeline.upkeep import (
    compact_tables,
    maintain_store,
    reconcile_tables,
    replay_batches,
)


class TablesConfig(dg.Config):
    """Which tables; all where none is named."""

    tables: list[str] = Field(default_factory=list)


class ReconcileConfig(TablesConfig):
    """Which tables, and whether a difference is repaired at once."""

    repair: bool | None = None


class ReplayConfig(dg.Config):
    """What to post again from the store: a batch, a table, a day, or everything."""

    batch: int | None = None
    table: str | None = None
    day: str | None = None
    everything: bool = False


@dg.op(pool="powerbi_dataset", tags={"kind": "powerbi"})
def reconcile_step(
    context: dg.OpExecutionContext, config: ReconcileConfig, workbench: WorkbenchResource
) -> None:
    """Ask Power BI for counts and control totals and compare them with what was published."""
    results = reconcile_tables(
        workbench.workbench(), config.tables, run_id=context.run_id, repair=config.repair
    )
    _report(context, results)
    broken = [r["table"] for r in results if not r["equal"]]
    if broken:
        raise dg.Failure(
            f"Power BI differs in: {', '.join(broken)}. The differences are in the metadata of "
            "this step. Repair with: vismapbi reconcile --repair",
            allow_retries=False,
        )


@dg.op(pool="powerbi_dataset", tags={"kind": "powerbi"})
def compact_step(
    context: dg.OpExecutionContext, config: TablesConfig, workbench: WorkbenchResource
) -> None:
    """Replace tables in which reversals have piled up; no measure changes."""
    _report(context, compact_tables(workbench.workbench(), config.tables, run_id=context.run_id))


@dg.op(pool="powerbi_dataset", tags={"kind": "powerbi"})
def replay_step(
    context: dg.OpExecutionContext, config: ReplayConfig, workbench: WorkbenchResource
) -> None:
    """Post again from the store, with no call to Visma.net and nothing doubled."""
    results = replay_batches(
        workbench.workbench(),
        run_id=context.run_id,
        batch=config.batch,
        table=config.table,
        day=config.day,
        everything=config.everything,
    )
    _report(context, results)


@dg.op(tags={"kind": "deltalake"})
def maintenance_step(context: dg.OpExecutionContext, workbench: WorkbenchResource) -> None:
    """Compact and vacuum the store's tables; remove pages and plans past their retention."""
    _report(context, maintain_store(workbench.workbench()))


def _report(context: dg.OpExecutionContext, results: list[dict[str, Any]]) -> None:
    for result in results:
        context.log.info(", ".join(f"{name}: {value}" for name, value in result.items()))
    context.add_output_metadata({"results": dg.MetadataValue.json(results)})


STEPS = {
    "reconcile": reconcile_step,
    "compact": compact_step,
    "replay": replay_step,
    "maintenance": maintenance_step,
}


def build_operation_jobs() -> list[dg.JobDefinition]:
    """One job for each operation."""
    return [_job(name, step) for name, step in STEPS.items()]


def _job(name: str, step: dg.OpDefinition) -> dg.JobDefinition:
    @dg.job(
        name=name,
        description=step.description,
        executor_def=dg.in_process_executor,
        tags={"vismapbi/job": name},
    )
    def _operation_job() -> None:
        step()

    return _operation_job
