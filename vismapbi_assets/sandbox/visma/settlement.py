"""Rules of settling documents: pay, apply, write off and void.

Belongs here: how applications move balances and what they post, currency gains included. Does
not belong here: entering documents (see `documents`), wire forms, HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from . import chart
from .amounts import convert
from .books import Books
from .calendar import rate_on
from .kinds import CONTROL, JOURNAL_KINDS, KINDS, SIDE_SIGN
from .records import Application, Document, JournalLine, Party


class Part(NamedTuple):
    """A document to be paid: amounts in hundredths of its currency."""

    target: Document
    amount_cur: int
    discount_cur: int = 0
    write_off_cur: int = 0


def pay(
    books: Books,
    side: str,
    party: Party,
    day: date,
    parts: Sequence[Part],
    *,
    type: str = "Payment",
    on_account: int = 0,
    currency: str | None = None,
    branch: str = "1",
    reference: str = "",
    text: str = "",
    repeat_first: bool = False,
) -> Document:
    """Pay documents and, with `on_account`, some more; released and posted at once."""
    currency = currency or (parts[0].target.currency if parts else party.currency)
    kind = KINDS[side, type]
    stamp = books.clock.stamp()
    gross_cur = sum(part.amount_cur for part in parts) + on_account
    payment = Document(
        id=books.next_id(),
        number=books.next_number(f"{side} pay {kind.first_number}", kind.first_number),
        created=stamp,
        modified=stamp,
        side=side,
        type=type,
        party=party,
        branch=branch,
        date=day,
        due=None,
        period=books.period_for(day),
        currency=currency,
        rate=rate_on(currency, day),
        sign=kind.sign,
        control=kind.control or CONTROL[side],
        status="Open",
        gross_cur=gross_cur,
        balance_cur=gross_cur,
        text=text or f"Betaling {party.name}",
        reference=reference,
        cash_account=chart.BANKS[currency],
        payment=True,
        released=True,
    )
    payment.gross = payment.balance = convert(gross_cur, payment.rate)
    books.add(payment, type, *kind.entities)
    _settle(books, payment, parts, day, opening=True, repeat_first=repeat_first)
    return payment


def apply(books: Books, payer: Document, parts: Sequence[Part], day: date) -> None:
    """Apply an open payment, prepayment or credit note to documents, maybe in a later period."""
    if not payer.released or payer.balance_cur < sum(part.amount_cur for part in parts):
        raise ValueError(f"{payer.type} {payer.number} has not enough left to apply")
    _settle(books, payer, parts, day, opening=False)
    books.touch(payer)


def _settle(
    books: Books,
    payer: Document,
    parts: Sequence[Part],
    day: date,
    *,
    opening: bool,
    repeat_first: bool = False,
) -> None:
    side_sign = SIDE_SIGN[payer.side]
    period = books.period_for(day)
    common: dict[str, Any] = {
        "party": payer.party.number,
        "kind": JOURNAL_KINDS[payer.side, payer.type],
    }
    lines: list[JournalLine] = []
    if opening:
        lines.append(
            JournalLine(
                payer.cash_account or "",
                chart.NO_SUB,
                -side_sign * payer.sign * payer.gross,
                -side_sign * payer.sign * payer.gross_cur,
                payer.text,
                payer.number,
                **common,
            )
        )
    made = [_application(payer, part, day, period) for part in parts]
    for application in made:
        lines += _application_lines(application, side_sign, common)
    open_part = payer.gross if opening else 0
    open_part_cur = payer.gross_cur if opening else 0
    for application in made:
        open_part -= application.payer_base
        open_part_cur -= application.amount_cur
    lines.append(
        JournalLine(
            payer.control,
            chart.NO_SUB,
            side_sign * payer.sign * open_part,
            side_sign * payer.sign * open_part_cur,
            payer.text,
            payer.number,
            **common,
        )
    )
    difference = -sum(line.amount for line in lines)
    lines.append(
        JournalLine(
            chart.CURRENCY_GAIN if difference < 0 else chart.CURRENCY_LOSS,
            chart.NO_SUB,
            difference,
            0,
            "Valutadifferanse",
            payer.number,
            **common,
        )
    )
    batch = books.post(
        payer.side,
        day,
        payer.branch,
        payer.text or payer.party.name,
        lines,
        period=period,
        currency=payer.currency,
        rate=payer.rate,
    )
    payer.batches.append(batch)
    for application in made:
        application.batch = batch.number
        _note(books, application)
    if repeat_first and made:
        _take_back_and_repeat(made[0])
    settle_status(payer, period)


def _application(payer: Document, part: Part, day: date, period: str) -> Application:
    target = part.target
    reduction = part.amount_cur + part.discount_cur + part.write_off_cur
    if not target.released or reduction > target.balance_cur:
        raise ValueError(f"{target.type} {target.number} has not that much open")
    base = target.balance if reduction == target.balance_cur else convert(reduction, target.rate)
    discount = convert(part.discount_cur, target.rate)
    write_off = convert(part.write_off_cur, target.rate)
    whole = part.amount_cur == payer.balance_cur
    payer_base = payer.balance if whole else convert(part.amount_cur, payer.rate)
    target.balance_cur -= reduction
    target.balance -= base
    payer.balance_cur -= part.amount_cur
    payer.balance -= payer_base
    return Application(
        payer=payer,
        target=target,
        amount_cur=part.amount_cur,
        target_base=base - discount - write_off,
        payer_base=payer_base,
        date=day,
        period=period,
        batch="",
        discount_cur=part.discount_cur,
        discount=discount,
        write_off_cur=part.write_off_cur,
        write_off=write_off,
    )


def _application_lines(
    application: Application, side_sign: int, common: dict[str, Any]
) -> list[JournalLine]:
    target = application.target
    sign = -side_sign * target.sign
    reduced = application.target_base + application.discount + application.write_off
    reduced_cur = application.amount_cur + application.discount_cur + application.write_off_cur
    account = chart.SUPPLIER_DISCOUNTS if target.side == "AP" else chart.CUSTOMER_DISCOUNTS
    found = [(target.control, sign * reduced, sign * reduced_cur, target.text)]
    if application.discount_cur:
        found.append(
            (account, -sign * application.discount, -sign * application.discount_cur, "Rabatt")
        )
    if application.write_off_cur:
        found.append(
            (
                chart.BAD_DEBT,
                -sign * application.write_off,
                -sign * application.write_off_cur,
                "Avskrevet restbeløp",
            )
        )
    return [
        JournalLine(number, chart.NO_SUB, base, cur, text, target.number, **common)
        for number, base, cur, text in found
    ]


def _note(books: Books, application: Application) -> None:
    application.payer.pays.append(application)
    target = application.target
    target.paid_by.append(application)
    settle_status(target, application.period)
    if not target.balance_cur:
        target.pay_date = application.date
    books.touch(target, restamp=books.restamp_on_application)


def settle_status(document: Document, period: str) -> None:
    """Close a document with nothing open, reopen one that has."""
    if document.status == "Voided":
        return
    if document.balance_cur:
        document.status, document.closed_period = "Open", None
    else:
        document.status, document.closed_period = "Closed", period


def _take_back_and_repeat(application: Application) -> None:
    """Leave the traces of an application that was taken back and made again."""
    for sign in (-1, 1):
        again = repeat(application, application.payer, sign)
        application.payer.pays.append(again)
        application.target.paid_by.append(again)


def repeat(application: Application, payer: Document, sign: int) -> Application:
    """The same application once more, or taken back, as a line of `payer`."""
    return Application(
        payer=payer,
        target=application.target,
        amount_cur=sign * application.amount_cur,
        target_base=sign * application.target_base,
        payer_base=sign * application.payer_base,
        date=application.date,
        period=application.period,
        batch=application.batch,
        discount_cur=sign * application.discount_cur,
        discount=sign * application.discount,
        write_off_cur=sign * application.write_off_cur,
        write_off=sign * application.write_off,
        voided=application.voided,
    )
