"""Published payloads of the API against the declarations."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from vismapbi_assets.visma.decode import Decoded, decode_page
from vismapbi_assets.visma.entities.catalogue import CATALOGUE

pytestmark = pytest.mark.contract

SHAPES = (
    "customer",
    "customerDocument",
    "customerInvoice",
    "customerPayment",
    "inventory",
    "journalTransaction",
    "supplier",
    "supplierInvoice",
)


@pytest.fixture(scope="module")
def samples(reference_folder: Path) -> Path:
    return reference_folder / "visma" / "samples"


def decoded(samples: Path, name: str, entity: str, **members: Any) -> Decoded:
    text = (samples / name).read_text()
    if members:
        text = json.dumps([{**members, **document} for document in json.loads(text)])
    return decode_page(CATALOGUE[entity], text.encode(), zone="Europe/Oslo", company="no")


def test_purchase_orders(samples: Path) -> None:
    found = decoded(samples, "live.purchaseOrder.list.json", "purchaseOrder", orderType="Blanket")
    assert found.rejects == ()
    assert not found.drift
    assert found.rows == 6
    first = found.frame.row(0, named=True)
    assert first["key"] == "Blanket:500254"
    assert first["modified_at"].isoformat() == "2026-03-20T06:35:22.153000"
    assert first["date"].isoformat() == "2026-03-17"
    assert first["lines"][0]["warehouse_id"] == "10"
    assert first["lines"][0]["orderQty"] == Decimal(30)
    assert first["purchaseReceipts"] == []


def test_purchase_orders_without_type_are_refused_by_key(samples: Path) -> None:
    found = decoded(samples, "live.purchaseOrder.list.json", "purchaseOrder")
    assert {reject.rule for reject in found.rejects} == {"key"}
    assert len(found.rejects) == 6


def test_purchase_receipts(samples: Path) -> None:
    found = decoded(
        samples, "live.purchaseReceipt.list.json", "purchaseReceipt", receiptType="PoReceipt"
    )
    assert found.frame["key"].to_list() == ["PoReceipt:000009"]
    assert found.frame["date"][0].isoformat() == "2023-11-03"


def test_a_void_payment_keeps_its_repeated_lines(samples: Path) -> None:
    found = decoded(samples, "live.customerPayment.void.partial.json", "customerPayment")
    assert found.rejects == ()
    assert not found.drift
    row = found.frame.row(0, named=True)
    assert row["key"] == "VoidPayment:405812"
    paid = [line["amountPaid"] for line in row["paymentLines"]]
    assert paid[:2] == [Decimal("1234.77"), Decimal("-1234.77")]
    assert len(paid) == 3
    assert row["paymentLines"][0]["writeOffReasonCode_id"] == "BK01"


@pytest.mark.parametrize("entity", ["customerDocument", "customerInvoice", "inventory"])
def test_modelled_documents(samples: Path, entity: str) -> None:
    found = decoded(samples, f"modelled.{entity}.partial.json", entity)
    assert found.rejects == ()
    assert not found.drift
    assert len(found.frame) == 1


def test_the_modelled_invoice_has_its_line(samples: Path) -> None:
    found = decoded(samples, "modelled.customerInvoice.partial.json", "customerInvoice")
    line = found.frame["invoiceLines"][0][0]
    assert (line["amount"], line["cost"], line["uom"]) == (Decimal(7998), Decimal(1200), "STK")


@pytest.mark.parametrize("entity", SHAPES)
def test_documented_shapes(samples: Path, entity: str) -> None:
    body = json.loads((samples / f"shape.{entity}.json").read_text())
    documents = body if isinstance(body, list) else [body]
    found = decode_page(CATALOGUE[entity], json.dumps(documents).encode(), zone="Europe/Oslo")
    assert found.rejects == ()
    assert len(found.frame) == len(documents)
    assert not [what for what in found.drift if what.startswith("other type")]
    assert found.frame["key"][0] is not None
