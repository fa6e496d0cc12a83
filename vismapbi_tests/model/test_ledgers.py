"""The event ledgers, trap by trap: what the endpoints tell, and which rows follow from it."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from vismapbi_assets.model.inputs import CompanyInfo, Inputs

from .computing import rows
from .states import (
    applied,
    customer_invoice,
    customer_payment,
    day,
    inputs,
    paid,
    rate,
    received,
    supplier_invoice,
    supplier_payment,
)

Row = tuple[str, str, str, Decimal]


def told(ledger: pl.DataFrame) -> list[Row]:
    """Document, entry type, day and base amount of every row, in order."""
    short = ledger.sort("EntryDate", "DocumentKey", "EntryType", "AmountBase").select(
        pl.col("DocumentKey").str.strip_prefix("no:"),
        "EntryType",
        pl.col("EntryDate").cast(pl.String),
        "AmountBase",
    )
    return [(key, kind, on, amount.normalize()) for key, kind, on, amount in short.iter_rows()]


def ap(given: Inputs) -> pl.DataFrame:
    return rows("ApLedger", given)


def ar(given: Inputs) -> pl.DataFrame:
    return rows("ArLedger", given)


def open_amount(ledger: pl.DataFrame, key: str, column: str = "AmountBase") -> Decimal:
    return ledger.filter(pl.col("DocumentKey") == key)[column].sum()


def test_a_payment_lowers_the_invoice_and_uses_up_itself() -> None:
    ledger = ap(
        inputs(
            supplierInvoice=[supplier_invoice("I1", "2026-09-01", 100, 40, due="2026-10-01")],
            supplierPayment=[supplier_payment("P1", "2026-10-05", 60, 0, paid("I1", 60, "202610"))],
        )
    )
    assert told(ledger) == [
        ("Invoice:I1", "Document", "2026-09-01", 100),
        ("Invoice:I1", "Application", "2026-10-05", -60),
        ("Payment:P1", "Application", "2026-10-05", 60),
        ("Payment:P1", "Document", "2026-10-05", -60),
    ]
    on_invoice = ledger.filter(
        pl.col("EntryType") == "Application", pl.col("DocumentType") == "Invoice"
    ).row(0, named=True)
    assert on_invoice["AgingDate"] == on_invoice["DueDate"] == date(2026, 10, 1)
    assert on_invoice["AppliedToKey"] == "no:Payment:P1"
    assert on_invoice["AppliedTo"] == "Payment P1"
    assert on_invoice["FinancialPeriodKey"] == "202610"


def test_signs_follow_the_type_and_credit_notes_age_by_their_own_date() -> None:
    ledger = ap(
        inputs(
            supplierInvoice=[
                supplier_invoice("N1", "2026-09-01", 10, 10, kind="DebitAdj", due="2026-12-01"),
                supplier_invoice("N2", "2026-09-02", 20, 20, kind="CreditAdj", due="2026-10-02"),
            ]
        )
    )
    assert told(ledger) == [
        ("DebitAdj:N1", "Document", "2026-09-01", -10),
        ("CreditAdj:N2", "Document", "2026-09-02", 20),
    ]
    note = ledger.filter(pl.col("DocumentType") == "DebitAdj").row(0, named=True)
    assert (note["AgingDate"], note["DueDate"]) == (date(2026, 9, 1), None)
    assert note["IsUnappliedCredit"]


def test_a_credit_note_on_the_payment_endpoint_is_not_counted_twice() -> None:
    ledger = ap(
        inputs(
            supplierInvoice=[
                supplier_invoice("I1", "2026-09-01", 100, 96),
                supplier_invoice("C1", "2026-09-20", 10, 6, kind="DebitAdj"),
            ],
            supplierPayment=[
                supplier_payment(
                    "C1", "2026-10-15", 10, 6, paid("I1", 4, "202610"), kind="DebitAdj"
                )
            ],
        )
    )
    assert told(ledger) == [
        ("Invoice:I1", "Document", "2026-09-01", 100),
        ("DebitAdj:C1", "Document", "2026-09-20", -10),
        ("DebitAdj:C1", "Application", "2026-10-15", 4),
        ("Invoice:I1", "Application", "2026-10-15", -4),
    ]


def test_a_payment_that_takes_up_a_credit_note_pays_out_less() -> None:
    ledger = ap(
        inputs(
            supplierInvoice=[
                supplier_invoice("I1", "2026-09-01", 100, 0),
                supplier_invoice("C1", "2026-09-20", 20, 0, kind="DebitAdj"),
            ],
            supplierPayment=[
                supplier_payment(
                    "P1",
                    "2026-10-15",
                    80,
                    0,
                    paid("I1", 100, "202610"),
                    paid("C1", 20, "202610", docType="DebitAdj"),
                )
            ],
        )
    )
    for key in ("no:Invoice:I1", "no:DebitAdj:C1", "no:Payment:P1"):
        assert open_amount(ledger, key) == 0
    assert "Unexplained" not in ledger["EntryType"].to_list()


def test_a_credit_note_known_to_the_payment_endpoint_alone_is_not_lost() -> None:
    note = supplier_payment("C1", "2026-09-20", 10, 10, kind="DebitAdj")
    assert told(ap(inputs(supplierPayment=[note]))) == [
        ("DebitAdj:C1", "Document", "2026-09-20", -10)
    ]


@pytest.mark.parametrize(
    "status", ["Hold", "Balanced", "Prebooked", "Scheduled", "Voided", "Printed", "Strange"]
)
def test_documents_that_do_not_count_have_no_rows(status: str) -> None:
    given = inputs(
        supplierInvoice=[supplier_invoice("I1", "2026-09-01", 100, 100, status=status)],
        customerInvoice=[customer_invoice("I1", "2026-09-01", 100, 100, status=status)],
    )
    assert ap(given).height == ar(given).height == 0


@pytest.mark.parametrize("kind", ["QuickCheck", "VoidQuickCheck", "Prepayment", "Nonsense"])
def test_types_without_an_open_balance_have_no_rows(kind: str) -> None:
    given = inputs(supplierInvoice=[supplier_invoice("I1", "2026-09-01", 100, 100, kind=kind)])
    assert ap(given).height == 0


def test_unreleased_payments_change_nothing() -> None:
    payment = supplier_payment("P1", "2026-10-05", 60, 60, paid("I1", 60, "202610"))
    given = inputs(
        supplierInvoice=[supplier_invoice("I1", "2026-09-01", 100, 100)],
        supplierPayment=[payment | {"released": False, "status": "Balanced"}],
    )
    assert told(ap(given)) == [("Invoice:I1", "Document", "2026-09-01", 100)]


def test_a_voided_payment_stays_with_its_void_between_the_two_days_it_was_paid() -> None:
    ledger = ap(
        inputs(
            supplierInvoice=[supplier_invoice("I1", "2026-07-30", 100, 100)],
            supplierPayment=[
                supplier_payment("P1", "2026-10-12", 100, 0, paid("I1", 100, "202610"))
                | {"status": "Voided"},
                supplier_payment(
                    "P1", "2026-10-14", -100, 0, paid("I1", -100, "202610"), kind="VoidPayment"
                ),
            ],
        )
    )
    assert told(ledger) == [
        ("Invoice:I1", "Document", "2026-07-30", 100),
        ("Invoice:I1", "Application", "2026-10-12", -100),
        ("Payment:P1", "Application", "2026-10-12", 100),
        ("Payment:P1", "Document", "2026-10-12", -100),
        ("Invoice:I1", "Application", "2026-10-14", 100),
        ("Payment:P1", "Application", "2026-10-14", -100),
        ("Payment:P1", "Void", "2026-10-14", 100),
    ]
    assert (
        open_amount(ledger.filter(pl.col("EntryDate") <= day("2026-10-13")), "no:Invoice:I1") == 0
    )


def test_a_void_of_a_prepayment_finds_it_and_a_void_of_nothing_known_stands_alone() -> None:
    ledger = ap(
        inputs(
            supplierPayment=[
                supplier_payment("P1", "2026-10-01", 50, 0, kind="Prepayment", status="Voided"),
                supplier_payment("P1", "2026-10-02", -50, 0, kind="VoidPayment"),
                supplier_payment("P9", "2026-10-03", -70, 0, kind="VoidPayment"),
            ]
        )
    )
    assert told(ledger)[:2] == [
        ("Prepayment:P1", "Document", "2026-10-01", -50),
        ("Prepayment:P1", "Void", "2026-10-02", 50),
    ]
    # What the lone void brings back is not told by any document: balance 0 is kept, visibly.
    assert told(ledger)[2:] == [
        ("VoidPayment:P9", "Document", "2026-10-03", 70),
        ("VoidPayment:P9", "Unexplained", "2026-10-03", -70),
    ]


def test_repeated_lines_of_one_voiding_payment_keep_their_signs_and_their_keys_apart() -> None:
    given = inputs(
        customerInvoice=[customer_invoice("I1", "2023-11-01", "1234.77", "1234.77")],
        customerPayment=[
            customer_payment("P1", "2023-12-20", "1234.77", 0, received("I1", "1234.77"))
            | {"status": "Voided"},
            customer_payment(
                "P1",
                "2023-12-31",
                "-1234.77",
                0,
                received("I1", "1234.77"),
                received("I1", "-1234.77"),
                received("I1", "-1234.77"),
                kind="VoidPayment",
            ),
        ],
    )
    ledger = ar(given)
    voided = ledger.filter(
        pl.col("AppliedToKey") == "no:VoidPayment:P1", pl.col("EntryType") == "Application"
    )
    assert sorted(voided["AmountBase"]) == [Decimal("-1234.77"), *[Decimal("1234.77")] * 2]
    assert ledger["EntryKey"].is_unique().all()
    assert "Unexplained" not in ledger["EntryType"].to_list()
    assert open_amount(ledger, "no:Invoice:I1") == Decimal("1234.77")
    assert open_amount(ledger, "no:Payment:P1") == 0


def test_a_refund_uses_up_a_credit_note() -> None:
    refund = supplier_payment(
        "R1", "2026-10-10", 30, 0, paid("C1", 30, "202610", docType="DebitAdj"), kind="Refund"
    )
    ledger = ap(
        inputs(
            supplierInvoice=[supplier_invoice("C1", "2026-09-20", 30, 0, kind="DebitAdj")],
            supplierPayment=[refund],
        )
    )
    assert told(ledger) == [
        ("DebitAdj:C1", "Document", "2026-09-20", -30),
        ("DebitAdj:C1", "Application", "2026-10-10", 30),
        ("Refund:R1", "Application", "2026-10-10", -30),
        ("Refund:R1", "Document", "2026-10-10", 30),
    ]


def test_a_prepayment_counts_once_paid_and_keeps_its_own_flag() -> None:
    prepayment = supplier_payment("M1", "2026-10-28", 80, 80, kind="Prepayment")
    ledger = ap(inputs(supplierPayment=[prepayment]))
    assert told(ledger) == [("Prepayment:M1", "Document", "2026-10-28", -80)]
    assert ledger["IsPrepayment"].to_list() == [True]


def test_a_prepayment_request_grows_with_its_payment_and_not_before() -> None:
    request = supplier_invoice("M1", "2026-10-01", 80, 80, kind="Prepayment")
    assert ap(inputs(supplierInvoice=[request])).height == 0
    payment = supplier_payment(
        "P1", "2026-10-20", 80, 0, paid("M1", 80, "202610", docType="Prepayment")
    )
    ledger = ap(inputs(supplierInvoice=[request], supplierPayment=[payment]))
    assert told(ledger) == [
        ("Payment:P1", "Application", "2026-10-20", 80),
        ("Payment:P1", "Document", "2026-10-20", -80),
        ("Prepayment:M1", "Application", "2026-10-20", -80),
    ]


def test_discount_and_withholding_close_the_document_without_money() -> None:
    line = paid("I1", 95, "202610", cashDiscountTaken=3, withholdingTax=2)
    ledger = ap(
        inputs(
            supplierInvoice=[supplier_invoice("I1", "2026-09-01", 100, 0)],
            supplierPayment=[supplier_payment("P1", "2026-10-05", 95, 0, line)],
        )
    )
    assert told(ledger)[1:4] == [
        ("Invoice:I1", "Application", "2026-10-05", -95),
        ("Invoice:I1", "Discount", "2026-10-05", -3),
        ("Invoice:I1", "WriteOff", "2026-10-05", -2),
    ]
    assert open_amount(ledger, "no:Payment:P1") == 0


@pytest.mark.parametrize(
    ("in_period", "modified", "on"),
    [
        ("202610", "2026-11-10", "2026-10-05"),  # the header's day lies in the period
        ("202611", "2027-01-10", "2026-11-30"),  # a later application: the period's last day
        ("202611", "2026-11-12", "2026-11-12"),  # ... which has not come yet
        ("202513", "2026-11-12", "2025-12-31"),  # the closing period has one day
        (None, "2026-11-12", "2026-10-05"),
        ("112026", "2026-11-12", "2026-11-12"),  # the other spelling of a period
    ],
)
def test_the_day_of_a_supplier_application(in_period: str | None, modified: str, on: str) -> None:
    payment = supplier_payment(
        "P1", "2026-10-05", 60, 0, paid("I1", 60, in_period), modified=modified
    )
    payment["paymentLines"][0]["date"] = date(2025, 5, 5)
    ledger = ap(
        inputs(
            supplierInvoice=[supplier_invoice("I1", "2025-09-01", 60, 0)],
            supplierPayment=[payment],
        )
    )
    days = ledger.filter(pl.col("EntryType") == "Application")["EntryDate"].cast(pl.String)
    assert set(days) == {on}


@pytest.mark.parametrize(
    ("seen", "on"), [("2026-10-31", "2026-10-20"), ("2026-11-01", "2026-10-31")]
)
def test_a_later_application_takes_the_last_day_once_its_period_is_over(seen: str, on: str) -> None:
    """3.4: the last day of the line's period; 9.3: told by the documents, never by the run."""
    payment = supplier_payment(
        "P1", "2026-09-05", 60, 0, paid("I1", 60, "202610"), modified="2026-10-20"
    )
    invoices = [
        supplier_invoice("I1", "2026-09-01", 60, 0),
        supplier_invoice("I2", "2026-09-01", 5, 5, modified=seen),
    ]
    for as_of in (date(2026, 11, 15), date(2027, 8, 1)):
        ledger = ap(inputs(supplierInvoice=invoices, supplierPayment=[payment], as_of=as_of))
        days = ledger.filter(pl.col("EntryType") == "Application")["EntryDate"].cast(pl.String)
        assert set(days) == {on}


