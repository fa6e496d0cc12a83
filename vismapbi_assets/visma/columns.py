"""From decoded documents to a polars frame, column by column.

Exact decimals, business dates in the company's zone, nested objects flattened, arrays as one list
column. A value that cannot be read names its document; what then happens to the document is
decided in `visma.decode`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from operator import attrgetter
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from vismapbi_assets.visma.entities.shape import (
    FIRST_DATE,
    LAST_DATE,
    MONEY,
    RATE,
    Column,
    Kind,
    Shape,
)
from vismapbi_assets.visma.entities.wire import NULL

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - server time has no zone
_MICROSECOND = timedelta(microseconds=1)
_DIGITS_TO_ZERO = bytes(48 if 48 <= byte < 58 else byte for byte in range(256))
_ZEROED = {scale: b"." + b"0" * (scale + 1) for scale in (MONEY.scale, RATE.scale)}
_STAMP = "%Y-%m-%dT%H:%M:%S%.f"
_TOGETHER: tuple[Kind, ...] = ("text", "amount", "rate", "date", "stamp", "integer", "flag")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A value that is not what its member says."""

    document: int
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Leaf:
    column: Column
    values: list[Any]
    label: str
    """The member's path from the document, arrays marked."""


@dataclass
class Reader:
    """Reads objects of a shape into columns and collects what is unreadable.

    Attributes:
        zone: the zone into which dates with an offset are converted before the date part counts.
        table: one row per document.
        unreadable: values that could not be read, by document.
        rounded: columns in which a number had more decimals than the column, and how often.
        unknown: values that an enumeration does not have, how often, and the first document.
        empty: members without any value.
    """

    zone: str
    table: pl.DataFrame = field(default_factory=pl.DataFrame)
    unreadable: list[Unreadable] = field(default_factory=list)
    rounded: Counter[str] = field(default_factory=Counter)
    unknown: dict[str, tuple[int, int]] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, members: Shape, documents: Sequence[Any], zone: str) -> Reader:
        """A reader that has read these documents."""
        reader = cls(zone)
        owner = pl.int_range(len(documents), eager=True)
        reader.table = reader._table(members, documents, owner)
        return reader

    def _table(
        self, members: Shape, objects: Sequence[Any], owner: pl.Series, at: str = ""
    ) -> pl.DataFrame:
        leaves = [
            _Leaf(column, values, at + ".".join(column.path))
            for column, values in _leaves(members, objects)
        ]
        made: dict[str, pl.Series] = {}
        for kind in _TOGETHER:
            group = [leaf for leaf in leaves if leaf.column.member.kind == kind]
            if group:
                series = self._series(kind, group, owner)
                for position, leaf in enumerate(group):
                    column = series.slice(position * len(objects), len(objects))
                    made[leaf.column.name] = column
                    self._look(leaf, column, owner)
        for leaf in leaves:
            if leaf.column.member.kind == "rows":
                made[leaf.column.name] = self._rows(leaf, owner)
        return pl.DataFrame({leaf.column.name: made[leaf.column.name] for leaf in leaves})

    def _look(self, leaf: _Leaf, series: pl.Series, owner: pl.Series) -> None:
        if len(series) and series.null_count() == len(series):
            self.empty.append(leaf.label)
        if not leaf.column.member.values:
            return
        for value in series.unique().to_list():
            if value is not None and value not in leaf.column.member.values:
                found = series == value
                what = f"{leaf.label}={value[:40]}"
                times, first = self.unknown.get(what, (0, owner[found.arg_max() or 0]))
                self.unknown[what] = (times + int(found.sum()), first)

    def _series(self, kind: Kind, group: list[_Leaf], owner: pl.Series) -> pl.Series:
        dtype = group[0].column.dtype
        values = chain.from_iterable(leaf.values for leaf in group)
        match kind:
            case "text":
                series = pl.Series(list(values), dtype=dtype)
                return series.set(series == "", None)
            case "amount" | "rate":
                return self._numbers(
                    list(values), group, owner, MONEY if kind == "amount" else RATE
                )
            case "date":
                return self._times(list(values), group, owner, self._day)
            case "stamp":
                wire = pl.Series(list(values), dtype=pl.String)
                stamps = wire.str.to_datetime(_STAMP, time_unit="us", strict=False)
                if stamps.null_count() == wire.null_count():
                    return stamps
                return self._times(wire.to_list(), group, owner, _microsecond)
            case _:
                return pl.Series(list(values), dtype=dtype)

    def _numbers(
        self, raws: list[Any], group: list[_Leaf], owner: pl.Series, dtype: pl.Decimal
    ) -> pl.Series:
        joined = b"\n".join(raws)
        wire = pl.Series([joined.decode()]).str.split("\n").explode()
        if len(wire) != len(raws):
            wire = pl.Series([str(raw, "utf-8") for raw in raws], dtype=pl.String)
        numbers = wire.cast(dtype, strict=False)
        if numbers.has_nulls():
            wrong = numbers.is_null() & (wire != "null")
            self._report(wrong, group, owner, "number", lambda at: str(wire[at]))
        finer = _ZEROED[dtype.scale] in joined.translate(_DIGITS_TO_ZERO)
        if finer or b"e" in joined or b"E" in joined:
            self._count_rounded(numbers != wire.cast(pl.Decimal(38, 18), strict=False), group)
        return numbers

    def _count_rounded(self, rounded: pl.Series, group: list[_Leaf]) -> None:
        length = len(rounded) // len(group)
        for position, leaf in enumerate(group):
            count = int(rounded.slice(position * length, length).sum())
            if count:
                self.rounded[leaf.label] += count

    def _times(
        self,
        values: list[str | None],
        group: list[_Leaf],
        owner: pl.Series,
        read: Callable[[str], int],
    ) -> pl.Series:
        found: dict[str | None, int | None] = {}
        refused: dict[str | None, str] = {}
        for text in filter(None, set(values)):
            try:
                found[text] = read(text)
            except (ValueError, OverflowError) as error:
                refused[text] = str(error)
        if refused:
            wrong = pl.Series([value in refused for value in values])
            self._report(wrong, group, owner, "date", lambda at: refused[values[at]])
        return pl.Series(list(map(found.get, values)), dtype=pl.Int64).cast(group[0].column.dtype)

    def _day(self, text: str) -> int:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            moment = moment.astimezone(ZoneInfo(self.zone))
        if not FIRST_DATE <= moment.date() <= LAST_DATE:
            raise ValueError(f"{text} lies outside {FIRST_DATE} to {LAST_DATE}")
        return moment.toordinal() - _EPOCH.toordinal()

    def _rows(self, leaf: _Leaf, owner: pl.Series) -> pl.Series:
        parent = pl.Series([i for i, v in enumerate(leaf.values) if v for _ in v], dtype=pl.Int64)
        flat = list(chain.from_iterable(v for v in leaf.values if v))
        table = self._table(
            leaf.column.member.members, flat, owner.gather(parent), f"{leaf.label}[]."
        )
        nested = (
            table.select(parent=parent, rows=pl.struct(pl.all()))
            .set_sorted("parent")
            .group_by("parent", maintain_order=True)
            .agg("rows")
        )
        if len(nested) < len(leaf.values):
            every = pl.DataFrame({"parent": pl.int_range(len(leaf.values), eager=True)})
            nested = every.join(nested, on="parent", how="left", maintain_order="left")
            nested = nested.with_columns(pl.col("rows").fill_null(pl.lit([], leaf.column.dtype)))
        return nested["rows"]

    def _report(
        self,
        wrong: pl.Series,
        group: list[_Leaf],
        owner: pl.Series,
        rule: str,
        say: Callable[[int], str],
    ) -> None:
        for position in wrong.arg_true().to_list():
            label = group[position // len(owner)].label
            reason = f"{label}: {say(position)[:80]}"
            self.unreadable.append(Unreadable(owner[position % len(owner)], rule, reason))


def _leaves(
    members: Shape, objects: Sequence[Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[Column, list[Any]]]:
    for member in members:
        if member.kind == "known":
            continue
        values = list(map(attrgetter(member.name), objects))
        here = (*path, member.name)
        if member.kind == "part":
            absent = _absent(member.members)
            yield from _leaves(member.members, [v or absent for v in values], here)
        else:
            yield Column(here, member), values


def _absent(members: Shape) -> SimpleNamespace:
    return SimpleNamespace(
        **{m.name: NULL if m.kind in ("amount", "rate") else None for m in members}
    )


def _microsecond(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=None) - _EPOCH) // _MICROSECOND
