"""Small tools over frames of documents: their lines, and numbers as tables carry them.

Nothing here knows what a document means; that belongs in the transforms.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from vismapbi_assets.model.table import MONEY


def lines(
    documents: pl.LazyFrame, array: str, header: Iterable[str | pl.Expr], fields: Iterable[str]
) -> pl.LazyFrame:
    """One row per line: the header columns, and the line's fields with the prefix `line_`.

    A field that lines of this kind do not have is null, its type to be given by a cast.
    """
    array_type = documents.collect_schema()[array]
    known = (
        {field.name for field in array_type.inner.fields}
        if isinstance(array_type, pl.List) and isinstance(array_type.inner, pl.Struct)
        else set()
    )
    line = pl.col(array).struct
    return (
        documents.filter(pl.col(array).list.len() > 0)
        .select(*header, array)
        .explode(array)
        .with_columns(
            (line.field(name) if name in known else pl.lit(None)).alias(f"line_{name}")
            for name in fields
        )
        .drop(array)
    )


def money(amount: str | pl.Expr, sign: str | pl.Expr | None = None) -> pl.Expr:
    """An amount with four decimals, 0 where there is none, times a sign of -1, 0 or 1."""
    value = (pl.col(amount) if isinstance(amount, str) else amount).cast(MONEY)
    if sign is not None:
        factor = pl.col(sign) if isinstance(sign, str) else sign
        value = (value * factor).cast(MONEY)
    return value.fill_null(pl.lit(0).cast(MONEY))


def quantity(amount: str | pl.Expr, sign: str | pl.Expr | None = None) -> pl.Expr:
    """A quantity as a real number, 0 where there is none, times a sign of -1, 0 or 1."""
    value = (pl.col(amount) if isinstance(amount, str) else amount).cast(pl.Float64)
    if sign is not None:
        value = value * (pl.col(sign) if isinstance(sign, str) else sign)
    return value.fill_null(0.0) + 0.0
