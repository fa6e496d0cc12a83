"""Named changes of supplier and customer documents and their payments.

Belongs here: one function per change, plain arguments in, a short account out. Does not belong
here: the rules behind them.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from . import chart, documents, settlement
from .documents import Wanted
from .history import Company
from .kinds import ALSO_PAYING, KINDS
from .records import Document
from .verb_arguments import Result, day_of, hundredths, party_of
from .voiding import void


def _document(company: Company, side: str, type: str, number: str) -> Document:
    kind = KINDS.get((side, type))
    if kind is None:
        raise LookupError(f"there is no {side} document type {type}")
    return company.books.get(kind.entities[0], type, number, Document)


def _told(document: Document) -> Result:
    return {
        "type": document.type,
        "number": document.number,
        "status": document.status,
        "amount": str(Decimal(document.gross_cur).scaleb(-2)),
        "balance": str(Decimal(document.balance_cur).scaleb(-2)),
    }


def create_document(
    company: Company,
    *,
    side: str = "AP",
    type: str = "Invoice",
    amount: Any = 1000,
    party: str | None = None,
    account: str | None = None,
    vat: bool = True,
    lines: int = 1,
    text: str = "Varer og tjenester",
    branch: str = "1",
    day: str | date | None = None,
    due: str | date | None = None,
    release: bool = True,
    hold: bool = False,
) -> Result:
    """Enter a document of `lines` equal lines and, unless told otherwise, release it."""
    who = party_of(company, side, party)
    domestic = who.country == "NO"
    code = ("1" if side == "AP" else "3") if vat and domestic else "0"
    wanted = [
        Wanted(
            account=account or (who.account if side == "AP" else chart.SALES),
            text=text,
            price_cur=hundredths(amount),
            sub=f"10-{branch}",
            vat=code,
        )
        for _ in range(lines)
    ]
    document = documents.enter(
        company.books,
        side,
        type,
        who,
        day_of(company, day),
        wanted,
        branch=branch,
        text=text,
        hold=hold,
        due=day_of(company, due) if due else None,
    )
    if release and not hold:
        documents.release(company.books, document)
    return _told(document)


def create_supplier_invoice(company: Company, **arguments: Any) -> Result:
    """A supplier invoice; see `create_document`."""
    return create_document(company, side="AP", **arguments)


def create_customer_invoice(company: Company, **arguments: Any) -> Result:
    """A customer invoice; see `create_document`."""
    return create_document(company, side="AR", **arguments)


def release_document(
    company: Company, *, number: str, side: str = "AP", type: str = "Invoice"
) -> Result:
    """Release a draft."""
    document = _document(company, side, type, number)
    documents.release(company.books, document)
    return _told(document)


def edit_document(
    company: Company,
    *,
    number: str,
    side: str = "AP",
    type: str = "Invoice",
    text: str | None = None,
    due: str | None = None,
    hold: bool | None = None,
    amount: Any = None,
) -> Result:
    """Change a document; the amount only while it is a draft."""
    document = _document(company, side, type, number)
    wanted = None
    if amount is not None:
        first = document.lines[0]
        wanted = [Wanted(first.account, first.text, hundredths(amount), 1, first.sub, first.vat)]
    documents.edit(
        company.books,
        document,
        text=text,
        due=date.fromisoformat(due[:10]) if due else None,
        hold=hold,
        wanted=wanted,
    )
    return _told(document)


def delete_draft(
    company: Company, *, number: str, side: str = "AP", type: str = "Invoice"
) -> Result:
    """Delete a document that was never released."""
    document = _document(company, side, type, number)
    documents.delete_draft(company.books, document)
    return _told(document)


def pay_document(
    company: Company,
    *,
    number: str,
    side: str = "AP",
    type: str = "Invoice",
    amount: Any = None,
    discount: Any = 0,
    write_off: Any = 0,
    on_account: Any = 0,
    day: str | date | None = None,
) -> Result:
    """Pay a document in full or in part; a credit is applied or refunded, never paid."""
    if (side, type) in ALSO_PAYING:
        raise ValueError(f"{type} {number} is a credit: apply it instead")
    document = _document(company, side, type, number)
    taken, off = hundredths(discount), hundredths(write_off)
    paid = document.balance_cur - taken - off if amount is None else hundredths(amount)
    payment = settlement.pay(
        company.books,
        side,
        document.party,
        day_of(company, day),
        [settlement.Part(document, paid, taken, off)],
        branch=document.branch,
        on_account=hundredths(on_account),
    )
    return _told(payment)


def prepay(
    company: Company, *, side: str = "AP", amount: Any = 1000, party: str | None = None
) -> Result:
    """Pay before there is an invoice."""
    who = party_of(company, side, party)
    on_account = hundredths(amount)
    return _told(
        settlement.pay(
            company.books,
            side,
            who,
            company.books.today,
            [],
            type="Prepayment",
            on_account=on_account,
        )
    )


def apply_credit(
    company: Company,
    *,
    credit: str,
    number: str,
    side: str = "AP",
    credit_type: str | None = None,
    type: str = "Invoice",
    amount: Any = None,
    day: str | date | None = None,
) -> Result:
    """Apply a credit note, prepayment or open payment to a document."""
    paying = _document(company, side, credit_type or _CREDIT[side], credit)
    target = _document(company, side, type, number)
    most = min(paying.balance_cur, target.balance_cur)
    used = most if amount is None else hundredths(amount)
    part = settlement.Part(target, used)
    settlement.apply(company.books, paying, [part], day_of(company, day))
    return _told(target)


_CREDIT = {"AP": "DebitAdj", "AR": "CreditNote"}


def void_payment(
    company: Company,
    *,
    number: str,
    side: str = "AP",
    type: str = "Payment",
    day: str | date | None = None,
) -> Result:
    """Void a payment."""
    payment = _document(company, side, type, number)
    return _told(void(company.books, payment, day_of(company, day)))