def test_base_amounts_are_at_the_documents_rate_and_the_closing_row_takes_the_rest() -> None:
    invoice = supplier_invoice("I1", "2026-08-01", 100, 0, currency="EUR", rate="11.3333")
    payments = [
        supplier_payment(f"P{n}", f"2026-10-0{n}", amount, 0, paid("I1", amount, "202610"))
        | {"currency_id": "EUR"}
        for n, amount in ((1, "33.33"), (2, "33.33"), (3, "33.34"))
    ]
    ledger = ap(
        inputs(
            supplierInvoice=[invoice],
            supplierPayment=payments,
            currencyRate=[rate("EUR", "2026-09-30", "11.50")],
        )
    )
    on_invoice = [r[3] for r in told(ledger) if r[0] == "Invoice:I1"]
    assert on_invoice == [
        Decimal("1133.33"),
        Decimal("-377.74"),
        Decimal("-377.74"),
        Decimal("-377.85"),
    ]
    assert open_amount(ledger, "no:Payment:P1") == 0
    own = [r[3] for r in told(ledger) if r[0] == "Payment:P1"]
    assert own == [Decimal("383.30"), Decimal("-383.30")]


def test_a_document_reopened_by_a_void_is_worth_its_base_amount_again() -> None:
    invoice = supplier_invoice("I1", "2026-08-01", 3, 3, currency="EUR", rate="1.115")
    payment = supplier_payment("P1", "2026-10-01", 3, 0, paid("I1", 3, "202610"), currency="EUR")
    void = supplier_payment(
        "P1", "2026-10-02", -3, 0, paid("I1", -3, "202610"), kind="VoidPayment", currency="EUR"
    )
    ledger = ap(inputs(supplierInvoice=[invoice], supplierPayment=[payment, void]))
    assert open_amount(ledger, "no:Invoice:I1") == invoice["balance"]
    assert ledger.filter(pl.col("EntryType") == "Unexplained").height == 0


