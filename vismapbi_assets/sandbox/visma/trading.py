"""Buying and selling in a day of a sample company.

Belongs here: which documents and orders come up, with what amounts. Does not belong here:
settling them (see `paying`), what they post (see `documents`).
"""

from __future__ import annotations

from datetime import date, timedelta

from . import chart, purchasing
from .documents import Wanted, enter, release
from .records import Document, Order, Party
from .routine import Routine, workday

_DELAYS = (-3, -1, 0, 0, 0, 1, 4, 12, 35)
_COSTS = ("Månedsfaktura", "Service", "Utstyr", "Frakt", "Leie")


def buy(routine: Routine, day: date) -> None:
    """The supplier documents of a day."""
    random = routine.books.random
    for _ in routine.times(2.6):
        supplier = routine.party("AP")
        branch = routine.branch()
        chance = random.random()
        type = "CreditAdj" if chance < 0.02 else "DebitAdj" if chance < 0.08 else "Invoice"
        document = enter(
            routine.books,
            "AP",
            type,
            supplier,
            day - timedelta(days=random.choice((0, 0, 1, 2, 6))),
            [_cost_line(routine, supplier, branch) for _ in range(random.choice((1, 1, 2, 3)))],
            branch=branch,
            reference=f"F{random.randrange(10_000, 99_999)}",
            text=f"Faktura {supplier.name}",
            hold=routine.chance(0.04),
            round_off=supplier.currency == "NOK" and routine.chance(0.05),
        )
        finish(routine, document, day)
    if routine.chance(0.01 * routine.scale):
        amount = random.randrange(100_000, 2_000_000)
        wanted = [Wanted(chart.SUPPLIER_PREPAYMENTS, "Forskudd", amount)]
        request = enter(routine.books, "AP", "PrepaymentRequest", routine.party("AP"), day, wanted)
        if routine.chance(0.5):
            release(routine.books, request)


def _cost_line(routine: Routine, supplier: Party, branch: str) -> Wanted:
    random = routine.books.random
    on_project = routine.chance(0.12)
    foreign = supplier.currency == "EUR"
    return Wanted(
        account=supplier.account if routine.chance(0.8) else "6540",
        text=random.choice(_COSTS),
        price_cur=random.randrange(8_000, 900_000) // (10 if foreign else 1),
        quantity=random.choice((1, 1, 1, 2, 5)),
        sub=f"{random.choice(('10', '20', '30'))}-{branch}",
        vat="1" if supplier.country == "NO" else "5",
        discount_percent=5 if routine.chance(0.05) else 0,
        project=routine.project() if on_project else None,
        task="01" if on_project else None,
    )


def finish(routine: Routine, document: Document, day: date) -> None:
    """Release a document or leave it as a draft, and plan what follows."""
    if document.hold or routine.chance(0.04):
        routine.drafts.append(document)
        return
    release(routine.books, document)
    if document.sign < 0:
        routine.credits.append(document)
    elif not routine.chance(0.035):
        delay = routine.books.random.choice(_DELAYS)
        due = (document.due or day) + timedelta(days=delay)
        routine.plan(document, max(due, day + timedelta(days=1)))


def hold_some(routine: Routine, day: date) -> None:
    """Supplier and customer documents that somebody keeps on hold."""
    for side, account in (("AP", "6700"), ("AP", "6540"), ("AR", chart.SALES)):
        party = routine.party(side)
        wanted = [Wanted(account, "Til avklaring", 1_234_500, sub="10-1")]
        text = f"Avventer {party.name}"
        document = enter(routine.books, side, "Invoice", party, day, wanted, text=text, hold=True)
        routine.drafts.append(document)


def sell(routine: Routine, day: date) -> None:
    """The customer documents of a day."""
    for _ in routine.times(3.6):
        _sale(routine, day, "Invoice")
    for type, share in (
        ("CreditNote", 0.25 * min(routine.scale, 4)),
        ("DebitNote", 0.06),
        ("CashSale", 0.15),
        ("CashReturn", 0.02),
    ):
        if routine.chance(share):
            _sale(routine, day, type)


