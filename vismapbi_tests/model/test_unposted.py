"""The work list: what is not in the general ledger yet, from every area."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from .computing import by_key
from .states import (
    customer_invoice,
    customer_payment,
    inputs,
    rate,
    supplier_invoice,
    supplier_payment,
)

LEDGERS = [
    {"number": "ACTUAL", "balanceType": "Actual"},
    {"number": "STAT", "balanceType": "Statistical"},
]


def batch(status: str, ledger: str = "ACTUAL", **more: Any) -> dict[str, Any]:
    return {
        "module": "ModuleGL",
        "batchNumber": "000033",
        "status": status,
        "transactionDate": date(2026, 10, 31),
        "financialPeriod": "202610",
        "ledger": ledger,
        "journalTransactionLines": [
            {"lineNumber": 1, "accountNumber": "6300", "debitAmount": 9999},
            {"lineNumber": 2, "accountNumber": "2900", "creditAmount": 9999},
        ],
        **more,
    }


def test_every_area_has_its_rows() -> None:
    given = inputs(
        supplierInvoice=[
            supplier_invoice("I1", "2026-10-28", 150, 150, status="Hold", supplier_name="Steel"),
            supplier_invoice("I2", "2026-10-28", 150, 150, status="Open"),
            supplier_invoice("I3", "2026-10-28", 150, 150, status="Scheduled"),
            supplier_invoice("I4", "2026-10-28", 150, 150, status="Voided"),
        ],
        supplierPayment=[
            supplier_payment("P1", "2026-10-29", 40, 40, status="Balanced", released=False),
            supplier_payment("P2", "2026-10-29", 40, 40, status="Open"),
            supplier_payment("C1", "2026-10-29", 9, 9, kind="DebitAdj", status="Hold")
            | {"released": False},
        ],
        customerInvoice=[customer_invoice("7005", "2026-10-30", 75, 75, status="Balanced")],
        customerCreditNote=[
            customer_invoice("7101", "2026-10-30", 12, 12, kind="CreditNote", status="Hold")
        ],
        customerPayment=[customer_payment("8001", "2026-10-30", 60, 60, status="Hold")],
        journalTransaction=[batch("Balanced")],
        ledger=LEDGERS,
        purchaseReceipt=[
            {
                "receiptType": "PoReceipt",
                "receiptNbr": "R1",
                "status": "Hold",
                "date": date(2026, 10, 30),
                "totalAmt": 20,
                "postPeriod": "102026",
            }
        ],
        cashTransaction=[
            {
                "tranType": "Adjustment",
                "referenceNbr": "K1",
                "status": "Pending",
                "tranDate": date(2026, 10, 30),
                "amount": 33,
                "finPeriod": "202610",
            }
        ],
    )
    rows = by_key("UnpostedDocument", given)
    assert {key: row["AmountBase"] for key, row in rows.items()} == {
        "no:AP:Invoice:I1": 150,
        "no:AP:Payment:P1": 40,
        "no:AR:Invoice:7005": 75,
        "no:AR:CreditNote:7101": 12,
        "no:AR:Payment:8001": 60,
        "no:GL:GL:000033": 9999,
        "no:PO receipt:PoReceipt:R1": 20,
        "no:Cash:Adjustment:K1": 33,
    }
    held = rows["no:AP:Invoice:I1"]
    assert (held["PartyNumber"], held["PartyName"]) == ("V1", "Steel")
    assert rows["no:PO receipt:PoReceipt:R1"]["FinancialPeriodKey"] == "202610"
    assert {row["BranchKey"] for row in rows.values()} == {"no:1"}


@pytest.mark.parametrize(
    ("status", "listed"),
    [
        ("Hold", True),
        ("Balanced", True),
        ("Unposted", True),
        ("Released", True),
        ("PartiallyReleased", True),
        ("Posted", False),
        ("Completed", False),
        ("Voided", False),
        ("Scheduled", False),
    ],
)
def test_batches_by_status(status: str, listed: bool) -> None:
    given = inputs(journalTransaction=[batch(status)], ledger=LEDGERS)
    assert bool(by_key("UnpostedDocument", given)) is listed


def test_statistical_batches_are_no_money() -> None:
    given = inputs(journalTransaction=[batch("Balanced", "STAT")], ledger=LEDGERS)
    assert not by_key("UnpostedDocument", given)


def test_prebooked_documents_are_on_the_list() -> None:
    document = supplier_invoice("I1", "2026-10-28", 150, 150, status="Prebooked")
    assert by_key("UnpostedDocument", inputs(supplierInvoice=[document]))


def test_payments_in_another_currency_are_told_in_base_currency() -> None:
    payment = supplier_payment("P1", "2026-10-29", 10, 10, currency="EUR", released=False)
    given = inputs(
        supplierPayment=[payment | {"status": "Hold"}],
        currencyRate=[rate("EUR", "2026-10-01", "11.5"), rate("EUR", "2026-11-01", "12")],
    )
    row = by_key("UnpostedDocument", given)["no:AP:Payment:P1"]
    assert row["AmountBase"] == Decimal(115)


@pytest.mark.parametrize("ledger", ["UNLISTED", None])
def test_a_batch_of_a_ledger_that_nobody_lists_stays_on_the_list(ledger: str | None) -> None:
    given = inputs(journalTransaction=[batch("Hold") | {"ledger": ledger}], ledger=LEDGERS)
    assert by_key("UnpostedDocument", given)["no:GL:GL:000033"]["AmountBase"] == 9999


def test_a_draft_payment_on_both_supplier_endpoints_is_listed_once() -> None:
    document = supplier_invoice("P1", "2026-10-28", 150, 150, kind="Check", status="Balanced")
    payment = supplier_payment("P1", "2026-10-28", 150, 150, released=False)
    given = inputs(supplierInvoice=[document], supplierPayment=[payment | {"status": "Balanced"}])
    assert list(by_key("UnpostedDocument", given)) == ["no:AP:Payment:P1"]
