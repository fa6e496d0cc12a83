"""A sync with nothing to do, through the pipeline and through the command (Dagster, SQLite).

Counts calls and rows posted besides the time. Run: python benchmarks/idle.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

from vismapbi_assets.cli.processes import module
from vismapbi_assets.cli.surroundings import sandbox_surroundings


def main() -> None:
    os.chdir(tempfile.mkdtemp())
    with sandbox_surroundings(Path("sandbox").absolute(), scale=0.2, keep_ports=False) as around:
        command = module("vismapbi_assets.cli", "sync", "--json")

        def sync(*chosen: str) -> float:
            began = time.perf_counter()
            subprocess.run([*command, *chosen], env=around.environ, check=True, capture_output=True)
            return time.perf_counter() - began

        def reads() -> int:
            log = requests.get(f"{around.visma_url}/control/log", timeout=60).json()
            return sum(1 for entry in log if "/v" in str(entry.get("path", "")))

        def posts() -> int:
            log = requests.get(f"{around.powerbi_url}/control/log", timeout=60).json()
            return sum(1 for e in log if e.get("operation") == "rows.post")

        first = sync()
        sync()
        before, posted, spent = reads(), posts(), _children_cpu()
        idle = sync()
        cpu, calls, rows = _children_cpu() - spent, reads() - before, posts() - posted
        one_company = sync("--company", "nordvik")
        print(
            json.dumps(
                {
                    "first_sync_seconds": round(first, 1),
                    "idle_sync_seconds": round(idle, 1),
                    "idle_sync_cpu_seconds": round(cpu, 1),
                    "one_company_seconds": round(one_company, 1),
                    "load": round(os.getloadavg()[0], 1),
                    "idle_calls": calls,
                    "idle_posts": rows,
                },
                indent=2,
            )
        )


def _children_cpu() -> float:
    """CPU seconds of the commands that have ended; the sandbox is still running."""
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    sys.exit(main())