def _sale(routine: Routine, day: date, type: str) -> None:
    random = routine.books.random
    customer, branch = routine.party("AR"), routine.branch()
    count = random.choice((1, 2, 2, 3, 4)) if type == "Invoice" else 1
    wanted = [_sales_line(routine, customer, branch, type) for _ in range(count)]
    document = enter(
        routine.books,
        "AR",
        type,
        customer,
        day,
        wanted,
        branch=branch,
        reference=f"O{random.randrange(100_000, 999_999)}",
        text=f"Ordre {customer.name}",
    )
    if type in ("CashSale", "CashReturn"):
        release(routine.books, document)
    else:
        finish(routine, document, day)
    if document.released:
        cost = sum(line.cost for line in wanted)
        routine.sold[branch] = routine.sold.get(branch, 0) + document.sign * cost


def _sales_line(routine: Routine, customer: Party, branch: str, type: str) -> Wanted:
    random = routine.books.random
    code, text, unit, cost, price = random.choice(routine.books.profile.items)
    domestic = customer.country == "NO"
    volume = routine.books.profile.volume if type == "Invoice" else 1
    quantity = random.randrange(2, 40) * volume if unit != "M3" else random.randrange(1, 6)
    account = chart.SALES if domestic else chart.EXPORT_SALES
    return Wanted(
        account=chart.CASH_SALES if type.startswith("Cash") else account,
        text=text,
        price_cur=price // 11 if customer.currency == "EUR" else price,
        quantity=quantity,
        sub=f"10-{branch}",
        vat="3" if domestic else "5",
        discount_percent=random.choice((0, 0, 0, 0, 3, 10)),
        item=code,
        uom=unit,
        project=routine.project() if routine.chance(0.05) else None,
        cost=cost * quantity,
    )


def order(routine: Routine, day: date) -> None:
    """Orders placed, goods received, returned and billed on a day."""
    random = routine.books.random
    for ordered in routine.to_receive.pop(day, []):
        if ordered.status == "Open":
            _receive(routine, ordered, day)
    for _ in routine.times(0.55):
        chance = random.random()
        items = random.sample(routine.books.profile.items, random.choice((1, 2, 3)))
        lead = random.choice((7, 14, 21, 30))
        volume = routine.books.profile.volume * _urgency(routine)
        ordered = purchasing.order(
            routine.books,
            routine.party("AP"),
            day,
            [(item[0], random.randrange(20, 220) * volume // 2) for item in items],
            type="Blanket" if chance < 0.04 else "RegularOrder",
            branch=routine.branch(),
            lead=lead,
            hold=chance > 0.98,
        )
        if 0.04 <= chance < 0.08:
            purchasing.cancel(routine.books, ordered, [1] if chance < 0.06 else None)
        if ordered.type == "RegularOrder" and not ordered.hold:
            late = random.choice((-3, -1, 0, 0, 2, 8))
            when = workday(day + timedelta(days=lead + late))
            routine.to_receive.setdefault(when, []).append(ordered)


def _urgency(routine: Routine) -> int:
    """How much to order, in halves, by what is in stock."""
    books = routine.books
    stock = sum(books.balance(branch, chart.STOCK) for branch in ("1", "2"))
    capital = books.profile.share_capital
    return 1 if stock > capital * 4 else 2 if stock > capital * 2 else 3 if stock > capital else 4


def _receive(routine: Routine, ordered: Order, day: date) -> None:
    quantities = {
        line.number: line.quantity - line.received for line in ordered.lines if not line.canceled
    }
    if routine.chance(0.25):
        quantities = {number: left // 2 for number, left in quantities.items() if left > 1}
        later = workday(day + timedelta(days=9))
        routine.to_receive.setdefault(later, []).append(ordered)
    if not any(quantities.values()):
        return
    on_hold = routine.chance(0.02)
    receipt = purchasing.receive(routine.books, ordered, day, quantities, hold=on_hold)
    if on_hold:
        return
    if routine.chance(0.97):
        reference = f"PO{routine.books.random.randrange(10_000, 99_999)}"
        document = purchasing.bill(routine.books, receipt, day, reference)
        routine.plan(document, (document.due or day) + timedelta(days=1))
    if routine.chance(0.05):
        received = receipt.lines[0].order_line.number
        purchasing.send_back(routine.books, ordered, day, {received: 1})
