"""Money on own bank accounts: transfers, direct payments, tax, fees and revaluation.

Belongs here: cash documents and the batches behind them. Does not belong here: payments of
supplier and customer documents (see `settlement`).
"""

from __future__ import annotations

from datetime import date

from . import chart
from .amounts import convert
from .books import Books
from .calendar import period_of, rate_on
from .journals import entry
from .records import Batch, CashDocument, JournalLine


def _currency(account: str) -> str:
    return chart.ACCOUNTS[account].cash_currency or "NOK"


def transfer(
    books: Books, day: date, source: str, target: str, amount: int, text: str, branch: str = "1"
) -> None:
    """Money moved between own bank accounts, in the target's currency; negative goes back."""
    currency = _currency(target)
    rate = rate_on(currency, day)
    base = convert(amount, rate)
    if amount < 0:
        source, target = target, source
        base, amount = -base, -amount
    lines = [
        JournalLine(source, chart.NO_SUB, -base, -amount, text, kind="CTO"),
        JournalLine(target, chart.NO_SUB, base, amount, text, kind="CTI"),
    ]
    batch = books.post("CA", day, branch, text, lines, currency=currency, rate=rate)
    number = books.next_number("transfer", 700001)
    for kind, account, other, value in (
        ("TransferOut", source, target, amount if _currency(source) == currency else base),
        ("TransferIn", target, source, amount if _currency(target) == currency else base),
    ):
        _cash(books, kind, number, day, branch, account, value, text, batch, other_cash=other)


def cash_entry(
    books: Books,
    day: date,
    account: str,
    offset: str,
    amount: int,
    text: str,
    *,
    branch: str = "1",
    hold: bool = False,
) -> CashDocument:
    """Money paid straight from or into a bank account (negative is a payment)."""
    currency = _currency(account)
    rate = rate_on(currency, day)
    base = convert(amount, rate)
    number = books.next_number("cash entry", 750001)
    batch = None
    if not hold:
        lines = [
            JournalLine(account, chart.NO_SUB, base, amount, text, number, kind="CAE"),
            JournalLine(offset, chart.NO_SUB, -base, -amount, text, number, kind="CAE"),
        ]
        batch = books.post("CA", day, branch, text, lines, currency=currency, rate=rate)
    return _cash(
        books, "Adjustment", number, day, branch, account, amount, text, batch, offset=offset
    )


def _cash(
    books: Books,
    kind: str,
    number: str,
    day: date,
    branch: str,
    account: str,
    amount: int,
    text: str,
    batch: Batch | None,
    *,
    offset: str | None = None,
    other_cash: str | None = None,
) -> CashDocument:
    stamp = books.clock.stamp()
    document = CashDocument(
        id=books.next_id(),
        number=number,
        created=stamp,
        modified=stamp,
        type=kind,
        status="Released" if batch else "Hold",
        date=day,
        period=batch.period if batch else books.period_for(day),
        branch=branch,
        cash_account=account,
        currency=_currency(account),
        entry={"TransferOut": "OVERF", "TransferIn": "OVERF"}.get(kind, "GEBYR"),
        receipt=kind == "TransferIn" or (kind == "Adjustment" and amount > 0),
        amount=abs(amount),
        text=text,
        offset_account=offset,
        offset_cash=other_cash,
        batch=batch.number if batch else None,
    )
    books.add(document, kind, "cashTransaction")
    return document


def revalue(books: Books, currency: str, day: date) -> None:
    """Bring a foreign bank account to the closing rate; only the base amount moves."""
    for branch, _, _ in books.profile.branches:
        movements = books.movements.get((chart.ACTUAL, branch, chart.BANKS[currency], chart.NO_SUB))
        if not movements:
            continue
        base = sum(m.debit - m.credit for m in movements.values())
        held = sum(m.debit_cur - m.credit_cur for m in movements.values())
        rate = rate_on(currency, day)
        difference = convert(held, rate) - base
        if not difference:
            continue
        result = chart.CURRENCY_GAIN if difference > 0 else chart.CURRENCY_LOSS
        text = f"Omregning bank {currency}"
        lines = [
            JournalLine(chart.BANKS[currency], chart.NO_SUB, difference, 0, text),
            JournalLine(result, chart.NO_SUB, -difference, 0, text),
        ]
        books.post("CM", day, branch, text, lines, currency=currency, rate=rate)


def settle_tax(books: Books, day: date) -> None:
    """Settle value added tax and pay withheld tax and duty, every second month."""
    text = f"Mva-oppgjør {period_of(day)}"
    for branch, _, _ in books.profile.branches:
        due = [(number, books.balance(branch, number)) for number in ("2700", "2710")]
        net = sum(amount for _, amount in due)
        amounts = [(number, chart.NO_SUB, -amount) for number, amount in due if amount]
        if amounts:
            entry(
                books,
                day,
                text,
                [*amounts, (chart.VAT_SETTLEMENT, chart.NO_SUB, net)],
                branch=branch,
            )
            cash_entry(books, day, "1920", chart.VAT_SETTLEMENT, net, text, branch=branch)
        withheld = books.balance(branch, "2600")
        if withheld:
            cash_entry(books, day, "1950", "2600", withheld, "Forskuddstrekk", branch=branch)
        duty = books.balance(branch, "2770")
        if duty:
            cash_entry(books, day, "1920", "2770", duty, "Arbeidsgiveravgift", branch=branch)


def bank_fees(books: Books, day: date) -> None:
    """The bank's charges and interest of a month."""
    cash_entry(books, day, "1920", chart.BANK_FEES, -books.random.randrange(9_900, 41_000), "Gebyr")
    cash_entry(books, day, "1930", chart.BANK_FEES, -books.random.randrange(500, 2_500), "Charges")
    cash_entry(books, day, "1920", "8050", books.random.randrange(40_000, 190_000), "Renter")


def top_up(books: Books, day: date) -> None:
    """Buy foreign currency for accounts that run low, sell what is too much."""
    for branch, _, _ in books.profile.branches:
        for currency in ("EUR", "SEK"):
            key = (chart.ACTUAL, branch, chart.BANKS[currency], chart.NO_SUB)
            movements = books.movements.get(key, {})
            held = sum(m.debit_cur - m.credit_cur for m in movements.values())
            wanted = 30_000_000 if currency == "EUR" else 100_000_000
            if not wanted // 2 < held < wanted * 2:
                text = f"Valutaveksling {currency}"
                transfer(books, day, "1920", chart.BANKS[currency], wanted - held, text, branch)
