"""The definitions load anywhere, quickly, silently and without a network; the graph is as held."""

from __future__ import annotations

import difflib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from vismapbi_assets.definitions import build_definitions
from vismapbi_assets.settings import load_settings

from .conftest import World
from .snapshot import FILE, RENEW, as_text, snapshot

ROOT = Path(__file__).parents[2]
KEPT = ("PATH", "LANG", "TMPDIR", "VIRTUAL_ENV")


def bare_environment(**more: str) -> dict[str, str]:
    """Neither settings nor secrets."""
    held = {name: os.environ[name] for name in KEPT if name in os.environ}
    return held | {"PYTHONPATH": str(ROOT), "HOME": "/nonexistent"} | more


@pytest.mark.parametrize("home", [True, False], ids=["home", "no home"])
@pytest.mark.parametrize("arguments", [(), ("-w", "workspace.yaml")], ids=["bare", "workspace"])
def test_dagster_validates_the_code_location(
    tmp_path: Path, home: bool, arguments: tuple[str, ...]
) -> None:
    for name in ("workspace.yaml", "dagster.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    more = {"DAGSTER_HOME": str(tmp_path)} if home else {}
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", *arguments],
        cwd=tmp_path,
        env=bare_environment(**more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Validation successful for code location vismapbi." in said
    assert "BetaWarning" not in said


def test_loading_touches_no_network_and_warns_of_nothing(tmp_path: Path) -> None:
    script = (
        "import socket, time\n"
        "def refuse(*a, **k): raise AssertionError('the network was touched')\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse\n"
        "began = time.perf_counter()\n"
        "from vismapbi_assets.definitions import defs\n"
        "assert not list(__import__('pathlib').Path().iterdir()), 'files were written'\n"
        "print(len(list(defs.resolve_asset_graph().get_all_asset_keys())))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=tmp_path,
        env=bare_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert int(done.stdout) > 50


def test_the_graph_is_the_one_that_is_held() -> None:
    found = as_text(snapshot(build_definitions(load_settings(environ={}))))
    held = FILE.read_text("utf-8")
    difference = "\n".join(
        difflib.unified_diff(held.splitlines(), found.splitlines(), "held", "found", lineterm="")
    )
    assert not difference, (
        f"the graph has changed; if that is meant, renew it: {RENEW}\n{difference}"
    )


def test_definitions_are_loadable_and_no_asset_is_a_stub() -> None:
    definitions = build_definitions(load_settings(environ={}))
    dg.Definitions.validate_loadable(definitions)
    graph = definitions.resolve_asset_graph()
    assert graph.materializable_asset_keys == graph.get_all_asset_keys()


def test_excluded_entities_leave_no_trace(world: World) -> None:
    excluded = ("timeCard", "project", "branch", "ledger", "customerInvoice")
    world.configure(exclude=excluded)
    graph = world.definitions.resolve_asset_graph()
    assert graph.materializable_asset_keys == graph.get_all_asset_keys()
    gone = {dg.AssetKey(["visma", name]) for name in excluded}
    assert not gone & graph.get_all_asset_keys()
    for node in graph.asset_nodes:
        lineage = node.metadata.get("dagster/column_lineage")
        named = (
            {d.asset_key for deps in lineage.deps_by_column.values() for d in deps}
            if lineage
            else set()
        )
        assert not gone & named, node.key


def test_settings_decide_times_status_and_what_stands_below(world: World) -> None:
    world.configure(
        more="""
[schedule]
enabled = false
closing = "5 6 * * *"
[[refresh]]
name = "Group report"
dataset_id = "d1"
[[reports]]
name = "Board"
url = "https://app.powerbi.com/r/1"
tables = ["JournalLine", "Supplier"]
"""
    )
    found = snapshot(world.definitions)
    assert {s["status"] for s in found["schedules"].values()} == {"STOPPED"}
    assert {s["status"] for s in found["sensors"].values()} == {"STOPPED"}
    assert found["schedules"]["closing_schedule"]["cron"] == "5 6 * * *"
    assert found["schedules"]["closing_schedule"]["zone"] == "Europe/Oslo"
    assert found["assets"]["report/Board"]["deps"] == ["powerbi/JournalLine", "powerbi/Supplier"]
    assert found["assets"]["report/Board"]["executable"] is False
    assert found["assets"]["semantic_model/Group_report"]["deps"] == ["powerbi/RefreshLog"]


def test_the_sandbox_is_named_where_no_settings_file_is() -> None:
    settings = load_settings(environ={})
    assert build_definitions(settings).metadata["settings"].value == "sandbox"
