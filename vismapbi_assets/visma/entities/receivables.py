"""Customers, their documents and the payments from them.

Declarations only. Seven document lists share one header; each list adds what it has beyond it.
Signs and what a document type means for a balance belong in the model.
"""

from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.entities.parts import (
    ACCOUNT,
    ADDRESS,
    CODE,
    CODE_ONLY,
    NUMBER,
    NUMBER_ONLY,
    PAYMENT_SIGN,
    PROJECT,
    PROJECT_ONLY,
    SUBACCOUNT,
    VAT_ZONE,
)
from vismapbi_assets.visma.entities.shape import (
    Shape,
    amount,
    date,
    flag,
    integer,
    known,
    one_of,
    part,
    rate,
    rows,
    shape,
    stamp,
    text,
)

DOCUMENT_TYPE = (
    "Invoice",
    "DebitNote",
    "CreditNote",
    "Payment",
    "VoidPayment",
    "Prepayment",
    "Refund",
    "FinCharge",
    "SmallBalanceWo",
    "SmallCreditWo",
    "CashSale",
    "CashReturn",
    "Undefined",
    "NoUpdate",
)
DOCUMENT_STATUS = (
    "Hold",
    "Balanced",
    "Voided",
    "Scheduled",
    "Open",
    "Closed",
    "PendingPrint",
    "PendingEmail",
    "CreditHold",
    "CcHold",
    "Reserved",
)
PAYMENT_TYPE = (
    "Payment",
    "CreditNote",
    "Prepayment",
    "Refund",
    "VoidPayment",
    "SmallBalanceWo",
    "VoidRefund",
    "Undefined",
)
CUSTOMER_STATUS = ("Active", "OnHold", "CreditHold", "Inactive", "OneTime")
CREDIT_VERIFICATION = ("Disabled", "DaysPastDue", "CreditLimit", "LimitAndDaysPastDue")

DOCUMENT = shape(
    one_of(DOCUMENT_TYPE, "documentType"),
    text("referenceNumber"),
    part("customer branchNumber", NUMBER),
    one_of(DOCUMENT_STATUS, "status"),
    text("postPeriod financialPeriod closedFinancialPeriod currencyId"),
    date("documentDate origInvoiceDate"),
    amount("amount amountInCurrency balance balanceInCurrency"),
    amount("cashDiscount cashDiscountInCurrency vatTotal vatTotalInCurrency"),
    part("paymentMethod", CODE),
    part("project", PROJECT),
    part("account", ACCOUNT),
    part("subaccount", SUBACCOUNT),
    text("cashAccount customerRefNumber invoiceText"),
    stamp("createdDateTime lastModifiedDateTime"),
    known("location note customerProject"),
)
"""What all customer documents have in common."""

TOTALS = shape(
    flag("hold revoked"),
    amount("detailTotal detailTotalInCurrency discountTotal discountTotalInCurrency"),
    amount("vatTaxableTotal vatTaxableTotalInCurrency"),
    amount("vatExemptTotal vatExemptTotalInCurrency"),
    part("creditTerms salesPerson", CODE),
    text("paymentReference"),
    known("salesPersonID salesPersonDescr invoiceAddress invoiceContact dontPrint dontEmail"),
    known("timeStamp"),
)
DUE = shape(
    date("documentDueDate cashDiscountDate dunningLetterDate"),
    integer("dunningLetterLevel"),
    rate("exchangeRate"),
    amount("roundingDiff"),
    text("externalReference"),
    known("contact attachments taxDetails customerVatZone"),
)
APPLICATIONS = rows(
    "applications",
    text("docType customerCD refNbr paymentRef status applicationPeriod"),
    amount("amountPaid cashDiscountTaken balance"),
    flag("released hold voided"),
    date("applicationDate"),
    known("pendingPPD ppdCrMemoRefNbr invoiceText"),
)
LINE = shape(
    integer("lineNumber"),
    text("inventoryNumber description uom deferralCode"),
    amount("quantity unitPrice unitPriceInCurrency amount amountInCurrency cost"),
    amount("discountAmount discountAmountInCurrency"),
    rate("discountPercent"),
    part("account", ACCOUNT),
    part("subaccount", SUBACCOUNT),
    part("vatCode seller", CODE_ONLY),
    part("branchNumber", NUMBER_ONLY),
    known("manualAmount manualAmountInCurrency manualDiscount salesperson deferralSchedule"),
    known("discountCode note externalLink"),
)
SALES_LINE = shape(
    LINE,
    text("soOrderType soOrderNbr"),
    date("termStartDate termEndDate"),
    known("soShipmentNbr isRotRutDeductible itemType typeOfWork deductableAmount attachments"),
)
LINE_TASK = part("projectTask", PROJECT_ONLY)


def _document(
    name: str, path: str, description: str, *groups: Shape, lines: str | None = None
) -> Entity:
    return Entity(
        name=name,
        path=path,
        domain="receivables",
        key=("documentType", "referenceNumber"),
        description=description,
        lines=lines,
        parameters={"expandApplications": "true"} if lines else {},
        shape=shape(DOCUMENT, *groups),
    )


