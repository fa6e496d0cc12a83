"""The endpoints of the ledger, cash, projects and the set-up records.

Belongs here: path, paging, ceiling, filters and wire form of each. Does not belong here: how
pages are cut (see `listing`).
"""

from __future__ import annotations

from typing import cast

from .balances import balance
from .resource import Render, Resource, greater, item_form, member, number, same, type_of
from .wire import ledger

LEDGER_RESOURCES: tuple[Resource, ...] = (
    Resource(
        "account",
        "/v1/account",
        item_form(version="timeStamp"),
        paging="none",
        metadata=False,
        filters={
            "active": member("active"),
            "greaterThanValue": greater(number),
            "publicCode": member("publicCode1"),
        },
    ),
    Resource(
        "subaccount",
        "/v1/subaccount",
        item_form(version="timeStamp"),
        filters={"active": member("active")},
    ),
    Resource(
        "branch",
        "/v1/branch",
        item_form(),
        paging="none",
        metadata=False,
        filters={"greaterThanValue": greater(number)},
    ),
    Resource(
        "organization",
        "/v1/organization",
        item_form(version="timeStamp"),
        paging="none",
        metadata=False,
    ),
    Resource("ledger", "/v1/ledger", item_form(), paging="none", metadata=False),
    Resource(
        "financialPeriod",
        "/v1/financialPeriod",
        item_form(modified=None),
        paging="none",
        metadata=False,
        filters={"greaterThanValue": greater(number)},
    ),
    Resource("currency", "/v1/currency", item_form(modified=None), paging="none", metadata=False),
    Resource(
        "currencyRate",
        "/v2/currencyrate",
        item_form(modified=None, version="timeStamp"),
        paging="none",
        metadata=False,
        filters={
            "fromCurrency": member("fromCurrencyId"),
            "toCurrency": member("toCurrencyId"),
            "rateType": member("rateType"),
            "fromDate": lambda r, value: r.body["effectiveDate"][:10] >= value[:10],
            "toDate": lambda r, value: r.body["effectiveDate"][:10] <= value[:10],
        },
    ),
    Resource("cashAccount", "/v1/cashaccount", item_form(), paging="none", metadata=False),
    Resource(
        "cashTransaction",
        "/v1/cashTransaction",
        cast(Render, ledger.cash_transaction),
        paging="short",
        metadata=False,
        kind=type_of,
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
            "periodId": same(lambda b: b.period),
            "module": same(lambda b: b.module),
            "status": same(lambda b: b.status),
            "branch": same(lambda b: b.branch),
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
            "periodId": same(lambda r: r.period),
            "account": same(lambda r: r.account),
            "ledger": same(lambda r: r.ledger),
            "branch": same(lambda r: r.branch),
            "excludeYTDAccount": lambda r, value: value.lower() != "true" or r.account != "2098",
        },
    ),
    Resource(
        "generalLedgerTransactions",
        "/v1/GeneralLedgerTransactions",
        cast(Render, ledger.batch),
        cap=5000,
        needs=("ledger",),
        filters={
            "ledger": same(lambda b: b.ledger),
            "fromPeriod": lambda b, value: b.period >= value,
            "toPeriod": lambda b, value: b.period <= value,
            "fromDate": lambda b, value: b.date.isoformat() >= value[:10],
            "toDate": lambda b, value: b.date.isoformat() <= value[:10],
        },
    ),
    Resource(
        "budget",
        "/v1/budget",
        item_form(version="timeStamp"),
        paging="none",
        metadata=False,
        needs=("branch", "ledger", "financialYear"),
        filters={
            "branch": lambda r, value: r.number.split(":")[0] == value,
            "ledger": lambda r, value: r.number.split(":")[1] == value,
            "financialYear": member("financialYear"),
            "isReleased": member("released"),
            "subaccount": lambda r, value: r.number.split(":")[4] == value,
        },
    ),
    Resource(
        "project",
        "/v1/project",
        item_form(version="timeStamp"),
        filters={"status": member("status"), "onHold": member("hold")},
    ),
    Resource(
        "projectTask",
        "/v1/projecttask",
        item_form(version="timeStamp", created=True),
        paging="short",
        metadata=False,
        filters={
            "status": member("status"),
            "projectInternalId": member("projectInternalId"),
            "taskCd": member("taskId"),
        },
    ),
    Resource(
        "projectBudget",
        "/v1/projectbudget",
        item_form(modified=None),
        filters={"project": member("projectID")},
    ),
    Resource(
        "inventory",
        "/v1/inventory",
        item_form(version="timestamp"),
        cap=5000,
        filters={
            "status": member("status"),
            "inventoryNumber": same(number),
            "greaterThanValue": greater(number),
        },
    ),
    Resource(
        "timeCard",
        "/v1/timeCard",
        item_form(version="timeStamp"),
        paging="none",
        filters={
            "status": member("status"),
            "type": member("type"),
            "week": lambda r, value: r.body["week"]["number"] == value,
            "employeeCd": lambda r, value: r.body["employee"]["number"] == value,
            "greaterThanValue": greater(number),
        },
    ),
)
