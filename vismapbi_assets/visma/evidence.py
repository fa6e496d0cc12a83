"""Proof that a reading is complete: distinct documents or lines against the server's own count.

There is no snapshot on the server: rows move between pages while they are read. A pass collects
here what it saw and is judged at its end; what follows from a doubt belongs in `extract.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

SAMPLE = 5


@dataclass
class Evidence:
    """What one pass over a list, or over the lists of a loop, has shown.

    Attributes:
        began: when its first page was asked for, in UTC.
        read_from: sequence of the state at that time.
        lists: how many lists were read to their end.
        snapshots: whether every list so far came in a single answer, where nothing can move.
        total: the server's count over all lists; None when one did not say.
        shrank: a list became shorter while it was read, so a row may have slipped past.
        newest: the newest stamp seen, server time.
        unkeyed: rejected documents of which not even the key could be read.
        corrected: a later, smaller reading was put on top.
    """

    began: datetime
    read_from: int = 0
    lists: int = 0
    snapshots: bool = True
    total: int | None = 0
    shrank: bool = False
    newest: datetime | None = None
    unkeyed: int = 0
    corrected: bool = False
    _seen: list[pl.DataFrame] = field(default_factory=list)

    def add(self, keys: pl.Series, units: pl.Series | int = 1) -> None:
        """Count documents by key; `units` is how many rows of the list each is."""
        frame = pl.DataFrame({"key": keys})
        if isinstance(units, int):
            units = pl.repeat(units, frame.height, dtype=pl.UInt32, eager=True)
        self._seen.append(frame.with_columns(units.cast(pl.UInt32).alias("units")))

    def amend(self, keys: pl.Series, units: pl.Series) -> None:
        """Count documents anew of which more rows came after they were counted."""
        seen = self._all()
        self._seen = [seen.filter(~seen["key"].is_in(keys.implode()))]
        self.add(keys, units)

    def see(self, modified_at: pl.Series) -> None:
        """Take note of the stamps of a page."""
        newest = modified_at.max()
        if isinstance(newest, datetime):
            self.newest = max(newest, self.newest or newest)

    def end_list(self, pages: int, total: int | None, shrank: bool) -> None:
        """Take note of a list that was read to its end."""
        self.lists += 1
        self.snapshots = self.snapshots and pages <= 1
        self.shrank = self.shrank or shrank
        self.total = None if total is None or self.total is None else self.total + total

    def keys(self) -> pl.Series:
        """Every key seen, once."""
        return self._distinct()["key"]

    def distinct(self) -> int:
        """Distinct documents or lines; of a document seen twice the later reading counts."""
        return int(self._distinct()["units"].sum()) + self.unkeyed

    def repeated(self) -> pl.Series:
        """Keys that were seen more than once."""
        return self._all().filter(pl.col("key").is_duplicated())["key"].unique().sort()

    def joined(self, later: Evidence) -> Evidence:
        """This evidence corrected by a later, smaller reading."""
        return Evidence(
            began=self.began,
            read_from=self.read_from,
            lists=self.lists,
            snapshots=later.snapshots,
            total=None,
            newest=max((n for n in (self.newest, later.newest) if n), default=None),
            unkeyed=self.unkeyed + later.unkeyed,
            corrected=True,
            _seen=[self._distinct(), later._distinct()],
        )

    def merged(self, again: Evidence) -> Evidence:
        """Both of two whole passes: where rows only change places, together they show all."""
        both = pl.concat([self._distinct(), again._distinct()])
        return Evidence(
            began=self.began,
            read_from=self.read_from,
            lists=again.lists,
            snapshots=again.snapshots,
            total=again.total,
            shrank=again.shrank,
            newest=max((n for n in (self.newest, again.newest) if n), default=None),
            unkeyed=again.unkeyed,
            corrected=True,
            _seen=[both.group_by("key", maintain_order=True).agg(pl.col("units").max())],
        )

    def doubt(self, earliest_server_time: datetime, settled: datetime | None = None) -> str | None:
        """Why the pass may have missed something; None when it proves itself complete.

        `earliest_server_time` is the least the server's clock can have shown when the pass began;
        `settled` the newest stamp of an earlier pass. What changes during a pass is stamped later
        than all that was seen before it, so a pass that ends with that stamp was not disturbed.
        """
        distinct, repeated = self.distinct(), self.repeated()
        if self.total is not None and distinct != self.total:
            sample = ", ".join(repeated.head(SAMPLE))
            return f"{distinct} distinct rows were read where the server counts {self.total}" + (
                f"; more than once: {sample}" if sample else ""
            )
        if self.snapshots:
            return None
        if len(repeated):
            return f"{len(repeated)} documents came on more than one page: rows moved meanwhile"
        if self.shrank:
            return "the list became shorter while it was read"
        if self.newest is not None and earliest_server_time <= self.newest != settled:
            return "documents changed while the list was read"
        return None

    def _all(self) -> pl.DataFrame:
        if len(self._seen) > 1:
            self._seen = [pl.concat(self._seen)]
        empty = pl.DataFrame(schema={"key": pl.String(), "units": pl.UInt32()})
        return self._seen[0] if self._seen else empty

    def _distinct(self) -> pl.DataFrame:
        return self._all().unique("key", keep="last", maintain_order=True)
