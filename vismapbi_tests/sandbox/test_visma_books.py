"""The sample companies: their books balance, tie out and stay so under every change."""

from collections import Counter, defaultdict
from decimal import ROUND_DOWN, Decimal
from itertools import groupby

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vismapbi_assets.sandbox.visma.history import build_group
from vismapbi_assets.sandbox.visma.service import VismaSandbox

from .visma_http import Service, service, shared

__all__ = ["service", "shared"]

COMPANIES = ("nordvik", "solberg")
Rows = list[dict]


def _posted(service: Service, company: str) -> Rows:
    return [b for b in service.snapshot("journalTransaction", company) if b["status"] == "Posted"]


def _totals(service: Service, company: str, **query: str) -> dict:
    return service.session.get(
        f"{service.url}/control/totals", params={"company": company, **query}, timeout=20
    ).json()


def _check(service: Service, company: str) -> None:
    """Every tie between documents, batches and balances, from what is served."""
    batches = service.snapshot("journalTransaction", company)
    for batch in batches:
        lines = batch["journalTransactionLines"]
        for suffix in ("", "InCurrency"):
            debit = sum(line[f"debitAmount{suffix}"] for line in lines)
            assert debit == sum(line[f"creditAmount{suffix}"] for line in lines)
            assert debit == batch[f"debitTotal{suffix}"]
    totals = _totals(service, company)
    for side, entity in (("payables", "supplierDocument"), ("receivables", "customerDocument")):
        assert totals[side] == totals[f"{side}_in_ledger"]
        signs = AP_SIGNS if side == "payables" else AR_SIGNS
        listed = sum(
            signs.get(d["documentType"], 0) * d["balance"]
            for d in service.snapshot(entity, company)
            if d["status"] == "Open"
        )
        assert listed == Decimal(totals[side]), side
    _check_balances(service, company)


AP_SIGNS = {"Invoice": 1, "CreditAdj": 1, "DebitAdj": -1, "Check": -1, "Refund": 1}
AR_SIGNS = {
    "Invoice": 1,
    "DebitNote": 1,
    "FinCharge": 1,
    "CreditNote": -1,
    "Payment": -1,
    "Refund": 1,
    "SmallCreditWo": 1,
    "SmallBalanceWo": -1,
}


def _check_balances(service: Service, company: str) -> None:
    rows = service.snapshot("generalLedgerBalance", company)
    lines: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for batch in _posted(service, company):
        for line in batch["journalTransactionLines"]:
            key = (
                batch["ledger"],
                line["branch"],
                line["accountNumber"],
                line["subaccount"]["subaccountNumber"],
                batch["financialPeriod"],
            )
            lines[key] += line["debitAmount"] - line["creditAmount"]
    seen = set()
    for row in rows:
        moved = row["periodToDateDebit"] - row["periodToDateCredit"]
        assert row["beginningBalance"] + moved == row["yearToDateBalance"]
        key = (
            row["ledger"]["id"],
            row["branch"]["number"],
            row["account"]["number"],
            row["subAccountCd"],
            row["financialPeriod"],
        )
        seen.add(key)
        if key[2] != "2098":
            assert moved == lines.get(key, 0), key
    assert {key for key, amount in lines.items() if amount} <= seen
    by_period: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["account"]["number"] != "2098":
            by_period[row["ledger"]["id"], row["financialPeriod"]] += row["yearToDateBalance"]
    assert set(by_period.values()) == {Decimal(0)}


@pytest.mark.parametrize("company", COMPANIES)
def test_books_tie_out(shared: Service, company: str) -> None:
    _check(shared, company)


def test_year_change_moves_the_result_without_a_journal(shared: Service) -> None:
    rows = shared.snapshot("generalLedgerBalance")
    by_key = {
        (r["branch"]["number"], r["account"]["number"], r["subAccountCd"], r["financialPeriod"]): r
        for r in rows
    }
    for branch in ("1", "2"):
        result = by_key[branch, "2098", "00-0", "202513"]["yearToDateBalance"]
        after = by_key[branch, "2050", "00-0", "202601"]["beginningBalance"]
        before = by_key.get((branch, "2050", "00-0", "202513"))
        assert after == result + (before["yearToDateBalance"] if before else 0)
        assert by_key[branch, "2098", "00-0", "202601"]["beginningBalance"] == 0
        assert by_key[branch, "5000", "10-" + branch, "202601"]["beginningBalance"] == 0
    lines = [
        line["accountNumber"]
        for batch in _posted(shared, "nordvik")
        for line in batch["journalTransactionLines"]
        if batch["financialPeriod"] > "202412"
    ]
    assert "2050" not in lines
    assert "2098" not in lines


def test_toggled_signs(shared: Service) -> None:
    plain = shared.rows("/v2/generalLedgerBalance", periodId="202610")
    toggled = shared.rows("/v2/generalLedgerBalance", periodId="202610", toggleBalanceSigns="true")
    for one, other in zip(plain, toggled, strict=True):
        flips = one["account"]["type"] in ("Liability", "Income")
        assert other["yearToDateBalance"] == one["yearToDateBalance"] * (-1 if flips else 1)
    without = shared.rows("/v2/generalLedgerBalance", periodId="202610", excludeYTDAccount="true")
    assert "2098" not in {row["account"]["number"] for row in without}
    assert len(without) < len(plain)


