"""Jobs: what can be launched by name, by a schedule or from the command line.

Which assets there are is decided in `definitions.py`; what an asset does, in `extract_assets.py`
and `table_assets.py`. Operations that are no assets (compact, replay ...) are in `operations.py`.
"""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from vismapbi_assets.settings import Settings, SettingsError

SYNC = "sync"
SWEEP = "sweep"
REFRESH = "refresh"
INITIAL_LOAD = "initial_load"
LONGEST_SECONDS = 3 * 60 * 60
"""A run that takes longer is taken for lost, so that it does not keep its company waiting."""
EXTRACTS = dg.AssetSelection.key_prefixes("visma")
TABLES = dg.AssetSelection.key_prefixes("powerbi")


def build_asset_jobs(not_in_sync: list[dg.AssetKey]) -> list[dg.UnresolvedAssetJobDefinition]:
    """`sync` and `sweep`: extract a company and its days, then publish, in one process.

    Their partitions are those of the extract assets.
    """
    everyday = _everyday(not_in_sync)
    return [
        dg.define_asset_job(
            SYNC,
            selection=everyday | TABLES,
            executor_def=dg.in_process_executor,
            tags=_tags(SYNC),
            description="Reads what changed in one company since a day began and publishes it.",
        ),
        dg.define_asset_job(
            SWEEP,
            selection=everyday | TABLES,
            executor_def=dg.in_process_executor,
            tags=_tags(SWEEP),
            description=(
                "Reads one company completely (its first partition), finds deletions and "
                "publishes. Launch it for the first day of a company."
            ),
        ),
    ]


def build_initial_load(
    settings: Settings, not_in_sync: list[dg.AssetKey]
) -> list[dg.UnresolvedAssetJobDefinition]:
    """`initial_load`, where the settings ask for pods: what `sweep` does, one pod for each step.

    It may take as long as the instance allows a run. The executor is imported only here: it brings
    the Kubernetes client with it, which nobody else waits for.
    """
    pods = settings.kubernetes.initial_load_pods
    if not pods:
        return []
    try:
        from dagster_k8s import k8s_job_executor
    except ImportError as error:
        raise SettingsError(
            "kubernetes.initial_load_pods needs an extra: pip install 'vismapbi[kubernetes]'"
        ) from error
    return [
        dg.define_asset_job(
            INITIAL_LOAD,
            selection=_everyday(not_in_sync) | TABLES,
            executor_def=k8s_job_executor,
            config={"execution": {"config": {"max_concurrent": pods}}},
            tags={"vismapbi/job": INITIAL_LOAD},
            description=(
                "Reads one company completely (its first partition) and publishes, each step in a "
                "pod of its own. Launch it for the first day of a company."
            ),
        )
    ]


def build_refresh_jobs(settings: Settings) -> list[dg.UnresolvedAssetJobDefinition]:
    """`refresh`, where there are import models to refresh."""
    if not settings.refresh:
        return []
    return [
        dg.define_asset_job(
            REFRESH,
            selection=dg.AssetSelection.key_prefixes("semantic_model"),
            executor_def=dg.in_process_executor,
            tags={"vismapbi/job": REFRESH},
            description="Refreshes the import models that depend on what was published.",
        )
    ]


def _everyday(not_in_sync: list[dg.AssetKey]) -> dg.AssetSelection:
    return EXTRACTS - dg.AssetSelection.assets(*not_in_sync) if not_in_sync else EXTRACTS


def _tags(job: str) -> dict[str, str]:
    return {"vismapbi/job": job, "dagster/max_runtime": str(LONGEST_SECONDS)}


def in_sync_job(
    repository: dg.RepositoryDefinition | None, moved: Iterable[str], entities: Iterable[str]
) -> list[dg.AssetKey] | None:
    """What a sync of the moved entities consists of: they and the tables below them."""
    if repository is None:
        return None
    extracts = dg.AssetSelection.assets(*(dg.AssetKey(["visma", name]) for name in moved))
    everyday = {("visma", name) for name in entities}
    below = extracts.downstream().resolve(repository.asset_graph)
    return sorted(k for k in below if tuple(k.path) in everyday or k.path[0] == "powerbi")
