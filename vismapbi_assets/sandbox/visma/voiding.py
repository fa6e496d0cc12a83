"""Rules of voiding payments: everything a payment did is taken back under its own number.

Belongs here: the voiding document, its lines and its batch. Does not belong here: paying and
applying (see `settlement`).
"""

from __future__ import annotations

from datetime import date

from .books import Books
from .kinds import KINDS
from .records import Application, Document
from .settlement import repeat, settle_status


def void(books: Books, payment: Document, day: date) -> Document:
    """Void a payment: a document of the same number with negative amounts takes it all back."""
    if not payment.payment or payment.status == "Voided" or payment.type == "VoidPayment":
        raise ValueError(f"{payment.type} {payment.number} cannot be voided")
    stamp = books.clock.stamp()
    period = books.period_for(day)
    voiding = Document(
        id=books.next_id(),
        number=payment.number,
        created=stamp,
        modified=stamp,
        side=payment.side,
        type="VoidPayment",
        party=payment.party,
        branch=payment.branch,
        date=day,
        due=None,
        period=period,
        currency=payment.currency,
        rate=payment.rate,
        sign=payment.sign,
        control=payment.control,
        status="Closed",
        gross_cur=-payment.gross_cur,
        gross=-payment.gross,
        text=f"Annullert: {payment.text}",
        reference=payment.reference,
        cash_account=payment.cash_account,
        payment=True,
        released=True,
        closed_period=period,
    )
    books.add(voiding, "VoidPayment", *KINDS[payment.side, "VoidPayment"].entities)
    lines = [
        line._replace(amount=-line.amount, amount_cur=-line.amount_cur, kind=_VOID[payment.side])
        for batch in payment.batches
        for line in batch.lines
    ]
    batch = books.post(
        payment.side,
        day,
        payment.branch,
        voiding.text,
        lines,
        period=period,
        currency=payment.currency,
        rate=payment.rate,
    )
    voiding.batches.append(batch)
    for application in list(payment.pays):
        back = repeat(application, voiding, -1)
        back.date, back.period, back.batch = day, period, batch.number
        application.voided = back.voided = True
        _restore(books, back, period)
    payment.status, payment.balance, payment.balance_cur = "Voided", 0, 0
    payment.closed_period = period
    books.touch(payment)
    return voiding


_VOID = {"AP": "VCK", "AR": "RPM"}


def _restore(books: Books, back: Application, period: str) -> None:
    target = back.target
    back.payer.pays.append(back)
    target.paid_by.append(back)
    target.balance_cur -= back.amount_cur + back.discount_cur + back.write_off_cur
    target.balance -= back.target_base + back.discount + back.write_off
    settle_status(target, period)
    books.touch(target, restamp=books.restamp_on_application)
