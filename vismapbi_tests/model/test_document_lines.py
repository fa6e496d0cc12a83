"""Lines of supplier and customer documents (traps 8.1, 8.4, 8.10)."""

from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from vismapbi_assets.model.semantic_model import TABLE
from vismapbi_assets.model.signs import CUSTOMER_SIGN, SUPPLIER_SIGN
from vismapbi_assets.model.transforms.document_lines import CUSTOMER_LINES
from vismapbi_tests.model.computing import by_key, rows
from vismapbi_tests.model.states import inputs, money, stamp

SUPPLIER_LINE = {
    "lineNumber": 1,
    "account_number": "6300",
    "quantity": 3,
    "unitCost": "40",
    "cost": "120",
    "costInCurrency": "12",
    "discountAmount": "20",
    "discountAmountInCurrency": "2",
}
CUSTOMER_LINE = {
    "lineNumber": 1,
    "account_number": "3000",
    "quantity": 2,
    "unitPrice": "50",
    "amount": "90",
    "amountInCurrency": "9",
    "discountAmount": "10",
    "seller_id": "S1",
}


def supplier_document(kind: str = "Invoice", **more: Any) -> dict[str, Any]:
    return {
        "documentType": kind,
        "referenceNumber": "1",
        "supplier_number": "V1",
        "status": "Open",
        "branchNumber_number": "2",
        "invoiceLines": [SUPPLIER_LINE],
        **more,
    }


def customer_document(
    kind: str = "Invoice", array: str = "invoiceLines", **more: Any
) -> dict[str, Any]:
    return {
        "documentType": kind,
        "referenceNumber": "1",
        "customer_number": "C1",
        "status": "Open",
        "project_id": "P1",
        array: [CUSTOMER_LINE],
        **more,
    }


@pytest.mark.parametrize("kind", ["Invoice", "CreditAdj", "DebitAdj", "VoidQuickCheck", "NewKind"])
def test_supplier_amounts_carry_the_sign_of_the_type(kind: str) -> None:
    sign = SUPPLIER_SIGN.get(kind, 0)
    found = rows("SupplierInvoiceLine", inputs(supplierInvoice=[supplier_document(kind)]))
    line = found.row(0, named=True)
    assert line["LineKey"] == f"no:{kind}:1:1"
    assert line["NetBase"] == money(sign * 100)
    assert line["NetCurrency"] == money(sign * 10)
    assert line["DiscountBase"] == money(sign * 20)
    assert line["Quantity"] == sign * 3.0
    assert line["UnitCostBase"] == money(40)


@pytest.mark.parametrize(
    "status", ["Hold", "Balanced", "Prebooked", "Voided", "Scheduled", "Unheard", None]
)
def test_lines_of_documents_that_do_not_count_are_left_out(status: Any) -> None:
    given = inputs(
        supplierInvoice=[supplier_document(status=status)],
        customerInvoice=[customer_document(status=status)],
    )
    assert rows("SupplierInvoiceLine", given).height == 0
    assert rows("CustomerInvoiceLine", given).height == 0


def test_reserved_and_closed_documents_count() -> None:
    documents = [
        supplier_document(referenceNumber=str(place), status=status)
        for place, status in enumerate(("Open", "Closed", "Reserved"))
    ]
    assert rows("SupplierInvoiceLine", inputs(supplierInvoice=documents)).height == 3


def test_branch_of_the_line_comes_before_that_of_the_document() -> None:
    lines = [
        {**SUPPLIER_LINE, "lineNumber": 1, "branchNumber_number": "3"},
        {**SUPPLIER_LINE, "lineNumber": 2},
    ]
    documents = [
        supplier_document(invoiceLines=lines),
        supplier_document("DebitAdj", branchNumber_number=None),
    ]
    found = by_key("SupplierInvoiceLine", inputs(supplierInvoice=documents))
    assert found["no:Invoice:1:1"]["BranchKey"] == "no:3"
    assert found["no:Invoice:1:2"]["BranchKey"] == "no:2"
    assert found["no:DebitAdj:1:1"]["BranchKey"] == "no:1"


def test_lines_of_every_customer_endpoint_are_read() -> None:
    kinds = {
        "customerInvoice": "Invoice",
        "customerCreditNote": "Credit Note",
        "customerDebitNote": "DebitNote",
        "customerOverdueCharge": "FinCharge",
        "cashSale": "CashReturn",
    }
    assert set(kinds) == set(CUSTOMER_LINES)
    given = inputs(
        **{
            entity: [customer_document(kinds[entity], array)]
            for entity, array in CUSTOMER_LINES.items()
        }
    )
    found = by_key("CustomerInvoiceLine", given)
    assert {key: line["NetBase"] for key, line in found.items()} == {
        f"no:{kind}:1:1": money(90 * CUSTOMER_SIGN[kind])
        for kind in ("Invoice", "CreditNote", "DebitNote", "FinCharge", "CashReturn")
    }
    assert {line["ProjectKey"] for line in found.values()} == {"no:P1"}
    assert {line["SalesPerson"] for line in found.values()} == {"S1"}


def test_of_a_document_from_two_endpoints_the_newest_reading_counts() -> None:
    def note(day: int, *amounts: int) -> dict[str, Any]:
        return {
            "lastModifiedDateTime": stamp(f"2026-01-{day:02}"),
            "lines": [
                {**CUSTOMER_LINE, "lineNumber": place, "amount": amount}
                for place, amount in enumerate(amounts, start=1)
            ],
        }

    older = note(1, 10, 20)
    older["invoiceLines"] = older.pop("lines")
    given = inputs(
        customerInvoice=[customer_document("CreditNote", **older)],
        customerCreditNote=[customer_document("CreditNote", "lines", **note(2, 30))],
    )
    found = by_key("CustomerInvoiceLine", given)
    assert {key: line["NetBase"] for key, line in found.items()} == {
        "no:CreditNote:1:1": money(-30)
    }


@pytest.mark.parametrize("table", ["SupplierInvoiceLine", "CustomerInvoiceLine"])
def test_moved_documents_alone_give_their_rows(table: str) -> None:
    entity = "supplierInvoice" if table.startswith("Supplier") else "customerInvoice"
    document = supplier_document if entity == "supplierInvoice" else customer_document
    given = inputs(**{entity: [document(referenceNumber=str(n)) for n in range(5)]})
    declared = TABLE[table]
    assert declared.row_wise and declared.transform
    moved = given.entity(entity).filter(pl.col("referenceNumber").is_in(["1", "3"])).collect()
    parents = declared.row_wise.parents(entity, moved)
    assert parents.sort().to_list() == ["no:Invoice:1", "no:Invoice:3"]
    whole = declared.compute(given)
    expected = whole.filter(declared.row_wise.parent.is_in(parents.implode()))
    computed = declared.transform(given.narrowed(**{entity: moved.lazy()}))
    assert expected.height == 2
    assert_frame_equal(computed, expected, check_row_order=False)


def test_the_sales_person_of_a_line_is_the_sellers_name_else_its_number() -> None:
    lines = [
        {**CUSTOMER_LINE, "seller_description": "Åse Øvrebø"},
        {**CUSTOMER_LINE, "lineNumber": 2, "seller_description": None},
    ]
    given = inputs(customerInvoice=[customer_document(invoiceLines=lines)])
    found = rows("CustomerInvoiceLine", given).sort("LineNumber")
    assert found["SalesPerson"].to_list() == ["Åse Øvrebø", "S1"]
