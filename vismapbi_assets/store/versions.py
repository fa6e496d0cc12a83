"""Row versions: tables that only ever append, where the highest `sequence` of a key is the row.

Every commit adds versions under one new `sequence`; `replaces` names the sequence a version
supersedes, so that readers need to look for superseded rows only in files that supersede
something. When to write a version belongs to `state` and `published`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from deltalake import DeltaTable

from vismapbi_assets.store.delta import DataFile, Delta
from vismapbi_assets.store.schemas import polars_schema

SEQUENCE = "sequence"
VERSION_COLUMNS: dict[str, pl.DataType] = {
    SEQUENCE: pl.Int64(),
    "replaces": pl.Int64(),
    "deleted_at": pl.Datetime("us", "UTC"),
}


@dataclass(frozen=True)
class Snapshot:
    """What a table held at one commit: its files, its columns and its last sequence."""

    delta: Delta
    key: tuple[str, ...]
    table: DeltaTable | None
    files: tuple[DataFile, ...]
    schema: Mapping[str, pl.DataType]
    sequence: int

    def scan(self, files: Iterable[DataFile], columns: Sequence[str] | None = None) -> pl.LazyFrame:
        """Every version in the files."""
        frame = self.delta.scan(self.schema, files)
        return frame if columns is None else frame.select(columns)

    def current(
        self,
        columns: Sequence[str] | None = None,
        *,
        deleted: bool = False,
        since: int = 0,
        until: int | None = None,
    ) -> pl.LazyFrame:
        """The row of every key, lazily; with tombstones when `deleted`.

        With `since` and `until` only rows with a higher and no later sequence, read from the
        files that hold such.
        """
        last = self.sequence if until is None else until
        wanted = list(self.schema) if columns is None else list(columns)
        held = [name for name in wanted if name in self.schema]
        files = [file for file in self.files if file.may_hold(SEQUENCE, since + 1, last)]
        helpers = [c for c in (*self.key, SEQUENCE, "deleted_at") if c not in held]
        frame = self.scan(files, [*held, *helpers])
        if since:
            frame = frame.filter(pl.col(SEQUENCE) > since)
        if until is not None:
            frame = frame.filter(pl.col(SEQUENCE) <= until)
        newer = [
            file
            for file in self.files
            if file.may_hold(SEQUENCE, since + 1, self.sequence) and not file.only_null("replaces")
        ]
        if newer:
            frame = without_superseded(frame, self.superseding(newer, since), self.key)
        if not deleted:
            frame = frame.filter(pl.col("deleted_at").is_null())
        absent = [pl.lit(None).alias(name) for name in wanted if name not in self.schema]
        return frame.with_columns(absent).select(wanted)

    def heads(
        self, values: Mapping[str, pl.Series], columns: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """The newest version (tombstones included) of the keys with these values.

        `values` names key or statistics columns; a row qualifies when each column has one of its
        values. Files and row groups outside the values are not read.
        """
        if not self.files or any(series.is_empty() for series in values.values()):
            return self.scan([], columns).collect()
        limits = {name: (series.min(), series.max()) for name, series in values.items()}
        files = [
            file
            for file in self.files
            if all(file.may_hold(name, low, high) for name, (low, high) in limits.items())
        ]
        wanted = list(self.schema) if columns is None else list(columns)
        helpers = [c for c in (*self.key, SEQUENCE) if c not in wanted]
        predicates = [
            predicate
            for name, series in values.items()
            for predicate in (
                pl.col(name).is_between(pl.lit(limits[name][0]), pl.lit(limits[name][1])),
                pl.col(name).is_in(series.unique().implode()),
            )
        ]
        found = self.scan(files, [*wanted, *helpers]).filter(*predicates).collect()
        if all(name in self.key for name in values):
            return newest(found, self.key).select(wanted)
        newer = [file for file in self.files if not file.only_null("replaces")]
        if newer:
            keys = found.lazy().select(self.key).unique()
            superseding = self.superseding(newer).join(keys, on=self.key, how="semi")
            found = without_superseded(found.lazy(), superseding, self.key).collect()
        return found.select(wanted)

    def history(self, values: Mapping[str, pl.Series]) -> pl.DataFrame:
        """Every version of the keys that is still kept, oldest first."""
        predicates = [pl.col(name).is_in(series.implode()) for name, series in values.items()]
        return self.scan(self.files).filter(*predicates).sort(SEQUENCE).collect()

    def superseding(self, files: Sequence[DataFile], since: int = 0) -> pl.LazyFrame:
        """The newest sequence of every key that has superseded something."""
        versions = self.scan(files, [*self.key, SEQUENCE, "replaces"])
        return (
            versions.filter(pl.col("replaces").is_not_null(), pl.col(SEQUENCE) > since)
            .group_by(self.key)
            .agg(pl.col(SEQUENCE).max().alias("_newest"))
        )


def snapshot(delta: Delta, key: tuple[str, ...], counter: str) -> Snapshot:
    """The newest snapshot; an empty one before the first commit."""
    seen = delta.look()
    if seen is None:
        return snapshot_of(delta, key, counter, None)
    if (key, counter) not in seen.made:
        seen.made[key, counter] = snapshot_of(delta, key, counter, seen.table)
    found: Snapshot = seen.made[key, counter]
    return found


def snapshot_of(
    delta: Delta, key: tuple[str, ...], counter: str, table: DeltaTable | None
) -> Snapshot:
    """The snapshot behind an opened table; `counter` is the transaction that holds `sequence`."""
    if table is None:
        empty = {**{name: pl.String() for name in key}, **VERSION_COLUMNS}
        return Snapshot(delta, key, None, (), empty, 0)
    return Snapshot(
        delta,
        key,
        table,
        tuple(delta.files(table)),
        polars_schema(table),
        table.transaction_version(counter) or 0,
    )


def without_superseded(
    frame: pl.LazyFrame, superseding: pl.LazyFrame, key: tuple[str, ...]
) -> pl.LazyFrame:
    """Drop the versions that a newer version of their key supersedes."""
    return (
        frame.join(superseding, on=key, how="left", maintain_order="left")
        .filter(pl.col("_newest").is_null() | (pl.col(SEQUENCE) >= pl.col("_newest")))
        .drop("_newest")
    )


def newest(frame: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    """The version with the highest sequence of every key."""
    if frame.height < 2:
        return frame
    return frame.sort(SEQUENCE).unique(key, keep="last", maintain_order=True)


def sorted_by(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """The frame in the order of the columns, so that row groups hold narrow ranges of them."""
    return frame.sort(columns) if frame.height > 1 else frame
