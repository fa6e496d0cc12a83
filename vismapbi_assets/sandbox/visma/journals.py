"""Entries made straight in the ledger: openings, salaries, accruals, corrections.

Belongs here: the recurring batches of a month. Does not belong here: anything that starts from a
document, or moves money between banks (see `treasury`).
"""

from __future__ import annotations

from datetime import date, timedelta

from . import chart
from .amounts import convert, share
from .books import Books
from .calendar import next_period, period_bounds, period_of, rate_on
from .records import Batch, JournalLine


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


def salaries(books: Books, day: date) -> list[tuple[str, int]]:
    """The salary run of a month by department; tells the tax withheld per branch."""
    withheld: list[tuple[str, int]] = []
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
        withheld.append((branch, tax))
    return withheld


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
    """Accruals, depreciation and statistics."""
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


def late_batch(books: Books, day: date) -> None:
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
