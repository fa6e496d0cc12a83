"""Points 7 to 10 and 16: stamps, live changes between pages, business rules, currencies."""

from decimal import Decimal
from itertools import pairwise

import pytest

from .visma_http import Service, service, shared

__all__ = ["service", "shared"]

PATHS = {"AP": "/v1/supplierInvoice", "AR": "/v1/customerinvoice"}


def _invoice(service: Service, side: str, number: str) -> dict:
    found = [
        row
        for row in service.rows(PATHS[side], expandApplications="true", pageSize=1000)
        if (row["documentType"], row["referenceNumber"]) == ("Invoice", number)
    ]
    assert len(found) == 1
    return found[0]


def test_07_zone_and_repeated_hour(service: Service) -> None:
    seen = []
    for instant in ("2026-10-25T00:30:00.120", "2026-10-25T01:30:00.120"):
        service.post("clock", now=instant)
        number = service.mutate("create_supplier_invoice")["number"]
        seen.append(_invoice(service, "AP", number)["lastModifiedDateTime"])
    assert seen[0] < seen[1]
    service.post("settings", zone="Europe/Oslo")
    rows = service.rows("/v1/supplierInvoice")[-2:]
    local = [row["lastModifiedDateTime"][:16] for row in rows]
    assert local == ["2026-10-25T02:30", "2026-10-25T02:30"]
    service.post("clock", now="2026-11-20T08:00:00")
    number = service.mutate("create_supplier_invoice")["number"]
    assert _invoice(service, "AP", number)["lastModifiedDateTime"].startswith("2026-11-20T09:00")


def test_07_stamps_are_finer_than_shown(service: Service) -> None:
    number = service.mutate("create_party")["number"]
    row = next(r for r in service.rows("/v1/supplier") if r["number"] == number)
    shown = {"lastModifiedDateTime": row["lastModifiedDateTime"]}
    for condition in (">", ">="):
        again = service.rows("/v1/supplier", **shown, lastModifiedDateTimeCondition=condition)
        assert number in {r["number"] for r in again}


def test_08_changes_between_pages_shift_offsets(service: Service) -> None:
    service.post("settings", order="modified")
    before = service.rows("/v1/supplier")
    victim = before[0]["number"]
    service.post(
        "script",
        entity="supplier",
        after=1,
        company="nordvik",
        verb="rename_party",
        number=victim,
        name="Nytt navn",
    )
    pages = service.pages("/v1/supplier", 10)
    seen = [row["number"] for page in pages for row in page]
    assert seen.count(victim) == 2
    assert before[10]["number"] not in seen


def test_08_script_over_the_control_api_deletes_between_pages(service: Service) -> None:
    draft = service.mutate("create_supplier_invoice", release=False)
    service.post(
        "script",
        entity="supplierInvoice",
        after=1,
        company="nordvik",
        verb="delete_draft",
        number=draft["number"],
    )
    first = service.rows("/v1/supplierInvoice")
    second = service.rows("/v1/supplierInvoice")
    assert len(second) == len(first) - 1
    assert draft["number"] not in {
        row["referenceNumber"] for row in second if row["documentType"] == "Invoice"
    }


def test_08_ties_are_shuffled_on_demand(service: Service) -> None:
    service.mutate("restamp", entity="customer")
    rows = service.rows("/v1/customer")
    assert len({row["lastModifiedDateTime"] for row in rows}) == 1
    assert rows == service.rows("/v1/customer")
    service.post("settings", order="shuffled")
    orders = {tuple(r["number"] for r in service.rows("/v1/customer")) for _ in range(4)}
    assert len(orders) > 1


@pytest.mark.parametrize("side", ["AP", "AR"])
def test_09_payment_moves_balance_status_and_stamp(service: Service, side: str) -> None:
    made = service.mutate("create_document", side=side, amount="1000.00", account=None)
    before = _invoice(service, side, made["number"])
    gross = Decimal(made["amount"])
    paid = service.mutate("pay_document", side=side, number=made["number"], amount="300.5")
    partly = _invoice(service, side, made["number"])
    assert partly["balance"] == gross - Decimal("300.5")
    assert partly["status"] == "Open"
    assert partly["lastModifiedDateTime"] > before["lastModifiedDateTime"]
    service.mutate("pay_document", side=side, number=made["number"])
    closed = _invoice(service, side, made["number"])
    assert (closed["balance"], closed["status"]) == (0, "Closed")
    assert closed["closedFinancialPeriod"] == "202611"
    voided = service.mutate("void_payment", side=side, number=paid["number"])
    assert (voided["type"], voided["number"]) == ("VoidPayment", paid["number"])
    reopened = _invoice(service, side, made["number"])
    assert (reopened["balance"], reopened["status"]) == (Decimal("300.5"), "Open")
    path = "/v1/supplierPayment" if side == "AP" else "/v1/customerPayment"
    both = [r for r in service.rows(path) if r["refNbr"] == paid["number"]]
    assert {(r["type"], r["paymentAmount"]) for r in both} == {
        ("Payment", Decimal("300.5")),
        ("VoidPayment", Decimal("-300.5")),
    }
    assert {r["status"] for r in both} == {"Voided", "Closed"}
    if side == "AR":
        assert [line["amountPaid"] for line in reopened["applications"]] == [
            Decimal("300.5"),
            gross - Decimal("300.5"),
            Decimal("-300.5"),
        ]


def test_09_application_may_leave_the_stamp(service: Service) -> None:
    service.post("settings", restamp_on_application=False)
    made = service.mutate("create_supplier_invoice")
    before = _invoice(service, "AP", made["number"])
    service.mutate("pay_document", number=made["number"])
    after = _invoice(service, "AP", made["number"])
    assert after["balance"] == 0
    assert after["lastModifiedDateTime"] == before["lastModifiedDateTime"]


