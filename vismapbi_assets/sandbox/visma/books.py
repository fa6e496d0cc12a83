"""The books of one sample company: its records, number series, lists and running balances.

Belongs here: keeping records findable, stamping changes, posting batches and summing what is
posted. Does not belong here: when something is posted (rules) or how it looks (wire forms).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from typing import TypeVar

from . import chart
from .amounts import UNIT_RATE
from .calendar import period_of
from .clock import BusinessClock
from .profiles import Profile
from .records import Batch, Body, Item, JournalLine, Record

Shape = TypeVar("Shape", bound=Record)
NEVER = datetime.fromisoformat("1900-01-01")
BalanceKey = tuple[str, str, str, str]


@dataclass(slots=True)
class Movement:
    """What was posted to one balance key in one period."""

    debit: int = 0
    credit: int = 0
    debit_cur: int = 0
    credit_cur: int = 0
    stamp: datetime = NEVER


class Books:
    """All records of one company and the sums over its posted batches."""

    def __init__(self, profile: Profile, clock: BusinessClock, seed: int) -> None:
        self.profile = profile
        self.clock = clock
        self.random = Random(f"{profile.key}:{seed}")
        self.lists: dict[str, list[Record]] = defaultdict(list)
        self.found: dict[tuple[str, str, str], Record] = {}
        self.counters: Counter[str] = Counter()
        self.version = 0
        self.ledger_version = 0
        self.first_open = "000000"
        self.restamp_on_application = True
        self.reversed_batches: set[str] = set()
        self.movements: dict[BalanceKey, dict[str, Movement]] = defaultdict(dict)
        self.subaccount_ids = {sub: entry[0] for sub, entry in chart.SUBACCOUNTS.items()}

    @property
    def today(self) -> date:
        """The business date of the company."""
        return self.clock.now().date()

    def next_id(self) -> int:
        """A new internal id, growing with time over all records."""
        self.counters["id"] += 1
        return self.counters["id"]

    def next_number(self, series: str, first: int, width: int = 6) -> str:
        """The next number of a series."""
        number = first + self.counters[series]
        self.counters[series] += 1
        return f"{number:0{width}d}"

    def period_for(self, day: date) -> str:
        """The period a document of that day is posted in: its own, or the first open one."""
        return max(period_of(day), self.first_open)

    def add(self, record: Record, kind: str, *entities: str) -> None:
        """Put a new record on the lists that deliver it."""
        for entity in entities:
            self.lists[entity].append(record)
            self.found[entity, kind, record.number] = record
        self.version += 1

    def remove(self, record: Record, kind: str, *entities: str) -> None:
        """Take a record off its lists: it vanishes without a trace, as in the ERP."""
        for entity in entities:
            if self.found.pop((entity, kind, record.number), None) is not None:
                self.lists[entity].remove(record)
        self.version += 1

    def get(self, entity: str, kind: str, number: str, shape: type[Shape]) -> Shape:
        """A record by its business key; a wrong key is refused with its name."""
        record = self.found.get((entity, kind, number))
        if not isinstance(record, shape):
            raise LookupError(f"{entity} {kind}:{number} does not exist")
        return record

    def listed(self, entity: str, shape: type[Shape]) -> list[Shape]:
        """The records that a list delivers, in the order of their creation."""
        return [record for record in self.lists[entity] if isinstance(record, shape)]

    def add_item(self, entity: str, number: str, body: Body, **expands: Body) -> Item:
        """A new record without rules of its own."""
        stamp = self.clock.stamp()
        item = Item(
            id=self.next_id(),
            number=number,
            created=stamp,
            modified=stamp,
            body=body,
            expands=expands,
        )
        self.add(item, "", entity)
        return item

    def touch(self, record: Record, *, restamp: bool = True, edited: bool = True) -> None:
        """Note a change: new wire form and, unless told otherwise, a new stamp and revision."""
        if restamp:
            record.modified = self.clock.stamp()
        record.revision += edited
        record.wire.clear()
        self.version += 1

    def post(
        self,
        module: str,
        day: date,
        branch: str,
        text: str,
        lines: Sequence[JournalLine],
        *,
        period: str | None = None,
        currency: str = "NOK",
        rate: int = UNIT_RATE,
        ledger: str = chart.ACTUAL,
        status: str = "Posted",
        auto_reversing: bool = False,
        original: str | None = None,
    ) -> Batch:
        """Enter a batch; it must balance in both currencies, and counts once it is posted."""
        kept = [line for line in lines if line.amount or line.amount_cur or line.quantity]
        if sum(line.amount for line in kept) or sum(line.amount_cur for line in kept):
            raise ValueError(f"batch {module} '{text}' does not balance")
        stamp = self.clock.stamp()
        batch = Batch(
            id=self.next_id(),
            number=self.next_number(f"batch {module}", 1),
            created=stamp,
            modified=stamp,
            module=module,
            status=status,
            date=day,
            period=period or self.period_for(day),
            ledger=ledger,
            branch=branch,
            currency=currency,
            rate=rate,
            text=text,
            lines=kept,
            auto_reversing=auto_reversing,
            reversing=original is not None,
            original=original,
        )
        self.add(batch, module, "journalTransaction")
        if status == "Posted":
            self.accumulate(batch)
        return batch

    def post_entered(self, batch: Batch) -> None:
        """Post a batch that was only entered so far."""
        if batch.status == "Posted":
            raise ValueError(f"batch {batch.module} {batch.number} is posted already")
        batch.status = "Posted"
        self.touch(batch)
        self.accumulate(batch)

    def balance(self, branch: str, account: str, sub: str = chart.NO_SUB) -> int:
        """The posted balance of a key in the accounting ledger, debit positive."""
        by_period = self.movements.get((chart.ACTUAL, branch, account, sub), {})
        return sum(movement.debit - movement.credit for movement in by_period.values())

    def accumulate(self, batch: Batch) -> None:
        """Add a posted batch to the running balances."""
        movements = self.movements
        for line in batch.lines:
            key = (batch.ledger, line.branch or batch.branch, line.account, line.sub)
            by_period = movements[key]
            movement = by_period.get(batch.period)
            if movement is None:
                movement = by_period[batch.period] = Movement()
            if line.amount > 0 or (not line.amount and line.amount_cur > 0):
                movement.debit += line.amount
                movement.debit_cur += line.amount_cur
            else:
                movement.credit -= line.amount
                movement.credit_cur -= line.amount_cur
            movement.stamp = max(movement.stamp, batch.modified)
        self.ledger_version += 1

    def batches(self) -> Iterable[Batch]:
        """All batches of all modules and statuses."""
        return self.listed("journalTransaction", Batch)
