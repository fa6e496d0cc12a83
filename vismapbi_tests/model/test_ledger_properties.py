"""Random histories of a small sub-ledger: what is kept by hand is what the ledger adds up to.

The books below are kept the plain way, document by document; the ledgers see only what the API
would deliver at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from vismapbi_assets.model import figures
from vismapbi_assets.model.inputs import Inputs

from .computing import rows
from .states import (
    applied,
    customer_invoice,
    customer_payment,
    inputs,
    paid,
    rate,
    received,
    supplier_invoice,
    supplier_payment,
)

START = date(2025, 3, 1)
CENT = Decimal("0.01")
RATES = {"NOK": Decimal(1), "EUR": Decimal("11.3347")}


@dataclass
class Applied:
    payer: Doc
    target: Doc
    amount: Decimal
    discount: Decimal
    write_off: Decimal
    on: date

    @property
    def closes(self) -> Decimal:
        return self.amount + self.discount + self.write_off


@dataclass
class Doc:
    kind: str
    reference: str
    on: date
    gross: Decimal
    currency: str
    left: Decimal
    lines: list[Applied] = field(default_factory=list)
    voided: date | None = None

    @property
    def sign(self) -> int:
        return 1 if self.kind == "Invoice" else -1


@dataclass
class Books:
    """A sub-ledger kept by hand; `history` is its balance at the end of each day."""

    docs: list[Doc] = field(default_factory=list)
    today: date = START
    history: dict[date, Decimal] = field(default_factory=dict)

    def open(self, kind: str, amount: Decimal, currency: str) -> Doc:
        doc = Doc(kind, f"D{len(self.docs)}", self.today, amount, currency, amount)
        self.docs.append(doc)
        return doc

    def of(self, *kinds: str, left: bool = True) -> list[Doc]:
        return [d for d in self.docs if d.kind in kinds and (not left or d.left) and not d.voided]

    def apply(self, payer: Doc, target: Doc, share: int, extras: bool) -> None:
        closes = (target.left * share / 100).quantize(CENT, ROUND_HALF_UP)
        discount = (closes * 2 / 100).quantize(CENT) if extras else Decimal(0)
        write_off = CENT if extras and closes > 1 else Decimal(0)
        amount = min(closes - discount - write_off, payer.left)
        if amount <= 0:
            return
        line = Applied(payer, target, amount, discount, write_off, self.today)
        target.left -= line.closes
        payer.left -= amount
        payer.lines.append(line)

    def void(self, payment: Doc) -> None:
        payment.voided = self.today
        payment.left = Decimal(0)
        for line in payment.lines:
            line.target.left += line.closes

    def note(self) -> None:
        counted = [d for d in self.docs if d.kind != "Prepayment"]
        self.history[self.today] = sum((d.sign * d.left for d in counted), Decimal(0))


amounts = st.decimals("1", "5000", places=2)
steps = st.lists(
    st.tuples(
        st.sampled_from(["invoice", "note", "pay", "prepay", "apply", "void", "wait"]),
        amounts,
        st.integers(1, 100),
        st.integers(0, 40),
        st.booleans(),
    ),
    min_size=1,
    max_size=14,
)


def live(
    story: list[tuple[str, Decimal, int, int, bool]], currencies: list[str], *, late: bool
) -> Books:
    """Keep books through a story; `late` allows to apply on another day than the payer's own."""
    books = Books()
    for what, amount, share, wait, extras in story:
        currency = currencies[share % len(currencies)]
        invoices = [d for d in books.of("Invoice") if d.currency == currency]
        match what:
            case "invoice":
                books.open("Invoice", amount, currency)
            case "note":
                books.open("Note", amount, currency)
            case "prepay":
                books.open("Prepayment", amount, currency)
            case "pay":
                payment = books.open("Payment", amount, currency)
                if invoices:
                    books.apply(payment, invoices[share % len(invoices)], share, extras)
            case "apply" if late and invoices:
                payers = books.of("Payment", "Note", "Prepayment")
                payers = [d for d in payers if d.currency == currency]
                if payers:
                    books.apply(payers[-1], invoices[0], share, extras=False)
            case "void":
                payments = books.of("Payment", left=False)
                if payments:
                    books.void(payments[share % len(payments)])
        books.note()
        books.today += timedelta(days=wait)
    return books


