"""What a run costs at both ends: calls follow pages and lists, posted rows follow changes."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest

from vismapbi_assets.pipeline.upkeep import compact_tables
from vismapbi_assets.sandbox.dax import evaluate
from vismapbi_assets.sandbox.powerbi.queries import model_of
from vismapbi_assets.visma.entities.catalogue import CATALOGUE
from vismapbi_tests.end_to_end.harness import LOG, START, installation
from vismapbi_tests.end_to_end.oracles import documents, every_row_counts_once, same_rows

LOOPED = {"dimension", "budget"}
"""Lists that are asked for element by element."""

MEASURES = (
    "AP Balance", "AR Balance", "Revenue YTD", "Result for the Year", "Cash Position", "AP Overdue",
    "AR Overdue",
)  # fmt: skip


def calls(made) -> Counter[tuple[str, str]]:
    """Calls of each list and company since the log was last emptied."""
    found: Counter[tuple[str, str]] = Counter()
    for entry in made.sandbox.visma.log:
        if entry["entity"] not in (None, "token"):
            found[entry["company"], entry["entity"]] += 1
    made.sandbox.visma.log.clear()
    return found


def test_the_first_load_costs_one_call_for_each_page(tmp_path):
    with installation(tmp_path, scale=0.01, page_size=30, journal_page_size=400) as made:
        assert not made.sync().unsound
        found = calls(made)
        for company in made.companies:
            for name, entity in made.entities.items():
                if name in LOOPED:
                    continue
                listed = documents(made, company, name)
                rows = (
                    sum(len(d["journalTransactionLines"]) for d in listed)
                    if entity.paging == "line"
                    else len(listed)
                )
                size = 400 if entity.paging == "line" else 30
                pages = 1 if entity.paging == "none" else max(1, math.ceil(rows / size))
                if entity.paging == "short" and rows > 0 and not (rows > size and rows % size):
                    pages += (
                        1  # it tells no size: a page is the last if others were longer, or empty
                    )
                assert found[company, name] == pages, (company, name, rows)


def test_an_idle_run_costs_one_call_for_each_list_and_posts_nothing(made):
    made.sync()
    calls(made)
    posts = made.sandbox.powerbi.log.count("rows.post")
    done = made.sync()
    assert not done.unsound
    assert done.posted == {}
    assert made.sandbox.powerbi.log.count("rows.post") == posts
    found = calls(made)
    for company in made.companies:
        for name in made.entities.keys() - LOOPED:
            assert found[company, name] == 1, (company, name)


def test_many_changes_in_one_list_cost_one_or_two_calls_for_it(made):
    for number in range(400):
        made.sandbox.visma.mutate("nordvik", "create_supplier_invoice", amount=number + 1)
    made.sync()
    found = calls(made)
    assert found["nordvik", "supplierInvoice"] in (1, 2)
    assert found["nordvik", "customerInvoice"] == 1


def test_a_mass_restamp_writes_and_publishes_nothing(made):
    made.calm(left=timedelta(hours=3))
    made.sync()
    with made.bench() as bench:
        before = {name: bench.store.state(name).sequence() for name in made.entities}
    made.sandbox.visma.mutate("nordvik", "restamp")
    made.calm()
    done = made.sync()
    assert not done.unsound
    assert done.posted == {}
    read = sum(r.extraction.read for r in done.readings.values())
    assert read > 1_000
    with made.bench() as bench:
        assert {name: bench.store.state(name).sequence() for name in made.entities} == before


def test_a_mass_restamp_of_this_minute_is_proved_by_a_second_reading(tmp_path):
    with installation(tmp_path, scale=0.01, companies=1, page_size=10) as made:
        made.calm(left=timedelta(hours=3))
        made.sync()
        made.calm()
        calls(made)
        made.sandbox.visma.mutate("nordvik", "restamp")
        done = made.sync()
        assert not done.unsound
        assert done.posted == {}
        pages = math.ceil(len(documents(made, "nordvik", "supplierInvoice")) / 10)
        assert pages > 1
        assert calls(made)["nordvik", "supplierInvoice"] <= 2 * pages + 1


def test_changed_documents_cost_two_rows_each_whatever_the_table_holds(made):
    visma = made.sandbox.visma
    for number in range(600):
        visma.mutate("nordvik", "create_supplier_invoice", amount=number + 1)
    made.sync()
    table = made.received("SupplierInvoice").height
    changed = 30
    for record in visma.companies["nordvik"].books.lists["supplierInvoice"][-changed:]:
        visma.mutate("nordvik", "edit_document", number=record.number, text="Endret")
    done = made.sync()
    assert not done.unsound
    assert table >= 600
    assert done.tables["SupplierInvoice"].action == "append"
    assert done.posted["SupplierInvoice"] == 2 * changed
    assert set(done.posted) <= {"SupplierInvoice", LOG}


@pytest.fixture
def answers(made):
    """Answers of measures as the dataset gives them now."""

    def ask() -> dict[str, Decimal | float | None]:
        dataset = made.sandbox.powerbi.datasets[made.dataset_id]
        model = model_of(dataset, made.sandbox.powerbi.clock.now())
        found = {}
        for measure in MEASURES:
            for at in (START.date(), date(START.year - 1, 12, 31)):
                day = f"DATE ( {at.year}, {at.month}, {at.day} )"
                dax = f"EVALUATE ROW ( \"v\", CALCULATE ( [{measure}], 'Dates'[Date] = {day} ) )"
                found[measure, at] = evaluate(model, dax).item()
        return found

    return ask


def test_compaction_leaves_every_answer_and_every_net_row_as_it_was(made, answers):
    visma = made.sandbox.visma
    for number in range(60):
        visma.mutate("nordvik", "create_supplier_invoice", amount=number + 1)
    made.sync()
    for record in visma.companies["nordvik"].books.lists["supplierInvoice"][-15:]:
        visma.mutate("nordvik", "pay_document", number=record.number, amount="0.40")
    made.sync()
    before, net = answers(), every_row_counts_once(made)
    assert made.received("SupplierInvoice").height > net["SupplierInvoice"].height
    with made.bench() as bench:
        compact_tables(bench, ["SupplierInvoice", "ApLedger"], run_id="compaction")
    held = made.received("SupplierInvoice")
    assert held.height == net["SupplierInvoice"].height
    assert held.filter(pl.col("RowDelta") != 1).is_empty()
    assert answers() == before
    same_rows(every_row_counts_once(made), net)
    assert made.sync().posted == {}


def test_every_list_of_the_catalogue_is_counted(made):
    assert set(made.entities) == {name for name, e in CATALOGUE.items() if e.in_sync}
