"""Jobs: what can be launched by name, by a schedule or from the command line.

Which assets there are is decided in `definitions.py`; what an asset does, in `extract_assets.py`
and `table_assets.py`. Operations that are no assets (compact, replay ...) are in `operations.py`.
"""

from __future__ import annotations

import dagster as dg

SYNC = "sync"
SWEEP = "sweep"
EXTRACTS = dg.AssetSelection.key_prefixes("visma")
TABLES = dg.AssetSelection.key_prefixes("powerbi")


def build_asset_jobs(
    partitions: dg.MultiPartitionsDefinition, not_in_sync: list[dg.AssetKey]
) -> list[dg.UnresolvedAssetJobDefinition]:
    """`sync` and `sweep`: extract a company and its days, then publish, in one process."""
    everyday = EXTRACTS - dg.AssetSelection.assets(*not_in_sync) if not_in_sync else EXTRACTS
    return [
        dg.define_asset_job(
            SYNC,
            selection=everyday | TABLES,
            partitions_def=partitions,
            executor_def=dg.in_process_executor,
            tags={"vismapbi/job": SYNC},
            description="Reads what changed in one company since a day began and publishes it.",
        ),
        dg.define_asset_job(
            SWEEP,
            selection=everyday | TABLES,
            partitions_def=partitions,
            executor_def=dg.in_process_executor,
            tags={"vismapbi/job": SWEEP},
            description=(
                "Reads one company completely (its first partition), finds deletions and "
                "publishes. Launch it for the first day of a company."
            ),
        ),
    ]
