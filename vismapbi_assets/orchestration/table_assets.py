"""Table assets `powerbi/<Table>`: one factory over the tables of the semantic model.

An asset computes, validates, publishes and verifies its table and reports it. How that is done
belongs in `pipeline/publication.py`.
"""

from datetime import timedelta
from typing import Any

import dagster as dg

from vismapbi_assets.model.table import Table
from vismapbi_assets.orchestration.describe import column_lineage, table_schema
from vismapbi_assets.orchestration.failures import failure_of
from vismapbi_assets.orchestration.resources import WorkbenchResource
from vismapbi_assets.pipeline.publication import Outcome, publish_table
from vismapbi_assets.pipeline.refresh_log import publish_refresh_log
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.powerbi.errors import PowerBIError
from vismapbi_assets.report.plots import plots_of
from vismapbi_assets.settings import SettingsError
from vismapbi_assets.store.errors import StoreError
from vismapbi_assets.visma.entities.catalogue import CATALOGUE

TABLE_CHECKS = {
    "schema": "Every row met the table's schema before it was posted.",
    "reconciled": "Power BI's row count and control totals equal what was published.",
}
LOG = "RefreshLog"
FACT_PRIORITY = {"JournalLine": 30, "SupplierInvoiceLine": 35, "CustomerInvoiceLine": 35}


def priority(table: Table) -> int:
    """Facts first, large ones last of them, then dimensions, the log at the end."""
    if table.name == LOG:
        return 0
    if table.strategy == "replace":
        return 10 if table.name == "Dates" else 20
    return FACT_PRIORITY.get(table.name, 40)


def build_table_asset(
    table: Table, tables: tuple[Table, ...], excluded: tuple[str, ...]
) -> dg.AssetsDefinition:
    """The asset of one table; the refresh log stands below all others."""
    key = dg.AssetKey(["powerbi", table.name])
    deps = [dg.AssetKey(["visma", name]) for name in table.sources if name not in excluded]
    deps += [dg.AssetKey(["powerbi", name]) for name in table.tables]
    if table.name == LOG:
        deps = [dg.AssetKey(["powerbi", other.name]) for other in tables if other.name != LOG]
    specs = [
        dg.AssetCheckSpec(name=name, asset=key, description=text)
        for name, text in TABLE_CHECKS.items()
    ]

    @dg.asset(
        key=key,
        deps=deps,
        group_name="powerbi",
        kinds={"powerbi", "polars"},
        owners=["team:finance"],
        tags={"strategy": table.strategy},
        description=f"{table.grain[:1].upper()}{table.grain[1:]}.",
        pool="powerbi_dataset",
        op_tags={"dagster/priority": str(priority(table))},
        retry_policy=dg.RetryPolicy(max_retries=1, delay=10),
        freshness_policy=dg.FreshnessPolicy.time_window(
            fail_window=timedelta(hours=50), warn_window=timedelta(hours=26)
        ),
        check_specs=specs,
        metadata={
            "dagster/table_name": table.name,
            "dagster/column_schema": table_schema(table),
            "dagster/column_lineage": column_lineage(
                table, {n: e for n, e in CATALOGUE.items() if n not in excluded}
            ),
            "kind": table.kind,
            "key": ", ".join(table.key),
        },
    )
    def _table(
        context: dg.AssetExecutionContext, workbench: WorkbenchResource
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]
        try:
            bench = workbench.workbench()
            if table.name == LOG:
                outcome = publish_refresh_log(bench, run_id=context.run.run_id)
            else:
                outcome = publish_table(bench, table, run_id=context.run.run_id)
        except (PowerBIError, SettingsError, StoreError) as error:
            raise failure_of(error, subject=f"powerbi/{table.name}") from error
        return dg.MaterializeResult(
            metadata=outcome_metadata(outcome) | outcome_plots(bench, outcome),
            check_results=[
                dg.AssetCheckResult(check_name=spec.name, **_verdict(outcome, spec.name))
                for spec in specs
            ],
        )

    return _table


def outcome_metadata(outcome: Outcome) -> dict[str, Any]:
    """What the UI shows of a published table."""
    found: dict[str, Any] = {
        "dagster/row_count": outcome.rows,
        "status": outcome.status,
        "action": outcome.action,
        "reason": outcome.reason,
        "verified": outcome.verified,
        "rows_posted": outcome.rows_posted,
        "posts": outcome.posts,
        "rows_rejected": outcome.rejected,
        "control_total": outcome.control_total,
        "batches": list(outcome.batches),
        "resume_at": outcome.resume_at,
        "seconds": dict(outcome.seconds),
        **outcome.numbers,
    }
    return {name: value for name, value in found.items() if value is not None}


def outcome_plots(bench: Workbench, outcome: Outcome) -> dict[str, dg.MarkdownMetadataValue]:
    """Pictures of a table that has moved, where people would rather look than read."""
    if outcome.action == "nothing" or not outcome.rows:
        return {}
    found = plots_of(bench.store, outcome.table, bench.as_of())
    return {name: dg.MetadataValue.md(text) for name, text in found.items()}


def _verdict(outcome: Outcome, name: str) -> dict[str, Any]:
    verdict = outcome.checks[name]
    return {
        "passed": verdict["passed"],
        "severity": dg.AssetCheckSeverity.ERROR if verdict["error"] else dg.AssetCheckSeverity.WARN,
        "description": verdict["text"],
        "metadata": {k: v for k, v in verdict.get("numbers", {}).items() if v is not None},
    }
