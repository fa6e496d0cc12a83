"""Filter contexts: which rows of each table are visible.

A context is a list of filters, each a set of allowed values of some columns of one table; it is
applied as boolean masks that travel along relationships. Contexts never change, they are derived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from vismapbi_assets.sandbox.dax.model import DaxModel, Relationship
from vismapbi_assets.sandbox.dax.syntax import Column, DaxError
from vismapbi_assets.sandbox.dax.values import folded, kind, unified


@dataclass(frozen=True, eq=False, slots=True)
class Filter:
    """Allowed combinations of values.

    Attributes:
        values: allowed values by column, all columns of one table and of one length.
        identify: columns that suffice to recognise a row; empty for all of `values`.
        kept: added to what there is (KEEPFILTERS) instead of taking its place.
    """

    values: Mapping[Column, pl.Series]
    identify: tuple[Column, ...] = ()
    kept: bool = False

    @property
    def table(self) -> str:
        """The table that is filtered."""
        return next(iter(self.values)).table

    def without(self, columns: set[Column]) -> Filter | None:
        """What remains of the filter when some columns are no longer filtered."""
        left = {column: values for column, values in self.values.items() if column not in columns}
        if len(left) == len(self.values):
            return self
        return Filter(left, kept=self.kept) if left else None


@dataclass(frozen=True, eq=False, slots=True)
class FilterContext:
    """The filters in force."""

    model: DaxModel
    filters: tuple[Filter, ...] = ()
    _masks: dict[tuple[str, Relationship | None], pl.Series | None] = field(default_factory=dict)

    def cleared(self, columns: set[Column]) -> FilterContext:
        """The context without any filter on these columns."""
        left = tuple(f for one in self.filters if (f := one.without(columns)) is not None)
        return FilterContext(self.model, left)

    def applied(self, filters: Iterable[Filter]) -> FilterContext:
        """The context with further filters; those not kept replace filters on their columns."""
        filters = list(filters)
        replaced = {column for one in filters if not one.kept for column in one.values}
        for one in filters:
            clears = self.model.date_keys == "clear_kept" or (
                self.model.date_keys == "clear" and not one.kept
            )
            key = self.model.key(one.table)
            if key is None or not clears or set(one.values) != {key}:
                continue
            if kind(one.values[key]) == "date":
                replaced |= set(self.model.columns(one.table))
        base = self.cleared(replaced) if replaced else self
        return FilterContext(self.model, (*base.filters, *filters))

    def mask(self, table: str, without: Relationship | None = None) -> pl.Series | None:
        """Visibility of a table's rows, the virtual blank row last; None when all are visible."""
        known = (table, without)
        if known not in self._masks:
            self._masks[known] = self._mask(table, without)
        return self._masks[known]

    def _mask(self, table: str, without: Relationship | None) -> pl.Series | None:
        masks = [self._matches(one) for one in self.filters if one.table == table]
        for relationship in self.model.relationships:
            if relationship == without:
                continue
            if relationship.from_table == table:
                far = self.mask(relationship.to_table, relationship)
                if far is not None:
                    masks.append(far.gather(self.model.index(relationship)))
            elif relationship.to_table == table and relationship.both:
                near = self.mask(relationship.from_table, relationship)
                if near is not None:
                    rows = self.model.index(relationship).filter(near).unique()
                    height = self.model.tables[table].height + self.model.blank_rows(table)
                    positions = _positions(height)
                    masks.append(positions.is_in(rows.implode()))
        if not masks:
            return None
        mask = masks[0]
        for other in masks[1:]:
            mask = mask & other
        return mask

    def _matches(self, one: Filter) -> pl.Series:
        columns = one.identify or tuple(one.values)
        if len(columns) == 1:
            column = columns[0]
            own, allowed = self.model.folded(column), folded(one.values[column])
            own, allowed = _alike(own, allowed, column)
            return own.is_in(allowed.unique().implode(), nulls_equal=True)
        names = [f"c{number}" for number in range(len(columns))]
        own_columns, allowed_columns = {}, {}
        for name, column in zip(names, columns, strict=True):
            own, allowed = self.model.folded(column), folded(one.values[column])
            own_columns[name], allowed_columns[name] = _alike(own, allowed, column)
        allowed_rows = pl.DataFrame(allowed_columns).unique()
        hit = pl.DataFrame(own_columns).join(
            allowed_rows.with_columns(hit=pl.lit(True)),
            on=names,
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        return hit["hit"].fill_null(False)

    def rows(self, table: str, *, blank: bool) -> pl.Series | None:
        """Positions of the visible rows; None when these are simply all rows.

        Args:
            table: the table.
            blank: count the blank row in, where it exists and is visible.
        """
        mask = self.mask(table)
        height = self.model.tables[table].height
        with_blank = blank and self.model.blank_rows(table) == 1 and self.model.has_blank(table)
        if mask is None:
            return _positions(height + 1) if with_blank else None
        return (mask if with_blank else mask.head(height)).arg_true()


def _alike(own: pl.Series, allowed: pl.Series, column: Column) -> tuple[pl.Series, pl.Series]:
    if own.dtype == allowed.dtype:
        return own, allowed
    try:
        own, allowed = unified(own, allowed)
    except DaxError as problem:
        raise DaxError(f"Values of another type filter {column}.") from problem
    return own, allowed


def _positions(height: int) -> pl.Series:
    return pl.int_range(height, dtype=pl.UInt32, eager=True).alias("")