def test_a_payment_in_another_currency_is_converted_by_its_cross_rate() -> None:
    invoice = customer_invoice("I1", "2026-08-01", 1000, 0, currency="EUR", rate="11.5")
    line = received("I1", 11600, currency="NOK", crossRate="11.6")
    payment = customer_payment("P1", "2026-10-01", 11600, 0, line)
    ledger = ar(inputs(customerInvoice=[invoice], customerPayment=[payment]))
    assert open_amount(ledger, "no:Invoice:I1", "AmountCurrency") == 0
    assert open_amount(ledger, "no:Invoice:I1") == 0
    assert open_amount(ledger, "no:Payment:P1") == 0
    assert set(ledger["EntryType"]) == {"Document", "Application"}


def test_a_foreign_payment_without_any_rate_takes_the_rate_of_the_documents() -> None:
    invoice = supplier_invoice("I1", "2026-08-01", 10, 10, currency="EUR", rate="11")
    ledger = ap(
        inputs(
            supplierInvoice=[invoice],
            supplierPayment=[supplier_payment("P1", "2026-09-01", 5, 5, currency="EUR")],
        )
    )
    assert open_amount(ledger, "no:Payment:P1") == -55


def test_customer_applications_come_from_the_document_once_and_with_their_day() -> None:
    given = inputs(
        customerInvoice=[
            customer_invoice("I1", "2026-08-01", 100, 0, applied("PMT", "P1", 100, "2026-10-20"))
        ],
        customerPayment=[customer_payment("P1", "2026-09-15", 100, 0, received("I1", 100))],
    )
    assert told(ar(given)) == [
        ("Invoice:I1", "Document", "2026-08-01", 100),
        ("Payment:P1", "Document", "2026-09-15", -100),
        ("Invoice:I1", "Application", "2026-10-20", -100),
        ("Payment:P1", "Application", "2026-10-20", 100),
    ]


