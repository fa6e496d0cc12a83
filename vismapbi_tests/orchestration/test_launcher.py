"""Which runs the launcher takes for lost; what the daemon makes of it is in `test_postgres.py`."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.launcher.base import WorkerStatus
from dagster._core.test_utils import create_run_for_test

from vismapbi_assets.cli.processes import free_port
from vismapbi_assets.orchestration import launcher
from vismapbi_assets.orchestration.launcher import WatchfulRunLauncher

ROOT = Path(__file__).parents[2]


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dg.DagsterInstance:
    """An instance as shipped, whose launcher has no patience."""
    monkeypatch.setattr(launcher, "GRACE_SECONDS", 0.0)
    (tmp_path / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text("utf-8"), "utf-8")
    return dg.DagsterInstance.from_config(str(tmp_path))


def status(instance: dg.DagsterInstance, server: dict[str, object] | None) -> WorkerStatus:
    """What the instance's launcher says of a run that this code server has started."""
    tags = {} if server is None else {".dagster/grpc_info": json.dumps(server)}
    run = create_run_for_test(instance, status=dg.DagsterRunStatus.STARTED, tags=tags)
    assert isinstance(instance.run_launcher, WatchfulRunLauncher)
    assert instance.run_launcher.supports_check_run_worker_health
    return instance.run_launcher.check_run_worker_health(run).status


def test_a_run_of_no_code_server_is_left_alone(instance: dg.DagsterInstance) -> None:
    assert status(instance, None) == WorkerStatus.RUNNING


def test_a_server_that_does_not_answer_may_come_back(instance: dg.DagsterInstance) -> None:
    where = {"host": "127.0.0.1", "port": free_port()}
    assert status(instance, where) == WorkerStatus.RUNNING


def test_a_server_whose_socket_is_dead_does_not(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    where = {"host": "localhost", "socket": str(path)}
    assert status(instance, where) == WorkerStatus.NOT_FOUND


def test_a_run_is_not_lost_at_the_first_look(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher, "GRACE_SECONDS", 60.0)
    where = {"host": "localhost", "socket": str(tmp_path / "none")}
    assert status(instance, where) == WorkerStatus.RUNNING
