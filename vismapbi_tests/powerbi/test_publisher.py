"""Publishing: the cheapest correct way, exactly once, verified by asking the destination."""

import polars as pl
import pytest

from vismapbi_tests.powerbi.conftest import DIMENSION, FACT, LOG, facts, many, same

BASE = {f"k{i}": i for i in range(20)}


def parties(**names: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"Party": list(names), "Name": list(names.values())},
        schema={"Party": pl.String, "Name": pl.String},
    )


def test_the_first_load_replaces_and_is_verified(bench):
    done = bench.publisher().publish(FACT, facts(BASE), sources={"supplierInvoice": 7})
    assert (done.action, done.reason, done.status) == ("replace", "first load", "ok")
    assert (done.posted, done.posts, done.net, done.destination) == (20, 1, 20, 20)
    assert done.verified
    assert done.totals["Amount"] == "190.0000"
    same(bench.net(), facts(BASE))
    assert bench.store.published("Faktura").meta().sources == {"supplierInvoice": 7}


def test_an_idle_run_posts_nothing_and_is_verified(bench):
    bench.publisher().publish(FACT, facts(BASE), sources={"a": 1})
    posts = len(bench.log("rows.post"))
    done = bench.publisher().publish(FACT, facts(BASE), sources={"a": 2})
    assert (done.action, done.status, done.posted, done.verified) == ("nothing", "ok", 0, True)
    assert len(bench.log("rows.post")) == posts
    assert len(bench.log("rows.delete")) == 1
    assert bench.store.published("Faktura").meta().sources == {"a": 2}


def test_changes_travel_as_reversals_and_new_versions(bench):
    bench.publisher().publish(FACT, facts(BASE))
    wanted = {**BASE, "k3": 333, "new": 5}
    del wanted["k4"]
    done = bench.publisher().publish(FACT, facts(wanted))
    assert (done.action, done.added, done.changed, done.vanished) == ("append", 1, 1, 1)
    assert (done.posted, done.net, done.destination) == (4, 20, 24)
    assert "4 rows instead of 20" in done.reason
    assert done.verified
    same(bench.net(), facts(wanted))
    reversal = bench.rows().filter(Key="no:k4", RowDelta=-1)
    original = bench.rows().filter(Key="no:k4", RowDelta=1)
    assert reversal["Amount"].item() == -original["Amount"].item()
    assert reversal["Rate"].item() == original["Rate"].item()
    assert reversal["PushBatchId"].item() > original["PushBatchId"].item()
    assert reversal["LoadedAt"].item() > original["LoadedAt"].item()


def test_a_table_that_changed_in_most_rows_is_replaced(bench):
    bench.publisher().publish(FACT, facts(BASE))
    wanted = {k: v + 1 for k, v in BASE.items()}
    done = bench.publisher().publish(FACT, facts(wanted))
    assert (done.action, done.posted, done.destination) == ("replace", 20, 20)
    assert "more than" in done.reason
    same(bench.net(), facts(wanted))


def test_a_dimension_is_replaced_when_its_content_changed(bench):
    bench.publisher().publish(DIMENSION, parties(V1="Ærlig", V2="Bø"))
    assert bench.publisher().publish(DIMENSION, parties(V1="Ærlig", V2="Bø")).action == "nothing"
    done = bench.publisher().publish(DIMENSION, parties(V1="Ærlig AS", V3="C"))
    assert (done.action, done.posted) == ("replace", 2)
    same(bench.net(DIMENSION), parties(V1="Ærlig AS", V3="C"), DIMENSION)


def test_an_append_table_takes_new_rows_only(bench):
    def rows(run: str, pushed: int) -> pl.DataFrame:
        return pl.DataFrame({"RunId": [run], "TableName": ["T"], "RowsPushed": [pushed]})

    bench.publisher().publish(LOG, rows("r1", 3))
    done = bench.publisher().publish(LOG, rows("r2", 4))
    assert (done.action, done.posted, done.net) == ("append", 1, 2)
    again = bench.publisher().publish(LOG, rows("r1", 99))
    assert (again.action, again.ignored) == ("nothing", 1)
    assert bench.rows(LOG).sort("RunId")["RowsPushed"].to_list() == [3, 4]
    short = bench.publisher().publish(LOG, rows("r2", 4), replace_reason="keeps 30 days")
    assert (short.action, short.net) == ("replace", 1)
    assert bench.rows(LOG)["RunId"].to_list() == ["r2"]


