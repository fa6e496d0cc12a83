"""What each schedule asks for, and that a run of it is what was asked for."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from .conftest import World

NIGHT = datetime(2026, 11, 24, 4, 15, tzinfo=ZoneInfo("Europe/Oslo"))


def tick(world: World, name: str, when: datetime = NIGHT) -> list[dg.RunRequest]:
    definitions = world.definitions
    context = dg.build_schedule_context(
        instance=world.instance,
        scheduled_execution_time=when,
        repository_def=definitions.get_repository_def(),
    )
    schedule = definitions.resolve_schedule_def(name)
    return list(schedule.evaluate_tick(context).run_requests or [])


def test_closing_reads_yesterday_of_every_company(world: World) -> None:
    world.configure(first_day=date(2026, 11, 1))
    requests = tick(world, "closing_schedule")
    assert [r.partition_key for r in requests] == ["nordvik|2026-11-23", "solberg|2026-11-23"]
    assert [r.tags["vismapbi/company"] for r in requests] == ["nordvik", "solberg"]
    assert all(r.asset_selection is None for r in requests)


def test_yesterday_is_reckoned_in_the_configured_zone(world: World) -> None:
    world.configure(first_day=date(2026, 11, 1))
    late = datetime(2026, 11, 23, 23, 30, tzinfo=ZoneInfo("UTC"))
    assert tick(world, "closing_schedule", late)[0].partition_key == "nordvik|2026-11-23"


def test_nothing_before_the_first_day_is_asked_for(world: World) -> None:
    world.configure(first_day=date(2026, 11, 24))
    assert tick(world, "closing_schedule")[0].partition_key == "nordvik|2026-11-24"


def test_the_sweep_reads_the_first_partition(world: World) -> None:
    world.configure(first_day=date(2026, 11, 3))
    assert {r.partition_key for r in tick(world, "sweep_schedule")} == {
        "nordvik|2026-11-03",
        "solberg|2026-11-03",
    }


def test_open_documents_are_read_again_and_nothing_else(world: World) -> None:
    world.configure(first_day=date(2026, 11, 1), exclude=["customerDebitNote"])
    for request in tick(world, "open_documents_schedule"):
        names = {"/".join(key.path) for key in request.asset_selection or []}
        extracts = {name for name in names if name.startswith("visma/")}
        assert extracts == {
            "visma/supplierInvoice",
            "visma/customerInvoice",
            "visma/customerCreditNote",
        }
        assert {"powerbi/SupplierInvoice", "powerbi/RefreshLog"} <= names
        assert set(request.run_config["ops"]) == {n.replace("/", "__") for n in extracts}


@pytest.mark.parametrize("job", ["reconcile", "compact", "maintenance"])
def test_operations_run_without_partitions(world: World, job: str) -> None:
    (request,) = tick(world, f"{job}_schedule")
    assert request.partition_key is None
    assert world.definitions.resolve_schedule_def(f"{job}_schedule").job_name == job


def test_a_request_for_open_documents_runs_as_it_is(world: World) -> None:
    world.run("visma/supplierInvoice", partition_key=world.key())
    world.sandbox.visma.log.clear()
    night = datetime.combine(world.today, time(4, 15), ZoneInfo("Europe/Oslo"))
    request = tick(world, "open_documents_schedule", night)[0]
    done = world.run(
        "visma/supplierInvoice",
        config={
            "ops": {"visma__supplierInvoice": request.run_config["ops"]["visma__supplierInvoice"]}
        },
        partition_key=world.key(day=world.today),
    )
    assert done.success
    assert any(call["query"].get("status") == "Open" for call in world.calls())
