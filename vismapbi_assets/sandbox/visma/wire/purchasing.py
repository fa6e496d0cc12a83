"""Wire forms of purchase orders and receipts.

Belongs here: member names and nesting of these shapes; an order's plain amounts are in its own
currency, the base twins carry `InBaseCurrency`. Does not belong here: rules, paging.
"""

from __future__ import annotations

from vismapbi_assets.sandbox.visma import chart
from vismapbi_assets.sandbox.visma.amounts import convert, day, money, rate_number
from vismapbi_assets.sandbox.visma.books import Books
from vismapbi_assets.sandbox.visma.clock import Zone
from vismapbi_assets.sandbox.visma.records import (
    Body,
    Order,
    OrderLine,
    Party,
    Receipt,
    ReceiptLine,
)

from .common import (
    Form,
    branch_ref,
    encode,
    location_ref,
    project_ref,
    row_version,
    short_account,
    short_sub,
    sub_ref,
    terms_ref,
)

_WAREHOUSE = {"id": "1", "description": "Hovedlager"}


def _supplier(party: Party) -> Body:
    return {"internalId": party.id, "number": party.number, "name": party.name}


def purchase_order(books: Books, record: Order, zone: Zone) -> Form:
    """A purchase order with its lines and the receipts made for it."""
    kept = [line for line in record.lines if not line.canceled]
    total_cur = sum(line.quantity * line.price_cur for line in record.lines)
    total = convert(total_cur, record.rate)
    open_cur = sum(max(0, line.quantity - line.received) * line.price_cur for line in kept)
    zone_id, zone_text = chart.VAT_ZONES[record.supplier.country]
    body = {
        "shippingDestinationType": "CompanyLocation",
        "warehouse": _WAREHOUSE,
        "terms": terms_ref(record.supplier.terms),
        "supplierVatZone": {"id": zone_id, "description": zone_text},
        "discountDetails": [],
        "dontPrint": True,
        "printed": False,
        "openQuantity": sum(max(0, line.quantity - line.received) for line in kept),
        "openBalance": money(open_cur),
        "orderType": record.type,
        "orderNbr": record.number,
        "hold": record.hold,
        "status": record.status,
        "date": day(record.date),
        "promisedOn": day(record.promised),
        "description": f"Bestilling {record.supplier.name}",
        "supplier": _supplier(record.supplier),
        "location": {"id": 1, "name": "Hovedadresse"},
        "owner": {"id": "E", "name": record.owner},
        "currency": record.currency,
        "supplierRef": "",
        "exchangeRate": rate_number(record.rate),
        "lineTotal": money(total_cur),
        "lineTotalInBaseCurrency": money(total),
        "vatExemptTotal": 0,
        "vatExemptTotalInBaseCurrency": 0,
        "taxTotal": 0,
        "taxTotalInBaseCurrency": 0,
        "orderTotal": money(total_cur),
        "orderTotalInBaseCurrency": money(total),
        "controlTotal": money(total_cur),
        "controlTotalInBaseCurrency": money(total),
        "branch": branch_ref(books, record.branch),
        "lines": [_order_line(books, record, line) for line in record.lines],
        "taxDetails": [],
        "purchaseReceipts": [
            {
                "type": receipt.type,
                "receiptNumber": receipt.number,
                "status": receipt.status,
                "supplierName": record.supplier.name,
                "currency": receipt.currency,
                "totalQty": sum(line.quantity for line in receipt.lines),
                "totalAmt": money(sum(line.amount_cur for line in receipt.lines)),
            }
            for receipt in record.receipts
        ],
        "lastModifiedDateTime": zone.text(record.modified),
        "note": None,
        "timeStamp": row_version(record),
    }
    return encode(body, {"includeCustomFreeFields": {"customStr1": "", "customInt1": None}})


def _order_line(books: Books, record: Order, line: OrderLine) -> Body:
    return {
        "lineNbr": line.number,
        "branch": branch_ref(books, record.branch),
        "inventory": {"number": line.item, "description": line.text},
        "lineType": "GoodsForInventory",
        "warehouse": _WAREHOUSE,
        "lineDescription": line.text,
        "uom": "STK",
        "orderQty": line.quantity,
        "baseOrderQty": line.quantity,
        "qtyOnReceipts": line.received,
        "unitCost": money(line.price_cur),
        "unitCostInBaseCurrency": money(line.price),
        "extCost": money(line.quantity * line.price_cur),
        "discountPercent": 0,
        "discountAmount": 0,
        "manualDiscount": False,
        "amount": money(line.quantity * line.price_cur),
        "receivedAmt": money(line.received * line.price_cur),
        "account": short_account(line.account),
        "sub": sub_ref(line.sub),
        "project": project_ref(books, line.project),
        "requested": day(line.promised),
        "promised": day(line.promised),
        "completed": line.completed,
        "canceled": line.canceled,
        "orderType": None,
        "orderNumber": "",
    }


def purchase_receipt(books: Books, record: Receipt, zone: Zone) -> Form:
    """A purchase receipt or return."""
    quantity = sum(line.quantity for line in record.lines)
    amount = money(sum(line.amount_cur for line in record.lines))
    body = {
        "landedCost": [],
        "timeStamp": row_version(record),
        "receiptType": record.type,
        "receiptNbr": record.number,
        "hold": record.status == "Hold",
        "status": record.status,
        "date": day(record.date),
        "postPeriod": record.period,
        "warehouse": _WAREHOUSE,
        "supplier": _supplier(record.supplier),
        "location": location_ref(record.supplier),
        "currency": record.currency,
        "exchangeRate": rate_number(record.rate),
        "createBill": record.billed,
        "supplierRef": "",
        "totalQty": quantity,
        "controlQty": quantity,
        "vatExemptTotal": 0,
        "vatTaxableTotal": amount,
        "totalAmt": amount,
        "controlTotal": amount,
        "lastModifiedDateTime": zone.text(record.modified),
        "branchNumber": branch_ref(books, record.branch),
        "lines": [_receipt_line(books, record, line) for line in record.lines],
    }
    return encode(body, {"expandNote": {"note": ""}})


def _receipt_line(books: Books, record: Receipt, line: ReceiptLine) -> Body:
    ordered = line.order_line
    return {
        "allocations": [],
        "baseReceiptQty": line.quantity,
        "lineNbr": line.number,
        "branch": branch_ref(books, record.branch),
        "branchNumber": branch_ref(books, record.branch),
        "inventory": {"number": ordered.item, "description": ordered.text},
        "lineType": "GoodsForInventory",
        "warehouse": _WAREHOUSE,
        "transactionDescription": ordered.text,
        "uom": "STK",
        "orderQty": ordered.quantity,
        "openQty": max(0, ordered.quantity - ordered.received),
        "receiptQty": line.quantity,
        "unitCost": money(ordered.price_cur),
        "extCost": money(line.amount_cur),
        "discountPercent": 0,
        "discountAmount": 0,
        "amount": money(line.amount_cur),
        "account": short_account(ordered.account),
        "sub": short_sub(ordered.sub),
        "project": project_ref(books, ordered.project),
        "poOrderType": line.order.type,
        "poOrderNbr": line.order.number,
        "poOrderLineNbr": ordered.number,
        "completePoLine": ordered.completed,
    }
