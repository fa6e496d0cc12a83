"""Customers and their payments.

Declarations only. What is invoiced to them belongs to receivables.
"""

from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.entities.parts import ADDRESS, CODE, NUMBER, PAYMENT_SIGN, VAT_ZONE
from vismapbi_assets.visma.entities.receivables import DOCUMENT_STATUS, DOCUMENT_TYPE
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

ENTITIES = (CUSTOMER, CUSTOMER_PAYMENT)
