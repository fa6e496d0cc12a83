"""The whole graph on one page: what exists, and in what it is assembled.

`build_definitions` takes overrides so that tests and commands go through the same door as Dagster.
Loading reads settings and touches no network; what assets do belongs in `orchestration/`.
"""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from vismapbi_assets.model.semantic_model import TABLES
from vismapbi_assets.orchestration.alert_sensors import build_alert_sensors
from vismapbi_assets.orchestration.extract_assets import build_extract_assets
from vismapbi_assets.orchestration.finance_checks import build_finance_checks
from vismapbi_assets.orchestration.jobs import (
    build_asset_jobs,
    build_initial_load,
    build_refresh_jobs,
)
from vismapbi_assets.orchestration.operations import build_operation_jobs
from vismapbi_assets.orchestration.partitions import build_partitions
from vismapbi_assets.orchestration.reports import build_refresh_assets, build_report_specs
from vismapbi_assets.orchestration.resources import build_resources
from vismapbi_assets.orchestration.schedules import build_schedules
from vismapbi_assets.orchestration.sensors import build_sensors
from vismapbi_assets.orchestration.table_assets import build_table_asset
from vismapbi_assets.settings import Settings, load_settings
from vismapbi_assets.visma.entities.catalogue import CATALOGUE


def build_definitions(
    settings: Settings | None = None, resources: Mapping[str, object] | None = None
) -> dg.Definitions:
    """All definitions for these settings; `resources` replaces resources by name."""
    settings = settings or load_settings()
    entities = {n: e for n, e in CATALOGUE.items() if n not in settings.visma.exclude}
    not_in_sync = [dg.AssetKey(["visma", n]) for n, e in entities.items() if not e.in_sync]
    in_sync = [name for name, entity in entities.items() if entity.in_sync]
    partitions = build_partitions(settings)
    tables = tuple(table for table in TABLES if table.strategy != "none")
    return dg.Definitions(
        assets=[
            *build_extract_assets(entities.values(), partitions),
            *(build_table_asset(table, tables, settings.visma.exclude) for table in tables),
            *build_refresh_assets(settings),
            *build_report_specs(settings),
        ],
        asset_checks=[build_finance_checks()],
        jobs=[
            *build_asset_jobs(not_in_sync),
            *build_initial_load(settings, not_in_sync),
            *build_refresh_jobs(settings),
            *build_operation_jobs(),
        ],
        schedules=build_schedules(settings),
        sensors=[*build_sensors(settings, in_sync), *build_alert_sensors(settings)],
        resources=dict(build_resources()) | dict(resources or {}),
        metadata={
            "settings": settings.origin,
            "companies": ", ".join(c.name for c in settings.companies),
        },
    )


defs = build_definitions()
