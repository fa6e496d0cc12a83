"""Suppliers, their documents and the payments to them.

Declarations only. Signs and what a document type means for a balance belong in the model.
"""

from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.entities.parts import (
    ACCOUNT,
    ADDRESS,
    APPROVAL_STATUS,
    CODE,
    CODE_ONLY,
    NUMBER,
    NUMBER_ONLY,
    PAYMENT_SIGN,
    PROJECT_ONLY,
    SUBACCOUNT,
    SUPPLIER_STATUS,
    VAT_ZONE,
)
from vismapbi_assets.visma.entities.shape import (
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
    "Check",
    "CreditAdj",
    "DebitAdj",
    "Invoice",
    "Prepayment",
    "QuickCheck",
    "Refund",
    "VoidCheck",
    "VoidQuickCheck",
)
DOCUMENT_STATUS = (
    "Hold",
    "Balanced",
    "Voided",
    "Scheduled",
    "Open",
    "Closed",
    "Printed",
    "Prebooked",
    "Reserved",
)
PAYMENT_TYPE = ("Payment", "DebitAdj", "Prepayment", "Refund", "VoidPayment", "VoidRefund")
PAYMENT_STATUS = (
    "Hold",
    "Balanced",
    "Voided",
    "Scheduled",
    "Open",
    "Closed",
    "Printed",
    "Prebooked",
    "PendingApproval",
    "Rejected",
    "Reserved",
    "PendingPrint",
)
ADJUSTED_TYPE = ("Invoice", "CreditAdj", "DebitAdj", "Prepayment", "Refund", "Payment")

DOCUMENT = shape(
    one_of(DOCUMENT_TYPE, "documentType"),
    text("referenceNumber"),
    part("supplier", NUMBER, integer("internalId")),
    part("branchNumber", NUMBER),
    one_of(DOCUMENT_STATUS, "status"),
    one_of(APPROVAL_STATUS, "approvalStatus"),
    text("postPeriod financialPeriod closedFinancialPeriod currencyId"),
    date("date origInvoiceDate dueDate payDate"),
    amount("balance balanceInCurrency cashDiscount cashDiscountInCurrency"),
    amount("vatTotal vatTotalInCurrency amount"),
    part("paymentMethod", CODE),
    text("cashAccount supplierReference description"),
    stamp("createdDateTime lastModifiedDateTime"),
    known("location note paymentMessage timeStamp"),
)
"""What supplierInvoice and supplierDocument have in common."""

SUPPLIER = Entity(
    name="supplier",
    path="/v1/supplier",
    domain="payables",
    key=("number",),
    description="Suppliers with their terms, class and currency.",
    shape=shape(
        text("number name currencyId cashAccount vatRegistrationId corporateId"),
        one_of(SUPPLIER_STATUS, "status"),
        one_of(("DueDate", "DiscountDate"), "paymentBy"),
        integer("internalId paymentLeadTime"),
        part("mainAddress", ADDRESS),
        part("parentRecord", NUMBER),
        part("supplierClass creditTerms paymentMethod", CODE),
        part("vatZone", VAT_ZONE),
        stamp("lastModifiedDateTime"),
        known(
            "mainContact accountReference documentLanguage remitAddress remitContact chargeBearer "
            "accountUsedForPayment paymentRefDisplayMask paySeparately supplierAddress "
            "supplierContact location glAccounts attributes supplierPaymentMethodDetails "
            "retainageApply retainageCashAccountID retainagePct note numberOfEmployees naceCode "
            "landedCostSupplier currencyOverride currencyRateOverride timeStamp"
        ),
    ),
)

SUPPLIER_INVOICE = Entity(
    name="supplierInvoice",
    path="/v1/supplierInvoice",
    domain="payables",
    key=("documentType", "referenceNumber"),
    description="Supplier invoices, adjustments and prepayment requests with their lines.",
    lines="invoiceLines",
    shape=shape(
        DOCUMENT,
        flag("hold"),
        date("cashDiscountDate"),
        rate("exchangeRate"),
        amount("detailTotal detailTotalInCurrency discountTotal discountTotalInCurrency"),
        amount("vatTaxableTotal vatTaxableTotalInCurrency vatAmount"),
        amount("vatExemptTotal vatExemptTotalInCurrency"),
        amount("withholdingTax withholdingTaxInCurrency roundingDiff roundingDiffInCurrency"),
        part("creditTerms", CODE),
        text("paymentRefNo"),
        integer("documentVersionNumber"),
        rows(
            "invoiceLines",
            integer("lineNumber"),
            text("inventoryNumber transactionDescription uom deferralCode"),
            flag("stockItem"),
            amount("quantity unitCost unitCostInCurrency cost costInCurrency"),
            amount("discountAmount discountAmountInCurrency"),
            rate("discountPercent"),
            part("account", ACCOUNT),
            part("subaccount", SUBACCOUNT),
            part("vatCode", CODE_ONLY),
            part("branchNumber", NUMBER_ONLY),
            part("project projectTask", PROJECT_ONLY),
            text("poNumber poReceiptNbr"),
            integer("poLineNr poReceiptLineNbr"),
            date("termStartDate termEndDate"),
            known(
                "externalInventoryId discountUnitCost discountUnitCostInCurrency manualDiscount "
                "prebookAccount prebookSubaccount deferralSchedule deferralScheduleNbr note "
                "splitHierarchy attachments retainagePct curyRetainageAmt"
            ),
        ),
        known(
            "taxDetailLines attachments approvalDetails landedCosts retainageApply buyerReference "
            "taxCalculationMode supplierTaxZone paySelected curyRetainageTotal "
            "curyRetainageUnreleasedAmt"
        ),
    ),
)

SUPPLIER_PAYMENT = Entity(
    name="supplierPayment",
    path="/v1/supplierPayment",
    domain="payables",
    key=("type", "refNbr"),
    description="Payments to suppliers, refunds and voids with the documents they settle.",
    lines="paymentLines",
    rules=(PAYMENT_SIGN,),
    shape=shape(
        one_of(PAYMENT_TYPE, "type"),
        text("documentType refNbr"),
        one_of(PAYMENT_STATUS, "status"),
        flag("hold released"),
        part("supplier", NUMBER, integer("internalId")),
        text("branch"),
        date("applicationDate"),
        text("applicationPeriod paymentRef paymentMethod cashAccount description"),
        part(
            "currency",
            text("id"),
            known("description symbol isBaseCurrency decimalPrecision isUsedForAccounting"),
        ),
        amount("paymentAmount financeCharges balance unappliedBalance appliedAmount"),
        stamp("lastModifiedDateTime"),
        rows(
            "paymentLines",
            one_of(ADJUSTED_TYPE, "docType"),
            text("invoiceRefNbr branch batchNumber currency"),
            amount("amountPaid cashDiscountTaken withholdingTax balance cashDiscountBalance"),
            text("applicationPeriod postPeriod description supplierRef"),
            date("date dueDate cashDiscountDate"),
        ),
        known("location timeStamp"),
    ),
)

SUPPLIER_DOCUMENT = Entity(
    name="supplierDocument",
    path="/v1/supplierdocument",
    domain="payables",
    key=("documentType", "referenceNumber"),
    description="Headers of all supplier documents: balances, and what exists at all.",
    shape=shape(
        DOCUMENT,
        amount("amountInCurrency"),
        part("branch", NUMBER),
        part("account", ACCOUNT),
        part("subaccount", SUBACCOUNT),
    ),
)

ENTITIES = (SUPPLIER, SUPPLIER_INVOICE, SUPPLIER_PAYMENT, SUPPLIER_DOCUMENT)
