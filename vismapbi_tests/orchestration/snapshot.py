"""The asset graph, jobs, schedules and sensors as plain data, for comparison with a file.

Renew the file after a change that is meant:

    python -m vismapbi_tests.orchestration.snapshot
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dagster as dg

FILE = Path(__file__).with_name("graph.json")
RENEW = "python -m vismapbi_tests.orchestration.snapshot"


def snapshot(definitions: dg.Definitions) -> dict[str, Any]:
    """What a user sees of the definitions, without the settings' values."""
    repository = definitions.get_repository_def()
    graph = repository.asset_graph
    assets = {}
    for node in sorted(graph.asset_nodes, key=lambda n: n.key):
        partitions = node.partitions_def
        assets[node.key.to_user_string()] = {
            "deps": sorted(k.to_user_string() for k in node.parent_keys),
            "group": node.group_name,
            "kinds": sorted(node.kinds),
            "owners": sorted(node.owners),
            "tags": {k: v for k, v in sorted(node.tags.items()) if "/kind/" not in k},
            "executable": node.is_executable,
            "pools": sorted(node.pools or ()),
            "partitions": sorted(d.name for d in partitions.partitions_defs)
            if isinstance(partitions, dg.MultiPartitionsDefinition)
            else None,
            "backfill": str(node.backfill_policy.policy_type.value)
            if node.backfill_policy
            else None,
            "checks": sorted(
                f"{k.name}{' (blocking)' if graph.get_check_spec(k).blocking else ''}"
                for k in node.check_keys
            ),
            "described": bool(node.description),
        }
    return {
        "assets": assets,
        "jobs": sorted(j for j in repository.job_names if not j.startswith("__")),
        "schedules": {
            s.name: {
                "job": s.job_name,
                "cron": s.cron_schedule,
                "zone": s.execution_timezone,
                "status": s.default_status.value,
            }
            for s in repository.schedule_defs
        },
        "sensors": {
            s.name: {
                "seconds": s.minimum_interval_seconds,
                "status": s.default_status.value,
                "type": s.sensor_type.value,
            }
            for s in repository.sensor_defs
        },
    }


def as_text(found: dict[str, Any]) -> str:
    """The form of the file."""
    return json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    from vismapbi_assets.definitions import build_definitions
    from vismapbi_assets.settings import load_settings

    FILE.write_text(as_text(snapshot(build_definitions(load_settings(environ={})))), "utf-8")
