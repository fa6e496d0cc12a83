"""From a change in Visma.net to its row in Power BI, with the daemon and the change sensor running.

Supplier invoices are entered one by one at random moments; the simulated Power BI is asked until
each is there. Ends with 1 past the bar. Run: python benchmarks/latency.py [--changes N]
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from subprocess import Popen

import polars as pl
import requests

from vismapbi_assets.cli.instance import EVENTS_AT_ONCE, prepare_home, prepare_storage
from vismapbi_assets.cli.processes import module, running, wait_until
from vismapbi_assets.cli.surroundings import Surroundings, sandbox_surroundings

BAR_SECONDS = 60.0
COMPANIES = ("nordvik", "solberg")
LOOK_EVERY_SECONDS = 0.25
GIVE_UP_SECONDS = 600.0
PAUSE_SECONDS = 45.0
"""The longest pause before a change: longer than the sensor's interval, so that any moment of it
may be met, and whether or not the run for the change before has ended."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=20)
    parser.add_argument("--scale", type=float, default=0.2)
    asked = parser.parse_args()
    os.chdir(tempfile.mkdtemp())
    with sandbox_surroundings(
        Path("sandbox").absolute(), scale=asked.scale, keep_ports=False
    ) as around:
        subprocess.run(
            module("vismapbi_assets.cli", "sync", "--json"),
            env=around.environ,
            check=True,
            capture_output=True,
        )
        found = measure(around, asked.changes)
    print(json.dumps(found, indent=2))
    return 0 if found["p95_seconds"] < BAR_SECONDS else 1


def measure(around: Surroundings, changes: int) -> dict[str, float]:
    """Seconds from change to row, over so many changes."""
    prepare_home(around.environ["DAGSTER_HOME"])
    environ = dict([EVENTS_AT_ONCE]) | around.environ
    prepare_storage(environ)
    log = around.folder / "daemon.log"
    command = module("dagster._daemon", "run", "-m", "vismapbi_assets.definitions")
    with running(command, environ=environ, log=log) as daemon:
        _one(around, daemon, log)  # the first one also waits for the daemon to start
        seconds = []
        for _ in range(changes):
            time.sleep(random.uniform(0, PAUSE_SECONDS))
            seconds.append(_one(around, daemon, log))
            print(f"{seconds[-1]:.1f} s", file=sys.stderr, flush=True)
    return {
        "changes": changes,
        "median_seconds": round(statistics.median(seconds), 1),
        "p95_seconds": round(statistics.quantiles(seconds, n=20, method="inclusive")[-1], 1),
        "longest_seconds": round(max(seconds), 1),
        "load": round(os.getloadavg()[1], 1),
    }


def _one(around: Surroundings, daemon: Popen[bytes], log: Path) -> float:
    company = random.choice(COMPANIES)
    wanted = {"company": company, "verb": "create_supplier_invoice"}
    made = requests.post(f"{around.visma_url}/control/mutate", json=wanted, timeout=60).json()
    began = time.perf_counter()
    key = f"{company}:{made['type']}:{made['number']}"
    wait_until(lambda: _holds(around, key), daemon, seconds=GIVE_UP_SECONDS, what=key, log=log)
    return time.perf_counter() - began


def _holds(around: Surroundings, key: str) -> bool:
    time.sleep(LOOK_EVERY_SECONDS)
    dataset = requests.get(f"{around.powerbi_url}/control/datasets", timeout=60).json()[0]["id"]
    asked = {"dataset": dataset, "table": "SupplierInvoice", "format": "parquet"}
    answer = requests.get(f"{around.powerbi_url}/control/rows", params=asked, timeout=60)
    answer.raise_for_status()
    return key in pl.read_parquet(io.BytesIO(answer.content))["DocumentKey"]


if __name__ == "__main__":
    sys.exit(main())
