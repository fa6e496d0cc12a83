"""Rules of supplier and customer documents: enter, edit, release and delete them.

Belongs here: what a document type means for both ledgers and what its release posts. Does not
belong here: payments and applications (see `settlement`), wire forms, HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from . import chart
from .amounts import convert, share
from .books import Books
from .calendar import rate_on
from .kinds import ALSO_PAYING, CASH_TYPES, CONTROL, JOURNAL_KINDS, KINDS, SIDE_SIGN, entities_of
from .records import Document, JournalLine, Line, Party


class Wanted(NamedTuple):
    """A line to be entered: amounts in hundredths of the document currency."""

    account: str
    text: str
    price_cur: int
    quantity: int = 1
    sub: str = chart.NO_SUB
    vat: str = "0"
    discount_percent: int = 0
    item: str | None = None
    uom: str = "STK"
    project: str | None = None
    task: str | None = None
    cost: int = 0
    order: tuple[str, int] | None = None
    receipt: tuple[str, int] | None = None
    base_amount: int | None = None


def enter(
    books: Books,
    side: str,
    type: str,
    party: Party,
    day: date,
    wanted: Iterable[Wanted],
    *,
    branch: str = "1",
    text: str = "",
    reference: str = "",
    hold: bool = False,
    round_off: bool = False,
    number: str | None = None,
    due: date | None = None,
) -> Document:
    """Enter a document without releasing it."""
    kind = KINDS[side, type]
    stamp = books.clock.stamp()
    ages = kind.sign > 0 and type not in CASH_TYPES and type != "SmallCreditWo"
    document = Document(
        id=books.next_id(),
        number=number or books.next_number(f"{side} {type}", kind.first_number),
        created=stamp,
        modified=stamp,
        side=side,
        type=type,
        party=party,
        branch=branch,
        date=day,
        due=due or (day + timedelta(days=party.terms) if ages else None),
        period=books.period_for(day),
        currency=party.currency,
        rate=rate_on(party.currency, day),
        sign=kind.sign,
        control=kind.control or CONTROL[side],
        status="Hold" if hold else "Balanced",
        hold=hold,
        text=text,
        reference=reference,
        original_date=day,
        payment=kind.payment,
        pay_date=due if side == "AP" else None,
    )
    fill(document, wanted, round_off=round_off)
    document.approval = "InProgressApproval" if hold and side == "AP" else "ApprovedInApproval"
    books.add(document, type, *kind.entities)
    return document


def fill(document: Document, wanted: Iterable[Wanted], *, round_off: bool = False) -> None:
    """Compute lines, tax and totals in both currencies."""
    rate = document.rate
    lines: list[Line] = []
    by_vat: dict[str, int] = {}
    for number, line in enumerate(wanted, start=1):
        amount_cur = line.price_cur * line.quantity
        discount_cur = share(amount_cur, line.discount_percent, 100)
        amount = line.base_amount if line.base_amount is not None else convert(amount_cur, rate)
        entered = Line(
            number=number,
            account=line.account,
            sub=line.sub,
            text=line.text,
            quantity=line.quantity,
            price_cur=line.price_cur,
            price=convert(line.price_cur, rate),
            amount_cur=amount_cur,
            amount=amount,
            discount_cur=discount_cur,
            discount=convert(discount_cur, rate),
            vat=line.vat,
            item=line.item,
            uom=line.uom,
            project=line.project,
            task=line.task,
            cost=line.cost,
            order=line.order,
            receipt=line.receipt,
        )
        lines.append(entered)
        by_vat[line.vat] = by_vat.get(line.vat, 0) + entered.net_cur
    document.lines = lines
    net_cur = sum(line.net_cur for line in lines)
    document.vat_cur = sum(
        share(amount, chart.VAT_CODES[vat][0], 100) for vat, amount in by_vat.items()
    )
    document.vat = convert(document.vat_cur, rate)
    exact = net_cur + document.vat_cur
    document.rounding_cur = (exact + 50) // 100 * 100 - exact if round_off else 0
    document.gross_cur = exact + document.rounding_cur
    document.gross = convert(document.gross_cur, rate)
    net = sum(line.amount for line in lines) - sum(line.discount for line in lines)
    document.rounding = document.gross - net - document.vat
    document.balance_cur, document.balance = document.gross_cur, document.gross


def release(books: Books, document: Document) -> None:
    """Release a document: it becomes open and its batch is posted."""
    if document.released:
        raise ValueError(f"{document.type} {document.number} is released already")
    if document.payment:
        raise ValueError(f"{document.type} {document.number}: payments are released when paid")
    document.released = True
    document.hold = False
    document.approval = "ApprovedInApproval"
    document.period = books.period_for(document.date)
    if document.type == "PrepaymentRequest":
        document.status = "Open"
        books.touch(document)
        return
    if document.type in CASH_TYPES:
        document.status, document.closed_period = "Closed", document.period
        document.balance_cur = document.balance = 0
        document.cash_account = chart.BANKS[document.currency]
    else:
        document.status = "Open"
    paying = ALSO_PAYING.get((document.side, document.type))
    if paying:
        books.add(document, document.type, paying)
    batch = books.post(
        document.side,
        document.date,
        document.branch,
        f"{document.party.name} {document.reference}".strip(),
        _release_lines(document),
        period=document.period,
        currency=document.currency,
        rate=document.rate,
    )
    document.batches.append(batch)
    books.touch(document)


def _release_lines(document: Document) -> Sequence[JournalLine]:
    sign = SIDE_SIGN[document.side] * document.sign
    common: dict[str, Any] = {
        "reference": document.number,
        "party": document.party.number,
        "kind": JOURNAL_KINDS.get((document.side, document.type), "INV"),
    }
    open_account = document.cash_account or document.control
    lines = [
        JournalLine(
            open_account,
            chart.NO_SUB,
            sign * document.gross,
            sign * document.gross_cur,
            document.text or document.party.name,
            **common,
        )
    ]
    lines += [
        JournalLine(
            line.account,
            line.sub,
            -sign * line.net,
            -sign * line.net_cur,
            line.text,
            vat=line.vat,
            project=line.project,
            task=line.task,
            item=line.item,
            quantity=line.quantity,
            **common,
        )
        for line in document.lines
    ]
    tax = chart.INPUT_VAT if document.side == "AP" else chart.OUTPUT_VAT
    lines.append(
        JournalLine(
            tax, chart.NO_SUB, -sign * document.vat, -sign * document.vat_cur, "Mva", **common
        )
    )
    lines.append(
        JournalLine(
            chart.ROUNDING,
            chart.NO_SUB,
            -sign * document.rounding,
            -sign * document.rounding_cur,
            "Avrunding",
            **common,
        )
    )
    return lines


def edit(
    books: Books,
    document: Document,
    *,
    text: str | None = None,
    due: date | None = None,
    hold: bool | None = None,
    wanted: Iterable[Wanted] | None = None,
) -> None:
    """Change a document; amounts only while it is not released."""
    if document.released and (wanted is not None or hold is not None):
        raise ValueError(f"{document.type} {document.number} is released: amounts are fixed")
    if text is not None:
        document.text = text
    if due is not None:
        document.due = due
    if hold is not None:
        document.hold, document.status = hold, "Hold" if hold else "Balanced"
    if wanted is not None:
        fill(document, wanted)
    books.touch(document)


def delete_draft(books: Books, document: Document) -> None:
    """Delete a document that was never released; nothing is left of it."""
    if document.released:
        raise ValueError(f"{document.type} {document.number} is released: void or credit it")
    books.remove(document, document.type, *entities_of(document))


def set_dunning(books: Books, document: Document, level: int, day: date) -> None:
    """Note a dunning letter on an overdue customer document."""
    document.dunning = (level, day)
    books.touch(document)
