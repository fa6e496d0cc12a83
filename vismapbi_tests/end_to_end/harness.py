"""A whole installation in miniature: both ends simulated, a store of its own, syncs on demand.

A sync here takes the pipeline's own steps in the order of the job, without Dagster, so that
thousands fit into a campaign; `command` runs the real command as a process that can be killed.
What must hold afterwards is asked in `oracles.py`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from vismapbi_assets.model.semantic_model import TABLE, TABLES
from vismapbi_assets.pipeline.ends import open_store
from vismapbi_assets.pipeline.extraction import ExtractionReport, read_entity
from vismapbi_assets.pipeline.inputs import reading_name
from vismapbi_assets.pipeline.publication import Outcome, publish_table
from vismapbi_assets.pipeline.push_model import build_push_model
from vismapbi_assets.pipeline.refresh_log import publish_refresh_log
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.sandbox.powerbi.limits import Meter
from vismapbi_assets.sandbox.powerbi.tenant import Dataset, PushTable
from vismapbi_assets.sandbox.server import Sandbox, running_sandbox
from vismapbi_assets.settings import Settings, load_settings
from vismapbi_assets.visma.entities.catalogue import CATALOGUE
from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_tests.end_to_end.clocks import Time, TimedWorkbench

ROOT = Path(__file__).parents[2]
LOG = "RefreshLog"
WITH_ROWS = tuple(t for t in TABLES if t.strategy != "none")
START = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
"""The business time of every sandbox here: now, so that today's window sees what is done."""

CONFIG = """
time_zone = "Europe/Oslo"
first_day = {first_day}
[visma]
timeout_seconds = {timeout}
page_size = {page_size}
journal_page_size = {journal_page_size}
exclude = {exclude}
[powerbi]
timeout_seconds = {timeout}
settle_seconds = 0.05
wait_minutes = 0
"""
COMPANY = """
[[companies]]
key = "{key}"
name = "{name}"
tenant_id = "{tenant_id}"
company_id = "{company_id}"
base_currency = "{base_currency}"
"""


@dataclass
class Done:
    """What a sync did: readings and outcomes by name."""

    readings: dict[tuple[str, str], ExtractionReport] = field(default_factory=dict)
    tables: dict[str, Outcome] = field(default_factory=dict)

    @property
    def posted(self) -> dict[str, int]:
        """Rows posted for each table that received any."""
        return {name: o.rows_posted for name, o in self.tables.items() if o.rows_posted}

    @property
    def unsound(self) -> dict[str, str]:
        """What was not delivered and verified, with the reason."""
        unread = {
            f"{company} {entity}": r.extraction.reason or "held or refused"
            for (company, entity), r in self.readings.items()
            if not r.extraction.complete
            or r.extraction.held
            or r.extraction.quarantined
            or r.extraction.deletion_refused
        }
        return unread | {name: o.reason for name, o in self.tables.items() if not o.is_sound}


@dataclass
class Installation:
    """Both ends and the store of one example."""

    sandbox: Sandbox
    folder: Path
    settings: Settings
    environ: dict[str, str]

    @property
    def companies(self) -> tuple[str, ...]:
        return tuple(c.key for c in self.settings.companies)

    @property
    def store_folder(self) -> Path:
        return self.folder / "store"

    @property
    def entities(self) -> dict[str, Entity]:
        """What a sync reads."""
        left_out = self.settings.visma.exclude
        return {n: e for n, e in CATALOGUE.items() if e.in_sync and n not in left_out}

    @contextmanager
    def bench(self) -> Iterator[TimedWorkbench]:
        """A workbench as a new process would have it."""
        made = TimedWorkbench(
            self.settings,
            open_store(self.settings),
            build_push_model(self.settings),
            time=Time(self.sandbox),
        )
        try:
            yield made
        finally:
            made.close()

    def sync(self, *, full: bool = False, allow_deletions: bool = False) -> Done:
        """Read every company and publish every table, as the job `sync` does."""
        run_id = uuid.uuid4().hex
        done = Done()
        with self.bench() as bench:
            for company in self.companies:
                day = self._first_day_to_read(bench, company, full=full)
                for name, entity in self.entities.items():
                    done.readings[company, name] = read_entity(
                        bench,
                        entity,
                        company,
                        (day,),
                        run_id=run_id,
                        allow_deletions=allow_deletions,
                    )
            for name in publishing_order():
                done.tables[name] = publish_table(bench, TABLE[name], run_id=run_id)
            done.tables[LOG] = publish_refresh_log(bench, run_id=run_id)
        return done

    def _first_day_to_read(self, bench: Workbench, company: str, *, full: bool) -> date:
        records = [
            bench.store.documents.get(reading_name(company, name)) or {} for name in self.entities
        ]
        whole = all(r.get("whole_at") for r in records)
        return self.settings.today() if whole and not full else self.settings.first_day

    def command(self, *arguments: str) -> subprocess.Popen[bytes]:
        """The real command as a process."""
        with (self.folder / "command.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "vismapbi_assets.cli", *arguments],
                env=self.environ,
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wipe(self) -> None:
        """Lose the working directory."""
        shutil.rmtree(self.store_folder, ignore_errors=True)

    @property
    def dataset_id(self) -> str | None:
        """The dataset the sandbox holds, if any."""
        return next(iter(self.sandbox.powerbi.datasets), None)

    def received(self, table: str) -> pl.DataFrame:
        """Every row that Power BI holds in a table, reversals included."""
        return self.sandbox.powerbi.rows(self.dataset_id, table)

    def calm(self, *, left: timedelta = timedelta(minutes=30)) -> None:
        """Let all trouble end, every late change be seen, and an hour or the rest of the day pass.

        Within minutes of a change a list of several pages cannot be proved: a run says so. So much
        is `left` of the day, since a new data date is news to RefreshLog.
        """
        visma, powerbi = self.sandbox.visma, self.sandbox.powerbi
        visma.faults.clear()
        visma.unscript()
        visma.flush_late()
        visma.configure(order="id")
        powerbi.faults.clear()
        powerbi.set_switches(queries="available", visibility_delay=0.0)
        time = Time(self.sandbox)
        time.sleep(3_700)
        now = time.now().astimezone(ZoneInfo(self.settings.time_zone))
        midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), now.tzinfo)
        if midnight - now < left:
            time.sleep((midnight - now).total_seconds() + 1)


