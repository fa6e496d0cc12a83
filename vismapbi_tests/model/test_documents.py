"""Supplier and customer documents: signs, amounts, statuses and settlement."""

from datetime import date
from decimal import Decimal

import pytest

from .computing import by_key
from .states import (
    applied,
    customer_invoice,
    customer_payment,
    inputs,
    money,
    paid,
    received,
    supplier_invoice,
    supplier_payment,
)


def test_gross_is_lines_less_discount_plus_vat_and_rounding_in_both_currencies() -> None:
    """8.4 and 8.27: the twins are base (unsuffixed) and document currency."""
    document = supplier_invoice("I1", "2026-09-01", 0, 0, currency="EUR") | {
        "detailTotal": 1150,
        "discountTotal": 115,
        "vatTotal": "258.75",
        "roundingDiff": "0.25",
        "detailTotalInCurrency": 100,
        "discountTotalInCurrency": 10,
        "vatTotalInCurrency": "22.50",
        "roundingDiffInCurrency": "0.02",
        "vatTaxableTotal": 1000,
        "vatExemptTotal": 35,
        "amount": 999999,
    }
    row = by_key("SupplierInvoice", inputs(supplierInvoice=[document]))["no:Invoice:I1"]
    assert row["GrossBase"] == 1294
    assert row["GrossCurrency"] == Decimal("112.52")
    assert row["NetBase"] == 1035
    assert row["VatBase"] == Decimal("258.75")


@pytest.mark.parametrize(
    ("kind", "sign"),
    [
        ("Invoice", 1),
        ("CreditAdj", 1),
        ("DebitAdj", -1),
        ("Prepayment", -1),
        ("QuickCheck", 1),
        ("VoidQuickCheck", -1),
        ("Nonsense", 0),
    ],
)
def test_supplier_amounts_carry_the_sign_of_their_type(kind: str, sign: int) -> None:
    """8.1: DebitAdj is the supplier's credit note, the words read the wrong way round."""
    document = supplier_invoice("I1", "2026-09-01", 100, 60, kind=kind)
    row = by_key("SupplierInvoice", inputs(supplierInvoice=[document]))[f"no:{kind}:I1"]
    assert row["SignFactor"] == sign
    assert [row[name] for name in ("GrossBase", "OpenBase", "NetBase")] == [
        sign * 100,
        sign * 60,
        sign * 100,
    ]


@pytest.mark.parametrize(
    ("status", "group", "released"),
    [
        ("Open", "Released", True),
        ("Closed", "Released", True),
        ("Reserved", "Released", True),
        ("Hold", "Draft", False),
        ("Prebooked", "Draft", False),
        ("Voided", "Void", False),
        ("Scheduled", "Template", False),
        ("Surprise", "Unknown", False),
    ],
)
def test_status_groups(status: str, group: str, released: bool) -> None:
    document = supplier_invoice("I1", "2026-09-01", 100, 60, status=status)
    row = by_key("SupplierInvoice", inputs(supplierInvoice=[document]))["no:Invoice:I1"]
    assert (row["StatusGroup"], row["IsReleased"]) == (group, released)
    assert row["IsPrebooked"] is (status == "Prebooked")
    assert row["IsHold"] is False


def test_settlement_counts_from_invoice_and_due_date() -> None:
    given = inputs(
        supplierInvoice=[
            supplier_invoice("I1", "2026-09-10", 2500, 0, due="2026-10-10"),
            supplier_invoice("I2", "2026-09-10", 100, 0, due="2026-10-09"),
            supplier_invoice("I3", "2026-09-10", 100, 40, due="2026-10-10"),
        ],
        supplierPayment=[
            supplier_payment(
                "P1",
                "2026-10-10",
                2660,
                0,
                paid("I1", 2500, "202610"),
                paid("I2", 100, "202610"),
                paid("I3", 60, "202610"),
            )
        ],
    )
    rows = by_key("SupplierInvoice", given)
    on_time, late, still_open = (rows[f"no:Invoice:I{n}"] for n in (1, 2, 3))
    names = ("SettledDate", "DaysToPay", "DaysPaidLate", "IsPaidOnTime", "PaidWeightedDays")
    assert [on_time[n] for n in names] == [date(2026, 10, 10), 30, 0, True, 75000]
    assert [late[n] for n in names] == [date(2026, 10, 10), 30, 1, False, 3000]
    assert [still_open[n] for n in names] == [None, None, None, None, 0]


def test_what_was_paid_voided_and_paid_again_is_settled_by_the_last_payment() -> None:
    given = inputs(
        supplierInvoice=[supplier_invoice("I1", "2026-09-10", 100, 0, due="2026-10-10")],
        supplierPayment=[
            supplier_payment("P1", "2026-09-20", 100, 0, paid("I1", 100, "202609"))
            | {"status": "Voided"},
            supplier_payment(
                "P1", "2026-09-25", -100, 0, paid("I1", -100, "202609"), kind="VoidPayment"
            ),
            supplier_payment("P2", "2026-10-12", 100, 0, paid("I1", 100, "202610")),
        ],
    )
    row = by_key("SupplierInvoice", given)["no:Invoice:I1"]
    assert (row["SettledDate"], row["DaysPaidLate"]) == (date(2026, 10, 12), 2)


