"""Tables as values: rows of a model table, computed rows, or both side by side.

Rows of a model table are held as positions, so that a column is read only when it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from vismapbi_assets.sandbox.dax.context import Filter
from vismapbi_assets.sandbox.dax.model import DaxModel
from vismapbi_assets.sandbox.dax.syntax import Column, DaxError
from vismapbi_assets.sandbox.dax.values import folded

FEW = 10_000
"""Rows near the beginning of a larger table are read without the rest."""


class Rows:
    """A table value.

    Args:
        model: the model.
        base: the model table whose rows these are, None for computed rows only.
        positions: which rows of the base; None for all but the blank row.
        columns: further columns, or all of them where there is no base.
        height: number of rows where there is neither base nor column.
    """

    def __init__(
        self,
        model: DaxModel,
        base: str | None = None,
        positions: pl.Series | None = None,
        columns: Mapping[Column, pl.Series] | None = None,
    ) -> None:
        self.model = model
        self.base = base
        self.positions = positions
        self._columns = dict(columns or {})

    @property
    def height(self) -> int:
        """Number of rows."""
        if self.base is None:
            return len(next(iter(self._columns.values()))) if self._columns else 1
        if self.positions is None:
            return self.model.tables[self.base].height
        return len(self.positions)

    @property
    def names(self) -> tuple[Column, ...]:
        """The columns in order."""
        own = self.model.columns(self.base) if self.base else ()
        return (*own, *self._columns)

    def has(self, column: Column) -> bool:
        """Whether the column is one of these."""
        return column in self._columns or column.table == self.base

    def column(self, column: Column) -> pl.Series:
        """Values of a column."""
        if column in self._columns:
            return self._columns[column]
        if self.positions is None:
            return self.model.column(column).head(self.height)
        last = self.positions.max() if 0 < len(self.positions) <= FEW else None
        if isinstance(last, int) and last < FEW <= self.model.tables[column.table].height:
            return self.model.first(column, last + 1).gather(self.positions)
        return self.model.column(column).gather(self.positions)

    def take(self, which: pl.Series) -> Rows:
        """The rows at these places."""
        columns = {name: values.gather(which) for name, values in self._columns.items()}
        if self.base is None:
            return Rows(self.model, columns=columns)
        positions = which if self.positions is None else self.positions.gather(which)
        return Rows(self.model, self.base, positions.cast(pl.UInt32), columns)

    def where(self, mask: pl.Series) -> Rows:
        """The rows for which the mask is true."""
        if len(mask) == 1 and self.height != 1:
            mask = mask.new_from_index(0, self.height)
        return self.take(mask.arg_true())

    def one(self, number: int) -> Rows:
        """A single row."""
        return self.take(pl.Series([number], dtype=pl.UInt32))

    def extended(self, columns: Mapping[Column, pl.Series]) -> Rows:
        """The rows with further columns."""
        height = self.height
        added = {
            name: values if len(values) == height else values.new_from_index(0, height)
            for name, values in columns.items()
        }
        return Rows(self.model, self.base, self.positions, {**self._columns, **added})

    def distinct(self) -> Rows:
        """Every combination of values once, in order of first appearance."""
        frame = pl.DataFrame(
            [folded(self.column(name)).alias(str(n)) for n, name in enumerate(self.names)]
        )
        first = frame.with_row_index("place").unique(
            [str(n) for n in range(len(self.names))], keep="first", maintain_order=True
        )
        kept = self.take(first["place"])
        return Rows(self.model, columns={name: kept.column(name) for name in self.names})

    def filters(self, *, kept: bool = False) -> list[Filter]:
        """These rows as filters on the model, related tables included."""
        if self.base is None:
            by_table: dict[str, dict[Column, pl.Series]] = {}
            for name, values in self._columns.items():
                if name.table:
                    by_table.setdefault(name.table, {})[name] = values
            if len(by_table) > 1 and self.height != 1:
                raise DaxError("A filter over columns of several tables is not supported.")
            return [Filter(values, kept=kept) for values in by_table.values()]
        found = [self._table_filter(self.base, self.positions, kept)]
        for relationship in self.model.one_sides(self.base):
            index = self.model.index(relationship)
            if self.positions is None:
                reached = index.head(self.height).unique()
            else:
                reached = index.gather(self.positions).unique()
            found += Rows(self.model, relationship.to_table, reached).filters(kept=kept)
        return found

    def _table_filter(self, table: str, positions: pl.Series | None, kept: bool) -> Filter:
        values = {name: self._values(name, positions) for name in self.model.columns(table)}
        key = self.model.key(table)
        return Filter(values, (key,) if key is not None else (), kept)

    def _values(self, name: Column, positions: pl.Series | None) -> pl.Series:
        values = self.model.column(name)
        if positions is None:
            return values.head(self.model.tables[name.table].height)
        return values.gather(positions)

    def frame(self) -> pl.DataFrame:
        """The rows for output; computed columns in brackets."""
        return pl.DataFrame([self.column(name).alias(str(name)) for name in self.names])