def test_a_payment_tells_what_the_document_was_not_reread_for() -> None:
    given = inputs(
        customerInvoice=[customer_invoice("I1", "2026-08-01", 100, 0)],
        customerPayment=[customer_payment("P1", "2026-09-15", 100, 0, received("I1", 100))],
    )
    assert ("Invoice:I1", "Application", "2026-09-15", -100) in told(ar(given))


def test_unreleased_applications_do_not_count_even_though_the_payment_lists_them() -> None:
    given = inputs(
        customerInvoice=[
            customer_invoice(
                "I1",
                "2026-08-01",
                100,
                100,
                applied("PMT", "P1", 100, "2026-10-20", released=False),
            )
        ],
        customerPayment=[customer_payment("P1", "2026-09-15", 100, 100, received("I1", 100))],
    )
    assert set(ar(given)["EntryType"]) == {"Document"}


def test_a_write_off_comes_from_the_payment_and_takes_the_day_of_the_application() -> None:
    given = inputs(
        customerInvoice=[
            customer_invoice("I1", "2026-08-01", 100, 0, applied("PMT", "P1", 99, "2026-10-20"))
        ],
        customerPayment=[
            customer_payment("P1", "2026-09-15", 99, 0, received("I1", 99, balanceWriteOff=1))
        ],
    )
    assert ("Invoice:I1", "WriteOff", "2026-10-20", -1) in told(ar(given))
    assert open_amount(ar(given), "no:Invoice:I1") == 0


