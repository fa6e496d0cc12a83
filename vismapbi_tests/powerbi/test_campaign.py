"""A state machine over publisher and simulated service: whatever happens, a clean run is exact.

A short form runs by default; the long one is a campaign.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from vismapbi_assets.powerbi.errors import PowerBIError
from vismapbi_assets.store.errors import StoreError
from vismapbi_assets.store.store import Store
from vismapbi_tests.powerbi.conftest import DIMENSION, FACT, Bench, Died, facts, same
from vismapbi_tests.powerbi.test_faults import STEPS, dying_at, unasked_repeats
from vismapbi_tests.powerbi.test_publisher import parties

KEYS = [f"k{i}" for i in range(12)]
OPERATIONS = ["rows.post", "rows.post", "rows.post", "rows.delete", "queries.execute", None]
FAULTS = [
    {"kind": "drop_before"},
    {"kind": "drop_after"},
    {"kind": "error_after", "status": 500},
    {"kind": "half", "status": 502},
    {"kind": "refuse", "status": 503},
    {"kind": "refuse", "status": 500},
    {"kind": "refuse", "status": 403},
    {"kind": "refuse", "status": 429, "retry_after": 7},
    {"kind": "refuse", "status": 429, "retry_after": 900},
    {"kind": "slow", "seconds": 0.25},
    {"kind": "late", "seconds": 0.25},
]
SERVICE: dict[str, object] = {}
PLAYED = count(1)


class Publishing(RuleBasedStateMachine):
    @initialize(chunk=st.sampled_from([3, 10_000]))
    def begin(self, chunk):
        sandbox, url = SERVICE["it"]
        sandbox.reset()
        self.folder = tempfile.mkdtemp(prefix="campaign-")
        self.bench = Bench(sandbox, url, Store(f"{self.folder}/store"))
        self.bench.options = type(self.bench.options)(chunk_rows=chunk, wait_seconds=60)
        self.rows: dict[str, int] = {}
        self.names: dict[str, str] = {}
        self.late = False

    @rule(rows=st.dictionaries(st.sampled_from(KEYS), st.integers(-3, 5), max_size=6))
    def documents_change(self, rows):
        self.rows |= rows

    @rule(keys=st.sets(st.sampled_from(KEYS), max_size=4))
    def documents_vanish(self, keys):
        for key in keys:
            self.rows.pop(key, None)

    @rule(names=st.dictionaries(st.sampled_from(["V1", "V2", "V3"]), st.text("abæ", max_size=2)))
    def parties_change(self, names):
        self.names = names

    @rule(
        fault=st.sampled_from(FAULTS),
        operation=st.sampled_from(OPERATIONS),
        skip=st.integers(0, 2),
        times=st.integers(1, 2),
    )
    def service_will_fail(self, fault, operation, skip, times):
        if fault["kind"] == "half":
            operation = "rows.post"
        self.bench.sandbox.add_fault(**fault, operation=operation, skip=skip, times=times)
        self.late = self.late or "seconds" in fault

    @rule(queries=st.sampled_from(["available", "available", "not_for_push", "setting_off"]))
    def queries_switch(self, queries):
        self.bench.sandbox.set_switches(queries=queries)

    @rule(seconds=st.sampled_from([0.0, 0.0, 4.0]))
    def visibility_changes(self, seconds):
        self.bench.sandbox.set_switches(visibility_delay=seconds)

    @rule()
    def tokens_expire(self):
        self.bench.sandbox.directory.expire_tokens()

    @rule(seconds=st.sampled_from([30, 1_000, 4_000]))
    def time_passes(self, seconds):
        self.bench.sandbox.clock.advance(seconds)

    @rule(change=st.sampled_from([{"drop": 2}, {"clear": True}, {"add": [{"Key": "foreign"}]}]))
    def somebody_tampers(self, change):
        if self.bench.dataset_id:
            self.bench.sandbox.tamper(self.bench.dataset_id, "Faktura", **change)

    @rule()
    def store_is_wiped(self):
        self.bench.wipe()

    @rule()
    def store_is_restored_from_a_backup(self):
        root = Path(self.bench.store.objects.root)
        backup = root.with_name("backup")
        if backup.exists():
            shutil.rmtree(root, ignore_errors=True)
            shutil.copytree(backup, root)
        elif root.exists():
            shutil.copytree(root, backup)

    @rule()
    def run_publishes(self):
        self.publish()

    @rule(step=st.sampled_from([*STEPS, "marked dirty"]), nth=st.integers(1, 3))
    def run_dies(self, step, nth):
        self.publish(dying_at(step, nth))

    @rule(step=st.sampled_from(STEPS), late=st.booleans())
    def two_runs_publish(self, step, late):
        begun: list[bool] = []

        def other(name: str) -> None:
            if name == step and not begun:
                begun.append(True)
                if late:
                    self.bench.sandbox.clock.advance(5_000)
                self.publish()

        self.publish(other)

    @rule()
    def run_compacts(self):
        try:
            self.bench.publisher().replace(FACT, "compaction")
        except (PowerBIError, StoreError):
            return

    def publish(self, on_step=lambda _: None):
        self.bench.timeout = 0.15 if self.late else 5.0
        try:
            publisher = self.bench.publisher(on_step)
            publisher.publish(FACT, facts(self.rows))
            publisher.publish(DIMENSION, parties(**self.names))
        except (PowerBIError, StoreError, Died):
            return
        finally:
            self.bench.timeout = 5.0

    def teardown(self):
        if not hasattr(self, "bench"):
            return
        sandbox = self.bench.sandbox
        if self.late:
            time.sleep(0.35)
        sandbox.faults.clear()
        sandbox.set_switches(queries="available", visibility_delay=0.0)
        sandbox.clock.advance(7_300)
        try:
            publisher = self.bench.publisher()
            done = publisher.publish(FACT, facts(self.rows))
            assert done.status in ("ok", "repaired"), done
            assert done.verified
            publisher.publish(DIMENSION, parties(**self.names))
            same(self.bench.net(), facts(self.rows))
            same(self.bench.net(DIMENSION), parties(**self.names), DIMENSION)
            assert unasked_repeats(self.bench) == 0
            idle = self.bench.publisher().publish(FACT, facts(self.rows))
            assert (idle.action, idle.posted, idle.verified) == ("nothing", 0, True)
            print(f"sequence {next(PLAYED)}: exact", flush=True)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def run(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Publishing,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_clean_run_is_exact_whatever_happened_before(service):
    SERVICE["it"] = service
    run(examples=8, steps=10)


@pytest.mark.campaign
def test_long_campaign(service, campaign_sequences):
    SERVICE["it"] = service
    run(examples=campaign_sequences, steps=25)
