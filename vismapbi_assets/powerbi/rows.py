"""Rows in the shape that is planned and kept: key, hash of the values, parent, sign, values.

Makes that shape from wanted and from published rows. Comparing them belongs in `changes.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from vismapbi_assets.powerbi.planner import PLATFORM, reversals
from vismapbi_assets.powerbi.schema import PushTable
from vismapbi_assets.powerbi.values import REASON
from vismapbi_assets.store.published import PublishedTable

ROW_KEY, ROW_HASH, PARENT, DELTA = "row_key", "row_hash", "parent", "delta"
HASH = "_h"


def computed(table: PushTable) -> list[str]:
    """The columns that the caller delivers."""
    return [c for c in table.column_names if c not in PLATFORM]


def keyed(
    table: PushTable,
    rows: pl.DataFrame,
    parent: pl.Expr | None,
    held: Mapping[str, pl.DataType] | None = None,
) -> pl.DataFrame:
    """The rows with their key, the hash of their values, and the parent they came from.

    Values take the types that the published rows have, or those of their push types.
    """
    names = computed(table)
    first = pl.col(table.key[0]).cast(pl.String) if table.key else pl.lit("")
    several = [pl.col(k).cast(pl.String) for k in table.key]
    key = first if len(table.key) < 2 else pl.concat_str(several, separator="|")
    types = {n: (held or {}).get(n) or dtype_of(table, n, rows.schema[n]) for n in names}
    typed = rows.with_columns(
        _wall(n, rows.schema[n]).cast(t) for n, t in types.items() if rows.schema[n] != t
    )
    return typed.select(
        key.alias(ROW_KEY),
        pl.struct(names).hash(seed=2026).cast(pl.String).alias(ROW_HASH),
        (pl.lit(None, pl.String) if parent is None else parent.cast(pl.String)).alias(PARENT),
        pl.lit(1, pl.Int8).alias(DELTA),
        *names,
    )


def _wall(name: str, dtype: pl.DataType) -> pl.Expr:
    """A column, times with a zone as wall time in UTC."""
    value = pl.col(name)
    if isinstance(dtype, pl.Datetime) and dtype.time_zone:
        return value.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return value


def dtype_of(table: PushTable, name: str, given: pl.DataType | None = None) -> pl.DataType:
    """The polars type in which a column is kept; a date may stay a date."""
    if given == pl.Date and table.column(name).data_type == "DateTime":
        return pl.Date()
    return {
        "String": pl.String(),
        "Int64": pl.Int64(),
        "Double": pl.Float64(),
        "Boolean": pl.Boolean(),
        "DateTime": pl.Datetime("us"),
        "Decimal": pl.Decimal(19, 4),
    }[table.column(name).data_type]


def undone(table: PushTable, before: pl.DataFrame, like: pl.DataFrame | None) -> pl.DataFrame:
    """Reversals of published rows in the shape of planned rows."""
    names = computed(table)
    typed = [pl.col(n).cast(like.schema[n]) for n in names] if like is not None else []
    return (
        reversals(table, before)
        .with_columns(*typed, pl.lit(-1, pl.Int8).alias(DELTA))
        .select(ROW_KEY, ROW_HASH, PARENT, DELTA, *names)
    )


def with_reason(rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    """The rows with the reason why they are rejected."""
    return rows.with_columns(pl.lit(reason).alias(REASON))


def key_hash() -> pl.Expr:
    """The hash of a row's key."""
    return pl.col(ROW_KEY).hash(seed=1)


def hashed() -> pl.Expr:
    """The hash of a row's key, under its column name."""
    return key_hash().alias(HASH)


def within(column: str, values: pl.Series) -> pl.Expr:
    """Whether a column has one of the values."""
    return pl.col(column).is_in(values.implode())


def without(
    published: PublishedTable, table: PushTable, leaving: pl.Series | None = None
) -> Iterator[pl.DataFrame]:
    """The published rows in the shape of planned ones, without those of some key hashes."""
    names = computed(table)
    held = published.schema
    wanted = [ROW_KEY, ROW_HASH, PARENT, *(n for n in names if n in held)]
    rows = published.current(wanted)
    if leaving is not None and len(leaving):
        rows = rows.filter(~key_hash().is_in(leaving.implode()))
    absent = [pl.lit(None).cast(dtype_of(table, n)).alias(n) for n in names if n not in held]
    for batch in rows.collect_batches(chunk_size=20_000, maintain_order=True, engine="streaming"):
        if batch.height:
            shaped = batch.with_columns(pl.lit(1, pl.Int8).alias(DELTA), *absent)
            yield shaped.select(ROW_KEY, ROW_HASH, PARENT, DELTA, *names)
