"""The endpoints of the simulated service, one declaration each.

Belongs here: path, paging, ceiling, filters and the wire form of every resource. Does not belong
here: how pages are cut (see `listing`) or served (see `app`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, cast

from .balances import balance
from .books import Books
from .clock import Zone
from .records import Body, Item
from .wire import ledger, payables, purchasing, receivables
from .wire.common import Form, encode, row_version

Test = Callable[[Any, str], bool]
Render = Callable[[Books, Any, Zone], Form]


@dataclass(frozen=True, slots=True)
class Resource:
    """One listed resource.

    `paging` is document, line, short (paged without metadata) or none; `floor` marks a
    lastModifiedDateTime without condition; `needs` are mandatory parameters, alternatives
    separated by a bar.
    """

    entity: str
    path: str
    form: Render
    paging: str = "document"
    cap: int = 1000
    metadata: bool = True
    filters: dict[str, Test] = field(default_factory=dict)
    dates: dict[str, Callable[[Any], date | None]] = field(default_factory=dict)
    floor: bool = False
    needs: tuple[str, ...] = ()
    kind: Callable[[Any], str] = lambda record: ""


def _item(
    *,
    modified: str | None = "lastModifiedDateTime",
    version: str | None = None,
    created: bool = False,
) -> Render:
    def form(books: Books, record: Item, zone: Zone) -> Form:
        body: Body = dict(record.body)
        if modified:
            body[modified] = zone.text(record.modified)
        if created:
            body["createdDateTime"] = zone.text(record.created)
        if version:
            body[version] = row_version(record)
        return encode(body, record.expands)

    return cast(Render, form)


def _same(get: Callable[[Any], object]) -> Test:
    return lambda record, value: str(get(record)).lower() == value.lower()


def _flag(get: Callable[[Any], bool]) -> Test:
    return lambda record, value: get(record) == (value.lower() in ("1", "true"))


def _body(member: str) -> Test:
    return lambda record, value: str(record.body.get(member)).lower() == value.lower()


def _number(record: Any) -> str:
    return str(record.number)


def _type(record: Any) -> str:
    return str(record.type)


def _greater(get: Callable[[Any], str]) -> Test:
    return lambda record, value: get(record) > value


_DOCUMENT: dict[str, Test] = {
    "status": _same(lambda d: d.status),
    "released": _flag(lambda d: d.released),
    "branch": _same(lambda d: d.branch),
    "financialPeriod": _same(lambda d: d.period),
    "greaterThanValue": _greater(_number),
}
_AP = {
    **_DOCUMENT,
    "supplier": _same(lambda d: d.party.number),
    "documentType": _same(lambda d: payables.DOCUMENT_typeS.get(d.type, d.type)),
}
_AR = {
    **_DOCUMENT,
    "customer": _same(lambda d: d.party.number),
    "customerRefNumber": _same(lambda d: d.reference),
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
        kind=_type,
    )


RESOURCES: dict[str, Resource] = {
    resource.entity: resource
    for resource in (
        Resource(
            "supplier",
            "/v1/supplier",
            cast(Render, payables.supplier),
            filters={
                "status": _same(lambda p: p.status),
                "name": _same(lambda p: p.name),
                "vatRegistrationId": _same(lambda p: f"{p.country}{p.organisation}MVA"),
                "corporateId": _same(lambda p: p.organisation),
                "greaterThanValue": _greater(_number),
            },
        ),
        Resource(
            "supplierInvoice",
            "/v1/supplierInvoice",
            cast(Render, payables.supplier_invoice),
            filters=_AP,
            dates=_AP_DATES,
            kind=_type,
        ),
        Resource(
            "supplierDocument",
            "/v1/supplierdocument",
            cast(Render, payables.supplier_document),
            filters=_AP,
            dates=_AP_DATES,
            kind=_type,
        ),
        Resource(
            "supplierPayment",
            "/v1/supplierPayment",
            cast(Render, payables.supplier_payment),
            filters={
                "supplier": _same(lambda d: d.party.number),
                "paymentType": _same(_type),
                "status": _same(lambda d: d.status),
                "branch": _same(lambda d: d.branch),
                "financialPeriod": _same(lambda d: d.period),
                "greaterThanValue": _greater(_number),
                "invoiceRefNbr": lambda d, value: any(
                    line.target.number == value for line in d.pays
                ),
            },
            dates=_AP_DATES,
            kind=_type,
        ),
        Resource(
            "customer",
            "/v1/customer",
            cast(Render, receivables.customer),
            filters={
                "status": _same(lambda p: p.status),
                "name": _same(lambda p: p.name),
                "corporateId": _same(lambda p: p.organisation),
                "greaterThanValue": _greater(_number),
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
            filters={**_AR, "documentType": _same(_type)},
            dates=_AR_DATES,
            kind=_type,
        ),
        Resource(
            "customerPayment",
            "/v1/customerPayment",
            cast(Render, receivables.customer_payment),
            filters={
                "customer": _same(lambda d: d.party.number),
                "paymentType": _same(_type),
                "paymentNbr": _same(_number),
                "status": _same(lambda d: d.status),
                "branch": _same(lambda d: d.branch),
                "financialPeriod": _same(lambda d: d.period),
                "greaterThanValue": _greater(_number),
                "invoiceRefNbr": lambda d, value: any(
                    line.target.number == value for line in d.pays
                ),
            },
            dates={"docDate": lambda d: d.date},
            kind=_type,
        ),
        Resource(
            "account",
            "/v1/account",
            _item(version="timeStamp"),
            paging="none",
            metadata=False,
            filters={
                "active": _body("active"),
                "greaterThanValue": _greater(_number),
                "publicCode": _body("publicCode1"),
            },
        ),
        Resource(
            "subaccount",
            "/v1/subaccount",
            _item(version="timeStamp"),
            filters={"active": _body("active")},
        ),
        Resource(
            "branch",
            "/v1/branch",
            _item(),
            paging="none",
            metadata=False,
            filters={"greaterThanValue": _greater(_number)},
        ),
        Resource(
            "organization",
            "/v1/organization",
            _item(version="timeStamp"),
            paging="none",
            metadata=False,
        ),
        Resource("ledger", "/v1/ledger", _item(), paging="none", metadata=False),
        Resource(
            "financialPeriod",
            "/v1/financialPeriod",
            _item(modified=None),
            paging="none",
            metadata=False,
            filters={"greaterThanValue": _greater(_number)},
        ),
        Resource("currency", "/v1/currency", _item(modified=None), paging="none", metadata=False),
        Resource(
            "currencyRate",
            "/v2/currencyrate",
            _item(modified=None, version="timeStamp"),
            paging="none",
            metadata=False,
            filters={
                "fromCurrency": _body("fromCurrencyId"),
                "toCurrency": _body("toCurrencyId"),
                "rateType": _body("rateType"),
                "fromDate": lambda r, value: r.body["effectiveDate"][:10] >= value[:10],
                "toDate": lambda r, value: r.body["effectiveDate"][:10] <= value[:10],
            },
        ),
        Resource("cashAccount", "/v1/cashaccount", _item(), paging="none", metadata=False),
        Resource(
            "cashTransaction",
            "/v1/cashTransaction",
            cast(Render, ledger.cash_transaction),
            paging="short",
            metadata=False,
            kind=_type,
        ),
        Resource(
            "journalTransaction",
            "/v2/journaltransaction",
            cast(Render, ledger.batch),
            paging="line",
            cap=5000,
            floor=True,
            needs=("periodId|lastModifiedDateTime",),
            filters={
                "periodId": _same(lambda b: b.period),
                "module": _same(lambda b: b.module),
                "status": _same(lambda b: b.status),
                "branch": _same(lambda b: b.branch),
            },
            kind=lambda b: b.module,
        ),
        Resource(
            "generalLedgerBalance",
            "/v2/generalLedgerBalance",
            cast(Render, balance),
            floor=True,
            needs=("periodId|lastModifiedDateTime",),
            filters={
                "periodId": _same(lambda r: r.period),
                "account": _same(lambda r: r.account),
                "ledger": _same(lambda r: r.ledger),
                "branch": _same(lambda r: r.branch),
                "excludeYTDAccount": lambda r, value: (
                    value.lower() != "true" or r.account != "2098"
                ),
            },
        ),
        Resource(
            "generalLedgerTransactions",
            "/v1/GeneralLedgerTransactions",
            cast(Render, ledger.batch),
            cap=5000,
            needs=("ledger",),
            filters={
                "ledger": _same(lambda b: b.ledger),
                "fromPeriod": lambda b, value: b.period >= value,
                "toPeriod": lambda b, value: b.period <= value,
                "fromDate": lambda b, value: b.date.isoformat() >= value[:10],
                "toDate": lambda b, value: b.date.isoformat() <= value[:10],
            },
        ),
        Resource(
            "budget",
            "/v1/budget",
            _item(version="timeStamp"),
            paging="none",
            metadata=False,
            needs=("branch", "ledger", "financialYear"),
            filters={
                "branch": lambda r, value: r.number.split(":")[0] == value,
                "ledger": lambda r, value: r.number.split(":")[1] == value,
                "financialYear": _body("financialYear"),
                "isReleased": _body("released"),
                "subaccount": lambda r, value: r.number.split(":")[4] == value,
            },
        ),
        Resource(
            "purchaseOrder",
            "/v1/purchaseorder",
            cast(Render, purchasing.purchase_order),
            filters={
                "orderType": _same(_type),
                "orderStatus": _same(lambda o: o.status),
                "supplier": _same(lambda o: o.supplier.number),
                "branch": _same(lambda o: o.branch),
                "greaterThanValue": _greater(_number),
            },
            dates={"orderDate": lambda o: o.date, "deliveryDate": lambda o: o.promised},
            kind=_type,
        ),
        Resource(
            "purchaseReceipt",
            "/v2/PurchaseReceipt",
            cast(Render, purchasing.purchase_receipt),
            cap=500,
            filters={
                "receiptType": _same(_type),
                "status": _same(lambda r: r.status),
                "supplier": _same(lambda r: r.supplier.number),
                "branch": _same(lambda r: r.branch),
                "finPeriod": _same(lambda r: r.period),
                "poOrderNbr": lambda r, value: any(line.order.number == value for line in r.lines),
            },
            dates={"receiptDate": lambda r: r.date},
            kind=_type,
        ),
        Resource(
            "project",
            "/v1/project",
            _item(version="timeStamp"),
            filters={"status": _body("status"), "onHold": _body("hold")},
        ),
        Resource(
            "projectTask",
            "/v1/projecttask",
            _item(version="timeStamp", created=True),
            paging="short",
            metadata=False,
            filters={
                "status": _body("status"),
                "projectInternalId": _body("projectInternalId"),
                "taskCd": _body("taskId"),
            },
        ),
        Resource(
            "projectBudget",
            "/v1/projectbudget",
            _item(modified=None),
            filters={"project": _body("projectID")},
        ),
        Resource(
            "inventory",
            "/v1/inventory",
            _item(version="timestamp"),
            cap=5000,
            filters={
                "status": _body("status"),
                "inventoryNumber": _same(_number),
                "greaterThanValue": _greater(_number),
            },
        ),
        Resource(
            "timeCard",
            "/v1/timeCard",
            _item(version="timeStamp"),
            paging="none",
            filters={
                "status": _body("status"),
                "type": _body("type"),
                "week": lambda r, value: r.body["week"]["number"] == value,
                "employeeCd": lambda r, value: r.body["employee"]["number"] == value,
                "greaterThanValue": _greater(_number),
            },
        ),
    )
}
BY_PATH: dict[str, Resource] = {
    resource.path.lower(): resource for resource in RESOURCES.values()
} | {"/v1/payment": RESOURCES["customerPayment"]}
