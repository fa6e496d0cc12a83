"""Sensors against real lists, a real history and real channels."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from vismapbi_assets.orchestration.partitions import range_tags
from vismapbi_assets.pipeline.inputs import reading_name
from vismapbi_assets.pipeline.probing import is_probed
from vismapbi_assets.visma.entities.catalogue import CATALOGUE

from .conftest import World

READ = ("visma/supplier", "visma/account", "visma/supplierInvoice")
NAMES = tuple(name.removeprefix("visma/") for name in READ)


@pytest.fixture
def small(world: World) -> World:
    """A world in which three entities are read, and have been."""
    others = [n for n in CATALOGUE if n not in NAMES]
    world.configure(exclude=others)
    for company in ("nordvik", "solberg"):
        assert world.run(*READ, partition_key=world.key(company)).success
    world.sandbox.visma.log.clear()
    return world


def tick(
    world: World, name: str, cursor: str | None = None
) -> tuple[list[dg.RunRequest], str, str | None]:
    """Evaluate a sensor once: requests, skip message, new cursor."""
    definitions = world.definitions
    repository = definitions.get_repository_def()
    with dg.build_sensor_context(
        instance=world.instance,
        cursor=cursor,
        repository_def=repository,
        resources=definitions.resources,
    ) as context:
        found = definitions.resolve_sensor_def(name).evaluate_tick(context)
    return list(found.run_requests or []), found.skip_message or "", found.cursor


def test_nothing_changed_costs_one_call_per_entity_and_starts_nothing(small: World) -> None:
    cursor = None
    for _ in range(2):
        small.sandbox.visma.log.clear()
        requests, _, cursor = tick(small, "change_sensor", cursor)
        assert requests == []
        asked = [(c["company"], c["entity"]) for c in small.calls()]
        assert sorted(asked) == sorted((c, e) for c in ("nordvik", "solberg") for e in NAMES)
        cursor = without_pause(cursor)


def without_pause(cursor: str | None) -> str:
    """The cursor as if the pause that saves calls were over."""
    held = json.loads(cursor or "{}")
    for company in held.values():
        company.pop("next", None)
    return json.dumps(held)


def test_a_change_asks_for_todays_partition_of_what_moved(small: World) -> None:
    _, _, cursor = tick(small, "change_sensor")
    small.sandbox.visma.mutate("nordvik", "create_party", side="AP", name="Ålesund Fisk AS")
    requests, _, cursor = tick(small, "change_sensor", without_pause(cursor))
    if not requests:
        requests, _, cursor = tick(small, "change_sensor", without_pause(cursor))
    (request,) = requests
    assert request.partition_key == f"nordvik|{small.today}"
    names = {"/".join(key.path) for key in request.asset_selection or []}
    assert {n for n in names if n.startswith("visma/")} == {"visma/supplier"}
    assert {"powerbi/Supplier", "powerbi/RefreshLog"} <= names
    assert request.tags["vismapbi/company"] == "nordvik"

    again, _, _ = tick(small, "change_sensor", without_pause(cursor))
    assert again == [], "the same change is not requested at every tick"
    waited = json.loads(without_pause(cursor))
    waited["nordvik"]["supplier"]["asked"] = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    later, _, cursor = tick(small, "change_sensor", json.dumps(waited))
    if not later:
        later, _, cursor = tick(small, "change_sensor", without_pause(cursor))
    assert later, "a request whose run did not read the change is made again"
    assert later[0].run_key != request.run_key

    assert small.run("visma/supplier", partition_key=request.partition_key).success
    for _ in range(2):
        assert tick(small, "change_sensor", without_pause(cursor))[0] == []


def test_probing_waits_while_the_company_is_busy(small: World) -> None:
    create_run_for_test(
        small.instance,
        status=dg.DagsterRunStatus.STARTED,
        tags={"dagster/partition": str(small.key("nordvik"))},
    )
    requests, said, _ = tick(small, "change_sensor")
    assert requests == []
    assert "nordvik: a run is under way" in said
    assert {c["company"] for c in small.calls()} == {"solberg"}


def test_probing_is_paced_by_what_the_hour_still_holds(small: World) -> None:
    small.sandbox.visma.configure(rate_limit=60)
    _, _, cursor = tick(small, "change_sensor")
    small.sandbox.visma.log.clear()
    _, said, _ = tick(small, "change_sensor", cursor)
    assert "saves calls until" in said
    assert small.calls() == []


def test_an_entity_that_is_not_loaded_waits(world: World) -> None:
    world.configure(exclude=[n for n in CATALOGUE if n != "supplier"])
    requests, said, _ = tick(world, "change_sensor")
    assert requests == []
    assert "supplier waits for the initial load" in said
    assert world.calls() == []


def test_every_probed_entity_is_known_to_the_sync() -> None:
    assert all(is_probed(CATALOGUE[name]) for name in NAMES)


def catch_up(world: World) -> tuple[list[dg.RunRequest], str]:
    requests, said, _ = tick(world, "catch_up_sensor")
    return requests, said


def forget(world: World, days: int, company: str = "nordvik") -> None:
    """Put the readings back, as if no run had been since."""
    moment = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    for name in NAMES:
        world.bench.store.documents.update(
            reading_name(company, name), lambda held: {**(held or {}), "read_at": moment}
        )


def test_missed_days_are_read_in_one_run_that_closes_them(small: World) -> None:
    forget(small, days=5)
    requests, _ = catch_up(small)
    request = next(r for r in requests if r.tags["vismapbi/company"] == "nordvik")
    start = request.tags["dagster/asset_partition_range_start"]
    assert start <= str(small.key("nordvik", small.today - timedelta(days=5)))
    done = small.run(*READ, tags=dict(request.tags))
    assert done.success
    assert len(done.asset_materializations_for_node("visma__supplier")) > 5
    for name in NAMES:
        record: dict[str, Any] = (
            small.bench.store.documents.get(reading_name("nordvik", name)) or {}
        )
        assert record["read_at"] > (datetime.now(UTC) - timedelta(minutes=10)).isoformat()
    assert not [r for r in catch_up(small)[0] if r.tags["vismapbi/company"] == "nordvik"]


def test_a_day_alone_does_not_hide_the_gap_before_it(small: World) -> None:
    forget(small, days=5)
    assert small.run(*READ, partition_key=small.key("nordvik", small.today)).success
    requests, _ = catch_up(small)
    assert "nordvik" in {r.tags["vismapbi/company"] for r in requests}


def test_what_was_just_asked_for_is_not_asked_for_again(small: World) -> None:
    forget(small, days=5)
    request = next(r for r in catch_up(small)[0] if r.tags["vismapbi/company"] == "nordvik")
    create_run_for_test(small.instance, status=dg.DagsterRunStatus.FAILURE, tags=dict(request.tags))
    requests, _ = catch_up(small)
    assert "nordvik" not in {r.tags["vismapbi/company"] for r in requests}


def test_a_stopped_initial_load_goes_on_and_a_missing_one_is_left_to_people(world: World) -> None:
    world.configure(exclude=[n for n in CATALOGUE if n not in NAMES])
    requests, said = catch_up(world)
    assert requests == []
    assert "nordvik: the initial load has not run" in said
    assert world.run("visma/supplier", partition_key=world.key("nordvik")).success
    (request,) = catch_up(world)[0]
    names = {"/".join(key.path) for key in request.asset_selection or []}
    assert {n for n in names if n.startswith("visma/")} == {
        "visma/account",
        "visma/supplierInvoice",
    }
    assert request.tags["dagster/asset_partition_range_start"] == str(world.key("nordvik"))


@pytest.mark.parametrize(
    ("reason", "goes_on"), [("RUN_EXCEPTION", True), (None, True), ("STEP_FAILURE", False)]
)
def test_an_initial_load_that_was_lost_goes_on(
    world: World, reason: str | None, goes_on: bool
) -> None:
    world.configure(exclude=[n for n in CATALOGUE if n not in NAMES])
    tags = range_tags("nordvik", world.settings.first_day, world.today)
    tags |= {"dagster/failure_reason": reason} if reason else {}
    create_run_for_test(world.instance, status=dg.DagsterRunStatus.FAILURE, tags=tags)
    found = {request.tags["vismapbi/company"]: request for request in catch_up(world)[0]}
    assert set(found) == ({"nordvik"} if goes_on else set())
    if goes_on:
        tags = dict(found["nordvik"].tags)
        assert world.run(*READ, tags=tags).success
        assert not [r for r in catch_up(world)[0] if r.tags["vismapbi/company"] == "nordvik"]


def test_ranges_name_both_ends(world: World) -> None:
    tags = range_tags("nordvik", world.settings.first_day, world.today)
    assert set(tags.values()) == {str(world.key()), str(world.key(day=world.today))}