def test_only_rows_of_the_given_parents_are_compared(bench):
    parent = pl.col("Party")
    rows = facts(BASE)
    bench.publisher().publish(FACT, rows, parent=parent)
    moved = rows.filter(Party="V3").with_columns(pl.col("Amount") + 100)
    done = bench.publisher().publish(
        FACT, moved.head(2), scope_parents=pl.Series(["V3", "V5"]), parent=parent
    )
    gone = rows.filter(pl.col("Party").is_in(["V3", "V5"])).height - 2
    assert (done.changed, done.vanished, done.action) == (2, gone, "append")
    rest = rows.filter(~pl.col("Party").is_in(["V3", "V5"]))
    same(bench.net(), pl.concat([rest, moved.head(2)]))


def test_replacing_with_a_scope_keeps_the_rows_outside_it(bench):
    parent = pl.col("Party")
    rows = facts(BASE)
    bench.publisher().publish(FACT, rows, parent=parent)
    moved = rows.filter(Party="V3").with_columns(pl.col("Amount") + 100)
    bench.sandbox.tamper(bench.dataset_id, "Faktura", drop=3)
    done = bench.publisher().publish(FACT, moved, scope_parents=pl.Series(["V3"]), parent=parent)
    assert (done.action, done.status) == ("replace", "repaired")
    same(bench.net(), pl.concat([rows.filter(pl.col("Party") != "V3"), moved]))


def test_rows_that_cannot_be_held_are_split_off_and_the_rest_goes_on(bench):
    rows = facts({"a": 1, "b": 2, "c": 3})
    bad = rows.with_columns(
        Hours=pl.when(pl.col("Key") == "no:b").then(float("nan")).otherwise(1.0)
    )
    done = bench.publisher().publish(FACT, bad)
    assert done.net == 2
    assert done.rejected.select("row_key", "reason").rows() == [
        ("no:b", "Hours: not a finite number")
    ]


def test_a_published_row_stays_while_its_new_version_cannot_be_held(bench):
    rows = facts(BASE)
    bench.publisher().publish(FACT, rows)
    bad = rows.with_columns(
        Rate=pl.when(pl.col("Key") == "no:k5").then(float("inf")).otherwise(1.25)
    )
    done = bench.publisher().publish(FACT, bad)
    assert (done.action, done.rejected.height) == ("nothing", 1)
    same(bench.net(), rows)


def test_a_key_that_comes_twice_is_published_once(bench):
    rows = facts({"a": 1, "b": 2})
    other = facts({"b": 9, "c": 3})
    done = bench.publisher().publish(FACT, iter([pl.concat([rows, rows.head(1)]), other]))
    assert done.rejected["row_key"].to_list() == ["no:a", "no:b"]
    same(bench.net(), facts({"a": 1, "b": 2, "c": 3}))
    done = bench.publisher().publish(FACT, iter([rows, other]))
    assert (done.action, done.net) == ("nothing", 3)
    same(bench.net(), facts({"a": 1, "b": 2, "c": 3}))


def test_rows_are_posted_in_batches_of_at_most_ten_thousand(bench):
    done = bench.publisher().publish(FACT, iter([many(12_000), many(25_000)[12_000:]]))
    assert (done.posts, done.posted, done.status) == (3, 25_000, "ok")
    assert [e.rows for e in bench.log("rows.post")] == [10_000, 10_000, 5_000]
    assert bench.rows()["PushBatchId"].n_unique() == 3


def test_changing_some_documents_costs_only_them(bench):
    rows = many(40_000)
    bench.publisher().publish(FACT, rows)
    changed = rows.with_columns(
        Amount=pl.when(pl.int_range(pl.len()) % 20 == 0).then(pl.col("Amount") + 1)
        .otherwise(pl.col("Amount"))
    )  # fmt: skip
    done = bench.publisher().publish(FACT, changed)
    assert (done.action, done.changed, done.posted) == ("append", 2_000, 4_000)
    same(bench.net(), changed)


