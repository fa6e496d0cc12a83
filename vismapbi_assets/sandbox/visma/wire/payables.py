"""Wire forms of suppliers, supplier invoices, supplier documents and supplier payments.

Belongs here: member names and nesting of these shapes. Does not belong here: rules, paging.
"""

from __future__ import annotations

from vismapbi_assets.sandbox.visma import chart
from vismapbi_assets.sandbox.visma.amounts import day, money, money4, rate_number, share
from vismapbi_assets.sandbox.visma.books import Books
from vismapbi_assets.sandbox.visma.clock import Zone
from vismapbi_assets.sandbox.visma.records import Application, Body, Document, Line, Party
from vismapbi_assets.sandbox.visma.setup import address

from .common import (
    Form,
    account_ref,
    branch_ref,
    currency_ref,
    encode,
    location_ref,
    payment_method,
    post_period,
    project_ref,
    row_version,
    short_account,
    short_sub,
    stamps,
    sub_ref,
    task_ref,
    terms_ref,
    vat_ref,
)

WIRE_TYPES = {"PrepaymentRequest": "Prepayment"}
DOCUMENT_TYPES = {**WIRE_TYPES, "Payment": "Check", "VoidPayment": "VoidCheck"}


def supplier(books: Books, party: Party, zone: Zone) -> Form:
    """A supplier."""
    zone_id, zone_text = chart.VAT_ZONES[party.country]
    body: Body = {
        "internalId": party.id,
        "number": party.number,
        "name": party.name,
        "status": party.status,
        "mainAddress": address(party.city, party.country),
        "mainContact": {"name": party.name, "email": f"faktura@{party.number}.example"},
        "accountReference": "",
        "parentRecord": None,
        "supplierClass": {"id": party.group, "description": f"Leverandører {party.group.lower()}"},
        "creditTerms": terms_ref(party.terms),
        "documentLanguage": None,
        "currencyId": party.currency,
        "paymentMethod": payment_method(),
        "cashAccount": chart.BANKS[party.currency],
        "chargeBearer": "Payer",
        "accountUsedForPayment": "BBAN" if party.country == "NO" else "IBAN",
        "paymentBy": "DueDate",
        "paymentLeadTime": 0,
        "paySeparately": False,
        "location": location_ref(party),
        "vatRegistrationId": f"{party.country}{party.organisation}MVA",
        "corporateId": party.organisation,
        "vatZone": {"id": zone_id, "description": zone_text},
        "attributes": [],
        "lastModifiedDateTime": zone.text(party.modified),
        "timeStamp": row_version(party),
    }
    accounts = {
        "supplierAccount": short_account(chart.PAYABLES),
        "supplierSubaccount": short_sub(chart.NO_SUB),
        "expenseAccount": short_account(party.account),
        "expenseSubaccount": short_sub("20-1"),
    }
    return encode(
        body,
        {
            "expandAccountInformation": {"glAccounts": accounts},
            "expandNote": {"note": f"Kontakt: {party.name}"},
        },
    )


def supplier_invoice(books: Books, document: Document, zone: Zone) -> Form:
    """A supplier document with its lines."""
    detail_cur = sum(line.amount_cur for line in document.lines)
    detail = sum(line.amount for line in document.lines)
    discount_cur = sum(line.discount_cur for line in document.lines)
    discount = sum(line.discount for line in document.lines)
    taxed = [line for line in document.lines if chart.VAT_CODES[line.vat][0]]
    taxable_cur = sum(line.net_cur for line in taxed)
    taxable = sum(line.net for line in taxed)
    body = {
        "taxDetailLines": [
            {
                "taxId": "1" if taxed else "5",
                "recordId": 1,
                "vatId": {"number": "1" if taxed else "5", "description": ""},
                "vatRate": 25 if taxed else 0,
                "taxableAmount": money(taxable or detail - discount),
                "vatAmount": money(document.vat),
            }
        ],
        "invoiceLines": [_invoice_line(books, document, line) for line in document.lines],
        "hold": document.hold,
        "exchangeRate": rate_number(document.rate),
        "paymentRefNo": document.reference or None,
        "creditTerms": terms_ref(document.party.terms),
        "retainageApply": False,
        "cashDiscountDate": day(document.due),
        "detailTotal": money(detail),
        "detailTotalInCurrency": money(detail_cur),
        "discountTotal": money(discount),
        "discountTotalInCurrency": money(discount_cur),
        "vatTaxableTotal": money(taxable),
        "vatTaxableTotalInCurrency": money(taxable_cur),
        "vatExemptTotal": money(detail - discount - taxable),
        "vatExemptTotalInCurrency": money(detail_cur - discount_cur - taxable_cur),
        "withholdingTax": 0,
        "withholdingTaxInCurrency": 0,
        "roundingDiff": money(document.rounding),
        "roundingDiffInCurrency": money(document.rounding_cur),
        "amount": money(document.gross_cur),
        "vatAmount": money(document.vat_cur),
        "taxCalculationMode": "TaxSetting",
        "paySelected": False,
        "documentVersionNumber": document.revision,
        **_header(books, document, zone, WIRE_TYPES),
    }
    return encode(
        body,
        {
            "expandNote": {"note": f"Notat {document.number}"},
            "expandAttachment": {"attachments": []},
            "expandLandedCosts": {"landedCosts": []},
            "expandApproval": {"approvalDetails": {"attachmentID": None, "comment": "Godkjent"}},
        },
    )


