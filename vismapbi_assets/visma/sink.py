"""Where documents go: state in chunks, quarantine with the reason, and the counts of a run.

A chunk is one atomic commit, so a run that dies leaves whole documents only, and memory stays
bounded however much is read. What is read, and whether it was everything, is decided elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import polars as pl

from vismapbi_assets.store.quarantine import Rejected
from vismapbi_assets.store.store import Store
from vismapbi_assets.visma.entities.declaration import Entity

OUTCOMES = ("new", "changed", "unchanged", "stale", "revived")
MONEY = pl.Decimal(19, 4)


@dataclass
class Sink:
    """Takes the documents of one run.

    Attributes:
        chunk_rows: rows (lines where documents have lines) after which a chunk is committed.
        counts: documents per outcome, and `read`, `quarantined`, `held`.
        totals: sums of the money columns of the documents read.
    """

    entity: Entity
    company: str
    store: Store
    run_id: str
    chunk_rows: int
    counts: Counter[str] = field(default_factory=Counter)
    totals: dict[str, Decimal] = field(default_factory=dict)
    _frames: list[pl.DataFrame] = field(default_factory=list)
    _rows: int = 0
    _asked_at: datetime | None = None
    _by_hand: set[str] = field(default_factory=set)

    def take(
        self, frame: pl.DataFrame, rows: int, asked_at: datetime, *, again: bool = False
    ) -> None:
        """Documents for the state; `rows` is what they weigh, `again` that they were counted."""
        if frame.is_empty():
            return
        if not again:
            self.counts["read"] += frame.height
            self._add_totals(frame)
        self._frames.append(frame)
        self._rows += rows
        self._asked_at = min(asked_at, self._asked_at or asked_at)
        if self._rows >= self.chunk_rows:
            self.flush()

    def put_aside(
        self, rejected: Sequence[Rejected], asked_at: datetime, count_as: str
    ) -> list[Rejected]:
        """Documents for the quarantine; returns those that wait there.

        The others were released by hand in exactly this form: they may flow on, and their
        release stands.
        """
        quarantine = self.store.quarantine(self.entity.name)
        if not rejected:
            return []
        known = quarantine.table.exists()
        waiting = [record for record in rejected if not (known and quarantine.is_released(record))]
        self._by_hand.update(r.key for r in rejected if r.key and r not in waiting)
        self.counts[count_as] += len(waiting)
        quarantine.add(waiting, run_id=self.run_id, at=asked_at)
        return waiting

    def released_form(self, record: Rejected) -> str:
        """The document as it was released: repaired, or as received."""
        released = self.store.quarantine(self.entity.name).released()
        same = (pl.col("company") == record.company) & (pl.col("key") == record.record)
        return str(released.filter(same)["raw"].item())

    def flush(self) -> None:
        """Commit what was taken."""
        if not self._frames or self._asked_at is None:
            return
        frame = pl.concat(self._frames)
        done = self.store.state(self.entity.name).upsert(
            frame, run_id=self.run_id, extracted_at=self._asked_at
        )
        self.counts.update({name: getattr(done, name) for name in OUTCOMES})
        good = frame["key"]
        if self._by_hand:
            good = good.filter(~good.is_in(list(self._by_hand)))
        self.store.quarantine(self.entity.name).resolve(
            self.company, good, run_id=self.run_id, at=self._asked_at
        )
        self._frames, self._rows, self._asked_at = [], 0, None

    def _add_totals(self, frame: pl.DataFrame) -> None:
        money = [
            name
            for name, dtype in frame.schema.items()
            if dtype == MONEY and not name.endswith("InCurrency")
        ]
        if money:
            for name, amount in frame.select(pl.col(money).sum()).row(0, named=True).items():
                self.totals[name] = self.totals.get(name, Decimal(0)) + (amount or Decimal(0))