def test_compaction_keeps_the_net_rows_and_drops_the_rest(bench):
    bench.publisher().publish(FACT, facts(BASE))
    wanted = {**BASE, "k3": 333, "k5": 1}
    bench.publisher().publish(FACT, facts(wanted))
    before = bench.net()
    done = bench.publisher().replace(FACT, "compaction: 4 of 24 rows cancel out")
    assert (done.action, done.destination, done.net, done.status) == ("replace", 20, 20, "ok")
    assert bench.net().equals(before)
    assert bench.publisher().publish(FACT, facts(wanted)).action == "nothing"


def test_the_empty_window_of_a_replaced_table_is_measured(bench):
    bench.publisher().publish(DIMENSION, parties(V1="A"))
    done = bench.publisher().publish(DIMENSION, parties(V1="B"))
    assert 0 < done.empty_seconds < 10


@pytest.mark.parametrize("tampering", [{"drop": 2}, {"clear": True}, {"add": [{"Key": "x"}]}])
def test_rows_changed_by_somebody_else_are_noticed_and_repaired(bench, tampering):
    bench.publisher().publish(FACT, facts(BASE))
    bench.sandbox.tamper(bench.dataset_id, "Faktura", **tampering)
    done = bench.publisher().publish(FACT, facts({**BASE, "new": 1}))
    assert (done.status, done.action, done.verified) == ("repaired", "replace", True)
    assert "is not as it was published" in done.reason
    same(bench.net(), facts({**BASE, "new": 1}))


def test_without_automatic_repair_a_difference_is_only_told(bench):
    from dataclasses import replace

    bench.publisher().publish(FACT, facts(BASE))
    bench.sandbox.tamper(bench.dataset_id, "Faktura", drop=2)
    bench.options = replace(bench.options, repair=False)
    done = bench.publisher().publish(FACT, facts({**BASE, "new": 1}))
    assert (done.status, done.posted) == ("failed", 0)
    assert "18 rows instead of 20" in done.reason


def test_a_wiped_store_meets_a_filled_dataset_and_replaces_it(bench):
    bench.publisher().publish(FACT, facts(BASE))
    bench.wipe()
    done = bench.publisher().publish(FACT, facts(BASE))
    assert (done.status, done.action) == ("repaired", "replace")
    assert "20 rows that this store does not know" in done.reason
    same(bench.net(), facts(BASE))


def test_without_queries_publishing_goes_on_unverified_and_says_so(bench):
    bench.publisher()
    bench.sandbox.set_switches(queries="setting_off")
    first = bench.publisher().publish(FACT, facts(BASE))
    done = bench.publisher().publish(FACT, facts({**BASE, "k1": 50}))
    assert (first.status, done.status, done.action) == ("ok", "ok", "append")
    assert (done.verified, done.unasked) == (False, True)
    assert any("cannot be queried" in note for note in done.notes)
    same(bench.net(), facts({**BASE, "k1": 50}))


def test_rows_that_are_seen_late_are_waited_for_and_no_table_is_cleared(bench):
    bench.publisher().publish(FACT, facts(BASE))
    cleared = len(bench.log("rows.delete"))
    bench.sandbox.set_switches(visibility_delay=3 * bench.options.settle_seconds)
    done = bench.publisher().publish(FACT, facts({**BASE, "k1": 50}))
    assert (done.status, done.action, done.verified) == ("ok", "append", True)
    assert len(bench.log("rows.delete")) == cleared
    same(bench.net(), facts({**BASE, "k1": 50}))


def test_a_row_that_moves_to_another_parent_is_not_doubled(bench):
    parent = pl.col("Party")
    rows = facts(BASE)
    bench.publisher().publish(FACT, rows, parent=parent)
    moved = rows.filter(Key="no:k3").with_columns(Party=pl.lit("V99"))
    done = bench.publisher().publish(FACT, moved, scope_parents=pl.Series(["V99"]), parent=parent)
    assert (done.changed, done.added, done.net) == (1, 0, 20)
    same(bench.net(), pl.concat([rows.filter(pl.col("Key") != "no:k3"), moved]))


def test_a_changed_key_that_comes_twice_takes_its_first_version(bench):
    bench.publisher().publish(FACT, facts(BASE))
    wanted = {**BASE, "k3": 100}
    done = bench.publisher().publish(FACT, iter([facts(wanted), facts({"k3": 200, "k4": 300})]))
    assert (done.changed, done.rejected.height) == (1, 2)
    same(bench.net(), facts(wanted))
