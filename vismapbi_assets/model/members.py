"""Members that no document stands behind: the empty reference, and keys that only facts know.

A fact whose supplier, account or branch the dimension does not hold keeps its key, and the
dimension gets a member that says so; otherwise the report would show a blank row. Ordinary members
belong in the transforms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import NONE, part, text

NOTHING = "(none)"
MISSING = "(missing)"


@dataclass(frozen=True, slots=True)
class Use:
    """A column of an entity, or a field of its line array, that refers to a dimension."""

    entity: str
    column: str
    array: str | None = None


def used_keys(inputs: Inputs, uses: Iterable[Use]) -> pl.LazyFrame:
    """The distinct references of some columns: `company`, `number`."""
    return pl.concat([_references(inputs, use) for use in uses]).unique()


def published_keys(inputs: Inputs, columns: Mapping[str, str]) -> pl.LazyFrame:
    """The distinct references of key columns of published facts: `company`, `number`."""
    keys = pl.concat(inputs.table(t).select(key=c).unique() for t, c in columns.items()).unique()
    pieces = pl.col("key").str.splitn(":", 2).struct
    return (
        keys.filter(pl.col("key") != NONE)
        .select(company=pieces.field("field_0"), number=pieces.field("field_1"))
        .drop_nulls()
    )


def with_missing(
    inputs: Inputs,
    entity: str,
    column: str,
    uses: Iterable[Use],
    also: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """An entity's rows, one per number, and a bare one for every number that only facts know.

    Adds `number`, the cleaned `column`, and `missing`. `also` holds further `company`, `number`.
    """
    known = (
        inputs.entity(entity)
        .with_columns(part(column).alias("number"), missing=pl.lit(value=False))
        .drop_nulls("number")
        .unique(["company", "number"], keep="first", maintain_order=True)
    )
    used = used_keys(inputs, uses)
    unknown = (
        (used if also is None else pl.concat([used, also]).unique())
        .join(known, on=["company", "number"], how="anti")
        .with_columns(missing=pl.lit(value=True))
    )
    return pl.concat([known, unknown], how="diagonal").sort("company", "number")


def member_name(column: str) -> pl.Expr:
    """The name of a member of `with_missing`."""
    return (pl.when("missing").then(missing_name("number")).otherwise(text(column))).alias(column)


def missing_name(number: str) -> pl.Expr:
    """The name of a member that only facts know."""
    return pl.format("{} {}", number, pl.lit(MISSING))


def with_none(rows: pl.DataFrame, *names: str, **others: object) -> pl.DataFrame:
    """The rows and the one member for empty references.

    Its key, the first column, is `-`; `Company` and the columns in `names` say (none); `others`
    have their value, flags are false, everything else is empty.
    """
    values: dict[str, object] = {rows.columns[0]: NONE}
    for name, dtype in rows.schema.items():
        if name == "Company" or name in names:
            values[name] = NOTHING
        elif dtype == pl.Boolean:
            values[name] = False
    member = pl.DataFrame([values | others], schema=rows.schema)
    return pl.concat([member, rows])


def _references(inputs: Inputs, use: Use) -> pl.LazyFrame:
    frame = inputs.entity(use.entity)
    if use.array is None:
        return frame.select("company", part(use.column).alias("number")).drop_nulls().unique()
    return (
        frame.select("company", pl.col(use.array).list.eval(pl.element().struct.field(use.column)))
        .explode(use.array)
        .select("company", part(use.array).alias("number"))
        .drop_nulls()
        .unique()
    )
