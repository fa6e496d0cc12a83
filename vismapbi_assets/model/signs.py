"""Signs and states of documents: which type adds, which takes away, which status counts.

Data first, expressions over it second. A type or status that is not listed gets sign 0 and the
group `Unknown`: it counts nowhere and stays visible. What the signed amounts are used for belongs
in the transforms.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from vismapbi_assets.model.keys import enumeration

SUPPLIER_SIGN: Final[dict[str, int]] = {
    "Invoice": 1,
    "CreditAdj": 1,
    "DebitAdj": -1,
    "Prepayment": -1,
    "Payment": -1,
    "Check": -1,
    "Refund": 1,
    "VoidRefund": 1,
    "VoidPayment": -1,
    "VoidCheck": -1,
    "QuickCheck": 1,
    "VoidQuickCheck": -1,
}
"""What a supplier document's amount is multiplied with: + raises what is owed."""

CUSTOMER_SIGN: Final[dict[str, int]] = {
    "Invoice": 1,
    "DebitNote": 1,
    "CreditNote": -1,
    "FinCharge": 1,
    "SmallCreditWo": 1,
    "SmallBalanceWo": -1,
    "Payment": -1,
    "Prepayment": -1,
    "Refund": 1,
    "VoidRefund": 1,
    "VoidPayment": -1,
    "CashSale": 1,
    "CashReturn": -1,
    "Undefined": 0,
    "NoUpdate": 0,
}
"""What a customer document's amount is multiplied with: + raises what is owed to us."""

WITHOUT_OPEN_BALANCE: Final = frozenset(
    {"QuickCheck", "VoidQuickCheck", "CashSale", "CashReturn", "Undefined", "NoUpdate"}
)
"""Types that never leave an open amount: settled in the same document, or no document at all."""

SUPPLIER_PAYMENTS: Final = frozenset(
    {"Payment", "Check", "Prepayment", "Refund", "VoidPayment", "VoidCheck", "VoidRefund"}
)
"""What the supplier payment endpoint delivers as payments; its credit notes are no payments."""

CUSTOMER_PAYMENTS: Final = frozenset(
    {"Payment", "Prepayment", "Refund", "VoidPayment", "VoidRefund"}
)
"""What the customer payment endpoint delivers as payments; its credit notes are no payments."""

STATUS_GROUP: Final[dict[str, str]] = {
    **dict.fromkeys(
        (
            "Hold",
            "Balanced",
            "PendingPrint",
            "PendingEmail",
            "PendingApproval",
            "Rejected",
            "CreditHold",
            "CcHold",
            "Printed",
            "Prebooked",
        ),
        "Draft",
    ),
    **dict.fromkeys(("Open", "Closed", "Reserved"), "Released"),
    "Voided": "Void",
    "Scheduled": "Template",
}
"""Status of a supplier or customer document to its group."""

POSTED_BATCH: Final = frozenset({"Posted", "Completed"})
"""Journal batches that are in the balances."""

UNPOSTED_BATCH: Final = frozenset({"Hold", "Balanced", "Unposted", "Released", "PartiallyReleased"})
"""Journal batches on their way into the balances."""

UNKNOWN: Final = "Unknown"


def supplier_sign(kind: str | pl.Expr) -> pl.Expr:
    """SignFactor of a supplier document type; 0 for an unknown one."""
    return _sign(kind, SUPPLIER_SIGN)


def customer_sign(kind: str | pl.Expr) -> pl.Expr:
    """SignFactor of a customer document type; 0 for an unknown one."""
    return _sign(kind, CUSTOMER_SIGN)


def status_group(status: str | pl.Expr) -> pl.Expr:
    """Draft, Released, Void, Template, or Unknown for a status that is not listed."""
    return enumeration(status).replace_strict(STATUS_GROUP, default=UNKNOWN, return_dtype=pl.String)


def is_released(status: str | pl.Expr) -> pl.Expr:
    """Whether a supplier or customer document counts; never null."""
    return status_group(status) == "Released"


def is_posted(status: str | pl.Expr) -> pl.Expr:
    """Whether a journal batch is in the balances; never null."""
    return enumeration(status).is_in(list(POSTED_BATCH)).fill_null(value=False)


def _sign(kind: str | pl.Expr, signs: dict[str, int]) -> pl.Expr:
    return enumeration(kind).replace_strict(signs, default=0, return_dtype=pl.Int64)
