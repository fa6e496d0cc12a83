"""Extract assets on the sandbox: audit log, checks, ranges, and how they fail."""

from __future__ import annotations

import json
from typing import Any

import dagster as dg
import pytest

from vismapbi_assets.orchestration import extract_assets
from vismapbi_assets.orchestration.failures import cause_of
from vismapbi_assets.pipeline.inputs import reading_name
from vismapbi_assets.visma.entities.catalogue import CATALOGUE
from vismapbi_assets.visma.errors import TransientError

from .conftest import DAYS, World

ENTITY = "supplierInvoice"
ASSET = f"visma/{ENTITY}"
STEP = f"visma__{ENTITY}"


@pytest.fixture
def one(world: World) -> World:
    """A world in which invoices are all there is to read."""
    world.configure(exclude=[n for n in CATALOGUE if n not in (ENTITY, "supplier")])
    return world


def values(metadata: Any) -> dict[str, Any]:
    return {name: getattr(value, "value", value) for name, value in metadata.items()}


def failure(done: dg.ExecuteInProcessResult) -> tuple[str, dict[str, Any], int]:
    """Cause, metadata and number of attempts of the one step."""
    assert not done.success
    (event,) = [e for e in done.all_events if e.is_step_failure]
    again = [e for e in done.all_events if e.event_type == dg.DagsterEventType.STEP_RESTARTED]
    told = event.step_failure_data.user_failure_data
    return (
        cause_of(event.step_failure_data)[0],
        values(told.metadata) if told else {},
        1 + len(again),
    )


def spoil(world: World) -> None:
    """Let the first document of every page carry an amount that is none."""
    world.sandbox.visma.fault(
        "member", entity=ENTITY, company="nordvik", member="amount", value={"soon": 1}, count=99
    )


def visma_setting(world: World, line: str) -> None:
    """Add a line to the section of Visma.net in the settings file."""
    path = world.folder / "vismapbi.toml"
    path.write_text(path.read_text("utf-8").replace("[visma]", f"[visma]\n{line}", 1), "utf-8")


def test_a_materialization_is_an_audit_record(one: World) -> None:
    done = one.run(ASSET)
    assert done.success
    (event,) = done.asset_materializations_for_node(STEP)
    found = values(event.metadata)
    there = len(json.loads(one.sandbox.visma.snapshot("nordvik", ENTITY)))
    assert found["rows_read"] == found["rows_new"] == found["dagster/row_count"] == there
    assert found["window"] == "everything"
    assert found["complete"] is True
    assert found["calls"] == len(one.calls())
    assert found["distinct"] == found["server_count"] == there
    assert found["archive"].startswith(f"archive/{ENTITY}/{done.run_id}/nordvik-")
    assert {"began", "seconds", "bytes", "watermark", "sequence"} <= set(found)
    assert any(name.startswith("sum ") for name in found), "control totals"
    checks = {e.check_name: e for e in done.get_asset_check_evaluations()}
    assert set(checks) == set(extract_assets.CHECKS)
    assert all(e.passed for e in checks.values())


def test_a_range_is_one_run_with_the_rows_of_each_day(one: World) -> None:
    first, last = one.key(), one.key(day=one.today)
    tags = {
        "dagster/asset_partition_range_start": str(first),
        "dagster/asset_partition_range_end": str(last),
    }
    done = one.run(ASSET, tags=tags)
    assert done.success
    events = done.asset_materializations_for_node(STEP)
    assert len(events) == DAYS
    assert {e.partition.split("|")[0] for e in events} == {"nordvik"}
    rows = [values(e.metadata)["dagster/partition_row_count"] for e in events]
    assert sum(rows) == values(events[0].metadata)["dagster/row_count"]
    assert sum(rows) > 0


def test_a_second_run_reads_little_and_changes_nothing(one: World) -> None:
    assert one.run(ASSET).success
    (event,) = one.run(ASSET, partition_key=one.key(day=one.today)).asset_materializations_for_node(
        STEP
    )
    found = values(event.metadata)
    assert found["rows_new"] == found["rows_changed"] == 0
    assert found["window"].startswith("since ")


