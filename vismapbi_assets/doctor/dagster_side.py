"""Dagster: its home and storage, and whether our definitions load. Starts nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
from sqlalchemy.exc import SQLAlchemyError

from vismapbi_assets.doctor.steps import Asked, Step
from vismapbi_assets.settings import Settings, SettingsError, dagster_home

SLOW_SECONDS = 10.0
HOME = (
    "Check DAGSTER_HOME and its dagster.yaml, that the database it names is up, and that this user "
    "may write there (docs/production.md)"
)


def ask_dagster(settings: Settings, home: Path | None = None) -> Iterator[Step]:
    """The instance that runs are kept in, and the graph."""
    asked = Asked("store")
    yield _instance(asked, home or dagster_home())
    yield _definitions(asked, settings)


def _instance(asked: Asked, home: Path) -> Step:
    name = "Dagster storage"
    if not (home / "dagster.yaml").is_file():
        above = next((p for p in (home, *home.parents) if p.exists()), home)
        if not os.access(above, os.W_OK):
            return asked.failed(name, f"{home} cannot be made: {above} is not writable", HOME)
        return asked.ok(name, f"{home} will be made by the first command")
    try:
        with dg.DagsterInstance.from_config(str(home)) as instance:
            runs = instance.get_runs_count()
            kind = type(instance.run_storage).__name__
    except (dg.DagsterError, SQLAlchemyError, OSError, ImportError) as error:
        return asked.failed(name, f"{home}: {type(error).__name__}: {str(error)[:200]}", HOME)
    return asked.ok(name, f"{home}: {kind}, {runs:,} runs")


def _definitions(asked: Asked, settings: Settings) -> Step:
    name = "definitions load"
    began = time.perf_counter()
    try:
        from vismapbi_assets.definitions import build_definitions

        definitions = build_definitions(settings)
        dg.Definitions.validate_loadable(definitions)
        graph = definitions.resolve_asset_graph()
    except (SettingsError, dg.DagsterError) as error:
        return asked.failed(
            name, f"{type(error).__name__}: {str(error)[:300]}", "Put right what the message names"
        )
    seconds = time.perf_counter() - began
    seen = f"{len(graph.get_all_asset_keys())} assets in {seconds:.1f} s"
    if seconds > SLOW_SECONDS:
        return asked.warning(name, seen, "This machine is slow or busy; allow the code server time")
    return asked.ok(name, seen)
