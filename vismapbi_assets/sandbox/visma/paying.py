"""Settling in a day of a sample company: paying, collecting, crediting, voiding, drafts.

Belongs here: who pays what and when. Does not belong here: what a settlement posts (see
`settlement` and `voiding`).
"""

from __future__ import annotations

from datetime import date, timedelta

from . import chart
from .documents import Wanted, delete_draft, edit, enter, release
from .records import Document
from .routine import Routine
from .settlement import Part, apply, pay
from .voiding import void


def pay_suppliers(routine: Routine, day: date) -> None:
    """The payment run of a day: one payment per supplier, currency and branch."""
    random = routine.books.random
    groups: dict[tuple[str, str, str], list[Document]] = {}
    for document in list(routine.due("AP", day)):
        key = (document.party.number, document.currency, document.branch)
        groups.setdefault(key, []).append(document)
    for (_, currency, branch), documents in groups.items():
        parts = []
        for document in documents:
            amount = document.balance_cur
            if routine.chance(0.06):
                amount = amount * 2 // 5
                routine.plan(document, day + timedelta(days=25))
            discount = amount // 50 if routine.chance(0.05) else 0
            parts.append(Part(document, amount - discount, discount))
        payment = pay(
            routine.books,
            "AP",
            documents[0].party,
            day,
            parts,
            currency=currency,
            branch=branch,
            reference=f"REM{random.randrange(1000, 9999)}",
            on_account=random.randrange(10_000, 300_000) if routine.chance(0.03) else 0,
            repeat_first=routine.chance(0.02),
        )
        _remember(routine, payment)
    if routine.chance(0.03 * min(routine.scale, 3)):
        _prepay(routine, "AP", day, random.randrange(200_000, 4_000_000))


def _prepay(routine: Routine, side: str, day: date, amount: int) -> None:
    party = routine.party(side)
    routine.credits.append(
        pay(routine.books, side, party, day, [], type="Prepayment", on_account=amount)
    )


def _remember(routine: Routine, payment: Document) -> None:
    routine.payments.append(payment)
    if payment.balance_cur:
        routine.credits.append(payment)


def collect(routine: Routine, day: date) -> None:
    """What customers pay on a day: in full, in part, with discount, or a little short."""
    random = routine.books.random
    for document in list(routine.due("AR", day)):
        open_cur = document.balance_cur
        part, short = Part(document, open_cur), False
        chance = random.random()
        if chance < 0.06:
            part = Part(document, open_cur * 3 // 5)
            routine.plan(document, day + timedelta(days=30))
        elif chance < 0.08 and open_cur > 5_000:
            part = Part(document, open_cur - 150, 0, 150)
        elif chance < 0.11:
            part = Part(document, open_cur - open_cur // 50, open_cur // 50)
        elif chance < 0.125 and open_cur > 5_000 and document.currency == "NOK":
            part, short = Part(document, open_cur - 1_000), True
        payment = pay(
            routine.books,
            "AR",
            document.party,
            day,
            [part],
            branch=document.branch,
            reference=f"KID{random.randrange(10**6, 10**7)}",
            on_account=random.randrange(5_000, 90_000) if routine.chance(0.02) else 0,
            repeat_first=routine.chance(0.01),
        )
        _remember(routine, payment)
        if short:
            write_off(routine, document, day)
    if routine.chance(0.03):
        _prepay(routine, "AR", day, random.randrange(100_000, 2_000_000))


def write_off(routine: Routine, document: Document, day: date) -> None:
    """Write off what a customer left unpaid, with a document of its own."""
    wanted = [Wanted(chart.BAD_DEBT, "Avskrevet rest", document.balance_cur)]
    small = enter(
        routine.books,
        "AR",
        "SmallBalanceWo",
        document.party,
        day,
        wanted,
        branch=document.branch,
    )
    release(routine.books, small)
    apply(routine.books, small, [Part(document, document.balance_cur)], day)


def handle_drafts(routine: Routine, day: date) -> None:
    """Delete some drafts, correct and release others."""
    kept: list[Document] = []
    for draft in routine.drafts:
        chance = routine.books.random.random()
        if chance < 0.02:
            delete_draft(routine.books, draft)
        elif chance < 0.3:
            if chance < 0.06 and draft.hold:
                edit(routine.books, draft, text=f"{draft.text} (kontrollert)", hold=False)
            release(routine.books, draft)
            if draft.sign > 0:
                routine.plan(draft, (draft.due or day) + timedelta(days=2))
            else:
                routine.credits.append(draft)
        else:
            kept.append(draft)
    routine.drafts = kept


def correct_payments(routine: Routine, day: date) -> None:
    """Void a recent payment now and then; its documents are paid again later."""
    if routine.payments and routine.chance(0.05):
        payment = routine.books.random.choice(routine.payments[-30:])
        fresh = payment.date >= day - timedelta(days=20)
        if fresh and payment.status in ("Open", "Closed") and not payment.paid_by:
            void(routine.books, payment, day)
            routine.payments.remove(payment)
            for application in payment.pays:
                routine.plan(application.target, day + timedelta(days=10))
    routine.payments = routine.payments[-60:]


def use_credits(routine: Routine, day: date) -> None:
    """Apply credit notes, prepayments and payments on account, or pay credit notes back."""
    kept: list[Document] = []
    for credit in routine.credits:
        if credit.balance_cur <= 0 or credit.status != "Open":
            continue
        if routine.chance(0.03 if credit.type == "Prepayment" else 0.12):
            _use(routine, credit, day)
        if credit.balance_cur:
            kept.append(credit)
    routine.credits = kept


def _use(routine: Routine, credit: Document, day: date) -> None:
    target = next(
        (
            document
            for documents in routine.plan_of(credit.side).values()
            for document in documents
            if document.party is credit.party
            and document.currency == credit.currency
            and document.branch == credit.branch
            and document.balance_cur > 0
        ),
        None,
    )
    if target is not None:
        amount = min(credit.balance_cur, target.balance_cur)
        apply(routine.books, credit, [Part(target, amount)], day)
    elif credit.type in ("CreditNote", "DebitAdj") and routine.chance(0.06):
        part = Part(credit, credit.balance_cur)
        pay(
            routine.books,
            credit.side,
            credit.party,
            day,
            [part],
            type="Refund",
            branch=credit.branch,
        )
    elif credit.side == "AR" and credit.type == "Payment" and credit.balance_cur < 30_000:
        _take_as_income(routine, credit, day)


def _take_as_income(routine: Routine, credit: Document, day: date) -> None:
    """Write off a small credit balance that nobody asks for."""
    if credit.currency != "NOK" or not routine.chance(0.1):
        return
    wanted = [Wanted(chart.OTHER_INCOME, "Småbeløp inntektsført", credit.balance_cur)]
    small = enter(
        routine.books, "AR", "SmallCreditWo", credit.party, day, wanted, branch=credit.branch
    )
    release(routine.books, small)
    apply(routine.books, credit, [Part(small, small.balance_cur)], day)
