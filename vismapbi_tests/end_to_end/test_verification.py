"""What counts as delivered: where Power BI cannot be asked, and where a row was kept back."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from vismapbi_tests.end_to_end.harness import LOG, Installation


def with_dataset(made: Installation, **changes: object) -> Installation:
    dataset = msgspec.structs.replace(made.settings.dataset, **changes)
    file = msgspec.structs.replace(made.settings.file, dataset=dataset)
    return replace(made, settings=replace(made.settings, file=file))


def test_what_cannot_be_asked_for_is_no_delivery_unless_the_settings_say_so(made):
    made.sync()
    logged = made.received(LOG).height
    made.sandbox.powerbi.set_switches(queries="not_for_push")
    made.sandbox.visma.mutate("nordvik", "create_supplier_invoice", amount=125)

    strict = made.sync()
    assert "SupplierInvoice" in strict.unsound
    assert made.received(LOG).height == logged, "the data date stays where it is"

    lenient = with_dataset(made, verification="where possible").sync()
    assert not lenient.unsound
    assert made.received(LOG).height > logged
    check = lenient.tables["SupplierInvoice"].checks["reconciled"]
    assert (check["passed"], check["error"]) == (False, False)
    assert "cannot be queried" in check["text"]


def test_a_table_that_power_bi_says_to_differ_is_never_delivered(made):
    lenient = with_dataset(made, verification="where possible", repair="manual")
    lenient.sync()
    made.sandbox.powerbi.tamper(made.dataset_id, "SupplierInvoice", drop=1)
    assert "SupplierInvoice" in lenient.sync().unsound


def test_one_document_without_a_date_holds_back_its_rows_and_nothing_else(made):
    made.sandbox.visma.fault(
        "member", entity="supplierInvoice", company="nordvik", member="date", value=None, count=1
    )
    made.sandbox.visma.mutate("nordvik", "create_supplier_invoice", amount=125)
    logged = made.received(LOG).height
    done = made.sync()
    assert not done.unsound
    kept_back = {n: o for n, o in done.tables.items() if o.rejected}
    assert "SupplierInvoice" in kept_back
    check = kept_back["SupplierInvoice"].checks["schema"]
    assert (check["passed"], check["error"]) == (False, False)
    assert "vismapbi quarantine list --entity table-SupplierInvoice" in check["text"]
    assert made.received(LOG).height > logged