def test_a_write_off_keeps_the_day_of_its_own_application_of_several() -> None:
    given = inputs(
        customerInvoice=[
            customer_invoice(
                "I1",
                "2026-08-01",
                100,
                0,
                applied("PMT", "P1", 60, "2026-09-15"),
                applied("PMT", "P1", 39, "2026-10-20"),
            )
        ],
        customerPayment=[
            customer_payment(
                "P1",
                "2026-09-15",
                99,
                0,
                received("I1", 60, balanceWriteOff=1),
                received("I1", 39),
            )
        ],
    )
    assert ("Invoice:I1", "WriteOff", "2026-09-15", -1) in told(ar(given))


def test_the_write_off_of_an_unreleased_application_does_not_count() -> None:
    waiting = applied("PMT", "P1", 99, "2026-10-20", released=False)
    line = received("I1", 99, balanceWriteOff=1)
    given = inputs(
        customerInvoice=[customer_invoice("I1", "2026-08-01", 100, 100, waiting)],
        customerPayment=[customer_payment("P1", "2026-09-15", 99, 99, line)],
    )
    assert set(ar(given)["EntryType"]) == {"Document"}


def test_an_application_that_invoice_credit_note_and_payment_all_tell_counts_once() -> None:
    given = inputs(
        customerInvoice=[
            customer_invoice("I1", "2026-08-01", 100, 90, applied("CRM", "N1", 10, "2026-10-12"))
        ],
        customerCreditNote=[
            customer_invoice(
                "N1",
                "2026-10-01",
                10,
                0,
                applied("INV", "I1", 10, "2026-10-12"),
                kind="Credit Note",
            )
        ],
        customerPayment=[
            customer_payment("N1", "2026-10-01", 10, 0, received("I1", 10), kind="CreditNote")
        ],
    )
    assert told(ar(given)) == [
        ("Invoice:I1", "Document", "2026-08-01", 100),
        ("CreditNote:N1", "Document", "2026-10-01", -10),
        ("CreditNote:N1", "Application", "2026-10-12", 10),
        ("Invoice:I1", "Application", "2026-10-12", -10),
    ]


