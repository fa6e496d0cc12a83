"""Documents to customers: invoices, notes, charges, write-offs and cash sales.

Declarations only. Seven lists share one header; each list adds what it has beyond it. Signs and
what a document type means for a balance belong in the model.
"""

from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.entities.parts import (
    ACCOUNT,
    CODE,
    CODE_ONLY,
    NUMBER,
    NUMBER_ONLY,
    PROJECT,
    PROJECT_ONLY,
    SUBACCOUNT,
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
    part("vatCode", CODE_ONLY),
    part("seller", CODE),
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


EXPANDED = {"expandApplications": "true", "expandDunningInformation": "true"}
"""What the lists leave out unless it is asked for."""


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
        parameters=EXPANDED if lines else {},
        shape=shape(DOCUMENT, *groups),
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

ENTITIES = (
    CUSTOMER_INVOICE,
    CUSTOMER_CREDIT_NOTE,
    CUSTOMER_DEBIT_NOTE,
    CUSTOMER_OVERDUE_CHARGE,
    CUSTOMER_CREDIT_WRITE_OFF,
    CUSTOMER_DOCUMENT,
    CASH_SALE,
)
