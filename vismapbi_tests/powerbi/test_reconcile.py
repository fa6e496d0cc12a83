"""Reconciliation: equal is proved, a difference is named down to day and key."""

from decimal import Decimal

import pytest

from vismapbi_assets.powerbi.destination import Destination
from vismapbi_assets.powerbi.reconcile import evidence, reconcile
from vismapbi_tests.powerbi.conftest import DIMENSION, FACT, facts, same
from vismapbi_tests.powerbi.test_publisher import parties

BASE = {f"k{i}": i for i in range(20)}
WANTED = {**BASE, "k3": 333}


def test_equal_is_equal_on_a_table_with_reversals(bench):
    bench.publisher().publish(FACT, facts(BASE))
    bench.publisher().publish(FACT, facts(WANTED))
    found = reconcile(bench.publisher(), FACT)
    assert (found.status, found.differences, found.groups) == ("equal", (), ())
    assert (found.found.rows, found.found.net) == (22, 20)
    told = evidence(found)
    assert told["sums"]["Amount"] == {"published": "520.0000", "power_bi": "520.0000"}


def test_a_foreign_row_is_named_by_day_and_key(bench):
    bench.publisher().publish(FACT, facts(BASE))
    row = {**bench.rows().row(4, named=True), "Amount": Decimal("0.0100"), "Key": "no:foreign"}
    bench.sandbox.tamper(bench.dataset_id, "Faktura", add=[row])
    found = reconcile(bench.publisher(), FACT)
    assert found.status == "different"
    assert "21 rows instead of 20" in found.differences
    assert "sum of Amount 190.0100 instead of 190.0000" in found.differences
    by = {g.column: g.value for g in found.groups}
    assert by == {"Day": row["Day"].isoformat(), "Key": "no:foreign"}


def test_rows_that_are_gone_are_named_and_repaired_on_request(bench):
    bench.publisher().publish(FACT, facts(BASE))
    lost = bench.rows().tail(2)["Key"].to_list()
    bench.sandbox.tamper(bench.dataset_id, "Faktura", drop=2)
    found = reconcile(bench.publisher(), FACT, repair=True)
    assert sorted(g.value for g in found.groups if g.column == "Key") == sorted(lost)
    assert found.repaired is not None
    assert found.repaired.verified
    same(bench.net(), facts(BASE))
    assert reconcile(bench.publisher(), FACT).status == "equal"


@pytest.mark.parametrize("form", ["{}T00:00:00", "{}T00:00:00.000Z", "{}", "{}T00:00:00+00:00"])
def test_dates_are_told_apart_by_their_day_whatever_their_form(bench, monkeypatch, form):
    bench.publisher().publish(FACT, facts(BASE))
    bench.sandbox.tamper(bench.dataset_id, "Faktura", drop=1)
    asked = Destination.totals_by

    def reformed(self, table, column):
        found = asked(self, table, column)
        return {form.format(str(k)[:10]) if column == "Day" else k: v for k, v in found.items()}

    monkeypatch.setattr(Destination, "totals_by", reformed)
    days = [g for g in reconcile(bench.publisher(), FACT).groups if g.column == "Day"]
    assert len(days) == 1


def test_a_dimension_is_reconciled_by_its_rows(bench):
    bench.publisher().publish(DIMENSION, parties(V1="A", V2="B"))
    bench.sandbox.tamper(bench.dataset_id, "Party", drop=1)
    found = reconcile(bench.publisher(), DIMENSION)
    assert [(g.column, g.value) for g in found.groups] == [("Party", "V2")]


def test_without_queries_the_outcome_is_unknown_and_said_so(bench):
    bench.publisher().publish(FACT, facts(BASE))
    bench.sandbox.set_switches(queries="setting_off")
    found = reconcile(bench.publisher(), FACT)
    assert found.status == "unknown"
    assert "cannot be queried" in found.notes[0]


def test_a_table_that_was_never_published_is_said_to_be_so(bench):
    assert reconcile(bench.publisher(), FACT).status == "unpublished"


def test_only_a_handful_of_queries_are_asked(bench):
    bench.publisher().publish(FACT, facts(BASE))
    bench.sandbox.tamper(bench.dataset_id, "Faktura", drop=2)
    before = len(bench.log("queries.execute"))
    reconcile(bench.publisher(), FACT)
    assert len(bench.log("queries.execute")) - before == 3
