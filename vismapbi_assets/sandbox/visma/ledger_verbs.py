"""Named changes of batches, money, parties, orders, periods, time cards and stamps.

Belongs here: one function per change, plain arguments in, a short account out. Does not belong
here: the rules behind them.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from . import business_day, chart, journals, purchasing, timecards, treasury
from .history import Company, add_rates
from .population import add_party
from .records import Batch, Order, Receipt, Record
from .verb_arguments import Result, day_of, hundredths, party_of


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
    each = hundredths(amount)
    amounts: list[tuple[str, str, int]] = []
    for _ in range(max(1, lines // 2)):
        amounts += [(debit, chart.NO_SUB, each), (credit, chart.NO_SUB, -each)]
    made = journals.entry(
        company.books,
        day_of(company, day),
        text,
        amounts,
        status=status,
        period=period,
        branch=branch,
    )
    return {"module": made.module, "number": made.number, "status": made.status}


def post_batch(company: Company, *, number: str, module: str = "GL") -> Result:
    """Post a batch that was only entered."""
    batch = company.books.get("journalTransaction", module, number, Batch)
    company.books.post_entered(batch)
    return {"module": module, "number": number, "status": batch.status}


def transfer_cash(
    company: Company, *, source: str = "1920", target: str = "1950", amount: Any = 1000
) -> Result:
    """Move money between own bank accounts."""
    today = company.books.today
    treasury.transfer(company.books, today, source, target, hundredths(amount), "Overføring")
    return {"source": source, "target": target}


def create_party(
    company: Company, *, side: str = "AP", name: str = "Ny Forbindelse Ærø AS", country: str = "NO"
) -> Result:
    """A new supplier or customer."""
    party = add_party(company.books, side, name, country)
    return {"number": party.number, "name": party.name}


def rename_party(company: Company, *, number: str, name: str, side: str = "AP") -> Result:
    """Give a supplier or customer another name."""
    party = party_of(company, side, number)
    party.name = name
    company.books.touch(party)
    return {"number": number, "name": name}


def create_order(
    company: Company, *, quantity: int = 10, supplier: str | None = None, type: str = "RegularOrder"
) -> Result:
    """A purchase order for the first item."""
    item = company.books.profile.items[0][0]
    who = party_of(company, "AP", supplier)
    today = company.books.today
    made = purchasing.order(company.books, who, today, [(item, quantity)], type=type)
    return {"type": made.type, "number": made.number}


def receive_order(
    company: Company, *, number: str, quantity: int, type: str = "RegularOrder", bill: bool = False
) -> Result:
    """Receive a quantity of the first line of an order, and maybe its invoice."""
    ordered = company.books.get("purchaseOrder", type, number, Order)
    today = company.books.today
    receipt: Receipt = purchasing.receive(company.books, ordered, today, {1: quantity})
    if bill:
        purchasing.bill(company.books, receipt, today, f"PO{number}")
    return {"type": receipt.type, "number": receipt.number}


def cancel_order(company: Company, *, number: str, type: str = "RegularOrder") -> Result:
    """Cancel an order."""
    ordered = company.books.get("purchaseOrder", type, number, Order)
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
    """Stamp one record, a whole list or everything anew, at one time; contents stay."""
    books = company.books
    lists = [books.lists[entity]] if entity else list(books.lists.values())
    records = (
        [books.get(entity, type, number, Record)]
        if entity and number
        else [r for e in lists for r in e]
    )
    with books.clock.held():
        for record in records:
            books.touch(record, edited=False)
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
    business_day.work(company.routine, company.books.today)
    return {"changes": company.books.version - before}


def advance(company: Company, *, days: int = 1) -> Result:
    """Live the next days, one after another."""
    for _ in range(days):
        day = company.routine.next_day
        add_rates(company.books, day)
        business_day.live(company.routine, day)
    return {"today": company.books.today.isoformat()}
