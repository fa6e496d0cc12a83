"""Bodies come in the order of the plan, one ahead, each exactly as its batch was planned."""

import json
from datetime import UTC, datetime

import polars as pl
import pytest

from vismapbi_assets.powerbi.bodies import Bodies
from vismapbi_assets.powerbi.schema import PushColumn, PushTable
from vismapbi_assets.store.errors import PlanConflictError
from vismapbi_assets.store.store import Store

TABLE = PushTable(
    name="T",
    strategy="reverse",
    key=("Key",),
    columns=(
        PushColumn(name="Key", data_type="String"),
        PushColumn(name="LoadedAt", data_type="DateTime"),
        PushColumn(name="RowDelta", data_type="Int64", additive=True),
        PushColumn(name="PushBatchId", data_type="Int64"),
    ),
)


@pytest.fixture
def plan(tmp_path):
    plans = Store(str(tmp_path)).plans
    draft = plans.draft("T")
    for number in (1, 2, 3):
        draft.batch(number, pl.DataFrame({"Key": [f"k{number}"], "delta": [1]}))
    lease = plans.claim("T", run_id="r")
    return plans.finish(draft, lease, kind="append")


def test_every_batch_has_its_own_body_however_often_it_is_asked_for(plan):
    with Bodies(plan, TABLE) as bodies:
        for batch in [*plan.batches[:2], plan.batches[1], plan.batches[2]]:
            row = json.loads(bodies.of(batch))["rows"][0]
            assert row["Key"] == f"k{batch.push_batch_id}"
            assert row["PushBatchId"] == batch.push_batch_id
            assert datetime.fromisoformat(row["LoadedAt"]).replace(tzinfo=UTC) <= plan.created_at


def test_what_is_wrong_with_a_batch_shows_when_that_batch_is_asked_for(plan):
    plan.objects.put(plan.batches[1].path, b"not what was planned")
    with Bodies(plan, TABLE) as bodies:
        assert json.loads(bodies.of(plan.batches[0]))["rows"][0]["Key"] == "k1"
        with pytest.raises(PlanConflictError):
            bodies.of(plan.batches[1])
