"""Purchase orders, receipts and time cards (traps 8.4, 8.31, 8.32)."""

import csv
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.semantic_model import TABLE
from vismapbi_assets.model.transforms.timecards import week_start
from vismapbi_tests.model.computing import by_key, rows
from vismapbi_tests.model.states import inputs, money


def order(number: str, *lines: dict[str, Any], **header: Any) -> dict[str, Any]:
    return {
        "orderType": "RegularOrder",
        "orderNbr": number,
        "status": "Open",
        "supplier_number": "V1",
        "currency": "NOK",
        "date": date(2026, 9, 1),
        "promisedOn": date(2026, 9, 20),
        "lines": [{"lineNbr": place, **line} for place, line in enumerate(lines, start=1)],
        **header,
    }


def receipt(number: str, *lines: dict[str, Any], **header: Any) -> dict[str, Any]:
    return {
        "receiptType": "PoReceipt",
        "receiptNbr": number,
        "status": "Released",
        "supplier_number": "V1",
        "date": date(2026, 9, 18),
        "lines": [{"lineNbr": place, **line} for place, line in enumerate(lines, start=1)],
        **header,
    }


def on_order(number: str, line: int, qty: int | str, **more: Any) -> dict[str, Any]:
    return {"poOrderNbr": number, "poOrderLineNbr": line, "receiptQty": qty, **more}


def worked(folder: Path) -> Inputs:
    """The worked example as the API would deliver it."""

    def read(name: str) -> list[dict[str, str]]:
        with (folder / f"{name}.csv").open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    orders = [
        order(
            row["OrderNumber"],
            {
                "orderQty": row["OrderQty"],
                "qtyOnReceipts": row["QtyOnReceipts"],
                "unitCostInBaseCurrency": row["UnitCostBase"],
                "promised": date.fromisoformat(row["PromisedDate"]),
                "canceled": row["Canceled"] == "true",
            },
            orderType=row["OrderType"],
            status=row["Status"],
            date=date.fromisoformat(row["OrderDate"]),
            supplier_number=row["SupplierKey"],
        )
        for row in read("purchase_order_line")
    ]
    receipts = [
        receipt(
            row["ReceiptNumber"],
            on_order(row["OrderNumber"], int(row["OrderLineNumber"]), row["ReceiptQty"]),
            receiptType=row["ReceiptType"],
            status=row["Status"],
            date=date.fromisoformat(row["ReceiptDate"]),
        )
        for row in read("purchase_receipt_line")
    ]
    return inputs(purchaseOrder=orders, purchaseReceipt=receipts)


def test_worked_lead_time_punctuality_and_open_orders(finance_examples: Path) -> None:
    given = worked(finance_examples)
    found = rows("PurchaseReceiptLine", given)
    quantity = found["LeadTimeQty"].sum()
    assert float(found["LeadTimeWeighted"].sum()) / quantity == pytest.approx(19.8667, abs=1e-4)
    assert found["OnTimeQty"].sum() / quantity == pytest.approx(0.733333, abs=1e-6)
    assert found["ReceiptQty"].sum() == 145
    orders = rows("PurchaseOrderLine", given)
    assert orders["OpenBase"].sum() == money(10450)
    by_number = {row["OrderNumber"]: row for row in orders.to_dicts()}
    assert by_number["P101"]["ReceivedQty"] == 45
    assert by_number["P101"]["FirstReceiptDate"] == date(2026, 10, 5)
    assert by_number["P102"]["ReceivedQty"] == 0
    assert by_number["P100"]["LastReceiptDate"] == date(2026, 9, 25)


@pytest.mark.parametrize(
    ("header", "line", "committed"),
    [
        ({}, {}, True),
        ({"status": "Printed"}, {}, True),
        ({"status": "Hold"}, {}, False),
        ({"status": "PendingPrint"}, {}, False),
        ({"status": "Closed"}, {}, False),
        ({"status": "Cancelled"}, {}, False),
        ({"orderType": "Blanket"}, {}, False),
        ({"orderType": "StandardBlanket"}, {}, False),
        ({}, {"completed": True}, False),
        ({}, {"canceled": True}, False),
    ],
)
def test_what_is_a_commitment(
    header: dict[str, Any], line: dict[str, Any], committed: bool
) -> None:
    given = inputs(
        purchaseOrder=[order("P1", {"orderQty": 5, "unitCostInBaseCurrency": 10, **line}, **header)]
    )
    found = rows("PurchaseOrderLine", given).row(0, named=True)
    assert found["IsCommitment"] is committed
    assert found["OpenBase"] == money(50 if committed else 0)