def test_a_document_delivered_by_two_endpoints_is_one_document() -> None:
    old = customer_invoice("N1", "2026-10-01", 10, 10, kind="CreditNote", modified="2026-10-01")
    new = customer_invoice("N1", "2026-10-01", 12, 12, kind="CreditNote", modified="2026-10-09")
    given = inputs(customerInvoice=[old], customerCreditNote=[new])
    assert told(ar(given)) == [("CreditNote:N1", "Document", "2026-10-01", -12)]
    assert rows("CustomerInvoice", given)["GrossBase"].to_list() == [Decimal(-12)]


def test_money_reserved_for_orders_is_still_owed_to_the_customer() -> None:
    payment = customer_payment("P1", "2026-10-01", 100, 30, appliedToOrders=70)
    assert told(ar(inputs(customerPayment=[payment]))) == [
        ("Payment:P1", "Document", "2026-10-01", -100)
    ]


def test_what_events_do_not_explain_becomes_one_visible_row() -> None:
    archived = supplier_invoice("I1", "2026-03-01", 100, 0, modified="2026-04-17")
    ledger = ap(inputs(supplierInvoice=[archived]))
    assert told(ledger) == [
        ("Invoice:I1", "Document", "2026-03-01", 100),
        ("Invoice:I1", "Unexplained", "2026-04-17", -100),
    ]


@pytest.mark.parametrize(
    ("closed", "modified", "on"),
    [
        ("202604", "2026-09-01", "2026-04-30"),
        ("202604", "2026-04-17", "2026-04-17"),
        ("202604", "2026-03-02", "2026-04-01"),
        (None, "2026-09-01", "2026-09-01"),
    ],
)
def test_an_unexplained_row_is_dated_by_the_document_and_never_by_the_run(
    closed: str | None, modified: str, on: str
) -> None:
    invoice = supplier_invoice(
        "I1", "2026-03-01", 100, 0, modified=modified, closedFinancialPeriod=closed
    )
    found = [
        told(ap(inputs(supplierInvoice=[invoice], as_of=as_of)))[1]
        for as_of in (date(2026, 11, 15), date(2027, 3, 3))
    ]
    assert found == [("Invoice:I1", "Unexplained", on, -100)] * 2


def test_an_explanation_that_comes_later_takes_the_place_of_the_unexplained_row() -> None:
    invoice = supplier_invoice("I1", "2026-03-01", 100, 0, modified="2026-04-17")
    payment = supplier_payment("P1", "2026-04-16", 100, 0, paid("I1", 100, "202604"))
    before = ap(inputs(supplierInvoice=[invoice]))
    after = ap(inputs(supplierInvoice=[invoice], supplierPayment=[payment]))
    kept = before.join(after, on="EntryKey", how="semi")
    assert kept["EntryType"].to_list() == ["Document"]
    assert "Unexplained" not in after["EntryType"].to_list()


def test_a_base_difference_alone_is_a_currency_difference() -> None:
    invoice = supplier_invoice("I1", "2026-08-01", 100, 50, currency="EUR", rate="11.3333")
    invoice["balance"] = Decimal("566.70")
    payment = supplier_payment("P1", "2026-09-01", 50, 0, paid("I1", 50, "202609"), currency="EUR")
    ledger = ap(inputs(supplierInvoice=[invoice], supplierPayment=[payment]))
    assert ("Invoice:I1", "FxDifference", "2026-09-01", Decimal("0.04")) in told(ledger)


