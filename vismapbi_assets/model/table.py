"""The shape of a model table's declaration.

Everything about a table is derived from here: pandera schema, push definition, plan, checks and
documentation. What a particular table contains belongs in `tables/`, how it is filled in
`transforms/`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import polars as pl

if TYPE_CHECKING:
    from vismapbi_assets.model.inputs import Inputs


DataType = Literal["String", "Int64", "Double", "Boolean", "DateTime", "Decimal"]
Strategy = Literal["replace", "reverse", "append", "none"]
Kind = Literal[
    "dimension",
    "dimension (disconnected)",
    "service",
    "fact",
    "fact (event ledger)",
    "fact (control)",
    "fact (snapshot)",
    "fact (work list)",
    "fact (evidence)",
    "measure home",
]

MONEY = pl.Decimal(19, 4)
PLATFORM_COLUMNS = ("LoadedAt", "RowDelta", "PushBatchId")
"""Columns that the publisher fills; no transform computes them."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    `data_type` is the push type; `dtype` the polars type that a transform must deliver
    (`DateTime` columns shown with a time are UTC-less timestamps, the others are dates).
    """

    name: str
    data_type: DataType
    source: str
    format: str = ""
    summarize: Literal["none", "sum"] = "none"
    additive: bool = False
    hidden: bool = False
    sort_by: str = ""
    nullable: bool = True

    @property
    def dtype(self) -> pl.DataType:
        """The polars type of the column before it is pushed."""
        match self.data_type:
            case "String":
                return pl.String()
            case "Int64":
                return pl.Int64()
            case "Double":
                return pl.Float64()
            case "Boolean":
                return pl.Boolean()
            case "Decimal":
                return MONEY
            case "DateTime":
                return pl.Datetime("us") if "HH:mm" in self.format else pl.Date()


@dataclass(frozen=True, slots=True)
class RowWise:
    """A table whose rows come from one document each, so that only moved documents are computed.

    Attributes:
        entities: the entities whose documents drive the rows.
        parents: from moved state rows (tombstones included) to the parent keys of their rows.
        parent: from a row of the table to its parent key.
        lookup: what else the rows depend on; when its content changes the table is recomputed
            as a whole. Returns a small frame, computed on whole inputs.
        rest: rows that come from no document, computed on whole inputs. The table is what
            `transform` yields for its documents, slice by slice, plus these.
    """

    entities: tuple[str, ...]
    parents: Callable[[str, pl.DataFrame], pl.Series]
    parent: pl.Expr
    lookup: Callable[[Inputs], pl.DataFrame] | None = None
    rest: Callable[[Inputs], pl.DataFrame] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the semantic model.

    Attributes:
        key: the columns that identify a net row.
        sources: the Visma entities that the transform reads.
        tables: other model tables whose published rows the transform reads.
        control: the money column summed as the table's control total in `RefreshLog`.
        transform: from the inputs to the rows, platform columns left out; None for tables
            without computed rows (measure homes and the refresh log).
    """

    name: str
    kind: Kind
    strategy: Strategy
    grain: str
    source: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    sources: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    hidden: bool = False
    control: str | None = None
    transform: Callable[[Inputs], pl.DataFrame] | None = None
    row_wise: RowWise | None = None

    @property
    def computed(self) -> tuple[Column, ...]:
        """The columns that the transform delivers, in order."""
        return tuple(c for c in self.columns if c.name not in PLATFORM_COLUMNS)

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Name and polars type of the computed columns."""
        return {c.name: c.dtype for c in self.computed}

    def compute(self, inputs: Inputs) -> pl.DataFrame:
        """All rows of the table: those of the documents and those of none."""
        if self.transform is None:
            return pl.DataFrame(schema=self.schema)
        rows = self.transform(inputs)
        if self.row_wise is None or self.row_wise.rest is None:
            return rows
        return pl.concat([rows, self.row_wise.rest(inputs)])

    @property
    def additive(self) -> tuple[str, ...]:
        """The columns that a reversal row negates."""
        return tuple(c.name for c in self.columns if c.additive)