def test_without_any_receipt_the_order_counts_for_itself() -> None:
    line = {"orderQty": 10, "qtyOnReceipts": 4, "unitCostInBaseCurrency": 2}
    alone = rows("PurchaseOrderLine", inputs(purchaseOrder=[order("P1", line)]))
    assert alone["OpenQty"].to_list() == [6]
    other = receipt("R1", on_order("P9", 1, 1))
    loaded = inputs(purchaseOrder=[order("P1", line)], purchaseReceipt=[other])
    assert rows("PurchaseOrderLine", loaded)["OpenQty"].to_list() == [10]


def test_more_received_than_ordered_leaves_nothing_open() -> None:
    given = inputs(
        purchaseOrder=[order("P1", {"orderQty": 10, "unitCostInBaseCurrency": 2})],
        purchaseReceipt=[receipt("R1", on_order("P1", 1, 12))],
    )
    found = rows("PurchaseOrderLine", given).row(0, named=True)
    assert (found["ReceivedQty"], found["OpenQty"], found["OpenBase"]) == (12, 0, money(0))


def test_unsuffixed_order_amounts_are_in_document_currency() -> None:
    line = {"orderQty": 10, "unitCost": 10, "unitCostInBaseCurrency": 118, "amount": 100}
    header = {
        "currency": "EUR",
        "lineTotal": 100,
        "lineTotalInBaseCurrency": 1180,
        "exchangeRate": "0.08",
    }
    found = rows("PurchaseOrderLine", inputs(purchaseOrder=[order("P1", line, **header)]))
    row = found.row(0, named=True)
    assert row["AmountCurrency"] == money(100)
    assert row["AmountBase"] == money(1180)
    assert row["UnitCostBase"] == money(118)
    assert row["ExchangeRate"] == 0.08


def test_order_line_without_amount_is_cost_times_quantity_less_discount() -> None:
    line = {"orderQty": 3, "unitCostInBaseCurrency": 100, "discountPercent": 10}
    found = rows("PurchaseOrderLine", inputs(purchaseOrder=[order("P1", line)]))
    assert found["AmountBase"].to_list() == [money(270)]


def test_order_numbers_repeat_across_types() -> None:
    given = inputs(
        purchaseOrder=[
            order("P1", {"orderQty": 5}, orderType="Blanket", date=date(2026, 1, 1)),
            order("P1", {"orderQty": 5}),
        ],
        purchaseReceipt=[
            receipt("R1", on_order("P1", 1, 2, poOrderType="Blanket")),
            receipt("R2", on_order("P1", 1, 3)),
        ],
    )
    received = {
        row["OrderType"]: row["ReceivedQty"] for row in rows("PurchaseOrderLine", given).to_dicts()
    }
    assert received == {"Blanket": 2, "RegularOrder": 3}
    days = {
        row["ReceiptNumber"]: row["LeadTimeDays"]
        for row in rows("PurchaseReceiptLine", given).to_dicts()
    }
    assert days == {"R1": None, "R2": 17}


def test_returns_are_negative_and_have_no_lead_time() -> None:
    given = inputs(
        purchaseOrder=[order("P1", {"orderQty": 5})],
        purchaseReceipt=[
            receipt("R1", on_order("P1", 1, 2, amount=20), receiptType="PoReturn"),
            receipt("R2", {"receiptQty": 1}, receiptType="TransferReceipt", supplier_number=None),
        ],
    )
    found = by_key("PurchaseReceiptLine", given)
    back = found["no:PoReturn:R1:1"]
    assert (back["ReceiptQty"], back["AmountCurrency"]) == (-2, money(-20))
    assert (back["LeadTimeDays"], back["LeadTimeQty"], back["LeadTimeWeighted"]) == (
        None,
        0,
        money(0),
    )
    assert found["no:TransferReceipt:R2:1"]["SupplierKey"] == "-"


