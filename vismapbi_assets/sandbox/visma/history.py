"""The history of the sample group: two years of days lived one after another, up to the start.

Belongs here: building companies and the large bulk of journal lines for benchmarks. Does not
belong here: what happens on a day (see `business_day`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from . import chart, journals
from .amounts import day as wire_day
from .amounts import rate_number
from .books import Books
from .business_day import live
from .calendar import MONTHS, days, rate_on
from .clock import BusinessClock
from .population import populate
from .profiles import Profile, load_profiles
from .records import Body, JournalLine
from .routine import Routine
from .trading import hold_some

START = datetime.fromisoformat("2026-11-20T08:00:00")
BULK_LINES = 40
_BUDGETED = {
    "3000": 2_600_000_000,
    "3100": 600_000_000,
    "4300": 1_900_000_000,
    "5000": 90_000_000,
    "6300": 8_000_000,
    "6340": 60_000_000,
    "7320": 30_000_000,
}


@dataclass(slots=True)
class Company:
    """A sample company: its books and its daily routine."""

    profile: Profile
    books: Books
    routine: Routine


def build_group(
    *,
    scale: float = 1.0,
    seed: int = 2026,
    start: datetime = START,
    journal_lines: int = 0,
    profiles: Sequence[Profile] | None = None,
) -> dict[str, Company]:
    """The companies by key, each with its history up to `start`."""
    chosen = load_profiles() if profiles is None else tuple(profiles)
    group = {
        profile.key: _build(profile, scale, seed, start.replace(tzinfo=None)) for profile in chosen
    }
    missing = journal_lines - sum(
        len(batch.lines) for company in group.values() for batch in company.books.batches()
    )
    for company in group.values():
        add_bulk(company.books, missing // len(group), start.replace(tzinfo=None))
    return group


def _build(profile: Profile, scale: float, seed: int, start: datetime) -> Company:
    first = date(start.year - 1, 1, 1)
    clock = BusinessClock(datetime.combine(first, time(5)) - timedelta(days=1))
    books = Books(profile, clock, seed)
    populate(books, first.year - 1, start.year + 1, scale)
    journals.opening(books, first - timedelta(days=1))
    budgets(books, first.year, start.year)
    routine = Routine(books, scale, first)
    for day in days(first, start.date() - timedelta(days=1)):
        add_rates(books, day)
        live(routine, day)
    add_rates(books, start.date())
    clock.set(start - timedelta(minutes=40))
    journals.unposted(books, start.date())
    hold_some(routine, start.date())
    clock.set(max(start, clock.now()))
    return Company(profile, books, routine)


def add_rates(books: Books, day: date) -> None:
    """The exchange rates of a day."""
    for currency in ("EUR", "SEK"):
        rate = rate_on(currency, day)
        number = f"{currency}{day:%Y%m%d}"
        item = books.add_item(
            "currencyRate",
            number,
            {
                "fromCurrencyId": currency,
                "toCurrencyId": books.profile.base_currency,
                "rateType": "SPOT",
                "rate": rate_number(rate),
                "effectiveDate": wire_day(day),
                "multDiv": "Multiply",
            },
        )
        item.body["id"] = item.id


def budgets(books: Books, first_year: int, last_year: int) -> None:
    """Budgets of every year: income and the larger costs, by branch and month."""
    for year in range(first_year, last_year + 2):
        released = year <= last_year
        for index, (branch, name, _) in enumerate(books.profile.branches):
            for account, amount in _BUDGETED.items():
                _budget(books, year, branch, name, account, amount // (index + 1), released)


def _budget(
    books: Books, year: int, branch: str, name: str, account: str, amount: int, released: bool
) -> None:
    monthly = amount // 1200
    described = chart.ACCOUNTS[account]
    per_period: list[Body] = [
        {"periodId": f"{number:02d}", "amount": monthly + number * 100}
        for number in range(1, len(MONTHS) + 1)
    ]
    total = sum(entry["amount"] for entry in per_period)
    sub = f"10-{branch}"
    books.add_item(
        "budget",
        f"{branch}:{chart.BUDGET}:{year}:{account}:{sub}",
        {
            "financialYear": str(year),
            "released": released,
            "releasedAmount": total if released else 0,
            "account": {
                "type": described.type,
                "number": account,
                "description": described.text,
                "active": True,
            },
            "subaccount": {"active": True, "id": sub, "description": "Salg"},
            "description": f"{described.text} {year}",
            "amount": total,
            "distributedAmount": total,
            "periods": per_period,
            "branchNumber": {"number": branch, "name": name},
        },
    )


def add_bulk(books: Books, count: int, start: datetime) -> None:
    """Add about `count` posted journal lines in wide batches, spread over the last year."""
    if count <= 0:
        return
    now = books.clock.now()
    first = start.date() - timedelta(days=330)
    batches = max(1, -(-count // BULK_LINES))
    subs = [f"{department}-{region}" for department in ("10", "20", "30") for region in ("1", "2")]
    text = "Internfordeling av kostnad"
    pattern = [
        (
            chart.OVERHEADS[index % len(chart.OVERHEADS)],
            subs[index % len(subs)],
            1 if index % 2 else -1,
        )
        for index in range(BULK_LINES)
    ]
    for number in range(batches):
        day = first + timedelta(days=number * 330 // batches)
        books.clock.set(datetime.combine(day, time(22)) + timedelta(milliseconds=number % 86_000))
        amount = 1_000 + number % 99_991
        lines = [
            JournalLine(
                account,
                sub,
                sign * (amount + index // 2 * 7),
                sign * (amount + index // 2 * 7),
                text,
                "FORDELING",
            )
            for index, (account, sub, sign) in enumerate(pattern)
        ]
        books.post("GL", day, "1" if number % 3 else "2", text, lines, period=f"{day:%Y%m}")
    books.clock.set(max(now, start))
