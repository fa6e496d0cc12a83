"""What differs between the wanted rows of a table and the rows that are published.

Rows come as frames and go to temporary files, so that memory is bounded whatever their number;
of the published rows only two hashes each are held. What is done about it belongs in `planner.py`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from vismapbi_assets.powerbi.index import PublishedIndex, in_several
from vismapbi_assets.powerbi.planner import PLATFORM, Counts
from vismapbi_assets.powerbi.rows import (
    DELTA,
    PARENT,
    ROW_HASH,
    ROW_KEY,
    computed,
    hashed,
    key_hash,
    keyed,
    undone,
    with_reason,
    within,
    without,
)
from vismapbi_assets.powerbi.schema import PushTable
from vismapbi_assets.powerbi.values import REASON, check_columns, check_values
from vismapbi_assets.store.published import PublishedTable

SLICE = 10_000


@dataclass
class Changes:
    """Takes the wanted rows frame by frame, then tells what changed.

    Attributes:
        only_replaceable: old versions were not looked up, because the table will be replaced.
        parents: where given, only published rows of these parents are compared; all others stay.
        additions_only: rows are only ever added; published ones are never changed (append tables).
        replace_share: from which share of changes on old versions are not looked up any more.
        compared: how many published rows the wanted rows are compared with.
        vanished: keys of published rows that are not wanted any more.
    """

    table: PushTable
    published: PublishedTable
    parent: pl.Expr | None = None
    parents: pl.Series | None = None
    additions_only: bool = False
    replace_share: float = 0.5
    added: int = 0
    changed: int = 0
    ignored: int = 0
    only_replaceable: bool = False
    received: int = 0
    compared: int = 0
    vanished: pl.Series = field(default_factory=lambda: pl.Series(ROW_KEY, [], dtype=pl.String))
    rejected: list[pl.DataFrame] = field(default_factory=list)
    _folder: tempfile.TemporaryDirectory[str] = field(
        default_factory=lambda: tempfile.TemporaryDirectory(prefix="vismapbi-")
    )
    _files: list[Path] = field(default_factory=list)
    _new: list[pl.Series] = field(default_factory=list)
    _dropped: list[pl.Series] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._held = self.published.schema
        self._scope = None
        if self.parents is not None:
            self._scope = self.published.lookup_parents(self.parents.unique())

    def __enter__(self) -> Changes:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def take(self, frames: Iterable[pl.DataFrame]) -> None:
        """Compares all wanted rows, once; the index of the published ones is held no longer."""
        index = self._index()
        self.compared = len(index)
        for frame in frames:
            check_columns(self.table, frame, PLATFORM)
            for piece in frame.iter_slices(SLICE):
                self._take(piece, index)
        self._drop_repeated()
        gone = index.unseen()
        if not self.additions_only and len(gone):
            self.vanished = self._keys_of(gone)

    def _index(self) -> PublishedIndex:
        columns = [ROW_KEY, ROW_HASH]
        if self._scope is not None:
            return PublishedIndex(self._scope.lazy().select(columns), self._scope.height)
        if self.published.exists():
            return PublishedIndex(self.published.current(columns), self.published.meta().net)
        return PublishedIndex(pl.LazyFrame(schema=dict.fromkeys(columns, pl.String)), 0)

    def _take(self, frame: pl.DataFrame, index: PublishedIndex) -> None:
        checked = check_values(self.table, frame)
        if checked.rejected.height:
            bad = keyed(self.table, checked.rejected, self.parent)
            self._reject(bad.with_columns(checked.rejected[REASON]))
            index.see(index.match(bad))
        rows = keyed(self.table, checked.good, self.parent, self._held)
        match = index.match(rows)
        index.see(match)
        first = rows[ROW_KEY].is_first_distinct() & ~match.is_seen
        if not first.all():
            self._reject(with_reason(rows.filter(~first), "the key occurs twice"))
        self.received += int(first.sum())
        old = rows.filter(first & match.is_known & ~match.is_same)
        new = rows.filter(first & ~match.is_known)
        if self.additions_only:
            self.ignored += old.height
            old = old.clear()
        if self._scope is not None and new.height:
            moved = within(ROW_KEY, self.published.lookup(new[ROW_KEY], [ROW_KEY])[ROW_KEY])
            old, new = pl.concat([old, new.filter(moved)]), new.filter(~moved)
        self._changed(old)
        self.added += new.height
        self._new.append(new.select(hashed()).to_series())
        self._spill(new)

    def _changed(self, rows: pl.DataFrame) -> None:
        """Spills changed rows, each after the reversal of its published version."""
        if rows.is_empty():
            return
        if self._is_replacement(rows.height):
            self.only_replaceable = True
            self.changed += rows.height
            self._dropped.append(rows.select(hashed()).to_series())
            self._spill(rows)
            return
        before = self._published(rows[ROW_KEY])
        pairs = rows.join(before, on=ROW_KEY, how="inner", suffix="_before")
        names = computed(self.table)
        differs = pl.any_horizontal(
            pl.col(n).ne_missing(pl.col(f"{n}_before").cast(rows.schema[n])) for n in names
        )
        really = pairs.filter(differs)[ROW_KEY]
        rows = rows.filter(within(ROW_KEY, really))
        self.changed += rows.height
        self._dropped.append(rows.select(hashed()).to_series())
        old = undone(self.table, before.filter(within(ROW_KEY, really)), rows)
        self._spill(pl.concat([old, rows]).sort(ROW_KEY, DELTA))

    def _is_replacement(self, more: int) -> bool:
        """Whether the table will be replaced anyway, so that old versions are of no use."""
        if self.table.strategy == "replace":
            return True
        wanted = max(self.compared, self.received)
        return self.only_replaceable or (
            self.parents is None and self.changed + more > self.replace_share * wanted
        )

    def _published(self, keys: pl.Series) -> pl.DataFrame:
        """Published rows in the shape of wanted ones; columns that they lack are empty."""
        found = self.published.lookup(keys)
        names = computed(self.table)
        absent = [pl.lit(None).alias(n) for n in names if n not in found.columns]
        return found.with_columns(absent).select(ROW_KEY, ROW_HASH, PARENT, *names)

    def _drop_repeated(self) -> None:
        """Rejects new keys that came in several frames; the first one stands."""
        twice = in_several(self._new)
        self._new.clear()
        if not twice:
            return
        taken: set[int] = set()
        for number, path in enumerate(self._files):
            frame = pl.read_ipc(path)
            repeated = []
            for hash_of_key in frame.select(hashed()).to_series():
                repeated.append(hash_of_key in taken)
                if hash_of_key in twice:
                    taken.add(hash_of_key)
            mask = pl.Series(repeated, dtype=pl.Boolean)
            if mask.any():
                self._reject(with_reason(frame.filter(mask), "the key occurs twice"))
                self.added -= int(mask.sum())
                self.received -= int(mask.sum())
                self._files[number] = path.with_suffix(".once")
                frame.filter(~mask).write_ipc(self._files[number], compression="lz4")

    def _keys_of(self, hashes: pl.Series) -> pl.Series:
        known = self._scope.lazy() if self._scope is not None else self.published.current([ROW_KEY])
        found = known.filter(key_hash().is_in(hashes.implode())).select(ROW_KEY)
        return found.collect(engine="streaming").to_series()

    def counts(self, net: int, destination: int) -> Counts:
        """The figures that the planner decides by."""
        vanished = len(self.vanished)
        wanted = net + self.added - vanished
        return Counts(self.added, self.changed, vanished, wanted, destination)

    def appended(self) -> Iterator[pl.DataFrame]:
        """What appending posts: reversals and new versions."""
        yield from self._spilled()
        gone = self.vanished
        for start in range(0, len(gone), SLICE):
            before = self._published(gone[start : start + SLICE])
            yield undone(self.table, before, None)

    def complete(self) -> Iterator[pl.DataFrame]:
        """What replacing posts: every row that is wanted, published ones included."""
        if self.published.exists():
            gone = self.vanished.hash(seed=1)
            leaving = pl.concat([*self._dropped, gone]).unique()
            yield from without(self.published, self.table, leaving)
        for frame in self._spilled():
            yield frame.filter(pl.col(DELTA) > 0)

    def _spilled(self) -> Iterator[pl.DataFrame]:
        for path in self._files:
            yield pl.read_ipc(path)

    def _spill(self, rows: pl.DataFrame) -> None:
        if rows.height:
            path = Path(self._folder.name) / f"{len(self._files):06d}.arrow"
            rows.write_ipc(path, compression="lz4")
            self._files.append(path)

    def _reject(self, rows: pl.DataFrame) -> None:
        self.rejected.append(rows.drop(ROW_HASH, DELTA))