def receivables(books: Books, *, told_voided: bool) -> Inputs:
    """What the customer endpoints deliver; voided applications may or may not still be told."""
    codes = {"Payment": "PMT", "Note": "CRM", "Prepayment": "PPM"}
    everything = [line for d in books.docs for line in d.lines]

    def told(doc: Doc) -> list[dict[str, Any]]:
        return [
            applied(
                codes[line.payer.kind],
                line.payer.reference,
                line.amount,
                line.on.isoformat(),
                cashDiscountTaken=line.discount,
                voided=line.payer.voided is not None,
            )
            for line in everything
            if line.target is doc and (told_voided or not line.payer.voided)
        ]

    def lines(doc: Doc, sign: int = 1) -> list[dict[str, Any]]:
        return [
            received(
                line.target.reference,
                sign * line.amount,
                cashDiscountTaken=sign * line.discount,
                balanceWriteOff=sign * line.write_off,
            )
            for line in doc.lines
        ]

    invoices = [
        customer_invoice(d.reference, d.on.isoformat(), d.gross, d.left, *told(d))
        for d in books.docs
        if d.kind == "Invoice"
    ]
    notes = [
        customer_invoice(d.reference, d.on.isoformat(), d.gross, d.left, kind="CreditNote")
        for d in books.docs
        if d.kind == "Note"
    ]
    payments = []
    for d in books.docs:
        if d.kind == "Invoice":
            continue
        kind = "CreditNote" if d.kind == "Note" else d.kind
        payment = customer_payment(
            d.reference, d.on.isoformat(), d.gross, d.left, *lines(d), kind=kind
        )
        payments.append(payment | ({"status": "Voided"} if d.voided else {}))
        if d.voided:
            payments.append(
                customer_payment(
                    d.reference,
                    d.voided.isoformat(),
                    -d.gross,
                    0,
                    *lines(d, -1),
                    kind="VoidPayment",
                )
            )
    return inputs(customerInvoice=invoices, customerCreditNote=notes, customerPayment=payments)


def payables(books: Books) -> Inputs:
    """What the supplier endpoints deliver; base balances as the ERP keeps them, per application."""

    def base(amount: Decimal, currency: str) -> Decimal:
        return (amount * RATES[currency]).quantize(CENT, ROUND_HALF_UP)

    def lines(doc: Doc, sign: int = 1, on: date | None = None) -> list[dict[str, Any]]:
        return [
            paid(
                line.target.reference,
                sign * line.amount,
                f"{(on or line.on):%Y%m}",
                cashDiscountTaken=sign * line.discount,
                withholdingTax=sign * line.write_off,
                currency=line.target.currency,
            )
            for line in doc.lines
        ]

    def open_base(doc: Doc) -> Decimal:
        if not doc.left:
            return Decimal(0)
        used = [
            base(part, doc.currency)
            for payer in books.docs
            if not payer.voided
            for line in payer.lines
            for part in (
                (line.amount, line.discount, line.write_off)
                if line.target is doc
                else (line.amount,) * (line.payer is doc)
            )
        ]
        return base(doc.gross, doc.currency) - sum(used, Decimal(0))

    documents, payments = [], []
    for d in books.docs:
        on = d.on.isoformat()
        if d.kind in ("Invoice", "Note"):
            kind = "Invoice" if d.kind == "Invoice" else "DebitAdj"
            documents.append(
                supplier_invoice(
                    d.reference,
                    on,
                    d.gross,
                    d.left,
                    kind=kind,
                    currency=d.currency,
                    rate=str(RATES[d.currency]),
                )
                | {"balance": open_base(d)}
            )
        if d.kind != "Invoice":
            touched = max([d.on, *(line.on for line in d.lines)]).isoformat()
            payments.append(
                supplier_payment(
                    d.reference,
                    on,
                    d.gross,
                    d.left,
                    *lines(d),
                    kind="DebitAdj" if d.kind == "Note" else d.kind,
                    currency=d.currency,
                    modified=touched,
                )
                | ({"status": "Voided"} if d.voided else {})
            )
        if d.voided:
            payments.append(
                supplier_payment(
                    d.reference,
                    d.voided.isoformat(),
                    -d.gross,
                    0,
                    *lines(d, -1, d.voided),
                    kind="VoidPayment",
                    currency=d.currency,
                )
            )
    rates = [rate("EUR", "2025-01-01", str(RATES["EUR"]))]
    return inputs(supplierInvoice=documents, supplierPayment=payments, currencyRate=rates)


