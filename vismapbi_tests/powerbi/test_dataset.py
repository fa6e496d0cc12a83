"""The dataset: created once, pinned, verified, changed only by PUT, never guessed."""

from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest

from vismapbi_assets.powerbi.dataset import CREATING
from vismapbi_assets.powerbi.errors import (
    CreationBlocked,
    DatasetMissing,
    NotPushDataset,
    OutcomeUnknown,
    TenantSettingOff,
    WorkspaceUnknown,
)
from vismapbi_assets.powerbi.registry import (
    AmbiguousDataset,
    CreationRunning,
    SchemaRefused,
)
from vismapbi_assets.powerbi.schema import PushColumn, PushMeasure
from vismapbi_tests.powerbi.conftest import FACT, LOG, MODEL, facts, same


def with_fact(**changes):
    return replace(MODEL, tables=(replace(FACT, **changes), *MODEL.tables[1:]))


EXTRA = PushColumn(name="Note", data_type="String")


def creations(bench) -> int:
    return len(bench.log("datasets.create"))


def test_the_dataset_is_created_once_and_found_again(bench):
    first = bench.keeper().ensure(MODEL)
    again = bench.keeper().ensure(MODEL)
    assert first.dataset_id == again.dataset_id
    assert (first.origin, again.changed, creations(bench)) == ("created", (), 1)
    assert bench.sandbox.datasets[first.dataset_id].retention == "None"


def test_a_creation_that_is_only_accepted_is_waited_for(bench):
    bench.sandbox.set_switches(create_accepted_seconds=20.0)
    assert bench.keeper().ensure(MODEL).dataset_id in bench.sandbox.datasets
    assert creations(bench) == 1


@pytest.mark.parametrize("kind", ["drop_after", "error_after"])
def test_a_creation_without_an_answer_is_found_and_not_repeated(bench, kind):
    bench.sandbox.add_fault(kind, operation="datasets.create")
    found = bench.keeper().ensure(MODEL)
    assert found.dataset_id in bench.sandbox.datasets
    assert creations(bench) == 1


def test_a_creation_that_never_arrived_is_tried_again_only_after_its_lease(bench):
    bench.sandbox.add_fault("drop_before", operation="datasets.create")
    with pytest.raises(OutcomeUnknown):
        bench.keeper().ensure(MODEL)
    with pytest.raises(CreationRunning):
        bench.keeper().ensure(MODEL)
    bench.sandbox.clock.advance(700)
    assert bench.keeper().ensure(MODEL).origin == "created"
    assert len(bench.sandbox.datasets) == 1


@pytest.mark.parametrize("switch", ["creation_blocked", "create_400_without_error_info"])
def test_blocked_creation_is_a_clear_outcome_with_choices(bench, switch):
    bench.sandbox.set_switches(**{switch: True})
    with pytest.raises(CreationBlocked, match="Choices"):
        bench.keeper().ensure(MODEL)
    bench.sandbox.set_switches(**{switch: False})
    assert bench.keeper().ensure(MODEL).origin == "created"


def test_two_datasets_of_the_name_are_never_guessed_between(bench):
    bench.keeper().ensure(MODEL)
    bench.wipe()
    bench.client().create_dataset({"name": "Finance", "tables": [
        {"name": "T", "columns": [{"name": "A", "dataType": "String"}]}]})  # fmt: skip
    with pytest.raises(AmbiguousDataset, match="2 datasets are called 'Finance'"):
        bench.keeper().ensure(MODEL)


def test_a_foreign_dataset_of_the_name_is_not_taken(bench):
    bench.client().create_dataset({"name": "Finance", "tables": [
        {"name": "T", "columns": [{"name": "A", "dataType": "String"}]}]})  # fmt: skip
    with pytest.raises(AmbiguousDataset, match="is not ours"):
        bench.keeper().ensure(MODEL)
    assert creations(bench) == 1


def test_an_import_model_of_the_name_is_not_taken(bench):
    bench.sandbox.add_model("Finance")
    with pytest.raises(NotPushDataset):
        bench.keeper().ensure(MODEL)


def test_after_a_wiped_store_the_dataset_is_adopted_and_its_tables_made_sure_of(bench):
    first = bench.keeper().ensure(MODEL)
    bench.wipe()
    found = bench.keeper().ensure(MODEL)
    assert (found.dataset_id, found.origin) == (first.dataset_id, "adopted")
    assert len(bench.log("tables.put")) == len(MODEL.tables)


def test_a_lost_dataset_is_told_and_nothing_is_created_in_its_place(bench):
    found = bench.keeper().ensure(MODEL)
    bench.client().delete_dataset(found.dataset_id)
    with pytest.raises(DatasetMissing, match="nothing is created"):
        bench.keeper().ensure(MODEL)
    assert creations(bench) == 1


def test_an_added_column_is_put_and_its_rows_are_verified(bench):
    bench.publisher().publish(FACT, facts({"a": 1, "b": 2}))
    model = with_fact(columns=(*FACT.columns, EXTRA))
    done = bench.keeper().ensure(model)
    assert (done.changed, len(bench.log("tables.put"))) == (("Faktura",), 1)
    assert "rows before 2, after 2" in done.notes[0]
    assert bench.keeper().ensure(model).changed == ()


