"""The content hash of documents, and putting journal batches together that pages have cut.

The hash covers what a document says and not when the server wrote it: a re-stamp alone changes
nothing. It is made from text in a fixed order, so that it is the same in every process and with
every version of the libraries. Whether a batch balances belongs in `visma.journal`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import blake2b

import polars as pl

from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.entities.shape import Column

_VALUE, _LINE, _ARRAY = "\x1f", "\x1e", "\x1d"


def content_hash(entity: Entity, frame: pl.DataFrame) -> pl.Series:
    """BLAKE2b-128 of each document's columns but the server's stamps."""
    texts = frame.select(_document_text(entity)).to_series().to_list()
    return pl.Series(
        "content_hash",
        [blake2b(text.encode(), digest_size=16).digest() for text in texts],
        dtype=pl.Binary,
    )


@cache
def _document_text(entity: Entity) -> pl.Expr:
    """What is hashed of a document; building it takes as long as evaluating it on few rows."""
    requested = [pl.col(name).fill_null("") for name in entity.requested]
    return _canonical(entity.columns, pl.col, requested)


def business_key(entity: Entity) -> pl.Expr:
    """The key columns joined with a colon; null where a part that must be there is missing."""
    parts = [
        pl.col(name).cast(pl.String).fill_null("")
        if name in entity.optional_key
        else pl.col(name).cast(pl.String)
        for name in entity.key
    ]
    first = parts[0].str.strip_prefix(entity.key_prefix) if entity.key_prefix else parts[0]
    return pl.concat_str(first, *parts[1:], separator=":")


def merge_fragments(entity: Entity, frame: pl.DataFrame) -> pl.DataFrame:
    """One row per key: the last header, and the lines of all fragments in the order of numbers.

    Of a line that came twice the last copy counts. Rows of keys that came once, with their lines in
    order, are kept as they are, hash included.
    """
    lines, number = _split(entity)
    touched = frame["key"].is_duplicated() | _disordered(frame, lines, number)
    if not touched.any():
        return frame
    fragments = frame.filter(touched)
    merged_lines = (
        fragments.select("key", lines)
        .explode(lines)
        .filter(pl.col(lines).is_not_null())
        .unique(["key", pl.col(lines).struct.field(number)], keep="last", maintain_order=True)
        .sort("key", pl.col(lines).struct.field(number), maintain_order=True)
        .group_by("key", maintain_order=True)
        .agg(lines)
    )
    merged = (
        fragments.unique("key", keep="last", maintain_order=True)
        .drop(lines)
        .join(merged_lines, on="key", how="left", maintain_order="left")
        .with_columns(pl.col(lines).fill_null(pl.lit([], entity.schema[lines])))
        .select(frame.columns)
    )
    merged = merged.with_columns(content_hash(entity, merged))
    return pl.concat([frame.filter(~touched), merged])


def line_count(entity: Entity) -> pl.Expr:
    """How many distinct lines each document has."""
    lines, number = _split(entity)
    numbers = pl.col(lines).list.eval(pl.element().struct.field(number).n_unique())
    return numbers.list.first().fill_null(0).cast(pl.UInt32).alias("line_count")


def _disordered(frame: pl.DataFrame, lines: str, number: str) -> pl.Series:
    """Which rows have lines that do not come in the order of their numbers."""
    every = frame.select(
        pl.int_range(pl.len()).alias("row"),
        pl.col(lines).list.eval(pl.element().struct.field(number)).alias("number"),
    ).explode("number")
    backwards = every.filter((pl.col("number").diff() < 0) & (pl.col("row").diff() == 0))["row"]
    return pl.int_range(frame.height, eager=True).is_in(backwards.unique().implode())


def _split(entity: Entity) -> tuple[str, str]:
    if entity.lines is None or entity.line_key is None:
        raise ValueError(f"documents of {entity.name} are never split over pages")
    return entity.lines, entity.line_key


def _canonical(columns: Iterable[Column], source: object, more: Iterable[pl.Expr] = ()) -> pl.Expr:
    parts: list[pl.Expr] = list(more)
    for column in columns:
        value: pl.Expr = source(column.name)  # type: ignore[operator]
        match column.member.kind:
            case "stamp":
                continue
            case "rows":
                inner = _canonical(column.columns, pl.element().struct.field)
                parts.append(value.list.eval(inner).list.join(_LINE).fill_null("") + _ARRAY)
            case "text":
                parts.append(value.fill_null(""))
            case "date" | "amount" | "rate":  # days, and units of the last decimal
                parts.append(value.to_physical().cast(pl.String).fill_null(""))
            case _:
                parts.append(value.cast(pl.String).fill_null(""))
    return pl.concat_str(parts, separator=_VALUE)