def open_by_document(ledger: pl.DataFrame, column: str) -> dict[str, Decimal]:
    sums = ledger.group_by("DocumentKey").agg(pl.col(column).sum())
    return {key.rsplit(":", 1)[1]: amount for key, amount in sums.iter_rows()}


def holds_together(ledger: pl.DataFrame, days: list[date]) -> None:
    """Buckets add up to the balance, and the balance moves by the rows in between."""
    before: tuple[date, Decimal] | None = None
    for day in days:
        balance = figures.balance(ledger, day)
        assert figures.total(figures.aging(ledger, day)) == balance
        if before:
            between = ledger.filter(
                ~pl.col("IsPrepayment"),
                pl.col("EntryDate") > before[0],
                pl.col("EntryDate") <= day,
            )
            assert balance - before[1] == figures.total(between)
        before = (day, balance)


@settings(max_examples=25, deadline=None)
@given(steps, st.booleans())
def test_the_customer_ledger_is_right_on_every_day(
    story: list[tuple[str, Decimal, int, int, bool]], told_voided: bool
) -> None:
    books = live(story, ["NOK"], late=True)
    ledger = rows("ArLedger", receivables(books, told_voided=told_voided))
    assert "Unexplained" not in ledger["EntryType"].to_list()
    assert ledger["EntryKey"].is_unique().all()
    assert open_by_document(ledger, "AmountBase") == {
        d.reference: d.sign * d.left for d in books.docs
    }
    for day, balance in books.history.items():
        assert figures.balance(ledger, day) == balance
    holds_together(ledger, sorted(books.history))


@settings(max_examples=25, deadline=None)
@given(steps)
def test_the_supplier_ledger_ties_out_per_document_in_both_currencies(
    story: list[tuple[str, Decimal, int, int, bool]],
) -> None:
    books = live(story, ["NOK", "EUR"], late=True)
    given = payables(books)
    ledger = rows("ApLedger", given)
    assert "Unexplained" not in ledger["EntryType"].to_list()
    assert ledger["EntryKey"].is_unique().all()
    assert open_by_document(ledger, "AmountCurrency") == {
        d.reference: d.sign * d.left for d in books.docs
    }
    told = given.entity("supplierInvoice").select("referenceNumber", "balance").collect()
    in_base = open_by_document(ledger, "AmountBase")
    for reference, balance in told.iter_rows():
        assert abs(in_base[reference]) == balance
    rounding = ledger.filter(pl.col("EntryType") == "FxDifference")["AmountBase"]
    assert all(abs(amount) <= Decimal("0.10") for amount in rounding)
    holds_together(ledger, sorted(books.history))


@settings(max_examples=15, deadline=None)
@given(steps)
def test_payments_applied_when_they_were_made_keep_the_supplier_history(
    story: list[tuple[str, Decimal, int, int, bool]],
) -> None:
    books = live(story, ["NOK"], late=False)
    ledger = rows("ApLedger", payables(books))
    for day, balance in books.history.items():
        assert figures.balance(ledger, day) == balance


@settings(max_examples=15, deadline=None)
@given(steps)
def test_settlement_is_the_day_from_which_on_nothing_is_open(
    story: list[tuple[str, Decimal, int, int, bool]],
) -> None:
    books = live(story, ["NOK"], late=True)
    given = receivables(books, told_voided=True)
    ledger = rows("ArLedger", given)
    for row in rows("CustomerInvoice", given).to_dicts():
        own = ledger.filter(pl.col("DocumentKey") == row["DocumentKey"])
        days = sorted(set(own["EntryDate"]))
        open_at = {d: own.filter(pl.col("EntryDate") <= d)["AmountBase"].sum() for d in days}
        zero_from = [d for d in days if not any(open_at[later] for later in days if later >= d)]
        assert row["SettledDate"] == (zero_from[0] if zero_from else None)
