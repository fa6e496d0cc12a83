"""What each document type means: its sign, the lists that deliver it, its number series.

Belongs here: declarations for both ledgers. Does not belong here: what a release posts.
"""

from __future__ import annotations

from typing import NamedTuple

from . import chart
from .records import Document


class Kind(NamedTuple):
    """What a document type means."""

    sign: int
    entities: tuple[str, ...]
    first_number: int
    payment: bool = False
    control: str = ""


_AP_INVOICE = ("supplierInvoice", "supplierDocument")
_AP_PAYMENT = ("supplierPayment", "supplierDocument")
_AR_PAYMENT = ("customerPayment", "customerDocument")

KINDS: dict[tuple[str, str], Kind] = {
    ("AP", "Invoice"): Kind(1, _AP_INVOICE, 100001),
    ("AP", "CreditAdj"): Kind(1, _AP_INVOICE, 100001),
    ("AP", "DebitAdj"): Kind(-1, _AP_INVOICE, 100001),
    ("AP", "PrepaymentRequest"): Kind(-1, _AP_INVOICE, 150001),
    ("AP", "Payment"): Kind(-1, _AP_PAYMENT, 200001, True),
    ("AP", "Prepayment"): Kind(-1, _AP_PAYMENT, 200001, True, chart.SUPPLIER_PREPAYMENTS),
    ("AP", "Refund"): Kind(1, _AP_PAYMENT, 250001, True),
    ("AP", "VoidPayment"): Kind(-1, _AP_PAYMENT, 200001, True),
    ("AR", "Invoice"): Kind(1, ("customerInvoice", "customerDocument"), 300001),
    ("AR", "CreditNote"): Kind(-1, ("customerCreditNote", "customerDocument"), 300001),
    ("AR", "DebitNote"): Kind(1, ("customerDebitNote", "customerDocument"), 300001),
    ("AR", "FinCharge"): Kind(1, ("customerOverdueCharge", "customerDocument"), 400001),
    ("AR", "SmallCreditWo"): Kind(1, ("customerCreditWriteOff", "customerDocument"), 450001),
    ("AR", "SmallBalanceWo"): Kind(-1, ("customerCreditWriteOff", "customerDocument"), 450001),
    ("AR", "CashSale"): Kind(1, ("cashSale", "customerDocument"), 600001),
    ("AR", "CashReturn"): Kind(-1, ("cashSale", "customerDocument"), 600001),
    ("AR", "Payment"): Kind(-1, _AR_PAYMENT, 500001, True),
    ("AR", "Prepayment"): Kind(-1, _AR_PAYMENT, 500001, True, chart.CUSTOMER_PREPAYMENTS),
    ("AR", "Refund"): Kind(1, _AR_PAYMENT, 550001, True),
    ("AR", "VoidPayment"): Kind(-1, _AR_PAYMENT, 500001, True),
}
ALSO_PAYING = {
    ("AP", "DebitAdj"): "supplierPayment",
    ("AR", "CreditNote"): "customerPayment",
    ("AR", "SmallBalanceWo"): "customerPayment",
}
CASH_TYPES = ("CashSale", "CashReturn")
SIDE_SIGN = {"AP": -1, "AR": 1}
CONTROL = {"AP": chart.PAYABLES, "AR": chart.RECEIVABLES}


JOURNAL_KINDS = {
    ("AP", "Invoice"): "INV",
    ("AP", "CreditAdj"): "ACR",
    ("AP", "DebitAdj"): "ADR",
    ("AP", "Payment"): "CHK",
    ("AP", "Prepayment"): "PPM",
    ("AP", "Refund"): "REF",
    ("AP", "VoidPayment"): "VCK",
    ("AR", "Invoice"): "INV",
    ("AR", "CreditNote"): "CRM",
    ("AR", "DebitNote"): "DRM",
    ("AR", "FinCharge"): "FCH",
    ("AR", "SmallCreditWo"): "SMC",
    ("AR", "SmallBalanceWo"): "SMB",
    ("AR", "CashSale"): "CSL",
    ("AR", "CashReturn"): "RCS",
    ("AR", "Payment"): "PMT",
    ("AR", "Prepayment"): "PPM",
    ("AR", "Refund"): "REF",
    ("AR", "VoidPayment"): "RPM",
}


def kind_of(document: Document) -> Kind:
    """The rule of a document's type."""
    return KINDS[document.side, document.type]


def entities_of(document: Document) -> tuple[str, ...]:
    """The lists that deliver a document."""
    paying = ALSO_PAYING.get((document.side, document.type))
    kept = kind_of(document).entities
    return (*kept, paying) if paying and document.released else kept
