"""Wire forms of customers, customer documents, cash sales and customer payments.

Belongs here: member names and nesting of these shapes. Does not belong here: rules, paging.
"""

from __future__ import annotations

from vismapbi_assets.sandbox.visma import chart
from vismapbi_assets.sandbox.visma.amounts import day, money, money4, rate_number
from vismapbi_assets.sandbox.visma.books import Books
from vismapbi_assets.sandbox.visma.clock import Zone
from vismapbi_assets.sandbox.visma.kinds import JOURNAL_KINDS
from vismapbi_assets.sandbox.visma.records import Application, Body, Document, Line, Party
from vismapbi_assets.sandbox.visma.setup import address

from .common import (
    Form,
    account_ref,
    branch_ref,
    encode,
    location_ref,
    payment_method,
    project_ref,
    row_version,
    short_account,
    stamps,
    sub_ref,
    task_ref,
    terms_ref,
    vat_ref,
)

LINE_MEMBER = {
    "customerInvoice": "invoiceLines",
    "cashSale": "cashSaleLines",
    "customerCreditNote": "lines",
    "customerDebitNote": "lines",
    "customerOverdueCharge": "lines",
    "customerCreditWriteOff": None,
}

_NO_LINE_TASK = frozenset({"lineType", "projectTask"})
_ABSENT: dict[str, frozenset[str]] = {
    "customerInvoice": frozenset(),
    "customerCreditNote": frozenset({"lineType"}),
    "customerDebitNote": _NO_LINE_TASK,
    "customerOverdueCharge": _NO_LINE_TASK | {"isRotRutDeductible"},
    "customerCreditWriteOff": frozenset(),
    "cashSale": _NO_LINE_TASK
    | {
        "documentDueDate",
        "cashDiscountDate",
        "externalReference",
        "isRotRutDeductible",
        "exchangeRate",
        "contact",
        "roundingDiff",
    },
}
_GATED: dict[str, tuple[str, ...]] = {
    "cashSale": ("expandApplications", "expandInvoiceAddress"),
    "customerCreditWriteOff": (),
}


def customer(books: Books, party: Party, zone: Zone) -> Form:
    """A customer."""
    zone_id, zone_text = chart.VAT_ZONES[party.country]
    body: Body = {
        "internalId": party.id,
        "number": party.number,
        "name": party.name,
        "status": party.status,
        "mainAddress": address(party.city, party.country),
        "mainContact": {"name": party.name, "email": f"post@{party.number}.example"},
        "accountReference": None,
        "parentRecord": {"number": "", "name": ""},
        "customerClass": {"id": party.group, "description": f"Kunder {party.group.lower()}"},
        "creditTerms": terms_ref(party.terms),
        "currencyId": party.currency,
        "creditVerification": "CreditLimit",
        "creditLimit": 250_000,
        "creditDaysPastDue": 0,
        "invoiceAddress": address(party.city, party.country),
        "printInvoices": False,
        "sendInvoicesByEmail": True,
        "statementType": "OpenItem",
        "vatRegistrationId": f"{party.country}{party.organisation}MVA",
        "corporateId": party.organisation,
        "vatZone": {"id": zone_id, "description": zone_text},
        "location": location_ref(party),
        "attributes": [],
        **stamps(party, zone),
        "priceClass": None,
        "timeStamp": row_version(party),
    }
    accounts = {
        "customerLedgerAccount": short_account(chart.RECEIVABLES),
        "customerLedgerSubaccount": sub_ref(chart.NO_SUB),
        "salesAccount": short_account(chart.SALES),
        "salesExportAccount": short_account(chart.EXPORT_SALES),
    }
    methods = [{"paymentMethodId": "BANK", "isDefault": True}]
    return encode(
        body,
        {
            "expandAccountInformation": {"glAccounts": accounts},
            "expandPaymentMethods": {"paymentMethods": methods},
            "expandDirectDebit": {"directDebitLines": []},
        },
    )


