"""The endpoints of suppliers, customers, their documents and purchasing.

Belongs here: path, paging, ceiling, filters and wire form of each. Does not belong here: how
pages are cut (see `listing`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any, cast

from .resource import Render, Resource, Test, flag, greater, number, same, type_of
from .wire import payables, purchasing, receivables

_DOCUMENT: dict[str, Test] = {
    "status": same(lambda d: d.status),
    "released": flag(lambda d: d.released),
    "branch": same(lambda d: d.branch),
    "financialPeriod": same(lambda d: d.period),
    "greaterThanValue": greater(number),
}
_AP = {
    **_DOCUMENT,
    "supplier": same(lambda d: d.party.number),
    "documentType": same(lambda d: payables.DOCUMENT_TYPES.get(d.type, d.type)),
}
_AR = {
    **_DOCUMENT,
    "customer": same(lambda d: d.party.number),
    "customerRefNumber": same(lambda d: d.reference),
}
_AP_DATES: dict[str, Callable[[Any], date | None]] = {
    "docDate": lambda d: d.date,
    "dueDate": lambda d: d.due,
}
_AR_DATES: dict[str, Callable[[Any], date | None]] = {
    "documentDate": lambda d: d.date,
    "documentDueDate": lambda d: d.due,
}


def _customer_documents(entity: str, path: str) -> Resource:
    return Resource(
        entity,
        path,
        cast(Render, partial(receivables.customer_invoice, entity)),
        filters=_AR,
        dates=_AR_DATES,
        kind=type_of,
    )


DOCUMENT_RESOURCES: tuple[Resource, ...] = (
    Resource(
        "supplier",
        "/v1/supplier",
        cast(Render, payables.supplier),
        filters={
            "status": same(lambda p: p.status),
            "name": same(lambda p: p.name),
            "vatRegistrationId": same(lambda p: f"{p.country}{p.organisation}MVA"),
            "corporateId": same(lambda p: p.organisation),
            "greaterThanValue": greater(number),
        },
    ),
    Resource(
        "supplierInvoice",
        "/v1/supplierInvoice",
        cast(Render, payables.supplier_invoice),
        filters=_AP,
        dates=_AP_DATES,
        kind=type_of,
    ),
    Resource(
        "supplierDocument",
        "/v1/supplierdocument",
        cast(Render, payables.supplier_document),
        filters=_AP,
        dates=_AP_DATES,
        kind=type_of,
    ),
    Resource(
        "supplierPayment",
        "/v1/supplierPayment",
        cast(Render, payables.supplier_payment),
        filters={
            "supplier": same(lambda d: d.party.number),
            "paymentType": same(type_of),
            "status": same(lambda d: d.status),
            "branch": same(lambda d: d.branch),
            "financialPeriod": same(lambda d: d.period),
            "greaterThanValue": greater(number),
            "invoiceRefNbr": lambda d, value: any(line.target.number == value for line in d.pays),
        },
        dates=_AP_DATES,
        kind=type_of,
    ),
    Resource(
        "customer",
        "/v1/customer",
        cast(Render, receivables.customer),
        filters={
            "status": same(lambda p: p.status),
            "name": same(lambda p: p.name),
            "corporateId": same(lambda p: p.organisation),
            "greaterThanValue": greater(number),
        },
    ),
    _customer_documents("customerInvoice", "/v1/customerinvoice"),
    _customer_documents("customerCreditNote", "/v1/customerCreditNote"),
    _customer_documents("customerDebitNote", "/v1/customerDebitNote"),
    _customer_documents("customerOverdueCharge", "/v1/customerOverdueCharge"),
    _customer_documents("customerCreditWriteOff", "/v1/customerCreditWriteOff"),
    _customer_documents("cashSale", "/v1/cashsale"),
    Resource(
        "customerDocument",
        "/v1/customerdocument",
        cast(Render, receivables.customer_document),
        filters={**_AR, "documentType": same(type_of)},
        dates=_AR_DATES,
        kind=type_of,
    ),
    Resource(
        "customerPayment",
        "/v1/customerPayment",
        cast(Render, receivables.customer_payment),
        filters={
            "customer": same(lambda d: d.party.number),
            "paymentType": same(type_of),
            "paymentNbr": same(number),
            "status": same(lambda d: d.status),
            "branch": same(lambda d: d.branch),
            "financialPeriod": same(lambda d: d.period),
            "greaterThanValue": greater(number),
            "invoiceRefNbr": lambda d, value: any(line.target.number == value for line in d.pays),
        },
        dates={"docDate": lambda d: d.date},
        kind=type_of,
    ),
    Resource(
        "purchaseOrder",
        "/v1/purchaseorder",
        cast(Render, purchasing.purchase_order),
        filters={
            "orderType": same(type_of),
            "orderStatus": same(lambda o: o.status),
            "supplier": same(lambda o: o.supplier.number),
            "branch": same(lambda o: o.branch),
            "greaterThanValue": greater(number),
        },
        dates={"orderDate": lambda o: o.date, "deliveryDate": lambda o: o.promised},
        kind=type_of,
    ),
    Resource(
        "purchaseReceipt",
        "/v2/PurchaseReceipt",
        cast(Render, purchasing.purchase_receipt),
        cap=500,
        filters={
            "receiptType": same(type_of),
            "status": same(lambda r: r.status),
            "supplier": same(lambda r: r.supplier.number),
            "branch": same(lambda r: r.branch),
            "finPeriod": same(lambda r: r.period),
            "poOrderNbr": lambda r, value: any(line.order.number == value for line in r.lines),
        },
        dates={"receiptDate": lambda r: r.date},
        kind=type_of,
    ),
)
