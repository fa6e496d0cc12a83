"""Documents that contradict the finance model are told as such, never passed over."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from unittest.mock import Mock

import pytest

from vismapbi_assets.doctor.figures import ask_figures
from vismapbi_assets.doctor.group import ask_group
from vismapbi_assets.doctor.lists import Sample
from vismapbi_assets.doctor.movements import ask_movements
from vismapbi_assets.doctor.steps import Asked, Step
from vismapbi_assets.visma.entities.catalogue import CATALOGUE

ASKED = Asked("visma", "no")
TWINS = "supplierInvoice: base amount = currency amount x rate"
SIGNS = "credit notes and payments are positive, voids negative"


def samples(**documents: list[dict[str, Any]]) -> dict[str, Sample]:
    return {
        name: Sample(CATALOGUE[name], rows, len(rows), total=len(rows), cap=1000)
        for name, rows in documents.items()
    }


def figures(**documents: list[dict[str, Any]]) -> Mapping[str, Step]:
    return {s.name: s for s in ask_figures(ASKED, Mock(), samples(**documents), "NOK")}


def movements(**documents: list[dict[str, Any]]) -> Mapping[str, Step]:
    return {s.name: s for s in ask_movements(ASKED, samples(**documents), "NOK")}


def invoice(base: str, other: str, rate: str = "11.5") -> dict[str, Any]:
    return {
        "documentType": "Invoice", "referenceNumber": "INV1", "currencyId": "EUR",
        "detailTotal": Decimal(base), "detailTotalInCurrency": Decimal(other),
        "exchangeRate": Decimal(rate),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("document", "flag", "verdict"),
    [
        (invoice("1150", "100"), "Multiply", "ok"),
        (invoice("1150", "100"), "", "ok"),
        (invoice("100", "1150"), "Multiply", "failed"),
        (invoice("1000", "100", "0.1"), "Divide", "ok"),
        (invoice("1000", "100", "0.1"), "", "warning"),
        (invoice("777", "100"), "Multiply", "failed"),
    ],
)
def test_base_and_currency_twins(document: dict[str, Any], flag: str, verdict: str) -> None:
    rates = [{"fromCurrencyId": "EUR", "multDiv": flag}] if flag else []
    step = figures(supplierInvoice=[document], currencyRate=rates)[TWINS]
    assert step.verdict == verdict
    assert "INV1" in step.evidence
    assert bool(step.remedy) is (verdict != "ok")


def test_documents_in_base_currency_decide_nothing() -> None:
    step = figures(supplierInvoice=[invoice("100", "100", "1") | {"currencyId": "NOK"}])[TWINS]
    assert step.verdict == "skipped"
    assert "not enough data" in step.evidence


@pytest.mark.parametrize(
    ("kind", "amount", "verdict"),
    [("Payment", 10, "ok"), ("Payment", -10, "failed"), ("VoidPayment", -10, "ok"),
     ("VoidPayment", 10, "failed")],
)  # fmt: skip
def test_signs_of_payments_and_voids(kind: str, amount: int, verdict: str) -> None:
    step = figures(supplierPayment=[{"type": kind, "paymentAmount": amount}])[SIGNS]
    assert step.verdict == verdict
    assert kind in step.evidence


@pytest.mark.parametrize(("day", "verdict"), [(450, "ok"), (8, "warning"), (0, "skipped")])
def test_unit_of_time_cards(day: int, verdict: str) -> None:
    step = figures(timeCard=[{"summary": [{"mon": day, "tue": 0}]}])["unit of time cards"]
    assert step.verdict == verdict


def test_cost_after_discount_is_told_from_before() -> None:
    line = {"quantity": 2, "unitCost": 50, "discountAmount": 10, "cost": 90}
    name = "cost of supplier invoice lines: before or after discount"
    assert "0 lines before, 1 lines after" in figures(
        supplierInvoice=[{"invoiceLines": [line]}]
    )[name].evidence  # fmt: skip


def test_an_invoice_that_an_application_left_unstamped() -> None:
    document = {
        "documentDate": "2026-01-01T00:00:00", "lastModifiedDateTime": "2026-01-01T10:00:00",
        "applications": [{"applicationDate": "2026-02-01T00:00:00", "released": True}],
    }  # fmt: skip
    step = movements(customerInvoice=[document])["an application moves the invoice's stamp"]
    assert step.verdict == "warning"
    assert "open_documents" in step.remedy


def test_balances_with_credit_as_positive() -> None:
    row = {
        "account": {"type": "Liability"}, "beginningBalance": 100, "periodToDateDebit": 0,
        "periodToDateCredit": 50, "yearToDateBalance": 150,
    }  # fmt: skip
    name = "ledger balances: debit positive for every type of account"
    assert movements(generalLedgerBalance=[row])[name].verdict == "failed"
    assert movements(generalLedgerBalance=[row | {"yearToDateBalance": 50}])[name].verdict == "ok"
    cent = row | {"periodToDateCredit": Decimal("0.01"), "yearToDateBalance": Decimal("99.99")}
    assert movements(generalLedgerBalance=[cent])[name].verdict == "ok"


def test_a_payment_whose_amount_is_not_in_its_own_currency() -> None:
    payment = {
        "refNbr": "1", "currency": "EUR", "paymentAmount": 1150, "paymentAmountInCurrency": 100,
    }  # fmt: skip
    step = movements(customerPayment=[payment])["customerPayment: which twin is base currency"]
    assert step.verdict == "failed"


def test_companies_with_different_calendars() -> None:
    january = {
        "year": 2026, "period": "01", "startDate": "2026-01-01T00:00:00",
        "endDate": "2026-01-31T00:00:00",
    }  # fmt: skip
    july = january | {"startDate": "2025-07-01T00:00:00", "endDate": "2025-07-31T00:00:00"}
    same = {"a": samples(financialPeriod=[january]), "b": samples(financialPeriod=[january])}
    apart = same | {"b": samples(financialPeriod=[july])}
    assert [s.verdict for s in ask_group(Asked("visma"), same)] == ["ok"]
    (step,) = ask_group(Asked("visma"), apart)
    assert step.verdict == "failed"
    assert "2026-01" in step.evidence
    assert "settings file" in step.remedy