def test_ledger_transactions_are_the_posted_lines(shared: Service) -> None:
    rows = shared.rows("/v1/GeneralLedgerTransactions", ledger="1", fromPeriod="202611")
    expected = Counter(
        (batch["module"].removeprefix("Module"), batch["batchNumber"], line["lineNumber"])
        for batch in _posted(shared, "nordvik")
        if batch["ledger"] == "1" and batch["financialPeriod"] >= "202611"
        for line in batch["journalTransactionLines"]
    )
    assert Counter((r["module"], r["batchNumber"], r["lineNumber"]) for r in rows) == expected
    assert sum(r["debitAmount"] - r["creditAmount"] for r in rows) == 0
    assert "name" not in rows[0]["branch"]
    more = shared.rows(
        "/v1/GeneralLedgerTransactions", ledger="1", fromPeriod="202611", includeUnposted="true"
    )
    assert len(more) > len(rows)


def test_the_sample_holds_every_awkward_case() -> None:
    group = build_group()
    cases: Counter[str] = Counter()
    for company in group.values():
        books = company.books
        for entity in ("supplierDocument", "customerDocument"):
            for document in books.lists[entity]:
                cases[f"{document.side} {document.type}"] += 1
                cases[document.status] += 1
                cases[document.currency] += 1
                cases["late period"] += f"{document.date:%Y%m}" != document.period
                targets = Counter(line.target.number for line in document.pays)
                cases["repeated line"] += any(count > 1 for count in targets.values())
                cases["later application"] += any(
                    line.period > document.period for line in document.pays
                )
        for batch in books.batches():
            cases[f"batch {batch.status}"] += 1
            cases[f"module {batch.module}"] += 1
            cases["auto reversing"] += batch.auto_reversing
            cases["reversing"] += batch.reversing
            cases["outside period"] += f"{batch.date:%Y%m}" != batch.period
            cases["period 13"] += batch.period.endswith("13")
            cases["statistical"] += batch.ledger == "3"
        for order in books.lists["purchaseOrder"]:
            cases[f"order {order.type}"] += 1
            cases[f"order {order.status}"] += 1
        for receipt in books.lists["purchaseReceipt"]:
            cases[f"receipt {receipt.type}"] += 1
        for card in books.lists["timeCard"]:
            cases[f"card {card.body['type']}"] += 1
    wanted = [
        "AP Invoice", "AP CreditAdj", "AP DebitAdj", "AP Payment", "AP Prepayment",
        "AP PrepaymentRequest", "AP VoidPayment", "AR Invoice", "AR CreditNote", "AR DebitNote",
        "AR FinCharge", "AR SmallBalanceWo", "AR SmallCreditWo", "AR CashSale", "AR CashReturn",
        "AR Payment", "AR Prepayment", "AR Refund", "AR VoidPayment", "Hold", "Balanced", "Open",
        "Closed", "Voided", "EUR", "SEK", "late period", "repeated line", "later application",
        "batch Posted", "batch Hold", "batch Balanced", "batch Unposted", "module GL", "module AP",
        "module AR", "module CA", "module CM", "module IN", "module FA", "auto reversing",
        "reversing", "outside period", "period 13", "statistical", "order RegularOrder",
        "order Blanket", "order Cancelled", "order Closed", "order Open", "receipt PoReceipt",
        "receipt PoReturn", "card Normal", "card Correction", "card NormalCorrected",
    ]  # fmt: skip
    assert [case for case in wanted if not cases[case]] == []
    per_month = sum(
        len(company.books.lists[entity])
        for company in group.values()
        for entity in ("supplierDocument", "customerDocument")
    ) / (23 * len(group))
    assert 200 < per_month < 400


def test_the_same_seed_gives_the_same_company() -> None:
    one, other, third = (VismaSandbox(build_group(scale=0.05, seed=seed)) for seed in (1, 1, 2))
    for entity in ("supplierInvoice", "journalTransaction", "customerPayment"):
        assert one.snapshot("nordvik", entity) == other.snapshot("nordvik", entity)
        assert one.snapshot("nordvik", entity) != third.snapshot("nordvik", entity)
    one.advance(3)
    other.advance(3)
    assert one.snapshot("solberg", "supplierPayment") == other.snapshot(
        "solberg", "supplierPayment"
    )


def test_bulk_lines_are_added_and_balance() -> None:
    sandbox = VismaSandbox(build_group(scale=0.05, journal_lines=20_000))
    lines = sum(
        len(batch.lines)
        for company in sandbox.companies.values()
        for batch in company.books.batches()
    )
    assert lines >= 20_000
    totals = sandbox.totals("nordvik")
    assert sum(Decimal(amount) for amount in totals["trial_balance"].values()) == 0