CUSTOMER = Entity(
    name="customer",
    path="/v1/customer",
    domain="receivables",
    key=("number",),
    description="Customers with their terms, class, currency and credit limit.",
    shape=shape(
        text("number name currencyId vatRegistrationId corporateId"),
        one_of(CUSTOMER_STATUS, "status"),
        one_of(CREDIT_VERIFICATION, "creditVerification"),
        integer("internalId creditDaysPastDue"),
        amount("creditLimit"),
        part("mainAddress", ADDRESS),
        part("parentRecord", NUMBER),
        part("customerClass creditTerms priceClass", CODE),
        part("vatZone", VAT_ZONE),
        stamp("createdDateTime lastModifiedDateTime"),
        known(
            "mainContact accountReference invoiceAddress invoiceContact printInvoices "
            "acceptAutoInvoices sendInvoicesByEmail sendDunningLettersViaEMail "
            "printDunningLetters printStatements sendStatementsByEmail "
            "printMultiCurrencyStatements statementType deliveryAddress deliveryContact gln "
            "location attributes directDebitLines glAccounts invoiceToDefaultLocation "
            "eInvoiceContract paymentMethods defaultPaymentMethodId numberOfEmployees "
            "excludeDebtCollection timeStamp"
        ),
    ),
)

CUSTOMER_INVOICE = _document(
    "customerInvoice",
    "/v1/customerinvoice",
    "Customer invoices with their lines and what was applied to them.",
    TOTALS,
    DUE,
    flag("excludeDebtCollection"),
    rows("invoiceLines", SALES_LINE, LINE_TASK, text("lineType"), known("startDate endDate")),
    APPLICATIONS,
    known("isRotRutDeductible sendToAutoInvoice startDate endDate accountingCostRef"),
    known("originatorDocRef contractDocRef childRecord directDebitMandate debtCollection"),
    lines="invoiceLines",
)

CUSTOMER_CREDIT_NOTE = _document(
    "customerCreditNote",
    "/v1/customerCreditNote",
    "Credit notes to customers with their lines and applications.",
    TOTALS,
    DUE,
    rows("lines", SALES_LINE, LINE_TASK),
    APPLICATIONS,
    known("isRotRutDeductible sendToAutoInvoice childRecord"),
    lines="lines",
)

CUSTOMER_DEBIT_NOTE = _document(
    "customerDebitNote",
    "/v1/customerDebitNote",
    "Debit notes to customers with their lines and applications.",
    TOTALS,
    DUE,
    rows("lines", SALES_LINE),
    APPLICATIONS,
    known("isRotRutDeductible childRecord"),
    lines="lines",
)

CUSTOMER_OVERDUE_CHARGE = _document(
    "customerOverdueCharge",
    "/v1/customerOverdueCharge",
    "Interest and overdue charges to customers.",
    TOTALS,
    DUE,
    rows("lines", LINE, known("attachments")),
    APPLICATIONS,
    lines="lines",
)

CUSTOMER_CREDIT_WRITE_OFF = _document(
    "customerCreditWriteOff",
    "/v1/customerCreditWriteOff",
    "Small credit balances written off.",
    flag("hold"),
    amount("roundingDiff"),
    known("customerVatZone timeStamp"),
)

CASH_SALE = _document(
    "cashSale",
    "/v1/cashsale",
    "Cash sales and returns: revenue that never becomes an invoice.",
    TOTALS,
    rows("cashSaleLines", LINE),
    APPLICATIONS,
    lines="cashSaleLines",
)

CUSTOMER_DOCUMENT = _document(
    "customerDocument",
    "/v1/customerdocument",
    "Headers of all customer documents: balances, and what exists at all.",
    date("documentDueDate"),
    part("branch", NUMBER),
)

CUSTOMER_PAYMENT = Entity(
    name="customerPayment",
    path="/v1/customerPayment",
    domain="receivables",
    key=("type", "refNbr"),
    description="Payments from customers, refunds and voids with the documents they settle.",
    lines="paymentLines",
    rules=(PAYMENT_SIGN,),
    shape=shape(
        one_of(PAYMENT_TYPE, "type"),
        text("refNbr"),
        one_of(DOCUMENT_STATUS, "status"),
        flag("hold"),
        part("customer", NUMBER),
        text("branch"),
        date("applicationDate"),
        text("applicationPeriod paymentRef cashAccount currency invoiceText"),
        part("paymentMethod", CODE),
        amount("paymentAmount paymentAmountInCurrency availableBalance"),
        amount("availableBalanceInCurrency appliedToDocuments appliedToOrders"),
        amount("writeOffAmount financeCharges deductedCharges"),
        part("financialDetails", date("paymentDate")),
        stamp("lastModifiedDateTime"),
        rows(
            "paymentLines",
            one_of(DOCUMENT_TYPE, "documentType"),
            text("refNbr currency"),
            amount("amountPaid cashDiscountTaken balanceWriteOff balance cashDiscountBalance"),
            part("writeOffReasonCode", CODE),
            rate("crossRate"),
            text("postPeriod description customerOrder"),
            date("date dueDate cashDiscountDate"),
        ),
        known("location ordersToApply timeStamp"),
    ),
)

ENTITIES = (
    CUSTOMER,
    CUSTOMER_INVOICE,
    CUSTOMER_CREDIT_NOTE,
    CUSTOMER_DEBIT_NOTE,
    CUSTOMER_OVERDUE_CHARGE,
    CUSTOMER_CREDIT_WRITE_OFF,
    CUSTOMER_PAYMENT,
    CUSTOMER_DOCUMENT,
    CASH_SALE,
)
