"""Rules of purchase orders and receipts: order, receive, return, cancel and bill.

Belongs here: quantities, completion and the stock postings of receipts, and the cost of goods
sold. Does not belong here: other supplier documents, wire forms.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from . import chart
from .amounts import convert
from .books import Books
from .calendar import rate_on
from .documents import Wanted, enter, release
from .records import Document, JournalLine, Order, OrderLine, Party, Receipt, ReceiptLine

ORDER_TYPES = ("RegularOrder", "Blanket")


def order(
    books: Books,
    supplier: Party,
    day: date,
    wanted: Sequence[tuple[str, int]],
    *,
    type: str = "RegularOrder",
    branch: str = "1",
    lead: int = 21,
    hold: bool = False,
) -> Order:
    """A purchase order for (item, quantity) pairs."""
    rate = rate_on(supplier.currency, day)
    prices = {code: (text, cost) for code, text, _, cost, _ in books.profile.items}
    promised = day + timedelta(days=lead)
    lines = []
    for number, (code, quantity) in enumerate(wanted, start=1):
        text, cost = prices[code]
        price_cur = cost if supplier.currency == "NOK" else cost * 10_000 // rate
        lines.append(
            OrderLine(
                number=number,
                item=code,
                text=text,
                quantity=quantity,
                received=0,
                price_cur=price_cur,
                price=convert(price_cur, rate),
                account=chart.STOCK,
                sub=chart.NO_SUB,
                promised=promised,
            )
        )
    stamp = books.clock.stamp()
    made = Order(
        id=books.next_id(),
        number=books.next_number(f"order {type}", 800001),
        created=stamp,
        modified=stamp,
        type=type,
        status="Hold" if hold else "Open",
        supplier=supplier,
        branch=branch,
        date=day,
        promised=promised,
        currency=supplier.currency,
        rate=rate,
        lines=lines,
        hold=hold,
        owner=books.random.choice(books.profile.employees)[1],
    )
    books.add(made, type, "purchaseOrder")
    return made


def receive(
    books: Books, ordered: Order, day: date, quantities: dict[int, int], *, hold: bool = False
) -> Receipt:
    """Receive quantities of order lines; a held receipt counts on the order but is not posted."""
    return _receipt(books, ordered, day, quantities, "PoReceipt", hold=hold)


def send_back(books: Books, ordered: Order, day: date, quantities: dict[int, int]) -> Receipt:
    """Return goods to the supplier."""
    return _receipt(books, ordered, day, quantities, "PoReturn", hold=False)


def _receipt(
    books: Books, ordered: Order, day: date, quantities: dict[int, int], type: str, *, hold: bool
) -> Receipt:
    sign = 1 if type == "PoReceipt" else -1
    rate = rate_on(ordered.currency, day)
    lines = []
    for number, line in enumerate(ordered.lines, start=1):
        quantity = quantities.get(line.number, 0)
        if not quantity:
            continue
        amount_cur = quantity * line.price_cur
        lines.append(
            ReceiptLine(
                number=number,
                order=ordered,
                order_line=line,
                quantity=quantity,
                amount_cur=amount_cur,
                amount=convert(amount_cur, rate),
            )
        )
        line.received += sign * quantity
        line.completed = line.received >= line.quantity
    stamp = books.clock.stamp()
    receipt = Receipt(
        id=books.next_id(),
        number=books.next_number(type, 1),
        created=stamp,
        modified=stamp,
        type=type,
        status="Hold" if hold else "Released",
        supplier=ordered.supplier,
        branch=ordered.branch,
        date=day,
        period=books.period_for(day),
        currency=ordered.currency,
        rate=rate,
        lines=lines,
    )
    books.add(receipt, type, "purchaseReceipt")
    ordered.receipts.append(receipt)
    if all(line.completed or line.canceled for line in ordered.lines):
        ordered.status = "Closed"
    books.touch(ordered)
    if not hold:
        _post(books, receipt, sign)
    return receipt


def _post(books: Books, receipt: Receipt, sign: int) -> None:
    lines: list[JournalLine] = []
    for line in receipt.lines:
        for account, side in ((chart.STOCK, sign), (chart.UNBILLED_RECEIPTS, -sign)):
            lines.append(
                JournalLine(
                    account,
                    chart.NO_SUB,
                    side * line.amount,
                    side * line.amount_cur,
                    line.order_line.text,
                    receipt.number,
                    receipt.supplier.number,
                    "RCT" if sign > 0 else "RET",
                    item=line.order_line.item,
                    quantity=side * line.quantity if account == chart.STOCK else 0,
                )
            )
    batch = books.post(
        "IN",
        receipt.date,
        receipt.branch,
        f"Varemottak {receipt.number}",
        lines,
        period=receipt.period,
        currency=receipt.currency,
        rate=receipt.rate,
    )
    receipt.batch = batch.number


def cancel(books: Books, ordered: Order, numbers: Sequence[int] | None = None) -> None:
    """Cancel an order or some of its lines; cancelled lines count as completed too."""
    for line in ordered.lines:
        if numbers is None or line.number in numbers:
            line.canceled = line.completed = True
    if all(line.canceled for line in ordered.lines):
        ordered.status = "Cancelled"
    elif all(line.completed for line in ordered.lines):
        ordered.status = "Closed"
    books.touch(ordered)


def bill(books: Books, receipt: Receipt, day: date, reference: str) -> Document:
    """The supplier's invoice for a receipt: it clears what the receipt accrued."""
    same_rate = receipt.currency == "NOK"
    wanted = [
        Wanted(
            account=chart.UNBILLED_RECEIPTS,
            text=line.order_line.text,
            price_cur=line.order_line.price_cur,
            quantity=line.quantity,
            vat="1" if same_rate else "5",
            item=line.order_line.item,
            order=(line.order.number, line.order_line.number),
            receipt=(receipt.number, line.number),
        )
        for line in receipt.lines
    ]
    document = enter(
        books,
        "AP",
        "Invoice",
        receipt.supplier,
        day,
        wanted,
        branch=receipt.branch,
        reference=reference,
        text=f"Varekjøp {receipt.number}",
    )
    receipt.billed = True
    release(books, document)
    return document


def cost_of_goods(books: Books, day: date, costs: dict[str, int]) -> None:
    """The cost of what was sold lately, one batch per branch."""
    for branch, cost in sorted(costs.items()):
        if not cost:
            continue
        lines = [
            JournalLine(chart.COST_OF_GOODS, f"10-{branch}", cost, cost, "Varekost", kind="III"),
            JournalLine(chart.STOCK, chart.NO_SUB, -cost, -cost, "Varekost", kind="III"),
        ]
        books.post("IN", day, branch, f"Varekost {day.isoformat()}", lines)