@cache
def publishing_order() -> tuple[str, ...]:
    """All tables but the log, each after the tables that it is made from."""
    graph = {t.name: t.tables for t in WITH_ROWS if t.name != LOG}
    return tuple(TopologicalSorter(graph).static_order())


@contextmanager
def installation(
    folder: Path,
    *,
    scale: float = 0.02,
    seed: int = 2026,
    companies: int = 2,
    timeout: float = 20.0,
    page_size: int = 1000,
    journal_page_size: int = 5000,
    exclude: tuple[str, ...] = (),
    **options: object,
) -> Iterator[Installation]:
    """Both ends running, and settings that point at them and at an empty store."""
    with running_sandbox(scale=scale, seed=seed, start=START, **options) as sandbox:
        profiles = [c.profile for c in sandbox.visma.companies.values()][:companies]
        text = CONFIG.format(
            first_day=START.date() - timedelta(days=30),
            timeout=timeout,
            page_size=page_size,
            journal_page_size=journal_page_size,
            exclude=list(exclude),
        )
        text += "".join(
            COMPANY.format(**{f: getattr(p, f) for f in p.__dataclass_fields__}) for p in profiles
        )
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "vismapbi.toml"
        config.write_text(text, "utf-8")
        environ = {
            **sandbox.environ,
            "VISMAPBI_CONFIG": str(config),
            "VISMAPBI_STORE": str(folder / "store"),
        }
        settings = load_settings(config, environ)
        inherited = {
            k: os.environ[k] for k in ("PATH", "HOME", "LANG", "TMPDIR") if k in os.environ
        }
        process = (
            inherited
            | environ
            | {
                "DAGSTER_HOME": str(folder / "dagster"),
                "PYTHONPATH": str(ROOT),
            }
        )
        yield Installation(sandbox, folder, settings, process)


@dataclass(frozen=True)
class Template:
    """A loaded installation to start examples from: its store, and what Power BI holds."""

    store: Path
    datasets: dict[str, Dataset]
    arguments: dict[str, object]

    @contextmanager
    def copy(self, folder: Path) -> Iterator[Installation]:
        """A fresh installation in the state of the template."""
        with installation(folder, **self.arguments) as made:  # type: ignore[arg-type]
            shutil.copytree(self.store, made.store_folder)
            for dataset in self.datasets.values():
                made.sandbox.powerbi.datasets[dataset.id] = replace(
                    dataset,
                    tables={n: _table_copy(t) for n, t in dataset.tables.items()},
                    meter=Meter(),
                )
            yield made


def _table_copy(table: PushTable) -> PushTable:
    made = PushTable.of(table.definition)
    made.rows.replace(table.rows.frame())
    made.sequence.update(table.sequence)
    return made


def loaded(folder: Path, **arguments: object) -> Template:
    """Make the initial load once; examples start from its copy."""
    with installation(folder, **arguments) as made:  # type: ignore[arg-type]
        done = made.sync()
        if done.unsound:
            raise AssertionError(f"the initial load is not sound: {done.unsound}")
        return Template(made.store_folder, made.sandbox.powerbi.datasets, arguments)
