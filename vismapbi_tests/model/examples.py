"""The worked examples as the API would deliver them: CSV rows become state frames.

The CSVs leave out what only the API adds (change stamps, periods of applications); those are
filled in here the way the ERP would have written them.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from vismapbi_assets.model.inputs import CompanyInfo, Inputs
from vismapbi_assets.model.mapping import AccountMapping
from vismapbi_assets.model.mapping_text import parse_mapping
from vismapbi_tests.model.states import day, inputs, money, stamp

Row = dict[str, str]


def read(folder: Path, name: str) -> list[Row]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _date(text: str) -> date | None:
    return day(text) if text else None


def _period(text: str) -> str:
    return text[:4] + text[5:7]


def supplier_documents(folder: Path) -> dict[str, list[dict[str, Any]]]:
    invoices = [
        {
            "documentType": row["DocumentType"],
            "referenceNumber": row["ReferenceNumber"],
            "supplier_number": row["SupplierKey"],
            "supplier_name": row["SupplierKey"],
            "date": _date(row["DocumentDate"]),
            "dueDate": _date(row["DueDate"]),
            "financialPeriod": _period(row["DocumentDate"]),
            "currencyId": row["CurrencyId"],
            "exchangeRate": Decimal(row["ExchangeRate"]),
            "detailTotal": money(row["NetAmountBase"]),
            "vatTotal": money(row["AmountBase"]) - money(row["NetAmountBase"]),
            "detailTotalInCurrency": money(row["AmountCurrency"]),
            "vatTaxableTotal": money(row["NetAmountBase"]),
            "balance": money(row["BalanceBase"]),
            "balanceInCurrency": money(row["BalanceBase"])
            * money(row["AmountCurrency"])
            / money(row["AmountBase"]),
            "status": row["Status"],
            "hold": row["Status"] == "Hold",
            "lastModifiedDateTime": stamp("2026-11-15"),
        }
        for row in read(folder, "supplier_invoice")
    ]
    for row in invoices:
        row["balanceInCurrency"] = money(round(row["balanceInCurrency"], 4))
    lines: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in read(folder, "supplier_payment_application"):
        lines[row["PayingType"], row["PayingReference"]].append(row)
    payments = []
    for row in read(folder, "supplier_payment"):
        applied = lines[row["PaymentType"], row["ReferenceNumber"]]
        used = sum((Decimal(line["AmountApplied"]) for line in applied), Decimal(0))
        voided = row["Status"] == "Voided" or row["PaymentType"] == "VoidPayment"
        payments.append(
            {
                "type": row["PaymentType"],
                "refNbr": row["ReferenceNumber"],
                "supplier_number": row["SupplierKey"],
                "applicationDate": _date(row["PaymentDate"]),
                "applicationPeriod": _period(row["PaymentDate"]),
                "currency_id": row["CurrencyId"],
                "paymentAmount": money(row["PaymentAmount"]),
                "balance": money(0 if voided else Decimal(row["PaymentAmount"]) - used),
                "status": row["Status"],
                "released": True,
                "lastModifiedDateTime": stamp(
                    max([row["PaymentDate"], *(line["ApplicationDate"] for line in applied)])
                ),
                "paymentLines": [
                    {
                        "docType": line["DocumentType"],
                        "invoiceRefNbr": line["ReferenceNumber"],
                        "amountPaid": money(line["AmountApplied"]),
                        "applicationPeriod": _period(line["ApplicationDate"]),
                    }
                    for line in applied
                ],
            }
        )
    return {"supplierInvoice": invoices, "supplierPayment": payments}


CUSTOMER_ENTITY = {
    "Invoice": "customerInvoice",
    "CreditNote": "customerCreditNote",
    "FinCharge": "customerOverdueCharge",
    "SmallBalanceWo": "customerCreditWriteOff",
}
LEDGER_CODE = {"Payment": "PMT", "CreditNote": "CRM", "SmallBalanceWo": "SMB"}


def customer_documents(folder: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    applied: dict[tuple[str, str], list[Row]] = defaultdict(list)
    paying: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in read(folder, "customer_application"):
        applied[row["DocumentType"], row["ReferenceNumber"]].append(row)
        paying[row["PayingType"], row["PayingReference"]].append(row)
    for row in read(folder, "customer_invoice"):
        key = (row["DocumentType"], row["ReferenceNumber"])
        base, currency = money(row["AmountBase"]), money(row["AmountCurrency"])
        document: dict[str, Any] = {
            "documentType": row["DocumentType"],
            "referenceNumber": row["ReferenceNumber"],
            "customer_number": row["CustomerKey"],
            "documentDate": _date(row["DocumentDate"]),
            "financialPeriod": _period(row["DocumentDate"]),
            "currencyId": row["CurrencyId"],
            "amount": base,
            "amountInCurrency": currency,
            "vatTotal": base - money(row["NetAmountBase"]),
            "balance": money(row["BalanceBase"]),
            "balanceInCurrency": money(round(money(row["BalanceBase"]) * currency / base, 4)),
            "status": row["Status"],
            "lastModifiedDateTime": stamp("2026-11-15"),
        }
        entity = CUSTOMER_ENTITY[row["DocumentType"]]
        if entity != "customerCreditWriteOff":
            document |= {
                "documentDueDate": _date(row["DueDate"]),
                "exchangeRate": Decimal(row["ExchangeRate"]),
                "vatTaxableTotal": money(row["NetAmountBase"]),
                "applications": [
                    {
                        "docType": LEDGER_CODE[line["PayingType"]],
                        "refNbr": line["PayingReference"],
                        "amountPaid": money(line["AmountApplied"]),
                        "applicationDate": _date(line["ApplicationDate"]),
                        "applicationPeriod": _period(line["ApplicationDate"]),
                        "released": True,
                        "voided": False,
                    }
                    for line in applied[key]
                ],
            }
        found[entity].append(document)
    for row in read(folder, "customer_payment"):
        lines = paying[row["PaymentType"], row["ReferenceNumber"]]
        amount = money(row["PaymentAmountBase"])
        if row["CurrencyId"] == "SEK":
            amount = money(5000)
        used = sum((Decimal(line["AmountApplied"]) for line in lines), Decimal(0))
        found["customerPayment"].append(
            {
                "type": row["PaymentType"],
                "refNbr": row["ReferenceNumber"],
                "customer_number": row["CustomerKey"],
                "applicationDate": _date(row["PaymentDate"]),
                "applicationPeriod": _period(row["PaymentDate"]),
                "currency": row["CurrencyId"],
                "paymentAmount": amount,
                "availableBalance": money(amount - used),
                "status": row["Status"],
                "lastModifiedDateTime": stamp("2026-11-15"),
                "paymentLines": [
                    {
                        "documentType": line["DocumentType"],
                        "refNbr": line["ReferenceNumber"],
                        "amountPaid": money(line["AmountApplied"]),
                        "currency": row["CurrencyId"],
                        "crossRate": Decimal(1),
                    }
                    for line in lines
                ],
            }
        )
    return dict(found)


def rate_rows(folder: Path) -> list[dict[str, Any]]:
    """The rates of the examples, and the one that the prepayment 8003 was booked at."""
    rows = [
        (row["CurrencyId"], row["RateDate"], row["RateToBase"])
        for row in read(folder, "exchange_rate")
    ]
    return [
        {
            "id": number,
            "fromCurrencyId": currency,
            "toCurrencyId": "NOK",
            "rateType": "SPOT",
            "rate": Decimal(rate),
            "multDiv": "Multiply",
            "effectiveDate": _date(on),
        }
        for number, (currency, on, rate) in enumerate([*rows, ("SEK", "2026-10-30", "1.03")], 1)
    ]


def ledger_documents(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Accounts, ledgers and journal batches; batches of the same number meet by module."""
    batches: dict[tuple[str, str], dict[str, Any]] = {}
    ledgers: dict[str, str] = {}
    for row in read(folder, "journal_line"):
        ledgers[row["Ledger"]] = row["BalanceType"]
        batch = batches.setdefault(
            (row["Module"], row["BatchNumber"]),
            {
                "module": f"Module{row['Module']}",
                "batchNumber": row["BatchNumber"],
                "status": row["Status"],
                "transactionDate": _date(row["TransactionDate"]),
                "financialPeriod": row["FinancialPeriodKey"],
                "ledger": row["Ledger"],
                "currencyId": "NOK",
                "reversingEntry": row["ReversingEntry"] == "true",
                "originalBatchNumber": row["OriginalBatchNumber"] or None,
                "journalTransactionLines": [],
            },
        )
        debit, credit = money(row["DebitBase"]), money(row["CreditBase"])
        batch["journalTransactionLines"].append(
            {
                "lineNumber": int(row["LineNumber"]),
                "accountNumber": row["AccountKey"],
                "debitAmount": debit,
                "creditAmount": credit,
                "debitAmountInCurrency": debit,
                "creditAmountInCurrency": credit,
            }
        )
    accounts = read(folder, "account")
    return {
        "journalTransaction": list(batches.values()),
        "ledger": [
            {"number": name, "balanceType": kind}
            for name, kind in (ledgers | {"BUDGET": "Budget"}).items()
        ],
        "account": [
            {
                "accountCD": row["AccountKey"],
                "description": row["Description"],
                "type": row["AccountType"],
                "cashAccount": row["IsCashAccount"] == "true",
                "active": True,
            }
            for row in accounts
        ],
        "cashAccount": [
            {"number": row["AccountKey"], "account_number": row["AccountKey"], "currency": "NOK"}
            for row in accounts
            if row["IsCashAccount"] == "true"
        ],
        "financialPeriod": [
            {
                "year": int(row["FinancialYear"]),
                "period": f"{int(row['PeriodNumber']):02}",
                "startDate": _date(row["StartDate"]),
                "endDate": _date(row["EndDate"]),
                "active": True,
            }
            for row in read(folder, "financial_period")
        ],
    }


