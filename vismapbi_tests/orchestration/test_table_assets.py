"""Table assets on the sandbox: what is kept of a publication, and how it fails."""

from __future__ import annotations

from .conftest import World
from .test_extract_assets import failure, values

TABLE = "powerbi/AgingBucket"
STEP = "powerbi__AgingBucket"


def test_a_publication_is_an_audit_record_and_is_verified(world: World) -> None:
    done = world.run(TABLE, partition_key=world.key())
    assert done.success
    (event,) = done.asset_materializations_for_node(STEP)
    found = values(event.metadata)
    (dataset,) = world.sandbox.powerbi.datasets.values()
    there = world.sandbox.powerbi.rows(dataset.id, "AgingBucket").height
    assert found["dagster/row_count"] == found["rows_posted"] == there > 0
    assert found["verified"] is True
    assert found["posts"] == len(found["batches"]) == 1
    assert {e.check_name: e.passed for e in done.get_asset_check_evaluations()} == {
        "schema": True,
        "reconciled": True,
    }
    again = values(world.run(TABLE).asset_materializations_for_node(STEP)[0].metadata)
    assert (again["posts"], again["rows_posted"], again["verified"]) == (0, 0, True)


def test_an_unknown_workspace_is_permanent_and_says_what_to_check(world: World) -> None:
    world.monkeypatch.setenv("POWERBI_WORKSPACE_ID", "00000000-0000-4000-8000-000000000000")
    world.configure()
    cause, metadata, attempts = failure(world.run(TABLE))
    assert attempts == 1
    assert metadata["kind"] == "WorkspaceUnknown"
    assert "POWERBI_WORKSPACE_ID" in cause
    assert not world.sandbox.powerbi.datasets
