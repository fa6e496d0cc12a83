"""What a company has to remember from day to day: what is to be paid, collected and received.

Belongs here: the plans and the chances by which a day draws from them. Does not belong here:
what a day does (see `trading`, `paying` and `business_day`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from .books import Books
from .calendar import is_working_day
from .records import Document, Order, Party


@dataclass(slots=True)
class Routine:
    """The plans of one company."""

    books: Books
    scale: float
    next_day: date
    to_pay: dict[date, list[Document]] = field(default_factory=dict)
    to_collect: dict[date, list[Document]] = field(default_factory=dict)
    to_receive: dict[date, list[Order]] = field(default_factory=dict)
    sold: dict[str, int] = field(default_factory=dict)
    drafts: list[Document] = field(default_factory=list)
    payments: list[Document] = field(default_factory=list)
    credits: list[Document] = field(default_factory=list)

    def times(self, per_day: float) -> range:
        """How often something happens today, by chance around its rate."""
        expected = per_day * self.scale
        whole = int(expected)
        return range(whole + (self.books.random.random() < expected - whole))

    def chance(self, share: float) -> bool:
        """Whether something rare happens."""
        return self.books.random.random() < share

    def party(self, side: str) -> Party:
        """A supplier or customer; the first ones are met most often."""
        parties = self.books.listed("supplier" if side == "AP" else "customer", Party)
        return parties[int(len(parties) * self.books.random.random() ** 2)]

    def branch(self) -> str:
        """A branch; the main one is met most often."""
        return "2" if self.chance(0.3) else "1"

    def project(self) -> str:
        """One of the company's projects."""
        return self.books.random.choice(self.books.profile.projects)[0]

    def plan_of(self, side: str) -> dict[date, list[Document]]:
        """What is to be paid to suppliers, or collected from customers."""
        return self.to_pay if side == "AP" else self.to_collect

    def plan(self, document: Document, day: date) -> None:
        """Remember to settle a document on the first working day from `day` on."""
        planned = self.plan_of(document.side).setdefault(workday(day), [])
        if document not in planned:
            planned.append(document)

    def due(self, side: str, day: date) -> Iterator[Document]:
        """Take from the plan what is to be settled by `day` and is still open."""
        plan = self.plan_of(side)
        for when in sorted(plan):
            if when <= day:
                yield from (document for document in plan.pop(when) if document.balance_cur > 0)


def workday(day: date) -> date:
    """The day itself, or the next working day."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day