def test_keys_do_not_move_when_another_entry_appears() -> None:
    invoice = supplier_invoice("I1", "2026-09-01", 100, 40)
    first = supplier_payment("P1", "2026-10-05", 60, 0, paid("I1", 60, "202610"))
    second = supplier_payment("P0", "2026-09-05", 40, 0, paid("I1", 40, "202609"))
    before = ap(inputs(supplierInvoice=[invoice], supplierPayment=[first]))
    after = ap(
        inputs(
            supplierInvoice=[invoice | {"balance": Decimal(0), "balanceInCurrency": Decimal(0)}],
            supplierPayment=[second, first],
        )
    )
    assert set(before["EntryKey"]) <= set(after["EntryKey"])
    assert after["EntryKey"].is_unique().all()


def test_companies_with_the_same_numbers_stay_apart() -> None:
    both = (CompanyInfo("no", "Nordvik AS", "NOK"), CompanyInfo("so", "Solberg AS", "NOK"))
    given = inputs(
        companies=both,
        supplierInvoice=[
            supplier_invoice("I1", "2026-09-01", 100, 0),
            supplier_invoice("I1", "2026-09-01", 70, 70) | {"company": "so"},
        ],
        supplierPayment=[supplier_payment("P1", "2026-10-05", 100, 0, paid("I1", 100, "202610"))],
    )
    ledger = ap(given)
    assert open_amount(ledger, "no:Invoice:I1") == 0
    assert open_amount(ledger, "so:Invoice:I1") == 70
    assert set(ledger["BranchKey"]) == {"no:1", "so:1"}


def test_a_type_shares_its_number_with_another() -> None:
    given = inputs(
        supplierInvoice=[
            supplier_invoice("100", "2026-09-01", 100, 40),
            supplier_invoice("100", "2026-09-02", 60, 60, kind="CreditAdj"),
        ],
        supplierPayment=[supplier_payment("100", "2026-10-05", 60, 0, paid("100", 60, "202610"))],
    )
    ledger = ap(given)
    assert open_amount(ledger, "no:Invoice:100") == 40
    assert open_amount(ledger, "no:CreditAdj:100") == 60
    assert open_amount(ledger, "no:Payment:100") == 0


def test_a_document_in_base_currency_is_worth_the_same_when_only_one_twin_is_delivered() -> None:
    both = supplier_invoice("I1", "2026-09-01", 100, 40)
    twins = ("detailTotal", "balance")
    for left_out in (tuple(f"{name}InCurrency" for name in twins), twins):
        bare = both | dict.fromkeys(left_out)
        payment = supplier_payment("P1", "2026-09-10", 60, 0, paid("I1", 60, "202609"))
        ledgers = [
            ap(inputs(supplierInvoice=[invoice], supplierPayment=[payment]))
            for invoice in (both, bare)
        ]
        assert ledgers[0].equals(ledgers[1])
        assert told(ledgers[1])[0] == ("Invoice:I1", "Document", "2026-09-01", 100)


def test_a_customer_document_in_base_currency_has_both_amounts_from_one() -> None:
    bare = customer_invoice("I1", "2026-09-01", 100, 40) | {"amount": None, "balance": None}
    assert open_amount(ar(inputs(customerInvoice=[bare])), "no:Invoice:I1") == 40


def test_a_foreign_document_without_its_currency_amount_keeps_the_base_amount_delivered() -> None:
    invoice = supplier_invoice("I1", "2026-09-01", 100, 100, currency="EUR", rate="11.5")
    bare = invoice | {"detailTotalInCurrency": None, "balanceInCurrency": None}
    assert told(ap(inputs(supplierInvoice=[bare]))) == [
        ("Invoice:I1", "Document", "2026-09-01", 1150)
    ]


@pytest.mark.parametrize("kind", ["Payment", "Check"])
def test_a_payment_is_an_unapplied_credit_under_either_name(kind: str) -> None:
    payment = supplier_payment("P1", "2026-10-22", 100, 100, kind=kind)
    assert ap(inputs(supplierPayment=[payment]))["IsUnappliedCredit"].to_list() == [True]
