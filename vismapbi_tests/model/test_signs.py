"""Signs and status groups (traps 8.1, 8.10 and unknown values)."""

import polars as pl
import pytest

from vismapbi_assets.model import signs


def _one(expression: pl.Expr, value: str | None) -> object:
    frame = pl.DataFrame({"value": [value]}, schema={"value": pl.String})
    return frame.select(expression).item()


@pytest.mark.parametrize(
    ("kind", "sign"),
    [
        ("Invoice", 1),
        ("CreditAdj", 1),
        ("DebitAdj", -1),
        ("Prepayment", -1),
        ("Payment", -1),
        ("Check", -1),
        ("Refund", 1),
        ("VoidRefund", 1),
        ("VoidPayment", -1),
        ("QuickCheck", 1),
        ("VoidQuickCheck", -1),
        ("Brandnew", 0),
        (None, 0),
    ],
)
def test_supplier_credit_note_lowers_and_debit_note_raises(kind: str | None, sign: int) -> None:
    assert _one(signs.supplier_sign("value"), kind) == sign


@pytest.mark.parametrize(
    ("kind", "sign"),
    [
        ("Invoice", 1),
        ("DebitNote", 1),
        ("CreditNote", -1),
        ("Credit Note", -1),
        ("FinCharge", 1),
        ("SmallCreditWo", 1),
        ("SmallBalanceWo", -1),
        ("CashSale", 1),
        ("CashReturn", -1),
        ("Undefined", 0),
        ("NoUpdate", 0),
        ("Brandnew", 0),
    ],
)
def test_customer_signs_follow_the_type(kind: str, sign: int) -> None:
    assert _one(signs.customer_sign("value"), kind) == sign


@pytest.mark.parametrize(
    ("status", "group", "released"),
    [
        ("Open", "Released", True),
        ("Closed", "Released", True),
        ("Reserved", "Released", True),
        ("Hold", "Draft", False),
        ("Prebooked", "Draft", False),
        ("PendingApproval", "Draft", False),
        ("Printed", "Draft", False),
        ("Voided", "Void", False),
        ("Scheduled", "Template", False),
        ("Brandnew", "Unknown", False),
        (None, "Unknown", False),
    ],
)
def test_status_decides_what_counts_and_is_never_empty(
    status: str | None, group: str, released: bool
) -> None:
    assert _one(signs.status_group("value"), status) == group
    assert _one(signs.is_released("value"), status) is released


def test_a_batch_is_posted_or_on_its_way_never_both() -> None:
    assert not signs.POSTED_BATCH & signs.UNPOSTED_BATCH
    assert _one(signs.is_posted("value"), "Posted") is True
    assert _one(signs.is_posted("value"), None) is False
