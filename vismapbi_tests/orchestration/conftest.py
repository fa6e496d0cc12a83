"""A sandbox, settings that point at it, and a store of its own for each test."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from vismapbi_assets.definitions import build_definitions
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.sandbox.server import Sandbox, running_sandbox
from vismapbi_assets.settings import Settings, load_settings

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
DAYS = 30
ZONE = ZoneInfo("Europe/Oslo")


def first_of_days() -> date:
    """The first of DAYS partitions that end with today, in the zone of the settings here."""
    return datetime.now(ZONE).date() - timedelta(days=DAYS - 1)


def settings_text(first_day: date, *, exclude: Sequence[str] = (), more: str = "") -> str:
    """A settings file for the sandbox's companies."""
    sample = tomllib.loads(
        resources.files("vismapbi_assets.sandbox").joinpath("companies.toml").read_text("utf-8")
    )
    companies = [
        "[[companies]]\n"
        + "\n".join(f'{k} = "{v}"' for k, v in c.items() if k != "customer_tenant_id")
        for c in sample["companies"]
    ]
    excluded = ", ".join(f'"{name}"' for name in exclude)
    head = f'time_zone = "{ZONE.key}"\nfirst_day = {first_day}\n'
    return "\n".join([head, more, f"[visma]\nexclude = [{excluded}]", *companies])


@dataclass
class World:
    """A sandbox with settings and a store, and the ways to run things on them."""

    sandbox: Sandbox
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    instance: dg.DagsterInstance
    settings: Settings = field(init=False)

    def configure(self, *, first_day: date | None = None, **wanted: Any) -> None:
        """Write the settings file and read it again."""
        day = first_day or first_of_days()
        path = self.folder / "vismapbi.toml"
        path.write_text(settings_text(day, **wanted), "utf-8")
        self.monkeypatch.setenv("VISMAPBI_CONFIG", str(path))
        self.settings = load_settings()

    @property
    def definitions(self) -> dg.Definitions:
        """The definitions for the settings as they are."""
        return build_definitions(self.settings)

    @property
    def bench(self) -> Workbench:
        """What the steps of this process share."""
        return Workbench.of(self.settings)

    @property
    def today(self) -> date:
        """The current day of the settings' zone."""
        return self.settings.today()

    def key(self, company: str = "nordvik", day: date | None = None) -> dg.MultiPartitionKey:
        """A partition key; the first day's unless named."""
        day = day or self.settings.first_day
        return dg.MultiPartitionKey({"company": company, "day": day.isoformat()})

    def run(
        self, *assets: str, job: str = "sync", config: dict[str, Any] | None = None, **how: Any
    ) -> dg.ExecuteInProcessResult:
        """Run a job, or only some of its assets ("visma/customer"), in this process."""
        if "tags" not in how:
            how.setdefault("partition_key", self.key())
        return self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance,
            run_config={**QUIET, **(config or {})},
            asset_selection=[dg.AssetKey(a.split("/")) for a in assets] or None,
            raise_on_error=False,
            **how,
        )

    def calls(self) -> list[dict[str, Any]]:
        """The list requests that the simulated Visma.net has received, tokens left out."""
        return [c for c in self.sandbox.visma.log if c["entity"] != "token"]


OWN_WARNINGS = (
    "ignore:InitResourceContext.dagster_run is deprecated:DeprecationWarning",
    "ignore:Non-compliant tag keys like .'dagster/partition/:DeprecationWarning",
)
"""What Dagster says about its own calls and tags, not about ours."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            for text in OWN_WARNINGS:
                item.add_marker(pytest.mark.filterwarnings(text))


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[Sandbox]:
    with running_sandbox(start=datetime.now(UTC), scale=0.01) as running:
        yield running


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Iterator[Sandbox]:
    """The sandbox as nobody has used it: an empty Power BI, no faults, no calls."""
    shared_sandbox.powerbi.reset()
    yield shared_sandbox
    visma = shared_sandbox.visma
    visma.faults.clear()
    visma.configure(forbidden={}, unlicensed=[], rate_limit=15_000, latency_seconds=0.0)
    visma.log.clear()


@pytest.fixture
def world(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The sandbox, an empty store and an empty history."""
    for name, value in sandbox.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("VISMAPBI_STORE", str(tmp_path / "store"))
    monkeypatch.delenv("VISMAPBI_KEY", raising=False)
    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:
        made = World(sandbox, tmp_path, monkeypatch, instance)
        made.configure()
        yield made