def _invoice_line(books: Books, document: Document, line: Line) -> Body:
    discount_percent = share(100, line.discount_cur, line.amount_cur) if line.amount_cur else 0
    body: Body = {
        "lineNumber": line.number,
        "inventoryNumber": line.item,
        "stockItem": line.item is not None,
        "transactionDescription": line.text,
        "quantity": line.quantity,
        "uom": line.uom,
        "unitCost": money(line.price),
        "unitCostInCurrency": money(line.price_cur),
        "cost": money(line.amount),
        "costInCurrency": money(line.amount_cur),
        "discountPercent": discount_percent,
        "discountAmount": money(line.discount),
        "discountAmountInCurrency": money(line.discount_cur),
        "manualDiscount": False,
        "account": account_ref(line.account),
        "subaccount": sub_ref(line.sub),
        "deferralCode": "",
        "vatCode": vat_ref(line.vat),
        "branchNumber": branch_ref(books, document.branch),
        "project": project_ref(books, line.project),
        "projectTask": task_ref(line.task),
    }
    if line.order:
        body["poNumber"], body["poLineNr"] = line.order
    if line.receipt:
        body["poReceiptNbr"], body["poReceiptLineNbr"] = line.receipt
    return body


def supplier_document(books: Books, document: Document, zone: Zone) -> Form:
    """The header of any supplier document, payments among them."""
    body = {
        "account": account_ref(document.control),
        "subaccount": sub_ref(chart.NO_SUB),
        "amount": money(document.gross),
        "amountInCurrency": money(document.gross_cur),
        "branch": branch_ref(books, document.branch),
        **_header(books, document, zone, DOCUMENT_TYPES),
    }
    return encode(body, {"expandNote": {"note": f"Notat {document.number}"}})


def _header(books: Books, document: Document, zone: Zone, types: dict[str, str]) -> Body:
    party = document.party
    return {
        "supplier": {"internalId": party.id, "number": party.number, "name": party.name},
        "documentType": types.get(document.type, document.type),
        "referenceNumber": document.number,
        "postPeriod": post_period(document),
        "financialPeriod": document.period,
        "date": day(document.date),
        "origInvoiceDate": day(document.original_date),
        "dueDate": day(document.due),
        "approvalStatus": document.approval,
        "status": document.status,
        "currencyId": document.currency,
        "balance": money(document.balance),
        "balanceInCurrency": money(document.balance_cur),
        "cashDiscount": 0,
        "cashDiscountInCurrency": 0,
        "paymentMethod": payment_method(),
        "supplierReference": document.reference,
        "description": document.text,
        **stamps(document, zone),
        "closedFinancialPeriod": document.closed_period,
        "location": location_ref(party),
        "vatTotal": money(document.vat),
        "vatTotalInCurrency": money(document.vat_cur),
        "branchNumber": branch_ref(books, document.branch),
        "payDate": day(document.pay_date),
        "paymentMessage": None,
        "cashAccount": document.cash_account or chart.BANKS[document.currency],
        "timeStamp": row_version(document),
    }


def supplier_payment(books: Books, document: Document, zone: Zone) -> Form:
    """A payment, or a credit note in its part as a paying document."""
    party = document.party
    applied = sum(line.amount_cur for line in document.pays)
    body = {
        "type": document.type,
        "documentType": document.type,
        "refNbr": document.number,
        "status": document.status,
        "hold": document.hold,
        "applicationDate": day(document.date),
        "applicationPeriod": document.period,
        "paymentRef": document.reference,
        "supplier": {"internalId": party.id, "number": party.number, "name": party.name},
        "location": location_ref(party),
        "paymentMethod": "BANK",
        "cashAccount": document.cash_account or "",
        "currency": currency_ref(books, document.currency),
        "description": document.text,
        "paymentAmount": money4(document.gross_cur),
        "financeCharges": 0,
        "balance": money4(document.balance_cur),
        "unappliedBalance": money4(document.balance_cur),
        "appliedAmount": money4(applied),
        "released": document.released,
        "lastModifiedDateTime": zone.text(document.modified),
        "branch": document.branch,
        "paymentLines": [_payment_line(document, line) for line in document.pays],
        "timeStamp": row_version(document),
    }
    return encode(body)


def _payment_line(document: Document, line: Application) -> Body:
    target = line.target
    return {
        "branch": target.branch,
        "batchNumber": line.batch,
        "docType": target.type,
        "invoiceRefNbr": target.number,
        "amountPaid": money4(line.amount_cur),
        "cashDiscountTaken": money4(line.discount_cur),
        "withholdingTax": 0,
        "applicationPeriod": line.period,
        "date": day(target.date),
        "dueDate": day(target.due),
        "cashDiscountDate": day(target.due),
        "balance": money4(target.balance_cur),
        "cashDiscountBalance": money4(0),
        "description": target.text,
        "currency": target.currency,
        "postPeriod": line.period,
        "supplierRef": target.reference,
    }
