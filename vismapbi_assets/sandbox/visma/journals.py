"""Entries made straight in the ledger: openings, salaries, accruals, tax, cash and revaluation.

Belongs here: the recurring batches of a month and the cash documents behind them. Does not
belong here: anything that starts from a supplier or customer document.
"""

from __future__ import annotations

from datetime import date, timedelta

from . import chart
from .amounts import convert, share
from .books import Books
from .calendar import next_period, period_bounds, period_of, rate_on
from .records import Batch, CashDocument, JournalLine


def opening(books: Books, day: date) -> None:
    """The balances with which the history starts, in the last period of the year before."""
    capital = books.profile.share_capital
    euro = 5_000_000
    lines = [
        JournalLine("1200", chart.NO_SUB, capital * 2, capital * 2, "Maskiner"),
        JournalLine("1209", chart.NO_SUB, -capital // 2, -capital // 2, "Avskrivninger"),
        JournalLine("1460", chart.NO_SUB, capital * 3 // 2, capital * 3 // 2, "Varelager"),
        JournalLine("1920", chart.NO_SUB, capital * 3, capital * 3, "Bank"),
        JournalLine("1950", chart.NO_SUB, 40_000_000, 40_000_000, "Skattetrekk"),
        JournalLine("2600", chart.NO_SUB, -40_000_000, -40_000_000, "Skattetrekk"),
        JournalLine("2000", chart.NO_SUB, -capital, -capital, "Aksjekapital"),
        JournalLine("2050", chart.NO_SUB, -capital * 5, -capital * 5, "Opptjent"),
    ]
    books.post("GL", day, "1", "Åpningsbalanse", lines)
    for currency in ("EUR", "SEK"):
        rate = rate_on(currency, day)
        amount = euro if currency == "EUR" else euro * 10
        base = convert(amount, rate)
        books.post(
            "GL",
            day,
            "1",
            f"Åpningsbalanse {currency}",
            [
                JournalLine(chart.BANKS[currency], chart.NO_SUB, base, amount, "Bank"),
                JournalLine("2050", chart.NO_SUB, -base, -amount, "Opptjent"),
            ],
            currency=currency,
            rate=rate,
        )


def entry(
    books: Books,
    day: date,
    text: str,
    amounts: list[tuple[str, str, int]],
    *,
    module: str = "GL",
    branch: str = "1",
    period: str | None = None,
    status: str = "Posted",
    auto_reversing: bool = False,
    original: str | None = None,
    ledger: str = chart.ACTUAL,
) -> Batch:
    """A batch in base currency from (account, subaccount, amount) triples."""
    lines = [JournalLine(account, sub, amount, amount, text) for account, sub, amount in amounts]
    return books.post(
        module,
        day,
        branch,
        text,
        lines,
        period=period,
        status=status,
        auto_reversing=auto_reversing,
        original=original,
        ledger=ledger,
    )


def salaries(books: Books, day: date) -> None:
    """The salary run of a month: by department, with tax withheld, holiday pay and duty."""
    for index, (branch, _, _) in enumerate(books.profile.branches):
        total = 0
        amounts: list[tuple[str, str, int]] = []
        for department in ("10", "20", "30"):
            pay = (len(books.profile.employees) * 4_150_000 + index * 310_000) // 3
            pay += books.random.randrange(-200_000, 200_000)
            amounts.append(("5000", f"{department}-{index + 1}", pay))
            total += pay
        tax, duty, holiday = share(total, 34, 100), share(total, 141, 1000), share(total, 12, 100)
        amounts += [
            ("2600", chart.NO_SUB, -tax),
            ("1920", chart.NO_SUB, -(total - tax)),
            ("5400", f"30-{index + 1}", duty),
            ("2770", chart.NO_SUB, -duty),
            ("5180", f"30-{index + 1}", holiday),
            ("2940", chart.NO_SUB, -holiday),
        ]
        text = f"Lønn {period_of(day)}"
        entry(books, day, text, amounts, branch=branch)
        transfer(books, day, "1920", "1950", tax, f"Skattetrekk {period_of(day)}", branch)


def transfer(
    books: Books, day: date, source: str, target: str, amount: int, text: str, branch: str = "1"
) -> None:
    """Money moved between own bank accounts; the amount is in the target's currency."""
    currency = chart.ACCOUNTS[target].cash_currency or "NOK"
    rate = rate_on(currency, day)
    base = convert(amount, rate)
    lines = [
        JournalLine(source, chart.NO_SUB, -base, -amount, text, kind="CTO"),
        JournalLine(target, chart.NO_SUB, base, amount, text, kind="CTI"),
    ]
    batch = books.post("CA", day, branch, text, lines, currency=currency, rate=rate)
    number = books.next_number("transfer", 700001)
    for kind, account, other, value in (
        ("TransferOut", source, target, base if currency != "NOK" else amount),
        ("TransferIn", target, source, amount),
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
    currency = chart.ACCOUNTS[account].cash_currency or "NOK"
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
        currency=chart.ACCOUNTS[account].cash_currency or "NOK",
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


def month_start(books: Books, day: date) -> None:
    """Reverse the accruals of the month before."""
    for batch in list(books.batches()):
        if not batch.auto_reversing or batch.status != "Posted":
            continue
        period = next_period(batch.period)
        if period != period_of(day) or batch.number in books.reversed_batches:
            continue
        books.reversed_batches.add(batch.number)
        books.post(
            "GL",
            day,
            batch.branch,
            f"Tilbakeført: {batch.text}",
            [
                line._replace(amount=-line.amount, amount_cur=-line.amount_cur)
                for line in batch.lines
            ],
            period=period,
            original=batch.number,
        )


def month_end(books: Books, day: date) -> None:
    """Accruals, depreciation, statistics and the revaluation of foreign bank accounts."""
    random = books.random
    period = period_of(day)
    for index, (branch, _, _) in enumerate(books.profile.branches):
        sub = f"20-{index + 1}"
        power = random.randrange(2_500_000, 6_000_000)
        entry(
            books,
            day,
            f"Påløpt strøm {period}",
            [("6340", sub, power), ("2960", chart.NO_SUB, -power)],
            branch=branch,
            auto_reversing=True,
        )
        wear = books.profile.share_capital * 2 // 120 // len(books.profile.branches)
        entry(
            books,
            day,
            f"Avskrivning {period}",
            [("6000", sub, wear), ("1209", chart.NO_SUB, -wear)],
            branch=branch,
            module="FA",
        )
    staff = len(books.profile.employees) * 100
    entry(
        books,
        day,
        f"Årsverk {period}",
        [("9000", chart.NO_SUB, staff), ("9999", chart.NO_SUB, -staff)],
        ledger=chart.STATISTICAL,
    )
    for currency in ("EUR", "SEK"):
        revalue(books, currency, day)


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
        due = [(number, _balance(books, branch, number)) for number in ("2700", "2710")]
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
        withheld = _balance(books, branch, "2600")
        if withheld:
            cash_entry(books, day, "1950", "2600", withheld, "Forskuddstrekk", branch=branch)
        duty = _balance(books, branch, "2770")
        if duty:
            cash_entry(books, day, "1920", "2770", duty, "Arbeidsgiveravgift", branch=branch)


def _balance(books: Books, branch: str, account: str) -> int:
    return sum(
        movement.debit - movement.credit
        for (ledger, held_in, number, _), by_period in books.movements.items()
        if (ledger, held_in, number) == (chart.ACTUAL, branch, account)
        for movement in by_period.values()
    )


def year_end(books: Books, year: int) -> None:
    """The auditor's corrections in the adjustment period."""
    last = period_bounds(f"{year}13")[1]
    amount = books.random.randrange(1_000_000, 4_000_000)
    entry(
        books,
        last,
        f"Revisors justering {year}",
        [("6700", "30-1", amount), ("2960", chart.NO_SUB, -amount)],
        period=f"{year}13",
    )


def bank_fees(books: Books, day: date) -> None:
    """The bank's charges and interest of a month."""
    cash_entry(books, day, "1920", chart.BANK_FEES, -books.random.randrange(9_900, 41_000), "Gebyr")
    cash_entry(books, day, "1930", chart.BANK_FEES, -books.random.randrange(500, 2_500), "Charges")
    cash_entry(books, day, "1920", "8050", books.random.randrange(40_000, 190_000), "Renter")


def late_invoice_batch(books: Books, day: date) -> None:
    """A batch dated after the month that it belongs to."""
    previous = period_of(day.replace(day=1) - timedelta(days=1))
    if previous < books.first_open:
        return
    amount = books.random.randrange(800_000, 3_000_000)
    entry(
        books,
        day,
        f"Forsikring for {previous}",
        [("7140", "10-1", amount), ("2960", chart.NO_SUB, -amount)],
        period=previous,
    )


def unposted(books: Books, day: date) -> None:
    """Batches that wait: on hold, balanced and released but not posted."""
    for status in ("Hold", "Balanced", "Unposted"):
        amount = books.random.randrange(300_000, 900_000)
        entry(
            books,
            day,
            f"Omfordeling ({status})",
            [("6800", "30-1", amount), ("6800", "20-1", -amount)],
            status=status,
        )
