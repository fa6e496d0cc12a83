"""Extract assets `visma/<entity>`: one factory over the catalogue.

An asset asks for the window of its partitions and reports what came. How a window is read, proved
complete and stored belongs in `visma/extract.py`, the glue in `pipeline/extraction.py`.
"""

import warnings
from collections.abc import Collection
from datetime import timedelta
from typing import Any, Literal

import dagster as dg

from vismapbi_assets.orchestration.describe import entity_schema
from vismapbi_assets.orchestration.failures import failure_of, quota_failure
from vismapbi_assets.orchestration.partitions import company_days
from vismapbi_assets.orchestration.resources import WorkbenchResource
from vismapbi_assets.pipeline.extraction import ExtractionReport, read_entity
from vismapbi_assets.settings import SettingsError
from vismapbi_assets.store.errors import StoreError
from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.errors import VismaError

CHECKS = {
    "schema": "Every document met its contract; the others wait in quarantine with their reason.",
    "complete": "Distinct documents (journal lines) equal the count that Visma.net stated.",
    "drift": "Members and values of the answers are those of the contract.",
    "quarantine": "No rejected document waits for somebody to look at it.",
}
LIMITING = "schema"
"""The check that fails the run and holds the tables back, once it is an error."""
PRIORITY = 1000
LOOPED_OVER = ("branch", "ledger", "financialPeriod")
"""Entities whose members a looped entity is asked for, one by one."""


class ExtractConfig(dg.Config):
    """What a run may ask of an extract asset beside its partitions."""

    reading: Literal["window", "open_documents"] = "window"
    allow_deletions: bool = False


def build_extract_assets(
    entities: Collection[Entity], partitions: dg.MultiPartitionsDefinition
) -> list[dg.AssetsDefinition]:
    """The assets of these entities; lineage names none but them."""
    names = {entity.name for entity in entities}
    with warnings.catch_warnings():
        # One run for a range is what partitions are for here; its beta mark is no news to users.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return [_extract_asset(entity, partitions, names) for entity in entities]


def _extract_asset(
    entity: Entity, partitions: dg.MultiPartitionsDefinition, names: Collection[str]
) -> dg.AssetsDefinition:
    key = dg.AssetKey(["visma", entity.name])
    looped_over = [name for name in LOOPED_OVER if name in names] if entity.loop else []

    @dg.asset(
        key=key,
        group_name=f"visma_{entity.domain}",
        kinds={"visma", "deltalake", "polars"},
        owners=["team:finance"],
        tags={"domain": entity.domain},
        description=entity.description,
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool="visma_api",
        deps=[dg.AssetKey(["visma", name]) for name in looped_over],
        op_tags={"dagster/priority": str(PRIORITY)},
        retry_policy=dg.RetryPolicy(max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL),
        freshness_policy=dg.FreshnessPolicy.time_window(
            fail_window=timedelta(hours=50), warn_window=timedelta(hours=26)
        ),
        check_specs=[
            dg.AssetCheckSpec(name=name, asset=key, description=text, blocking=name == LIMITING)
            for name, text in CHECKS.items()
        ],
        metadata={
            "dagster/table_name": entity.name,
            "dagster/column_schema": entity_schema(entity),
            "path": entity.path,
            "key": ", ".join(entity.key),
        },
    )
    def _extract(
        context: dg.AssetExecutionContext, config: ExtractConfig, workbench: WorkbenchResource
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]
        subject = f"visma/{entity.name}"
        reports = []
        for group in company_days(context.partition_keys):
            try:
                report = read_entity(
                    workbench.workbench(),
                    entity,
                    group.company,
                    group.days,
                    run_id=context.run.run_id,
                    open_documents=config.reading == "open_documents",
                    allow_deletions=config.allow_deletions,
                )
            except (VismaError, SettingsError, StoreError) as error:
                raise failure_of(error, subject=subject) from error
            if report.extraction.resume_at is not None:
                raise quota_failure(report.extraction, subject=subject)
            reports.append(report)
            if len(context.partition_keys) > 1:
                for day, rows in report.rows_by_day.items():
                    context.add_asset_metadata(
                        {"dagster/partition_row_count": rows},
                        asset_key=key,
                        partition_key=f"{group.company}|{day.isoformat()}",
                    )
        return dg.MaterializeResult(
            metadata=_metadata(reports),
            check_results=[
                *(
                    dg.AssetCheckResult(check_name=name, **_verdict(name, reports))
                    for name in CHECKS
                )
            ],
        )

    return _extract


def _metadata(reports: list[ExtractionReport]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for report in reports:
        for name, value in report.metadata().items():
            if isinstance(value, int | float) and isinstance(merged.get(name), int | float):
                merged[name] += value
            else:
                merged.setdefault(name, value)
    return merged


def _verdict(name: str, reports: list[ExtractionReport]) -> dict[str, Any]:
    verdicts = [report.check(name) for report in reports]
    failing = [v for v in verdicts if not v.passed]
    chosen = (failing or verdicts)[0]
    severity = (
        dg.AssetCheckSeverity.ERROR
        if any(v.is_error for v in failing)
        else dg.AssetCheckSeverity.WARN
    )
    return {
        "passed": not failing,
        "severity": severity,
        "description": "; ".join(v.text for v in (failing or verdicts)),
        "metadata": {k: v for k, v in chosen.numbers.items() if v is not None},
    }
