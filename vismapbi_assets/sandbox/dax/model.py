"""The model behind the evaluator: columns, relationships and the blank row.

A table on the one side of a relationship is read with a virtual blank row behind its last row; it
exists where rows of the many side find no partner. Columns are read once, on demand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

import polars as pl

from vismapbi_assets.sandbox.dax.parser import parse_expression
from vismapbi_assets.sandbox.dax.syntax import Column, DaxError, Expr
from vismapbi_assets.sandbox.dax.values import folded, normalised

DateKeys = Literal["clear", "plain", "clear_kept"]


class TableSource(Protocol):
    """Anything that a table can be read from, column by column."""

    @property
    def height(self) -> int:
        """Number of rows."""
        ...

    @property
    def schema(self) -> Mapping[str, pl.DataType]:
        """Names and types of the columns."""
        ...

    def column(self, name: str) -> pl.Series:
        """One column."""
        ...

    def head(self, name: str, count: int) -> pl.Series:
        """The first values of a column."""
        ...


class _FrameSource:
    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame
        self.height = frame.height
        self.schema: Mapping[str, pl.DataType] = frame.schema

    def column(self, name: str) -> pl.Series:
        return self._frame[name]

    def head(self, name: str, count: int) -> pl.Series:
        return self._frame[name].head(count)


@dataclass(frozen=True, slots=True)
class Relationship:
    """From a column of the many side to the key of the one side."""

    from_table: str
    from_column: str
    to_table: str
    to_column: str
    both: bool = False


class DaxModel:
    """Tables, relationships and measures that queries run against.

    Args:
        tables: frames, or anything that is read column by column, by table name.
        relationships: `Relationship` objects.
        measures: DAX texts by measure name.
        now: what UTCNOW answers.
        date_keys: whether a filter on the date key of a calendar clears the calendar's other
            filters: "clear" (as documented), "plain" (never), or "clear_kept" (under KEEPFILTERS,
            too). No measure may depend on it.
    """

    def __init__(
        self,
        tables: Mapping[str, pl.DataFrame | TableSource],
        relationships: Iterable[Relationship] = (),
        measures: Mapping[str, str] | None = None,
        *,
        now: Callable[[], datetime] | None = None,
        date_keys: DateKeys = "clear",
    ) -> None:
        self.tables: dict[str, TableSource] = {
            name: _FrameSource(table) if isinstance(table, pl.DataFrame) else table
            for name, table in tables.items()
        }
        self.relationships = tuple(relationships)
        self.measures = dict(measures or {})
        self.now = now or (lambda: datetime.now(UTC))
        self.date_keys = date_keys
        self._names = {name.casefold(): name for name in self.tables}
        self._measure_names = {name.casefold(): name for name in self.measures}
        self._one_side = {r.to_table for r in self.relationships}
        self._parsed: dict[str, Expr] = {}
        self._columns: dict[Column, pl.Series] = {}
        self._folded: dict[Column, pl.Series] = {}
        self._indexes: dict[Relationship, pl.Series] = {}
        self._blanks: dict[str, bool] = {}

    def table_name(self, name: str) -> str | None:
        """A table's name as declared, found without regard to case."""
        return self._names.get(name.casefold())

    def resolve(self, column: Column) -> Column:
        """A column as declared; DaxError when there is none."""
        table = self.table_name(column.table)
        if table is None:
            raise DaxError(f"Cannot find table '{column.table}'.")
        for name in self.tables[table].schema:
            if name.casefold() == column.name.casefold():
                return Column(table, name)
        raise DaxError(f"Column '{column.name}' in table '{column.table}' cannot be found.")

    def measure(self, name: str) -> Expr | None:
        """The parsed expression of a measure; None when there is none of that name."""
        known = self._measure_names.get(name.casefold())
        if known is None:
            return None
        if known not in self._parsed:
            try:
                self._parsed[known] = parse_expression(self.measures[known])
            except DaxError as problem:
                raise DaxError(f"Measure [{known}]: {problem}") from problem
        return self._parsed[known]

    def columns(self, table: str) -> tuple[Column, ...]:
        """All columns of a table."""
        return tuple(Column(table, name) for name in self.tables[table].schema)

    def blank_rows(self, table: str) -> int:
        """1 where the table is read with a virtual blank row, else 0."""
        return int(table in self._one_side)

    def column(self, column: Column) -> pl.Series:
        """Values of a resolved column, the virtual blank row included."""
        if column not in self._columns:
            values = normalised(self.tables[column.table].column(column.name)).alias("")
            if self.blank_rows(column.table):
                values = values.extend_constant(None, 1)
            self._columns[column] = values
        return self._columns[column]

    def first(self, column: Column, count: int) -> pl.Series:
        """The first values of a resolved column, without reading the others."""
        if column in self._columns:
            return self._columns[column].head(count)
        return normalised(self.tables[column.table].head(column.name, count)).alias("")

    def folded(self, column: Column) -> pl.Series:
        """The same in the form in which values are compared."""
        if column not in self._folded:
            self._folded[column] = folded(self.column(column))
        return self._folded[column]

    def one_sides(self, table: str) -> list[Relationship]:
        """Relationships in which the table is the many side."""
        return [r for r in self.relationships if r.from_table == table]

    def key(self, table: str) -> Column | None:
        """The column that identifies the rows of a table on the one side."""
        for relationship in self.relationships:
            if relationship.to_table == table:
                return Column(table, relationship.to_column)
        return None

    def index(self, relationship: Relationship) -> pl.Series:
        """For every row of the many side, the row of the one side that it belongs to.

        Rows without a partner belong to the blank row.
        """
        if relationship not in self._indexes:
            to = self.resolve(Column(relationship.to_table, relationship.to_column))
            source = self.resolve(Column(relationship.from_table, relationship.from_column))
            height = self.tables[to.table].height
            keys = self.folded(to).head(height)
            if keys.is_duplicated().any():
                raise DaxError(
                    f"Column '{to.name}' in table '{to.table}' contains a duplicate value and this "
                    "is not allowed for columns on the one side of a many-to-one relationship."
                )
            known = pl.DataFrame({"key": keys}).with_row_index("row").drop_nulls("key")
            wanted = pl.DataFrame({"key": self.folded(source)})
            if wanted["key"].dtype != known["key"].dtype:
                raise DaxError(f"The types of {source} and {to} do not match.")
            joined = wanted.join(known, on="key", how="left", maintain_order="left")
            self._indexes[relationship] = joined["row"].fill_null(height).rechunk()
        return self._indexes[relationship]

    def has_blank(self, table: str) -> bool:
        """Whether some row of a many side has no partner in the table."""
        if table not in self._blanks:
            height = self.tables[table].height
            self._blanks[table] = any(
                bool((self.index(r).head(self.tables[r.from_table].height) == height).any())
                for r in self.relationships
                if r.to_table == table
            )
        return self._blanks[table]

    def expanded(self, table: str) -> set[str]:
        """The table and everything it reaches towards the one side."""
        reached, waiting = set[str](), [table]
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += [r.to_table for r in self.one_sides(name)]
        return reached