def test_nothing_depends_on_the_day_of_the_run() -> None:
    """9.3: a column that moves with the calendar would change every row every day."""
    documents = {
        "supplierInvoice": [supplier_invoice("I1", "2026-09-10", 100, 30, due="2026-10-10")],
        "supplierPayment": [supplier_payment("P1", "2026-10-12", 60, 0, paid("I1", 60, "202611"))],
        "customerInvoice": [customer_invoice("I1", "2026-09-10", 100, 30, due="2026-10-10")],
    }
    for table in ("SupplierInvoice", "ApLedger", "CustomerInvoice", "ArLedger"):
        early = by_key(table, inputs(as_of=date(2026, 11, 15), **documents))
        late = by_key(table, inputs(as_of=date(2027, 8, 1), **documents))
        assert early == late


def test_missing_references_have_the_key_for_nothing_and_the_default_branch() -> None:
    document = supplier_invoice("I1", "2026-09-01", 100, 60) | {
        "supplier_number": " ",
        "financialPeriod": None,
        "postPeriod": "092026",
    }
    row = by_key("SupplierInvoice", inputs(supplierInvoice=[document]))["no:Invoice:I1"]
    assert (row["SupplierKey"], row["BranchKey"]) == ("-", "no:1")
    assert row["FinancialPeriodKey"] == "202609"


def test_texts_are_cleaned_and_cut() -> None:
    document = supplier_invoice("I1", "2026-09-01", 100, 60, description="a\tb\n" + "x" * 500)
    row = by_key("SupplierInvoice", inputs(supplierInvoice=[document]))["no:Invoice:I1"]
    assert row["Description"].startswith("a b x")
    assert len(row["Description"]) == 400


def test_customer_documents_of_all_endpoints_and_no_payments() -> None:
    given = inputs(
        customerInvoice=[
            customer_invoice("1", "2026-09-01", 100, 60, due="2026-10-01"),
            customer_invoice("2", "2026-09-01", 100, 60, kind="Payment"),
        ],
        customerCreditNote=[customer_invoice("1", "2026-09-02", 10, 10, kind="CreditNote")],
        customerDebitNote=[customer_invoice("1", "2026-09-03", 20, 20, kind="DebitNote")],
        customerOverdueCharge=[customer_invoice("1", "2026-09-04", 5, 5, kind="FinCharge")],
        customerCreditWriteOff=[
            {
                "documentType": "SmallCreditWo",
                "referenceNumber": "1",
                "customer_number": "C1",
                "documentDate": date(2026, 9, 5),
                "currencyId": "NOK",
                "amount": 2,
                "amountInCurrency": 2,
                "balance": 0,
                "balanceInCurrency": 0,
                "status": "Closed",
            }
        ],
        cashSale=[
            {
                "documentType": "CashReturn",
                "referenceNumber": "1",
                "customer_number": "C1",
                "documentDate": date(2026, 9, 6),
                "amount": 7,
                "amountInCurrency": 7,
                "vatTotal": 1,
                "status": "Closed",
            }
        ],
    )
    gross = {key: row["GrossBase"] for key, row in by_key("CustomerInvoice", given).items()}
    assert gross == {
        "no:Invoice:1": 100,
        "no:CreditNote:1": -10,
        "no:DebitNote:1": 20,
        "no:FinCharge:1": 5,
        "no:SmallCreditWo:1": 2,
        "no:CashReturn:1": -7,
    }
    in_ledger = {row["DocumentType"] for row in by_key("ArLedger", given).values()}
    assert "CashReturn" not in in_ledger


def test_customer_settlement() -> None:
    given = inputs(
        customerInvoice=[
            customer_invoice(
                "1",
                "2026-09-01",
                100,
                0,
                applied("PMT", "P1", 100, "2026-10-02"),
                due="2026-10-01",
                dunningLetterLevel=2,
                project_id="PRJ",
            )
        ],
        customerPayment=[customer_payment("P1", "2026-09-30", 100, 0, received("1", 100))],
    )
    row = by_key("CustomerInvoice", given)["no:Invoice:1"]
    assert (row["SettledDate"], row["DaysPaidLate"]) == (date(2026, 10, 2), 1)
    assert row["PaidWeightedDays"] == money(3100)
    assert (row["DunningLevel"], row["ProjectKey"]) == (2, "no:PRJ")


def test_payments_that_the_invoice_endpoint_lists_are_left_to_the_payment_endpoint() -> None:
    kinds = ("Invoice", "Prepayment", "QuickCheck", "Check", "Refund", "VoidCheck")
    documents = [supplier_invoice("1", "2026-09-01", 100, 100, kind=kind) for kind in kinds]
    found = by_key("SupplierInvoice", inputs(supplierInvoice=documents))
    assert set(found) == {"no:Invoice:1", "no:Prepayment:1", "no:QuickCheck:1"}


def test_a_balance_that_is_not_delivered_is_what_the_ledger_says() -> None:
    payment = supplier_payment("P1", "2026-09-10", 60, 0, paid("I1", 60, "202609"))
    owed = supplier_invoice("I1", "2026-09-01", 100, 40) | {
        "balance": None,
        "balanceInCurrency": None,
    }
    draft = owed | {"referenceNumber": "I2", "status": "Hold"}
    given = inputs(supplierInvoice=[owed, draft], supplierPayment=[payment])
    found = by_key("SupplierInvoice", given)
    assert [found[f"no:Invoice:I{n}"]["OpenBase"] for n in (1, 2)] == [40, 0]
    assert found["no:Invoice:I1"]["OpenCurrency"] == 40
