"""A log that many processes append to, ordered by put-if-absent of the next number.

It carries what must be agreed on: quota ledgers, plan and batch numbers. Whoever appends number n
has seen every entry below n. What the entries say belongs to the callers.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from vismapbi_assets.store.objects import Objects

_HINT_EVERY = 32


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its number (from 1, without gaps), when the storage took it, and its bytes."""

    number: int
    at: datetime
    data: bytes


@dataclass
class AppendLog:
    """A linearizable log below `log/<name>/`.

    Reading the tail costs one look per new entry, however long the log is. Callers that keep
    their whole state in each entry need only `last`.
    """

    objects: Objects
    name: str
    _known: int = field(default=0, init=False)

    @property
    def _folder(self) -> str:
        return f"log/{self.name}"

    def _path(self, number: int) -> str:
        return f"{self._folder}/{number:012d}"

    def entry(self, number: int) -> Entry | None:
        """The entry with that number, or None when it is not (or no longer) there."""
        found = self.objects.read(self._path(number))
        return Entry(number, found[0].modified, found[1]) if found else None

    def tail(self) -> int:
        """The number of the last entry; 0 for an empty log."""
        low = max(self._known, self._hint())
        if low and not self._has(low):
            low = self._listed_tail()
        step = 1
        while self._has(low + step):
            low += step
            step *= 2
        while step > 1:
            step //= 2
            if self._has(low + step):
                low += step
        self._known = low
        return low

    def last(self) -> Entry | None:
        """The last entry, or None when the log is empty."""
        number = self.tail()
        return self.entry(number) if number else None

    def entries(self, since: int | None = None) -> list[Entry]:
        """The entries with a number above `since` (all that are kept when None), in order."""
        if since is None or (since and not self._has(since)):
            numbers = sorted(number for number in self._numbers() if number > (since or 0))
            return [entry for number in numbers if (entry := self.entry(number))]
        found: list[Entry] = []
        while entry := self.entry(since + len(found) + 1):
            found.append(entry)
        return found

    def append(self, expected_number: int, data: bytes) -> bool:
        """Write the entry with that number; False when somebody else was first.

        `expected_number` must be the tail plus one, as the caller last read it.
        """
        if expected_number < 1:
            raise ValueError(f"log {self.name}: numbers start at 1, not {expected_number}")
        if expected_number > 1 and not self._has(expected_number - 1):
            if expected_number - 1 > (tail := self.tail()):
                raise ValueError(
                    f"log {self.name}: entry {expected_number} would leave a gap after {tail}"
                )
            return False  # the caller is so late that the entries it saw are pruned
        if not self.objects.put_if_absent(self._path(expected_number), data):
            return False
        self._known = max(self._known, expected_number)
        if expected_number % _HINT_EVERY == 0:
            self.objects.put(f"log-hints/{self.name}", str(expected_number).encode())
        return True

    def update(self, change: Callable[[bytes | None], bytes]) -> Entry:
        """Append what `change` makes of the last entry's data, again until nobody was faster."""
        while True:
            last = self.last()
            number = last.number + 1 if last else 1
            if self.append(number, change(last.data if last else None)):
                entry = self.entry(number)
                if entry is not None:
                    return entry
            time.sleep(random.uniform(0.001, 0.02))  # noqa: S311

    def prune(self, older_than: datetime) -> int:
        """Drop the entries older than that, oldest first; the last one always stays.

        Returns how many went. Choose an age that no running process has slept through.
        """
        last = self.tail()
        old = [
            info.path
            for info in self.objects.list(self._folder)
            if info.modified < older_than and not info.path.endswith(f"/{last:012d}")
        ]
        if old:
            self.objects.put(f"log-hints/{self.name}", str(last).encode())
            self.objects.delete(*old)
        return len(old)

    def _has(self, number: int) -> bool:
        return self.objects.info(self._path(number)) is not None

    def _hint(self) -> int:
        text = self.objects.get(f"log-hints/{self.name}") if not self._known else None
        return int(text) if text else 0

    def _numbers(self) -> list[int]:
        found = (info.path.rsplit("/", 1)[-1] for info in self.objects.list(self._folder))
        return [int(name) for name in found if name.isdigit()]

    def _listed_tail(self) -> int:
        return max(self._numbers(), default=0)
