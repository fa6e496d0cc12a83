"""Named changes that tests and demos can ask for, in process or over the control API.

Belongs here: turning plain arguments into calls of the business rules; every verb keeps the
books balanced. Does not belong here: the rules themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from . import business_day, chart, documents, journals, purchasing, settlement, timecards
from .documents import Wanted
from .history import Company, add_rates
from .population import add_party
from .records import Batch, Document, Order, Party, Receipt

Result = dict[str, Any]


def _hundredths(amount: Any) -> int:
    return int((Decimal(str(amount)) * 100).to_integral_value())


def _day(company: Company, day: str | date | None) -> date:
    if day is None:
        return company.books.today
    return day if isinstance(day, date) else date.fromisoformat(day[:10])


def _party(company: Company, side: str, number: str | None) -> Party:
    entity = "supplier" if side == "AP" else "customer"
    if number is None:
        party = company.books.lists[entity][0]
    else:
        party = company.books.get(entity, "", number)
    assert isinstance(party, Party)
    return party


def _document(company: Company, side: str, type: str, number: str) -> Document:
    kind = documents.KINDS.get((side, type))
    if kind is None:
        raise LookupError(f"there is no {side} document type {type}")
    found = company.books.get(kind.entities[0], type, number)
    assert isinstance(found, Document)
    return found


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
    who = _party(company, side, party)
    domestic = who.country == "NO"
    code = ("1" if side == "AP" else "3") if vat and domestic else "0"
    wanted = [
        Wanted(
            account=account or (who.account if side == "AP" else chart.SALES),
            text=text,
            price_cur=_hundredths(amount),
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
        _day(company, day),
        wanted,
        branch=branch,
        text=text,
        hold=hold,
        due=_day(company, due) if due else None,
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
        wanted = [Wanted(first.account, first.text, _hundredths(amount), 1, first.sub, first.vat)]
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
    """Pay a document in full or in part."""
    document = _document(company, side, type, number)
    taken, off = _hundredths(discount), _hundredths(write_off)
    paid = document.balance_cur - taken - off if amount is None else _hundredths(amount)
    payment = settlement.pay(
        company.books,
        side,
        document.party,
        _day(company, day),
        [settlement.Part(document, paid, taken, off)],
        branch=document.branch,
        on_account=_hundredths(on_account),
    )
    return _told(payment)


def prepay(
    company: Company, *, side: str = "AP", amount: Any = 1000, party: str | None = None
) -> Result:
    """Pay before there is an invoice."""
    who = _party(company, side, party)
    on_account = _hundredths(amount)
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
    used = most if amount is None else _hundredths(amount)
    part = settlement.Part(target, used)
    settlement.apply(company.books, paying, [part], _day(company, day))
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
    return _told(settlement.void(company.books, payment, _day(company, day)))


def post_journal(
    company: Company,
    *,
    amount: Any = 1000,
    debit: str = "6800",
    credit: str = "2960",
    text: str = "Manuelt bilag",
    status: str = "Posted",
    period: str | None = None,
    day: str | date | None = None,
    lines: int = 2,
    branch: str = "1",
) -> Result:
    """A ledger batch of `lines` lines; amount is split over pairs."""
    each = _hundredths(amount)
    amounts: list[tuple[str, str, int]] = []
    for _ in range(max(1, lines // 2)):
        amounts += [(debit, chart.NO_SUB, each), (credit, chart.NO_SUB, -each)]
    made = journals.entry(
        company.books,
        _day(company, day),
        text,
        amounts,
        status=status,
        period=period,
        branch=branch,
    )
    return {"module": made.module, "number": made.number, "status": made.status}


def post_batch(company: Company, *, number: str, module: str = "GL") -> Result:
    """Post a batch that was only entered."""
    batch = company.books.get("journalTransaction", module, number)
    assert isinstance(batch, Batch)
    company.books.post_entered(batch)
    return {"module": module, "number": number, "status": batch.status}


def transfer_cash(
    company: Company, *, source: str = "1920", target: str = "1950", amount: Any = 1000
) -> Result:
    """Move money between own bank accounts."""
    today = company.books.today
    journals.transfer(company.books, today, source, target, _hundredths(amount), "Overføring")
    return {"source": source, "target": target}


def create_party(
    company: Company, *, side: str = "AP", name: str = "Ny Forbindelse Ærø AS", country: str = "NO"
) -> Result:
    """A new supplier or customer."""
    party = add_party(company.books, side, name, country)
    return {"number": party.number, "name": party.name}


def rename_party(company: Company, *, number: str, name: str, side: str = "AP") -> Result:
    """Give a supplier or customer another name."""
    party = _party(company, side, number)
    party.name = name
    company.books.touch(party)
    return {"number": number, "name": name}


def create_order(
    company: Company, *, quantity: int = 10, supplier: str | None = None, type: str = "RegularOrder"
) -> Result:
    """A purchase order for the first item."""
    item = company.books.profile.items[0][0]
    who = _party(company, "AP", supplier)
    today = company.books.today
    made = purchasing.order(company.books, who, today, [(item, quantity)], type=type)
    return {"type": made.type, "number": made.number}


def receive_order(
    company: Company, *, number: str, quantity: int, type: str = "RegularOrder", bill: bool = False
) -> Result:
    """Receive a quantity of the first line of an order, and maybe its invoice."""
    ordered = company.books.get("purchaseOrder", type, number)
    assert isinstance(ordered, Order)
    today = company.books.today
    receipt: Receipt = purchasing.receive(company.books, ordered, today, {1: quantity})
    if bill:
        purchasing.bill(company.books, receipt, today, f"PO{number}")
    return {"type": receipt.type, "number": receipt.number}


def cancel_order(company: Company, *, number: str, type: str = "RegularOrder") -> Result:
    """Cancel an order."""
    ordered = company.books.get("purchaseOrder", type, number)
    assert isinstance(ordered, Order)
    purchasing.cancel(company.books, ordered)
    return {"number": number, "status": ordered.status}


def close_period(company: Company, *, period: str) -> Result:
    """Close a period in every ledger."""
    business_day.close_period(company.books, period)
    return {"first_open": company.books.first_open}


def correct_card(company: Company) -> Result:
    """Correct a released time card."""
    card = timecards.correct_card(company.books)
    return {"number": card.number if card else None}


def restamp(
    company: Company,
    *,
    entity: str | None = None,
    type: str = "",
    number: str | None = None,
) -> Result:
    """Stamp one record, a whole list or everything anew, with one and the same time."""
    books = company.books
    lists = [books.lists[entity]] if entity else list(books.lists.values())
    records = (
        [books.get(entity, type, number)] if entity and number else [r for e in lists for r in e]
    )
    with books.clock.held():
        for record in records:
            books.touch(record)
        if entity in (None, "journalTransaction", "generalLedgerBalance"):
            stamp = books.clock.stamp()
            for by_period in books.movements.values():
                for movement in by_period.values():
                    movement.stamp = stamp
            books.ledger_version += 1
    return {"restamped": len(records)}


def work(company: Company) -> Result:
    """Some more of the current day: documents, payments and corrections, without changing date."""
    before = company.books.version
    company.routine.work(company.books.today)
    return {"changes": company.books.version - before}


def advance(company: Company, *, days: int = 1) -> Result:
    """Live the next days, one after another."""
    for _ in range(days):
        day = company.routine.next_day
        add_rates(company.books, day)
        company.routine.live(day)
    return {"today": company.books.today.isoformat()}


VERBS: dict[str, Callable[..., Result]] = {
    verb.__name__: verb
    for verb in (
        create_document,
        create_supplier_invoice,
        create_customer_invoice,
        release_document,
        edit_document,
        delete_draft,
        pay_document,
        prepay,
        apply_credit,
        void_payment,
        post_journal,
        post_batch,
        transfer_cash,
        create_party,
        rename_party,
        create_order,
        receive_order,
        cancel_order,
        close_period,
        correct_card,
        restamp,
        work,
        advance,
    )
}


def perform(company: Company, verb: str, **arguments: Any) -> Result:
    """Do a named change; an unknown name is refused."""
    if verb not in VERBS:
        raise LookupError(f"unknown change '{verb}'; known are {sorted(VERBS)}")
    return VERBS[verb](company, **arguments)