def card(number: str, *lines: dict[str, Any], **header: Any) -> dict[str, Any]:
    return {
        "key": number,
        "refNbr": number,
        "type": "Normal",
        "status": "Released",
        "employee_number": "E1",
        "week_number": "202644",
        "summary": [{"lineNumber": place, **line} for place, line in enumerate(lines, start=1)],
        **header,
    }


def test_worked_time_cards_are_unpivoted_to_days(finance_examples: Path) -> None:
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    cards: dict[str, dict[str, Any]] = {}
    summary: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    with (finance_examples / "timecard_week.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            monday = date.fromisoformat(row["WeekStart"])
            year, week, _ = monday.isocalendar()
            summary[row["RefNbr"]].append(
                {name.lower(): int(row[name]) for name in days}
                | {"project_id": row["ProjectKey"], "invoiceable": row["Invoiceable"] == "true"}
            )
            cards[row["RefNbr"]] = {
                "type": row["Type"],
                "origRefNbr": row["OrigRefNbr"] or None,
                "status": row["Status"],
                "employee_number": row["EmployeeKey"],
                "week_number": f"{year}{week:02d}",
            }
    given = inputs(timeCard=[card(number, *summary[number], **cards[number]) for number in cards])
    found = rows("TimecardLine", given)
    effective = found.filter("IsEffective")
    october = effective.filter(pl.col("WorkDate").is_between(date(2026, 10, 1), date(2026, 10, 31)))
    assert october["Hours"].sum() == pytest.approx((450 + 450 + 480 + 450 + 420) / 60)
    assert effective.filter(pl.col("WorkDate") == date(2026, 11, 1))["Minutes"].to_list() == [120]
    assert set(effective["CardNumber"]) == {"TC1", "TC3"}
    assert (found["Minutes"] != 0).all()


def test_cards_know_their_parent_and_the_company_branch() -> None:
    table = TABLE["TimecardLine"]
    given = inputs(timeCard=[card("T1", {"mon": 60, "tue": 30, "invoiceable": True})])
    found = table.compute(given)
    assert table.row_wise
    moved = given.entity("timeCard").collect()
    assert set(found.select(table.row_wise.parent).to_series()) == set(
        table.row_wise.parents("timeCard", moved)
    )
    assert found["LineKey"].to_list() == ["no:T1:1:mon", "no:T1:1:tue"]
    assert found["InvoiceableHours"].to_list() == [1.0, 0.5]
    assert set(found["BranchKey"]) == {"no:1"}


@pytest.mark.parametrize(
    ("number", "line"),
    [("T:1", {}), ("T 1", {}), ("T1", {"lineNumber": None, "lineId": "a:b"})],
)
def test_a_colon_in_a_number_does_not_part_a_line_from_its_card(
    number: str, line: dict[str, Any]
) -> None:
    table = TABLE["TimecardLine"]
    given = inputs(timeCard=[card(number, {"mon": 60, **line})])
    assert table.row_wise
    rows_of = table.compute(given).select(table.row_wise.parent).to_series().to_list()
    assert (
        rows_of == table.row_wise.parents("timeCard", given.entity("timeCard").collect()).to_list()
    )


@settings(max_examples=50, deadline=None)
@given(st.dates(date(1995, 1, 1), date(2090, 12, 31)))
def test_week_text_leads_to_its_monday(day: date) -> None:
    year, week, weekday = day.isocalendar()
    frame = pl.DataFrame({"week": [f"{year}{week:02d}", f"{year}-{week:02d}"]})
    monday = day - timedelta(days=weekday - 1)
    assert frame.select(week_start("week")).to_series().to_list() == [monday, monday]


def test_text_that_is_no_week_has_no_monday() -> None:
    frame = pl.DataFrame({"week": ["202654", "202600", "44", None, "2026444"]})
    assert frame.select(week_start("week")).to_series().to_list() == [None] * 5


def test_quantities_are_exact_before_they_become_numbers() -> None:
    line = {"orderQty": "0.3", "unitCostInBaseCurrency": "0.1"}
    given = inputs(purchaseOrder=[order("P1", line)])
    assert rows("PurchaseOrderLine", given)["OpenBase"].to_list() == [Decimal("0.0300")]
