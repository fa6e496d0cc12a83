"""Which documents the rows of a row-wise table are computed from."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from vismapbi_assets.model.semantic_model import TABLE
from vismapbi_assets.pipeline.slices import document_slices
from vismapbi_assets.store import Store
from vismapbi_tests.model.states import customer_invoice, inputs, state

AT = datetime(2026, 11, 15, 12, tzinfo=UTC)
LINES = TABLE["CustomerInvoiceLine"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


def note(reference: str, amount: int, modified: str, array: str) -> dict[str, Any]:
    document = customer_invoice(
        reference, "2026-09-01", amount, amount, kind="CreditNote", modified=modified
    )
    return document | {array: [{"lineNumber": 1, "amount": amount}]}


def write(store: Store, entity: str, *documents: dict[str, Any]) -> None:
    frame = state(entity, documents).collect()
    hashes = frame.hash_rows().cast(pl.String).cast(pl.Binary)
    frame = frame.with_columns(
        content_hash=hashes, modified_at="lastModifiedDateTime", page=pl.lit("page")
    )
    store.state(entity).upsert(frame, run_id="run", extracted_at=AT)


def amounts(store: Store, since: Mapping[str, int]) -> list[tuple[str, int]]:
    assert LINES.transform
    found = [
        LINES.transform(inputs().narrowed(**frames))
        for frames in document_slices(store, LINES, since)
    ]
    return sorted(
        (row["LineKey"], int(row["NetBase"])) for row in pl.concat(found).iter_rows(named=True)
    )


def sequences(store: Store) -> dict[str, int]:
    assert LINES.row_wise
    return {name: store.state(name).sequence() for name in LINES.row_wise.entities}


def test_a_document_that_two_lists_deliver_is_computed_once_from_its_newest_reading(
    store: Store,
) -> None:
    write(
        store,
        "customerInvoice",
        note("1", 10, "2026-09-01", "invoiceLines"),
        note("2", 20, "2026-09-01", "invoiceLines"),
    )
    write(store, "customerCreditNote", note("1", 11, "2026-09-02", "lines"))
    assert amounts(store, {}) == [("no:CreditNote:1:1", -11), ("no:CreditNote:2:1", -20)]


def test_a_document_that_leaves_one_of_two_lists_keeps_the_rows_of_the_other(store: Store) -> None:
    write(store, "customerInvoice", note("1", 10, "2026-09-01", "invoiceLines"))
    write(store, "customerCreditNote", note("1", 11, "2026-09-02", "lines"))
    known = sequences(store)
    store.state("customerCreditNote").tombstone(
        "no", pl.Series(["CreditNote:9"]), run_id="run", at=AT, allow=True
    )
    assert amounts(store, known) == [("no:CreditNote:1:1", -10)]