def customer_invoice(entity: str, books: Books, document: Document, zone: Zone) -> Form:
    """A customer document with its lines, in the form of its own endpoint."""
    detail_cur = sum(line.net_cur for line in document.lines)
    detail = sum(line.net for line in document.lines)
    taxed = [line for line in document.lines if chart.VAT_CODES[line.vat][0]]
    taxable_cur = sum(line.net_cur for line in taxed)
    taxable = sum(line.net for line in taxed)
    project = next((line.project for line in document.lines if line.project), None)
    body: Body = {}
    member = LINE_MEMBER[entity]
    if member:
        body |= {
            "creditTerms": terms_ref(document.party.terms),
            "documentDueDate": day(document.due),
            "cashDiscountDate": day(document.due),
            "externalReference": document.reference,
            "isRotRutDeductible": False,
            "exchangeRate": rate_number(document.rate),
            "contact": None,
            member: [
                _without(_invoice_line(books, document, line), entity) for line in document.lines
            ],
            "discountTotal": 0,
            "discountTotalInCurrency": 0,
            "detailTotal": money(detail),
            "detailTotalInCurrency": money(detail_cur),
            "vatTaxableTotal": money(taxable),
            "vatTaxableTotalInCurrency": money(taxable_cur),
            "vatExemptTotal": money(detail - taxable),
            "vatExemptTotalInCurrency": money(detail_cur - taxable_cur),
            "salesPerson": {"id": "S1", "description": books.profile.employees[0][1]},
            "paymentReference": document.number,
            "dontPrint": True,
            "revoked": False,
        }
    body |= {
        "hold": document.hold,
        "roundingDiff": money(document.rounding),
        "timeStamp": row_version(document),
        **_header(books, document, zone, project),
        "paymentMethod": payment_method(),
    }
    level, sent = document.dunning or (0, None)
    zone_id, zone_text = chart.VAT_ZONES[document.party.country]
    gated: dict[str, Body] = {
        "expandApplications": {"applications": [_application(line) for line in document.paid_by]},
        "expandDunningInformation": {
            "dunningLetterDate": day(sent),
            "dunningLetterLevel": level,
        },
        "expandAttachments": {"attachments": []},
        "expandTaxDetails": {
            "taxDetails": [
                {
                    "taxId": "3" if taxed else "5",
                    "recordId": 1,
                    "vatId": {"number": "3" if taxed else "5", "description": zone_text},
                    "vatRate": 25 if taxed else 0,
                    "taxableAmount": money(taxable or detail),
                    "vatAmount": money(document.vat),
                }
            ],
            "customerVatZone": {"id": zone_id, "description": zone_text},
        },
        "expandInvoiceAddress": {
            "invoiceAddress": address(document.party.city, document.party.country)
        },
    }
    kept = _GATED.get(entity, tuple(gated))
    return encode(_without(body, entity), {name: gated[name] for name in kept})


def _without(body: Body, entity: str) -> Body:
    absent = _ABSENT[entity]
    return {name: value for name, value in body.items() if name not in absent}


def _invoice_line(books: Books, document: Document, line: Line) -> Body:
    percent = round(100 * line.discount_cur / line.amount_cur) if line.amount_cur else 0
    return {
        "projectTask": task_ref(line.task),
        "lineType": "GoodsForSales" if line.item else "Misc",
        "lineNumber": line.number,
        "inventoryNumber": line.item,
        "description": line.text,
        "quantity": line.quantity,
        "unitPrice": money4(line.price),
        "unitPriceInCurrency": money4(line.price_cur),
        "manualAmount": money(line.amount),
        "manualAmountInCurrency": money(line.amount_cur),
        "amount": money(line.net),
        "cost": money(line.cost),
        "amountInCurrency": money(line.net_cur),
        "account": account_ref(line.account),
        "vatCode": vat_ref(line.vat),
        "uom": line.uom,
        "discountPercent": percent,
        "discountAmount": money(line.discount),
        "discountAmountInCurrency": money(line.discount_cur),
        "manualDiscount": False,
        "subaccount": sub_ref(line.sub),
        "salesperson": books.profile.employees[0][1],
        "seller": {"id": "S1", "description": books.profile.employees[0][1]},
        "deferralCode": "",
        "note": None,
        "branchNumber": branch_ref(books, document.branch),
    }


