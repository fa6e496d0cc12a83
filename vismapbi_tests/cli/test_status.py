"""`vismapbi status` and the alert of what is stale, on a real history and a real store."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from click.testing import CliRunner
from dagster._core.test_utils import create_run_for_test
from dagster._daemon.types import DaemonHeartbeat

from vismapbi_assets.cli.status import status
from vismapbi_assets.orchestration.partitions import range_tags
from vismapbi_assets.pipeline.health import stale, synced_entities, unsound
from vismapbi_assets.pipeline.inputs import reading_name
from vismapbi_assets.pipeline.publication import Outcome, keep_outcome
from vismapbi_assets.pipeline.refresh_log import VERIFIED
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.settings import load_settings

ROOT = Path(__file__).parents[2]
RUNBOOK = "https://wiki.example.com/vismapbi"
SETTINGS = f"""
time_zone = "Europe/Oslo"
first_day = 2026-11-01
[alerts]
runbook_url = "{RUNBOOK}"
[powerbi]
tenant_id = "none"
workspace_id = "none"
[[companies]]
key = "nordvik"
name = "Nordvik"
tenant_id = "none"
company_id = "1100001"
base_currency = "NOK"
"""


class Site:
    """A machine whose history and store can be made to look any way."""

    def __init__(self, folder: Path) -> None:
        self.now = datetime.now(UTC)
        self.bench = Workbench.of(load_settings())
        self.instance = dg.DagsterInstance.from_config(str(folder / "home"))

    def read(self, hours_ago: float, *, but: str = "") -> None:
        """Every entity has been read completely, the named one never."""
        moment = (self.now - timedelta(hours=hours_ago)).isoformat()
        for name in synced_entities(self.bench.settings):
            if name != but:
                self.bench.store.documents.put(
                    reading_name("nordvik", name), {"whole_at": moment, "read_at": moment}
                )

    def verified(self, days_ago: int) -> None:
        """All that was published was verified with the data of that day."""
        day = str(self.bench.settings.today(self.now) - timedelta(days=days_ago))
        self.bench.store.documents.put(VERIFIED, {"Account": {"run": "r", "as_of": day}})

    def outcome(self, table: str, state: str) -> None:
        """The last outcome of a table."""
        made = Outcome(
            table, "r", self.now, state, "append", "quota spent", state == "ok", 1, 1, 1, 0, None
        )
        keep_outcome(self.bench, made)

    def heartbeat(self, minutes_ago: float) -> None:
        """The last sign of life of every part of the daemon."""
        moment = self.now.timestamp() - 60 * minutes_ago
        for kind in self.instance.get_required_daemon_types():
            self.instance.add_daemon_heartbeat(DaemonHeartbeat(moment, kind, "d", []))

    def run(self, state: dg.DagsterRunStatus) -> str:
        """A finished sync of the company."""
        day = self.bench.settings.first_day
        tags = range_tags("nordvik", day, day)
        return create_run_for_test(self.instance, "sync", status=state, tags=tags).run_id

    def ask(self) -> tuple[int, dict[str, dict[str, Any]]]:
        """The exit code, and the steps by name."""
        done = CliRunner().invoke(status, ["--json"], catch_exceptions=False)
        told = json.loads(done.stdout)
        assert told["broken"] is (done.exit_code == 1)
        assert told["runbook"] == RUNBOOK
        return done.exit_code, {step["name"]: step for step in told["steps"]}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    (tmp_path / "vismapbi.toml").write_text(SETTINGS, "utf-8")
    (tmp_path / "home").mkdir()
    shutil.copy(ROOT / "dagster.yaml", tmp_path / "home")
    monkeypatch.setenv("VISMAPBI_CONFIG", str(tmp_path / "vismapbi.toml"))
    monkeypatch.setenv("VISMAPBI_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    made = Site(tmp_path)
    yield made
    made.instance.dispose()


def test_before_the_first_load_nothing_is_broken(site: Site) -> None:
    code, steps = site.ask()
    assert code == 0
    assert steps["daemon"]["verdict"] == "skipped"
    assert "the initial load has not run" in steps["read"]["evidence"]


def test_all_is_well(site: Site) -> None:
    site.read(2)
    site.verified(0)
    site.outcome("Account", "ok")
    site.heartbeat(1)
    site.run(dg.DagsterRunStatus.FAILURE)
    site.run(dg.DagsterRunStatus.SUCCESS)
    code, steps = site.ask()
    assert code == 0
    assert {step["verdict"] for step in steps.values()} == {"ok"}


def test_whatever_is_broken_is_named_with_what_to_do(site: Site) -> None:
    site.read(40)
    site.verified(4)
    site.outcome("Account", "dirty")
    site.heartbeat(90)
    site.run(dg.DagsterRunStatus.SUCCESS)
    run_id = site.run(dg.DagsterRunStatus.FAILURE)
    code, steps = site.ask()
    assert code == 1
    for name, said in {
        "daemon": "no sign of life",
        "runs": run_id,
        "read": "40 hours ago",
        "verified": "last verified with the data of",
        "tables": "Account: dirty, quota spent",
    }.items():
        assert steps[name]["verdict"] == "failed", name
        assert said in steps[name]["evidence"]
        assert steps[name]["remedy"]


def test_a_check_that_fails_is_named_until_it_passes(site: Site) -> None:
    key = dg.AssetKey(["powerbi", "Account"])
    for passed, verdict in ((False, "failed"), (True, "ok")):
        evaluation = dg.AssetCheckEvaluation(
            asset_key=key,
            check_name="reconciled",
            passed=passed,
            metadata={},
            description="12 less",
        )
        site.instance.report_runless_asset_event(evaluation)
        _, steps = site.ask()
        assert steps["checks"]["verdict"] == verdict
        assert ("powerbi/Account reconciled: 12 less" in steps["checks"]["evidence"]) is not passed


def test_an_unfinished_load_is_no_news_for_an_alert(site: Site) -> None:
    site.read(40, but="supplier")
    assert list(stale(site.bench, site.now)) == []
    assert list(unsound(site.bench)) == []
    code, steps = site.ask()
    assert code == 0
    assert steps["read"]["verdict"] == "warning"
    assert "supplier" in steps["read"]["evidence"]


def test_the_limit_is_a_setting(site: Site, tmp_path: Path) -> None:
    site.read(40)
    text = SETTINGS.replace("[alerts]", "[alerts]\nstale_hours = 48")
    (tmp_path / "vismapbi.toml").write_text(text, "utf-8")
    assert list(stale(Workbench.of(load_settings()), site.now)) == []
