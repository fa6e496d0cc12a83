"""Types of columns: what a table holds, what rows bring, and what fits both.

Pure functions. When a table is widened belongs to `delta`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl
from deltalake import DeltaTable
from polars.datatypes import DataTypeClass

from vismapbi_assets.store.errors import SchemaConflictError


def polars_schema(table: DeltaTable) -> dict[str, pl.DataType]:
    """The table's columns as polars types."""
    return dict(pl.Schema(table.schema().to_arrow()).items())


def merged(name: str, held: pl.DataType | None, incoming: pl.DataType) -> pl.DataType:
    """The type that holds both; members of structs add up, everything else must agree."""
    if held is None or held == incoming:
        return incoming
    if isinstance(held, pl.List) and isinstance(incoming, pl.List):
        return pl.List(merged(f"{name}[]", _instance(held.inner), _instance(incoming.inner)))
    if isinstance(held, pl.Struct) and isinstance(incoming, pl.Struct):
        fields = {field.name: _instance(field.dtype) for field in held.fields}
        for field in incoming.fields:
            fields[field.name] = merged(
                f"{name}.{field.name}", fields.get(field.name), _instance(field.dtype)
            )
        return pl.Struct(fields)
    raise SchemaConflictError(
        f"column {name} is stored as {held} and now comes as {incoming}. Give the new meaning a "
        "new name, or load the table anew."
    )


def _instance(dtype: DataTypeClass | pl.DataType) -> pl.DataType:
    instance: pl.DataType = dtype() if isinstance(dtype, DataTypeClass) else dtype
    return instance


def settled(frame: pl.DataFrame, technical: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """The frame with our own columns in their types, without columns that never held a value."""
    untyped = [name for name, dtype in frame.schema.items() if dtype == pl.Null]
    types: dict[Any, Any] = {
        n: t for n, t in technical.items() if n in frame.columns and n not in untyped
    }
    return frame.drop(untyped).cast(types)


def utc(at: datetime) -> datetime:
    """The time in UTC, as it is stored; a time without a zone says nothing and is refused."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone")
    return at.astimezone(UTC)