@pytest.mark.parametrize("policy", ["keep", "null_fill", "clear"])
def test_rows_are_right_after_a_put_whatever_it_does_to_them(bench, policy):
    import polars as pl

    bench.publisher().publish(FACT, facts({"a": 1, "b": 2}))
    bench.sandbox.set_switches(put_rows=policy)
    table = replace(FACT, columns=(*FACT.columns, EXTRA))
    bench.keeper().ensure(with_fact(columns=table.columns))
    rows = facts({"a": 1, "b": 2, "c": 3}).with_columns(Note=pl.lit("x"))
    done = bench.publisher().publish(table, rows)
    assert done.verified
    same(bench.net(table), rows, table)


def test_a_put_whose_effect_cannot_be_counted_lets_the_table_be_replaced(bench):
    bench.publisher().publish(FACT, facts({"a": 1, "b": 2}))
    bench.sandbox.set_switches(put_rows="clear", queries="not_for_push")
    doubted = []
    table = replace(FACT, columns=(*FACT.columns, EXTRA))
    keeper = replace(bench.keeper(), doubt=lambda *told: doubted.append(told))
    keeper.ensure(with_fact(columns=table.columns))
    assert [name for name, _ in doubted] == ["Faktura"]


def test_another_dataset_is_filled_even_where_nobody_can_ask_it(bench):
    bench.publisher().publish(FACT, facts({"a": 1, "b": 2}))
    bench.client().delete_dataset(bench.dataset_id)
    bench.keeper().registry.unpin()
    bench.dataset_id = ""
    bench.sandbox.set_switches(queries="not_for_push")
    done = bench.publisher().publish(FACT, facts({"a": 1, "b": 2}))
    assert "another dataset" in done.reason
    bench.sandbox.set_switches(queries="available")
    same(bench.net(), facts({"a": 1, "b": 2}))


def test_a_changed_measure_is_put_without_touching_rows(bench):
    bench.publisher().publish(FACT, facts({"a": 1}))
    measure = PushMeasure(name="Total", expression="SUM('Faktura'[Amount])")
    done = bench.keeper().ensure(with_fact(measures=(measure,)))
    assert (done.changed, done.notes) == (("Faktura",), ())
    assert bench.rows().height == 1


def test_what_cannot_be_changed_is_refused_with_the_difference_and_the_choices(bench):
    bench.keeper().ensure(MODEL)
    with pytest.raises(SchemaRefused) as caught:
        bench.keeper().ensure(with_fact(columns=FACT.columns[:3] + FACT.columns[4:]))
    assert "'Faktura'[Amount] is gone" in str(caught.value)
    assert "Choices" in str(caught.value)
    with pytest.raises(SchemaRefused, match="'Other' is new"):
        tables = (*MODEL.tables, replace(LOG, name="Other"))
        bench.keeper().ensure(replace(MODEL, tables=tables))
    assert bench.log("tables.put") == []


def test_a_change_that_was_interrupted_is_made_again(bench):
    bench.keeper().ensure(MODEL)
    model = with_fact(columns=(*FACT.columns, EXTRA))
    bench.sandbox.add_fault("drop_after", operation="tables.put", times=None)
    with pytest.raises(Exception, match="not reachable"):
        bench.keeper().ensure(model)
    bench.sandbox.faults.clear()
    assert bench.keeper().ensure(model).changed == ("Faktura",)


def test_a_foreign_workspace_and_a_closed_tenant_are_told_apart(bench):
    keeper = bench.keeper()
    keeper.client.workspace_id = bench.sandbox.foreign_workspace_id
    with pytest.raises(WorkspaceUnknown):
        keeper.ensure(MODEL)
    bench.sandbox.set_switches(service_principals_disabled=True)
    with pytest.raises(TenantSettingOff, match="Fabric administrator"):
        bench.keeper().ensure(MODEL)


def test_a_store_of_another_workspace_is_refused(bench):
    keeper = bench.keeper()
    keeper.ensure(MODEL)
    keeper.client.workspace_id = "other"
    with pytest.raises(AmbiguousDataset, match="another store"):
        keeper.ensure(MODEL)


def test_no_claim_is_left_after_a_creation(bench):
    bench.keeper().ensure(MODEL)
    assert bench.store.objects.get(CREATING) is None


def test_a_run_waits_for_the_dataset_that_another_creates(bench):
    keeper = bench.keeper()
    bench.store.objects.put(
        CREATING, msgspec.json.encode(datetime.fromtimestamp(bench.sandbox.clock.now(), UTC))
    )

    def other_finishes(seconds):
        bench.store.objects.delete(CREATING)
        bench.keeper().ensure(MODEL)

    found = replace(keeper, sleep=other_finishes).ensure(MODEL)
    assert found.dataset_id in bench.sandbox.datasets
    assert creations(bench) == 1


class Overtaken:
    """A client whose list of datasets is old when it arrives: another run has created meanwhile."""

    def __init__(self, bench):
        self.bench, self.client = bench, bench.client()

    def __getattr__(self, name):
        return getattr(self.client, name)

    def datasets(self):
        listed = self.client.datasets()
        self.bench.keeper().ensure(MODEL)
        return listed


def test_two_runs_at_the_same_moment_create_one_dataset(bench):
    replace(bench.keeper(), client=Overtaken(bench)).ensure(MODEL)
    assert creations(bench) == 1
    assert bench.store.objects.get(CREATING) is None