def account_mapping(folder: Path) -> AccountMapping:
    """The report mapping of the examples as a company's own mapping file."""
    control = ("1500", "2400")
    rows = [
        f"{row['AccountKey']},{row['ReportGroup']},{str(row['AccountKey'] in control).lower()}"
        for row in read(folder, "account")
    ]
    text = "\n".join(["account,group,control", *rows])
    return parse_mapping(text, kind="csv", base_currency="NOK")


def budget_rows(folder: Path) -> list[dict[str, Any]]:
    periods: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in read(folder, "budget"):
        periods[row["FinancialPeriodKey"][:4], row["AccountKey"]].append(row)
    return [
        {
            "ledger": "BUDGET",
            "financialYear": year,
            "account_number": account,
            "released": True,
            "periods": [
                {"periodId": row["FinancialPeriodKey"], "amount": money(row["AmountNatural"])}
                for row in rows
            ],
        }
        for (year, account), rows in periods.items()
    ]


def purchasing_documents(folder: Path) -> dict[str, list[dict[str, Any]]]:
    lines = read(folder, "purchase_order_line")
    kinds = {row["OrderNumber"]: row["OrderType"] for row in lines}
    orders = [
        {
            "orderType": row["OrderType"],
            "orderNbr": row["OrderNumber"],
            "supplier_number": row["SupplierKey"],
            "date": _date(row["OrderDate"]),
            "status": row["Status"],
            "hold": False,
            "currency": "NOK",
            "lines": [
                {
                    "lineNbr": int(row["LineNumber"]),
                    "promised": _date(row["PromisedDate"]),
                    "orderQty": row["OrderQty"],
                    "qtyOnReceipts": row["QtyOnReceipts"],
                    "unitCost": row["UnitCostBase"],
                    "unitCostInBaseCurrency": row["UnitCostBase"],
                    "canceled": row["Canceled"] == "true",
                }
            ],
        }
        for row in lines
    ]
    receipts = [
        {
            "receiptType": row["ReceiptType"],
            "receiptNbr": row["ReceiptNumber"],
            "date": _date(row["ReceiptDate"]),
            "status": row["Status"],
            "currency": "NOK",
            "lines": [
                {
                    "lineNbr": int(row["LineNumber"]),
                    "receiptQty": row["ReceiptQty"],
                    "poOrderType": kinds[row["OrderNumber"]],
                    "poOrderNbr": row["OrderNumber"],
                    "poOrderLineNbr": int(row["OrderLineNumber"]),
                }
            ],
        }
        for row in read(folder, "purchase_receipt_line")
    ]
    return {"purchaseOrder": orders, "purchaseReceipt": receipts}