def test_a_malformed_document_waits_and_the_others_are_delivered(one: World) -> None:
    spoil(one)
    done = one.run(ASSET)
    assert done.success
    checks = {e.check_name: e for e in done.get_asset_check_evaluations()}
    assert not checks["schema"].passed
    assert checks["schema"].severity == dg.AssetCheckSeverity.WARN
    assert f"vismapbi quarantine list --entity {ENTITY}" in (checks["schema"].description or "")
    assert not checks["quarantine"].passed
    assert checks["complete"].passed
    found = values(done.asset_materializations_for_node(STEP)[0].metadata)
    assert found["rows_quarantined"] == 1
    assert found["rows_new"] > 1
    waiting = one.bench.store.quarantine(ENTITY).waiting()
    assert waiting.height == 1
    assert "soon" in waiting["raw"].item()


def test_too_many_rejected_documents_fail_the_run(one: World) -> None:
    visma_setting(one, "quarantine_limit = 0")
    spoil(one)
    done = one.run(ASSET, "powerbi/SupplierInvoice")
    assert not done.success
    checks = {e.check_name: e for e in done.get_asset_check_evaluations()}
    assert checks["schema"].severity == dg.AssetCheckSeverity.ERROR
    assert not done.asset_materializations_for_node("powerbi__SupplierInvoice")


@pytest.mark.parametrize(
    ("trouble", "kind", "remedy"),
    [
        ({"forbidden": {"nordvik": [ENTITY]}}, "PermissionDeniedError", "visma.exclude"),
        ({"unlicensed": ["nordvik"]}, "PermissionDeniedError", "tenant_id"),
    ],
    ids=["403", "no licence"],
)
def test_permanent_errors_are_not_repeated_and_say_what_to_do(
    one: World, trouble: dict[str, Any], kind: str, remedy: str
) -> None:
    one.sandbox.visma.configure(**trouble)
    cause, metadata, attempts = failure(one.run(ASSET))
    assert attempts == 1
    assert metadata["kind"] == kind
    assert cause.startswith(f"visma/{ENTITY}: ")
    assert remedy in cause
    assert len(one.calls()) == 1


def test_the_tenant_of_the_customer_is_named_as_the_mistake(one: World) -> None:
    profile = one.sandbox.visma.companies["nordvik"].profile
    path = one.folder / "vismapbi.toml"
    text = path.read_text("utf-8").replace(profile.tenant_id, profile.customer_tenant_id)
    path.write_text(text, "utf-8")
    cause, metadata, attempts = failure(one.run(ASSET))
    assert attempts == 1
    assert metadata["kind"] == "WrongTenantError"
    assert "tenant_id" in cause


def test_a_missing_secret_is_named_and_not_tried_twice(one: World) -> None:
    one.monkeypatch.delenv("VISMA_CLIENT_SECRET")
    cause, metadata, attempts = failure(one.run(ASSET))
    assert attempts == 1
    assert metadata["kind"] == "SettingsError"
    assert "VISMA_CLIENT_SECRET is not set" in cause
    assert one.calls() == []


def test_a_spent_quota_says_when_to_go_on_and_the_next_run_does(one: World) -> None:
    visma_setting(one, "page_size = 2")
    one.sandbox.visma.configure(rate_limit=30)
    cause, metadata, attempts = failure(one.run(ASSET))
    assert attempts == 1
    assert metadata["kind"] == "QuotaExhausted"
    assert metadata["resume_at"]
    assert "go on after" in cause
    assert one.bench.store.documents.get(reading_name("nordvik", ENTITY)) is None
    assert not one.instance.get_materialized_partitions(dg.AssetKey(["visma", ENTITY]))


def test_what_may_pass_is_tried_again(one: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = extract_assets.read_entity
    failing = [1]

    def once(*arguments: Any, **named: Any) -> Any:
        if failing:
            failing.pop()
            raise TransientError("Visma.net did not answer")
        return real(*arguments, **named)

    monkeypatch.setattr(extract_assets, "read_entity", once)
    done = one.run(ASSET)
    assert done.success
    again = [e for e in done.all_events if e.event_type == dg.DagsterEventType.STEP_RESTARTED]
    assert len(again) == 1
