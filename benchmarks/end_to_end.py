"""Initial load of journal lines and supplier invoices from HTTP to HTTP, with state and proof.

Both simulated services run in a process of their own: time, CPU and peak memory are those of
the pipeline: read, archive, decode, validate, keep, transform, validate, plan, post, verify.
Run: python benchmarks/end_to_end.py [--lines N]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import requests

PAIRS = (("journalTransaction", "JournalLine"), ("supplierInvoice", "SupplierInvoiceLine"))


def serve(pipe: Connection, lines: int) -> None:
    """Both services with their limits lifted, until told to stop."""
    from vismapbi_assets.sandbox.server import running_sandbox

    now = datetime.now(UTC).replace(tzinfo=None)
    with running_sandbox(
        start=now, journal_lines=lines, rate_limit=10**9, compress=False
    ) as sandbox:
        sandbox.powerbi.set_limits(
            rows_per_hour=10**9, posts_per_minute=10**6, large_table_rows=10**9
        )
        pipe.send((sandbox.environ, sandbox.visma_url, sandbox.powerbi_url))
        pipe.recv()


def work(pipe: Connection, environ: dict[str, str], folder: str) -> None:
    """The pipeline for the measured entities and tables."""
    from vismapbi_assets.model.semantic_model import TABLE
    from vismapbi_assets.pipeline import workbench
    from vismapbi_assets.pipeline.extraction import read_entity
    from vismapbi_assets.pipeline.publication import publish_table
    from vismapbi_assets.pipeline.workbench import Workbench
    from vismapbi_assets.powerbi.quota import Quota
    from vismapbi_assets.powerbi.quota_ledger import Limits
    from vismapbi_assets.settings import load_settings
    from vismapbi_assets.store.append_log import AppendLog
    from vismapbi_assets.visma.entities.catalogue import CATALOGUE

    endless = Limits(per_minute=10**6, per_hour_when_large=None, rows_per_hour=None)

    def unlimited(log: AppendLog, holder: str, limits: Limits = endless) -> Quota:
        return Quota(log, holder, limits)

    workbench.Quota = unlimited  # type: ignore[misc,assignment]
    settings = load_settings(environ={**environ, "VISMAPBI_STORE": f"{folder}/store"})
    bench = Workbench.of(settings)
    base = _used()
    for company in settings.companies:
        for name in ("account", "branch", "ledger", "financialPeriod", "generalLedgerBalance"):
            read_entity(bench, CATALOGUE[name], company.key, (settings.first_day,), run_id="load")
    bench.dataset("load")
    results: list[dict[str, Any]] = []
    for entity, table in PAIRS:
        began, cpu = time.perf_counter(), _used()
        calls = pages = 0
        for company in settings.companies:
            report = read_entity(
                bench, CATALOGUE[entity], company.key, (settings.first_day,), run_id="load"
            )
            calls += report.extraction.calls
            pages += report.extraction.pages
        read = time.perf_counter() - began
        outcome = publish_table(bench, TABLE[table], run_id="load")
        seconds, used = time.perf_counter() - began, _used() - cpu
        results.append(
            {
                "table": table,
                "rows": outcome.rows,
                "verified": outcome.verified,
                "seconds": round(seconds, 2),
                "of_it_reading": round(read, 2),
                "rows_per_second": round(outcome.rows / seconds),
                "cpu_seconds_per_million": round(used * 1e6 / max(outcome.rows, 1), 1),
                "calls": calls,
                "pages": pages,
                "posts": outcome.posts,
            }
        )
    pipe.send({"results": results, "peak_mib": _peak(), "cpu_seconds": _used() - base})


def _peak() -> int:
    """Peak resident memory in MiB; `ru_maxrss` would start at the size of the process above."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000, help="journal lines at least")
    wanted = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    server = context.Process(target=serve, args=(there, wanted.lines), daemon=True)
    server.start()
    environ, visma_url, _ = here.recv()
    for company, entity in (("nordvik", "journalTransaction"), ("solberg", "journalTransaction")):
        url = f"{visma_url}/control/snapshot"
        requests.get(url, params={"company": company, "entity": entity}, timeout=600)
    ours, theirs = context.Pipe()
    with tempfile.TemporaryDirectory() as folder:
        worker = context.Process(target=work, args=(theirs, environ, folder))
        worker.start()
        while not ours.poll(1.0):
            if not worker.is_alive():
                raise SystemExit(f"the pipeline ended with {worker.exitcode}")
        found = ours.recv()
        worker.join()
        found["store_mib"] = round(
            sum(f.stat().st_size for f in Path(folder).rglob("*") if f.is_file()) / 2**20
        )
    here.send("stop")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