def test_09_credit_notes_are_positive_and_pay(service: Service) -> None:
    made = service.mutate("create_customer_invoice", amount=500, vat=False)
    credit = service.mutate("create_customer_invoice", type="CreditNote", amount=200, vat=False)
    service.mutate(
        "apply_credit", side="AR", credit=credit["number"], number=made["number"], amount=150
    )
    note = next(
        r
        for r in service.rows("/v1/customerCreditNote")
        if r["referenceNumber"] == credit["number"]
    )
    assert (note["amount"], note["balance"]) == (200, 50)
    paying = next(
        r
        for r in service.rows("/v1/customerPayment", paymentType="CreditNote")
        if r["refNbr"] == credit["number"]
    )
    assert [line["amountPaid"] for line in paying["paymentLines"]] == [150]
    assert _invoice(service, "AR", made["number"])["balance"] == 350


def test_09_refusals_change_nothing(service: Service) -> None:
    credit = service.mutate("create_document", side="AP", type="DebitAdj")
    released = service.mutate("create_supplier_invoice")
    before = service.snapshot("supplierInvoice")
    for wanted in (
        {"verb": "pay_document", "type": "DebitAdj", "number": credit["number"]},
        {"verb": "delete_draft", "number": released["number"]},
        {"verb": "edit_document", "number": released["number"], "amount": 5},
        {"verb": "release_document", "number": released["number"]},
        {"verb": "pay_document", "number": released["number"], "amount": "99999999"},
        {"verb": "pay_document", "number": "none"},
        {"verb": "unheard_of"},
    ):
        answer = service.session.post(
            f"{service.url}/control/mutate", json={"company": "nordvik", **wanted}, timeout=20
        )
        assert answer.status_code == 400
        assert answer.json()["message"]
    assert service.snapshot("supplierInvoice") == before


def test_09_late_commits_carry_an_earlier_stamp(service: Service) -> None:
    service.post("commit_late", company="nordvik", verb="create_party", name="Sen Ærlig AS")
    newest = service.mutate("create_party")["number"]
    assert service.rows("/v1/supplier")[-1]["number"] == newest
    service.post("flush_late")
    late, *_ = [row for row in service.rows("/v1/supplier") if row["name"] == "Sen Ærlig AS"]
    seen = next(row for row in service.rows("/v1/supplier") if row["number"] == newest)
    assert late["lastModifiedDateTime"] < seen["lastModifiedDateTime"]


def test_09_periods_close(service: Service) -> None:
    service.mutate("close_period", period="202611")
    made = service.mutate("create_supplier_invoice")
    assert _invoice(service, "AP", made["number"])["financialPeriod"] == "202612"
    closed = {
        f"{row['year']}{row['period']}"
        for row in service.rows("/v1/financialPeriod")
        if row["closedInGeneralLedger"]
    }
    assert "202611" in closed
    assert "202612" not in closed


def test_10_currencies_and_number_forms(shared: Service) -> None:
    raw = shared.get("/v1/supplierInvoice", pageSize=1000).text
    rows = shared.rows("/v1/supplierInvoice", pageSize=1000)
    foreign = [row for row in rows if row["currencyId"] != "NOK"]
    assert {row["currencyId"] for row in foreign} == {"EUR", "SEK"}
    for row in rows:
        net = row["detailTotal"] - row["discountTotal"]
        gross = net + row["vatTotal"] + row["roundingDiff"]
        cur = row["detailTotalInCurrency"] - row["discountTotalInCurrency"]
        gross_cur = cur + row["vatTotalInCurrency"] + row["roundingDiffInCurrency"]
        rate = Decimal(row["exchangeRate"])
        assert abs(gross - gross_cur * rate) <= Decimal("0.005")
        assert net == row["vatTaxableTotal"] + row["vatExemptTotal"]
        if row["currencyId"] == "NOK":
            assert (gross, row["balance"]) == (gross_cur, row["balanceInCurrency"])
    assert '"discountTotal":0,' in raw
    payments = shared.get("/v1/customerPayment", pageSize=1000).text
    assert '"appliedToOrders":0.0,' in payments
    assert any(f"{digit}00," in payments for digit in range(10))


def test_16_mass_restamp_returns_everything(service: Service) -> None:
    total = len(service.rows("/v1/supplierInvoice"))
    service.post("clock", now="2026-11-21T03:00:00")
    service.mutate("restamp")
    since = {"lastModifiedDateTime": "2026-11-21", "lastModifiedDateTimeCondition": ">="}
    rows = service.rows("/v1/supplierInvoice", **since)
    assert len(rows) == total
    assert len({row["lastModifiedDateTime"] for row in rows}) == 1
    balances = service.rows("/v2/generalLedgerBalance", lastModifiedDateTime="2026-11-21")
    everything = service.rows("/v2/generalLedgerBalance", lastModifiedDateTime="2020-01-01")
    assert len(balances) == len(everything) > 0


def test_advance_lives_days_and_is_reproducible(service: Service) -> None:
    before = service.snapshot("supplierInvoice")
    service.post("advance", days=3)
    after = service.snapshot("supplierInvoice")
    assert len(after) >= len(before)
    stamps = [row["lastModifiedDateTime"] for row in service.snapshot("journalTransaction")]
    assert max(stamps) > "2026-11-20T08:00"
    assert sum(one <= other for one, other in pairwise(stamps)) > len(stamps) // 2
