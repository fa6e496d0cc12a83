"""Payments and exchange rates (traps 8.2, 8.4, 8.11)."""

from datetime import date
from typing import Any

import pytest

from vismapbi_assets.model.inputs import CompanyInfo
from vismapbi_tests.model.computing import by_key, rows
from vismapbi_tests.model.states import inputs, money


def payment(kind: str, amount: int, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "refNbr": "1",
        "status": "Open",
        "paymentAmount": amount,
        "applicationDate": date(2026, 10, 12),
        "applicationPeriod": "102026",
        **more,
    }


def rate(currency: str, day: date, value: str, **more: Any) -> dict[str, Any]:
    return {
        "fromCurrencyId": currency,
        "toCurrencyId": "NOK",
        "rateType": "SPOT",
        "rate": value,
        "effectiveDate": day,
        "multDiv": "Multiply",
        **more,
    }


PAYMENTS = [
    ("Payment", 100, 100),
    ("Prepayment", 100, 100),
    ("Refund", 100, -100),
    ("VoidPayment", -100, -100),
    ("VoidRefund", -100, 100),
]


@pytest.mark.parametrize(("kind", "delivered", "published"), PAYMENTS)
def test_money_moved_is_positive_and_voids_cancel(
    kind: str, delivered: int, published: int
) -> None:
    given = inputs(
        supplierPayment=[payment(kind, delivered, currency_id="NOK", supplier_number="V1")],
        customerPayment=[payment(kind, delivered, currency="NOK", customer_number="C1")],
    )
    for table in ("SupplierPayment", "CustomerPayment"):
        found = by_key(table, given)[f"no:{kind}:1"]
        assert found["PaymentCurrency"] == found["PaymentBase"] == money(published)
        assert found["IsVoided"] is kind.startswith("Void")
        assert found["FinancialPeriodKey"] == "202610"


def test_credit_notes_of_the_payment_endpoints_are_no_payments() -> None:
    given = inputs(
        supplierPayment=[payment("DebitAdj", 100)],
        customerPayment=[payment("CreditNote", 100), payment("SmallBalanceWo", 1)],
    )
    assert rows("SupplierPayment", given).height == 0
    assert rows("CustomerPayment", given).height == 0


def test_voided_payment_and_its_void_share_the_number_and_stay_apart() -> None:
    found = by_key(
        "SupplierPayment",
        inputs(
            supplierPayment=[
                payment("Payment", 100, status="Voided"),
                payment("VoidPayment", -100, status="Closed"),
            ]
        ),
    )
    assert set(found) == {"no:Payment:1", "no:VoidPayment:1"}
    assert all(row["IsVoided"] for row in found.values())
    assert sum(row["PaymentBase"] for row in found.values()) == 0


def test_payment_is_converted_at_the_last_rate_on_or_before_its_date() -> None:
    rates = [
        rate("EUR", date(2026, 10, 1), "11.50"),
        rate("EUR", date(2026, 10, 12), "11.80"),
        rate("EUR", date(2026, 10, 13), "12.00"),
        rate("SEK", date(2026, 10, 1), "0.8", multDiv="Divide"),
    ]
    given = inputs(
        currencyRate=rates,
        supplierPayment=[
            payment("Payment", 100, currency_id="EUR", financeCharges=2),
            payment(
                "Payment", 100, currency_id="EUR", refNbr="2", applicationDate=date(2026, 10, 11)
            ),
            payment("Payment", 100, currency_id="SEK", refNbr="3"),
        ],
        customerPayment=[
            payment("Payment", 10, currency="EUR", writeOffAmount=1, deductedCharges=2)
        ],
    )
    found = by_key("SupplierPayment", given)
    assert found["no:Payment:1"]["PaymentBase"] == money(1180)
    assert found["no:Payment:1"]["PaymentCurrency"] == money(100)
    assert found["no:Payment:1"]["FinanceChargesBase"] == money("23.60")
    assert found["no:Payment:2"]["PaymentBase"] == money(1150)
    assert found["no:Payment:3"]["PaymentBase"] == money(125)
    customer = by_key("CustomerPayment", given)["no:Payment:1"]
    assert customer["PaymentBase"] == money(118)
    assert customer["WriteOffBase"] == money("11.80")
    assert customer["DeductedChargesBase"] == money("23.60")


def test_currency_without_rate_takes_the_one_documents_were_booked_at() -> None:
    given = inputs(
        supplierInvoice=[
            {
                "documentType": "Invoice",
                "referenceNumber": "1",
                "currencyId": "USD",
                "date": date(2026, 9, 1),
                "detailTotal": 1000,
                "detailTotalInCurrency": 100,
            }
        ],
        supplierPayment=[
            payment("Payment", 50, currency_id="USD"),
            payment("Payment", 50, currency_id="JPY", refNbr="2"),
        ],
    )
    found = by_key("SupplierPayment", given)
    assert found["no:Payment:1"]["PaymentBase"] == money(500)
    unconvertible = found["no:Payment:2"]
    assert unconvertible["PaymentBase"] == money(0)
    assert unconvertible["PaymentCurrency"] == money(50)


def test_release_flag_counts_and_status_stands_in_for_it() -> None:
    found = by_key(
        "SupplierPayment",
        inputs(
            supplierPayment=[
                payment("Payment", 1, released=False, refNbr="1"),
                payment("Payment", 1, status="Closed", refNbr="2"),
                payment("Payment", 1, status="Hold", refNbr="3"),
            ]
        ),
    )
    assert [found[f"no:Payment:{n}"]["IsReleased"] for n in "123"] == [False, True, False]


def test_exchange_rates_are_those_of_one_company_and_one_type() -> None:
    companies = (CompanyInfo("no", "A", "NOK"), CompanyInfo("se", "B", "NOK"))
    day = date(2026, 10, 31)
    found = rows(
        "ExchangeRate",
        inputs(
            companies=companies,
            currencyRate=[
                rate("EUR", day, "11.90"),
                rate("EUR", day, "11.00", rateType="BUDGET"),
                rate("EUR", day, "99", company="se"),
                rate("SEK", day, "1.25", multDiv="Divide"),
                rate("NOK", day, "1"),
                {**rate("NOK", day, "5"), "toCurrencyId": "EUR"},
            ],
        ),
    ).sort("CurrencyId")
    assert found["CurrencyId"].to_list() == ["EUR", "SEK"]
    assert found["RateToBase"].to_list() == [11.9, 0.8]
    assert set(found["RateType"]) == {"SPOT"}
