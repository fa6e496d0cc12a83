"""The event log that stays open: what Dagster's own finds in its files, and who shares them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log import SqliteEventLogStorage

from vismapbi_assets.cli.instance import dagster_instance, prepare_home
from vismapbi_assets.orchestration.event_log import KEPT_OPEN, OpenEventLog

PARTITION = "2026-11-23"
KEY = dg.AssetKey("counted")


@dg.asset(
    key=KEY,
    partitions_def=dg.DailyPartitionsDefinition("2026-11-01"),
    check_specs=[dg.AssetCheckSpec(name=name, asset=KEY) for name in ("good", "bad")],
)
def counted() -> dg.MaterializeResult:  # type: ignore[type-arg]
    return dg.MaterializeResult(
        metadata={"rows": 3},
        check_results=[
            dg.AssetCheckResult(check_name="good", passed=True),
            dg.AssetCheckResult(check_name="bad", passed=False),
        ],
    )


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home as an earlier version made it: with no word about the event log."""
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return tmp_path


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    with dagster_instance() as found:
        yield found


def _materialize(instance: dg.DagsterInstance) -> str:
    return dg.materialize([counted], instance=instance, partition_key=PARTITION).run_id


def _shown(instance: dg.DagsterInstance, run_id: str) -> dict[str, object]:
    event = instance.get_latest_materialization_event(KEY)
    checks = instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [dg.AssetCheckKey(KEY, name) for name in ("good", "bad")]
    )
    return {
        "events": [
            (e.dagster_event_type, e.step_key, e.timestamp) for e in instance.all_logs(run_id)
        ],
        "metadata": event.asset_materialization.metadata if event else None,  # type: ignore[union-attr]
        "partitions": instance.get_materialized_partitions(KEY),
        "checks": {key.name: (r.status, r.run_id) for key, r in checks.items()},
        "asset keys": instance.all_asset_keys(),
    }


def test_dagsters_own_event_log_reads_the_same(home: Path, instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.event_log_storage, OpenEventLog)
    run_id = _materialize(instance)
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home))) as stock:
        assert type(stock.event_log_storage) is SqliteEventLogStorage
        shown = _shown(stock, run_id)
    assert shown == _shown(instance, run_id)
    assert shown["partitions"] == {PARTITION}
    assert shown["checks"]
    assert len(shown["events"]) > 10  # type: ignore[arg-type]


def test_it_notes_the_events_that_dagsters_own_notes(
    instance: dg.DagsterInstance, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("stock")
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(other))) as stock:
        expected = [e.dagster_event_type for e in stock.all_logs(_materialize(stock))]
    assert [e.dagster_event_type for e in instance.all_logs(_materialize(instance))] == expected


def test_processes_of_both_kinds_and_threads_write_together(
    home: Path, instance: dg.DagsterInstance
) -> None:
    with (
        dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home))) as stock,
        ThreadPoolExecutor(4) as pool,
    ):
        made = list(pool.map(_report, [instance, stock] * 10, range(20)))
        found = [_reported(instance), _reported(stock)]
    assert found == [set(made), set(made)]


def _report(instance: dg.DagsterInstance, number: int) -> int:
    instance.report_runless_asset_event(
        dg.AssetMaterialization(KEY, partition=PARTITION, metadata={"number": number})
    )
    return number


def _reported(instance: dg.DagsterInstance) -> set[object]:
    records = instance.fetch_materializations(KEY, limit=100).records
    found = [r.asset_materialization for r in records]
    return {m.metadata["number"].value for m in found if m is not None}


def test_it_keeps_few_files_open(home: Path, instance: dg.DagsterInstance) -> None:
    log = instance.event_log_storage
    assert isinstance(log, OpenEventLog)
    runs = [_materialize(instance) for _ in range(KEPT_OPEN + 2)]
    assert len(log._engines) <= KEPT_OPEN
    assert all(instance.all_logs(run_id) for run_id in runs)


def test_a_batch_is_written_whole_or_not_at_all(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = instance.event_log_storage
    assert isinstance(log, OpenEventLog)
    run_id = _materialize(instance)
    held = instance.all_logs(run_id)
    batch = [e for e in held if e.get_dagster_event().is_step_materialization] * 2
    monkeypatch.setattr(log, "_store_asset_event", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        log.store_event_batch(batch)
    assert len(instance.all_logs(run_id)) == len(held)
    monkeypatch.undo()
    log.store_event_batch(batch)
    assert len(instance.all_logs(run_id)) == len(held) + 2


def test_wiping_forgets_the_files(instance: dg.DagsterInstance) -> None:
    run_id = _materialize(instance)
    instance.event_log_storage.wipe()
    assert instance.all_logs(run_id) == []
    assert instance.all_logs(_materialize(instance))


def test_a_new_home_chooses_it_for_every_process_and_finds_what_was_there(home: Path) -> None:
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home))) as stock:
        before = _materialize(stock)
    (home / "dagster.yaml").unlink()
    prepare_home(str(home))
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home))) as instance:
        assert isinstance(instance.event_log_storage, OpenEventLog)
        assert instance.all_logs(before)


def test_a_configured_storage_stands(home: Path) -> None:
    (home / "dagster.yaml").write_text(
        "telemetry: {enabled: false}\n"
        f"storage: {{sqlite: {{base_dir: {str(home / 'elsewhere')!r}}}}}\n"
    )
    with dagster_instance() as instance:
        assert not isinstance(instance.event_log_storage, OpenEventLog)
        assert instance.all_logs(_materialize(instance))
    assert (home / "elsewhere").is_dir()
