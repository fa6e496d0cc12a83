"""The Dagster instance that commands use, so that the UI shows what the command line did."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import dagster as dg
from dagster._core.instance.ref import InstanceRef

from vismapbi_assets.settings import dagster_home

MINIMAL = "telemetry:\n  enabled: false\n"


def prepare_home(chosen: str | None = None) -> Path:
    """The Dagster home, made with a configuration where there is none."""
    home = Path(chosen) if chosen else dagster_home()
    home.mkdir(parents=True, exist_ok=True)
    target = home / "dagster.yaml"
    if not target.exists():
        root = Path(str(resources.files("vismapbi_assets"))).parent / "dagster.yaml"
        target.write_text(root.read_text("utf-8") if root.is_file() else MINIMAL, "utf-8")
    return home


NO_OUTPUT_CAPTURE = {
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
}
"""Commands print for themselves; capturing would start processes that hold their output open."""


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
    """The instance of `prepare_home`, without capture of what steps print."""
    reference = InstanceRef.from_dir(str(prepare_home()), overrides=NO_OUTPUT_CAPTURE)
    with dg.DagsterInstance.from_ref(reference) as instance:
        yield instance