VERBS = st.sampled_from(["invoice", "sale", "pay", "collect", "void", "journal", "day", "work"])


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.tuples(VERBS, st.integers(1, 40)), min_size=3, max_size=6))
def test_any_changes_keep_the_books_balanced(
    service: Service, steps: list[tuple[str, int]]
) -> None:
    for verb, number in steps:
        _step(service, verb, number)
    _check(service, "nordvik")


def _step(service: Service, verb: str, number: int) -> None:
    if verb in ("invoice", "sale"):
        side = "AP" if verb == "invoice" else "AR"
        parties = service.snapshot("supplier" if side == "AP" else "customer")
        party = parties[number % len(parties)]["number"]
        service.mutate("create_document", side=side, amount=f"{number * 37}.45", party=party)
    elif verb in ("pay", "collect"):
        side = "AP" if verb == "pay" else "AR"
        entity = "supplierInvoice" if side == "AP" else "customerInvoice"
        open_rows = [
            row
            for row in service.snapshot(entity)
            if row["status"] == "Open" and row["documentType"] == "Invoice"
        ]
        if open_rows:
            row = open_rows[number % len(open_rows)]
            amount = Decimal(row["balanceInCurrency"]) / (1 if number % 2 else 2)
            service.mutate(
                "pay_document",
                side=side,
                number=row["referenceNumber"],
                amount=str(amount.quantize(Decimal("0.01"), ROUND_DOWN)),
            )
    elif verb == "void":
        payments = [
            row
            for row in service.snapshot("supplierPayment")
            if row["type"] == "Payment" and row["status"] == "Closed"
        ]
        if payments:
            service.mutate("void_payment", number=payments[number % len(payments)]["refNbr"])
    elif verb == "journal":
        service.mutate("post_journal", amount=number, lines=2 * (number % 5 + 1))
    elif verb == "day":
        service.post("advance", days=number % 3 + 1, company="nordvik")
    else:
        service.mutate("work")


def test_posting_moves_balances_only_then(service: Service) -> None:
    made = service.mutate("post_journal", amount=500, status="Unposted")
    before = service.rows("/v2/generalLedgerBalance", periodId="202611", account="6800")
    service.mutate("post_batch", number=made["number"])
    after = service.rows("/v2/generalLedgerBalance", periodId="202611", account="6800")
    moved = sum(r["yearToDateBalance"] for r in after) - sum(r["yearToDateBalance"] for r in before)
    assert moved == 500
    stamps = {r["lastModifiedDateTime"] for r in after if r["subAccountCd"] == "00-0"}
    assert max(stamps) > "2026-11-20T08:00"


def test_application_lines_add_up_to_every_balance(shared: Service) -> None:
    applied: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    used: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for payment in shared.snapshot("supplierPayment"):
        for line in payment["paymentLines"]:
            amount = line["amountPaid"] + line["cashDiscountTaken"]
            applied[line["docType"], line["invoiceRefNbr"]] += amount
            used[payment["type"], payment["refNbr"]] += line["amountPaid"]
    for payment in shared.snapshot("supplierPayment"):
        if payment["status"] != "Voided" and payment["type"] != "VoidPayment":
            left = payment["paymentAmount"] - used[payment["type"], payment["refNbr"]]
            left -= applied[payment["type"], payment["refNbr"]]
            assert left == payment["balance"], payment["refNbr"]
    for row in shared.snapshot("supplierInvoice"):
        if row["status"] in ("Open", "Closed") and row["documentType"] in ("Invoice", "CreditAdj"):
            left = row["amount"] - applied[row["documentType"], row["referenceNumber"]]
            assert left == row["balanceInCurrency"], row["referenceNumber"]


def test_customer_applications_mirror_payment_lines(shared: Service) -> None:
    codes = {"PMT": "Payment", "CRM": "CreditNote", "PPM": "Prepayment", "RPM": "VoidPayment"}
    codes |= {"SMB": "SmallBalanceWo", "REF": "Refund"}
    from_invoices = Counter(
        (codes[line["docType"]], line["refNbr"], row["referenceNumber"], line["amountPaid"])
        for row in shared.snapshot("customerInvoice")
        for line in row["applications"]
    )
    from_payments = Counter(
        (payment["type"], payment["refNbr"], line["refNbr"], line["amountPaid"])
        for payment in shared.snapshot("customerPayment")
        for line in payment["paymentLines"]
        if line["documentType"] == "Invoice"
    )
    assert from_invoices == from_payments


def test_keys_are_unique_per_type_and_numbers_are_not(shared: Service) -> None:
    rows = shared.snapshot("supplierDocument") + shared.snapshot("supplierInvoice")
    for _, group in groupby(rows, key=lambda row: "account" in row):
        keys = [(row["documentType"], row["referenceNumber"]) for row in group]
        assert len(keys) == len(set(keys))
    numbers = Counter(row["referenceNumber"] for row in shared.snapshot("supplierInvoice"))
    assert max(numbers.values()) > 1, "numbers repeat between document types"
    batches = Counter(row["batchNumber"] for row in shared.snapshot("journalTransaction"))
    assert max(batches.values()) > 1, "batch numbers repeat between modules"
