"""The Dagster instance that commands use, so that the UI shows what the command line did."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.instance.config import dagster_instance_config
from dagster._core.instance.ref import InstanceRef

from vismapbi_assets.orchestration.event_log import OpenEventLog
from vismapbi_assets.settings import dagster_home

MINIMAL = "telemetry:\n  enabled: false\n"
OPEN_EVENT_LOG = {"module": OpenEventLog.__module__, "class": OpenEventLog.__name__}
CHOSEN_EVENT_LOG = f"""\
# The event log on SQLite as Dagster keeps it, reached with less work. PostgreSQL: remove this.
event_log_storage:
  module: {OPEN_EVENT_LOG["module"]}
  class: {OPEN_EVENT_LOG["class"]}
"""


def prepare_home(chosen: str | None = None) -> Path:
    """The Dagster home, made with a configuration where there is none."""
    home = Path(chosen) if chosen else dagster_home()
    home.mkdir(parents=True, exist_ok=True)
    target = home / "dagster.yaml"
    if not target.exists():
        root = Path(str(resources.files("vismapbi_assets"))).parent / "dagster.yaml"
        text = root.read_text("utf-8") if root.is_file() else MINIMAL
        target.write_text(text + CHOSEN_EVENT_LOG, "utf-8")
    return home


NO_OUTPUT_CAPTURE = {
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
}
"""Commands print for themselves; capturing would start processes that hold their output open."""

EVENTS_AT_ONCE = ("DAGSTER_EVENT_BATCH_SIZE", "500")
"""Dagster's switch to write events that belong together, such as a run's plan, in one go."""

TOUCH = (
    "from dagster import DagsterInstance\n"
    "with DagsterInstance.get() as instance:\n"
    "    instance.get_runs_count(), instance.all_asset_keys(), instance.all_instigator_state()\n"
)


def prepare_storage(environ: Mapping[str, str]) -> None:
    """Make the tables of Dagster's storage before several services start on it.

    Webserver and daemon that start together on an empty storage both make its tables, and one of
    them fails.
    """
    subprocess.run(  # noqa: S603 - our own text
        [sys.executable, "-W", "ignore", "-c", TOUCH], env=dict(environ), check=True
    )


@contextmanager
def dagster_instance() -> Iterator[dg.DagsterInstance]:
    """The instance of `prepare_home`, quick on SQLite, without capture of what steps print."""
    home = prepare_home()
    os.environ.setdefault(*EVENTS_AT_ONCE)
    overrides = {**NO_OUTPUT_CAPTURE, **_open_event_log(home)}
    reference = InstanceRef.from_dir(str(home), overrides=overrides)
    with dg.DagsterInstance.from_ref(reference) as instance:
        yield instance


def _open_event_log(home: Path) -> dict[str, Any]:
    """The event log that stays open, unless the configuration chooses another storage."""
    chosen, own_class = dagster_instance_config(str(home))
    if own_class or any("storage" in name for name in chosen):
        return {}
    return {"event_log_storage": {**OPEN_EVENT_LOG, "config": {}}}