def time_cards(folder: Path) -> list[dict[str, Any]]:
    return [
        {
            "refNbr": row["RefNbr"],
            "type": row["Type"],
            "origRefNbr": row["OrigRefNbr"] or None,
            "status": row["Status"],
            "employee_number": row["EmployeeKey"],
            "week_number": day(row["WeekStart"]).strftime("%G%V"),
            "summary": [
                {
                    "lineNumber": int(row["LineNumber"]),
                    "project_id": row["ProjectKey"],
                    "invoiceable": row["Invoiceable"] == "true",
                    **{name.lower(): int(row[name]) for name in WEEKDAYS},
                }
            ],
        }
        for row in read(folder, "timecard_week")
    ]


WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def example_inputs(folder: Path) -> Inputs:
    """The whole example company, read on 2026-11-15."""
    return inputs(
        companies=(CompanyInfo("no", "Nordvik AS", "NOK", mapping=account_mapping(folder)),),
        supplier=[
            {"number": row["SupplierKey"], "name": row["Name"]} for row in read(folder, "supplier")
        ],
        customer=[
            {"number": row["CustomerKey"], "name": row["Name"]} for row in read(folder, "customer")
        ],
        **supplier_documents(folder),
        **customer_documents(folder),
        **ledger_documents(folder),
        **purchasing_documents(folder),
        currency=[{"id": name, "description": name} for name in ("NOK", "EUR", "SEK")],
        project=[{"projectID": name} for name in ("PRJ1", "PRJ2")],
        currencyRate=rate_rows(folder),
        budget=budget_rows(folder),
        timeCard=time_cards(folder),
    )