def _application(line: Application) -> Body:
    payer = line.payer
    return {
        "docType": JOURNAL_KINDS[payer.side, payer.type],
        "customerCD": payer.party.number,
        "refNbr": payer.number,
        "amountPaid": money4(line.amount_cur),
        "cashDiscountTaken": money4(line.discount_cur),
        "balance": money4(line.target.balance_cur),
        "pendingPPD": False,
        "released": line.released,
        "hold": False,
        "voided": line.voided,
        "paymentRef": payer.reference,
        "status": payer.status,
        "applicationDate": day(line.date),
        "applicationPeriod": line.period,
        "invoiceText": payer.text,
    }


def customer_document(books: Books, document: Document, zone: Zone) -> Form:
    """The header of any customer document; terms and payment method stay empty in this list."""
    body = {
        "documentDueDate": day(document.due),
        "branch": branch_ref(books, document.branch),
        **_header(books, document, zone, None),
        "paymentMethod": {},
    }
    return encode(body)


def _header(books: Books, document: Document, zone: Zone, project: str | None) -> Body:
    return {
        "customer": {"number": document.party.number, "name": document.party.name},
        "documentType": document.type,
        "referenceNumber": document.number,
        "postPeriod": document.period,
        "financialPeriod": document.period,
        "closedFinancialPeriod": document.closed_period,
        "documentDate": day(document.date),
        "origInvoiceDate": None,
        "status": document.status,
        "currencyId": document.currency,
        "amount": money(document.gross),
        "amountInCurrency": money(document.gross_cur),
        "balance": money(document.balance),
        "balanceInCurrency": money(document.balance_cur),
        "cashDiscount": 0,
        "cashDiscountInCurrency": 0,
        "customerRefNumber": document.reference,
        "invoiceText": document.text,
        **stamps(document, zone),
        "note": "",
        "vatTotal": money(document.vat),
        "vatTotalInCurrency": money(document.vat_cur),
        "location": location_ref(document.party),
        "branchNumber": branch_ref(books, document.branch),
        "cashAccount": document.cash_account or chart.BANKS[document.currency],
        "project": project_ref(books, project),
        "account": account_ref(document.control),
        "subaccount": sub_ref(chart.NO_SUB),
    }


def customer_payment(books: Books, document: Document, zone: Zone) -> Form:
    """A payment, credit note or write-off in its part as a paying document."""
    body = {
        "type": document.type,
        "refNbr": document.number,
        "status": document.status,
        "hold": document.hold,
        "applicationDate": day(document.date),
        "applicationPeriod": document.period,
        "paymentRef": document.reference,
        "customer": {"number": document.party.number, "name": document.party.name},
        "location": location_ref(document.party),
        "paymentMethod": payment_method(),
        "cashAccount": document.cash_account or "",
        "currency": document.currency,
        "paymentAmount": money4(document.gross_cur),
        "invoiceText": document.text,
        "appliedToDocuments": money4(sum(line.amount_cur for line in document.pays)),
        "appliedToOrders": money4(0),
        "availableBalance": money4(document.balance_cur),
        "writeOffAmount": money4(sum(line.write_off_cur for line in document.pays)),
        "financeCharges": money4(0),
        "deductedCharges": money4(0),
        "branch": document.branch,
        "lastModifiedDateTime": zone.text(document.modified),
        "paymentLines": [_payment_line(line) for line in document.pays],
        "ordersToApply": [],
        "financialDetails": {"paymentDate": day(document.date)},
        "paymentAmountInCurrency": money4(document.gross_cur),
        "availableBalanceInCurrency": money4(document.balance_cur),
        "timeStamp": row_version(document),
    }
    return encode(body)


def _payment_line(line: Application) -> Body:
    target = line.target
    reason = {"id": "BK01", "description": "Småbeløp"} if line.write_off_cur else None
    return {
        "documentType": target.type,
        "refNbr": target.number,
        "amountPaid": money4(line.amount_cur),
        "cashDiscountTaken": money4(line.discount_cur),
        "balanceWriteOff": money4(line.write_off_cur),
        "writeOffReasonCode": reason,
        "date": day(target.date),
        "dueDate": day(target.due),
        "cashDiscountDate": day(target.due),
        "balance": money4(target.balance_cur),
        "cashDiscountBalance": money4(0),
        "description": target.text,
        "currency": target.currency,
        "postPeriod": line.period,
        "customerOrder": target.reference,
        "crossRate": 1.0,
    }
