"""One realistic day in a sample company, and the routines of its calendar.

Belongs here: the order of a day and what month and week bring. Does not belong here: what is
traded or settled (see `trading` and `paying`), what anything posts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from . import chart, journals, purchasing, treasury
from .books import Books
from .calendar import is_working_day, next_period, period_of
from .documents import Wanted, enter, release, set_dunning
from .paying import collect, correct_payments, handle_drafts, pay_suppliers, use_credits
from .records import Item
from .routine import Routine
from .setup import CLOSED_FLAGS
from .timecards import correct_card, enter_cards
from .trading import buy, order, sell

_WORK: tuple[Callable[[Routine, date], None], ...] = (
    buy,
    sell,
    order,
    pay_suppliers,
    collect,
    handle_drafts,
    correct_payments,
    use_credits,
)


def live(routine: Routine, day: date) -> None:
    """Everything that happens on one day."""
    books = routine.books
    if books.clock.now().date() < day:
        books.clock.set(datetime.combine(day, time(6, 30)))
    if day.day == 1:
        journals.month_start(books, day)
    if is_working_day(day):
        work(routine, day)
    _calendar(routine, day)
    routine.next_day = day + timedelta(days=1)


def work(routine: Routine, day: date) -> None:
    """What a working day brings, without the routines of the calendar."""
    for act in _WORK:
        act(routine, day)


def _calendar(routine: Routine, day: date) -> None:
    books = routine.books
    if day.weekday() == 4:
        purchasing.cost_of_goods(books, day, routine.sold)
        routine.sold.clear()
        enter_cards(books, day)
    routines: dict[int, Callable[[Routine, date], None]] = {
        2: _second,
        9: _ninth,
        10: _tenth,
        12: _twelfth,
        15: _fifteenth,
        20: _twentieth,
    }
    if day.day in routines:
        routines[day.day](routine, day)
    if (day + timedelta(days=1)).day == 1:
        journals.month_end(books, day)
        for currency in ("EUR", "SEK"):
            treasury.revalue(books, currency, day)
    if (day.month, day.day) == (1, 31):
        journals.year_end(books, day.year - 1)


def _second(routine: Routine, day: date) -> None:
    journals.late_batch(routine.books, day)


def _ninth(routine: Routine, day: date) -> None:
    close_period(routine.books, period_of(day.replace(day=1) - timedelta(days=1)))


def _tenth(routine: Routine, day: date) -> None:
    if day.month % 2 == 0:
        treasury.settle_tax(routine.books, day)


def _twelfth(routine: Routine, day: date) -> None:
    correct_card(routine.books)
    _remind(routine, day)
    treasury.top_up(routine.books, day)


def _fifteenth(routine: Routine, day: date) -> None:
    treasury.bank_fees(routine.books, day)


def _twentieth(routine: Routine, day: date) -> None:
    for branch, tax in journals.salaries(routine.books, day):
        text = f"Skattetrekk {period_of(day)}"
        treasury.transfer(routine.books, day, "1920", "1950", tax, text, branch)


def _remind(routine: Routine, day: date) -> None:
    books = routine.books
    overdue = [
        document
        for documents in routine.to_collect.values()
        for document in documents
        if document.due and document.due < day and document.balance_cur > 0
    ]
    for document in overdue[:5]:
        set_dunning(books, document, (document.dunning or (0, day))[0] + 1, day)
    if overdue:
        amount = 7_000 + day.month * 311
        wanted = [Wanted(chart.OTHER_INCOME, "Purregebyr og renter", amount)]
        charge = enter(books, "AR", "FinCharge", overdue[0].party, day, wanted)
        release(books, charge)
        routine.plan(charge, day + timedelta(days=20))


def close_period(books: Books, period: str) -> None:
    """Close a period in every ledger; later documents of its days go into the next one."""
    books.first_open = max(books.first_open, next_period(period))
    for record in books.lists["financialPeriod"]:
        if record.number > period or not isinstance(record, Item):
            continue
        if record.number.endswith("13") and record.number[:4] >= period[:4]:
            continue
        if not record.body["closedInGeneralLedger"]:
            record.body.update(dict.fromkeys(CLOSED_FLAGS, True))
            books.touch(record)
