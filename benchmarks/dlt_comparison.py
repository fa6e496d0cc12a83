"""The same journal lines through a dlt `rest_api` pipeline into DuckDB, on the same simulator.

dlt is no dependency of the project: it is installed from PyPI into a virtual environment of its
own (`--venv`, else a temporary folder). It asks for the same pages and normalises them into parent
and child tables; it does not prove completeness, keep state by key, transform, post or verify, all
of which `end_to_end.py` measures on the other side. Fails when ours is below 8 times its rows/s.
Run: python benchmarks/dlt_comparison.py [--lines N] [--venv FOLDER]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import requests
from end_to_end import serve

from vismapbi_assets.settings import load_settings
from vismapbi_assets.visma.auth import TokenSource

BAR = 8.0
FOLDER = Path(__file__).parent
PIPELINE = """
import json, resource, sys, time
import dlt
from dlt.sources.rest_api import rest_api_source

about = json.loads(sys.stdin.read())
began, rows = time.perf_counter(), 0
for company in about["companies"]:
    source = rest_api_source({
        "client": {
            "base_url": about["url"] + "/",
            "headers": company["headers"],
            "auth": {"type": "bearer", "token": company["token"]},
            "paginator": {
                "type": "page_number", "base_page": 1, "page_param": "pageNumber",
                "total_path": None, "stop_after_empty_page": True,
            },
        },
        "resources": [{
            "name": "journal_transaction",
            "endpoint": {
                "path": "v2/journaltransaction",
                "params": {"pageSize": 5000, "lastModifiedDateTime": "1990-01-01 00:00:00"},
                "data_selector": "$",
            },
        }],
    })
    pipeline = dlt.pipeline(
        "journal_" + company["key"], pipelines_dir=about["folder"], dataset_name="visma",
        destination=dlt.destinations.duckdb(about["folder"] + "/" + company["key"] + ".duckdb"),
    )
    pipeline.run(source).raise_on_failed_jobs()
    with pipeline.sql_client() as sql:
        table = "journal_transaction__journal_transaction_lines"
        rows += sql.execute_sql("SELECT count(*) FROM " + table)[0][0]
seconds = time.perf_counter() - began
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
cpu = sum(u.ru_utime + u.ru_stime for u in used)
print(json.dumps({
    "dlt": dlt.__version__, "rows": rows, "seconds": round(seconds, 2),
    "rows_per_second": round(rows / seconds),
    "cpu_seconds_per_million": round(cpu * 1e6 / rows, 1),
    "peak_mib": round(max(u.ru_maxrss for u in used) / 1024),
}))
"""


def python_of(venv: Path) -> Path:
    """The interpreter of an environment that has dlt; made and filled when it is not there."""
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "dlt[duckdb]"], check=True)
    return python


def theirs(python: Path, lines: int, folder: str) -> dict[str, Any]:
    """The figures of dlt: HTTP to DuckDB, start-up and imports left out."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    server = context.Process(target=serve, args=(there, lines), daemon=True)
    server.start()
    environ, url, _ = here.recv()
    settings = load_settings(environ={**environ, "VISMAPBI_STORE": folder})
    companies = []
    for company in settings.companies:
        tokens = TokenSource(
            settings.visma.token_url, settings.secret("VISMA_CLIENT_ID"),
            settings.secret("VISMA_CLIENT_SECRET"), company.tenant_id,
        )  # fmt: skip
        headers = {"ipp-company-id": company.company_id} if company.company_id else {}
        companies.append({"key": company.key, "token": tokens.bearer(), "headers": headers})
        about = {"company": company.key, "entity": "journalTransaction"}
        requests.get(f"{url}/control/snapshot", params=about, timeout=600)
    given = {"url": settings.visma.api_url, "folder": folder, "companies": companies}
    quiet = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}
    done = subprocess.run(
        [str(python), "-c", PIPELINE], input=json.dumps(given), text=True, check=True,
        stdout=subprocess.PIPE, cwd=folder, env={**os.environ, **quiet},
    )  # fmt: skip
    here.send("stop")
    server.join(timeout=5)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def ours(lines: int) -> dict[str, Any]:
    """The figures of the project: HTTP to verified rows in Power BI, from `end_to_end.py`."""
    script = [sys.executable, str(FOLDER / "end_to_end.py"), "--lines", str(lines)]
    done = subprocess.run(script, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout)
    journal: dict[str, Any] = found["results"][0]
    return journal | {"peak_mib": found["peak_mib"]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000, help="journal lines at least")
    parser.add_argument("--venv", type=Path, help="environment for dlt, kept; made if absent")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        python = python_of((wanted.venv or Path(folder) / "venv").absolute())
        dlt = theirs(python, wanted.lines, folder)
        own = ours(wanted.lines)
    times = own["rows_per_second"] / dlt["rows_per_second"]
    read = own["rows"] / own["of_it_reading"] / dlt["rows_per_second"]
    cpu = dlt["cpu_seconds_per_million"] / own["cpu_seconds_per_million"]
    said = {"dlt": dlt, "own": own, "times": round(times, 1)}
    said |= {"times_reading_alone": round(read, 1), "times_less_cpu": round(cpu, 1)}
    print(json.dumps(said, indent=2))
    return 0 if times >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
