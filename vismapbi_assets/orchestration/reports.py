"""What stands below the tables: import models to refresh, reports and dashboards to look at."""

import dagster as dg

from vismapbi_assets.model.semantic_model import TABLES
from vismapbi_assets.orchestration.failures import failure_of
from vismapbi_assets.orchestration.resources import WorkbenchResource
from vismapbi_assets.pipeline.upkeep import RefreshFailedError, refresh_model
from vismapbi_assets.powerbi.errors import PowerBIError
from vismapbi_assets.settings import Settings, SettingsError
from vismapbi_assets.settings_shape import Refresh, Report

LOG = dg.AssetKey(["powerbi", "RefreshLog"])


def build_refresh_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """One asset for each import model that is refreshed after publishing."""
    return [_refresh_asset(model) for model in settings.refresh]


def _refresh_asset(model: Refresh) -> dg.AssetsDefinition:
    @dg.asset(
        key=["semantic_model", model.name.replace(" ", "_")],
        deps=[LOG],
        group_name="reports",
        kinds={"powerbi", "semanticmodel"},
        owners=["team:finance"],
        tags={"dagster-powerbi/asset_type": "semantic_model"},
        description=f"Refreshes the import model {model.name} after a verified publication.",
        metadata={"dagster-powerbi/id": model.dataset_id, "kind": model.kind},
    )
    def _asset(
        context: dg.AssetExecutionContext, workbench: WorkbenchResource
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]
        try:
            result = refresh_model(workbench.workbench(), model, run_id=context.run.run_id)
        except (PowerBIError, SettingsError) as error:
            raise failure_of(error, subject=f"refresh of {model.name}") from error
        except RefreshFailedError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        return dg.MaterializeResult(metadata=result)

    return _asset


def build_report_specs(settings: Settings) -> list[dg.AssetSpec]:
    """Reports and dashboards as assets that are only looked at."""
    return [_report_spec(report) for report in settings.reports]


def _report_spec(report: Report) -> dg.AssetSpec:
    known = {table.name for table in TABLES if table.strategy != "none"}
    tables = [name for name in report.tables if name in known]
    return dg.AssetSpec(
        key=[report.kind, report.name.replace(" ", "_")],
        deps=[dg.AssetKey(["powerbi", name]) for name in tables] or [LOG],
        group_name="reports",
        kinds={"powerbi", report.kind},
        owners=["team:finance"],
        description=f"The {report.kind} {report.name}.",
        metadata={"url": dg.MetadataValue.url(report.url)},
    )
