"""Rows as the JSON text of `{"rows":[...]}`, vectorised and exact.

Decimals keep their text, dates become midnight, nulls are sent. Which rows may be sent is decided
in `values.py`, in which order and chunk in `plan.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

import polars as pl

MAX_ROWS = 10_000
MAX_BYTES = 12_000_000
"""Well below the service's 16 MB."""

_ESCAPED = '["\\\\\x00-\x1f]'
_AT_ONCE = 2_500
"""Rows whose texts are held column by column before they are joined."""
_SHELL = len(b'{"rows":[]}')


def encode_rows(frame: pl.DataFrame) -> bytes:
    """The body of one POST with all rows of `frame`, columns in order, the same for equal input."""
    return b'{"rows":[' + b",".join(_encoded(f) for f in frame.iter_slices(_AT_ONCE)) + b"]}"


def _encoded(frame: pl.DataFrame) -> bytes:
    """The rows' objects, separated by commas."""
    if frame.is_empty():
        return b""
    parts: list[pl.Expr] = []
    text = "{"
    for position, (name, series) in enumerate(
        zip(frame.columns, frame.iter_columns(), strict=True)
    ):
        text += ("," if position else "") + json.dumps(name, ensure_ascii=False) + ":"
        value, before, after = _value(series)
        if series.null_count():
            quoted = pl.concat_str([pl.lit(before), value, pl.lit(after)]).fill_null("null")
            parts += [pl.lit(text), quoted]
            text = ""
        else:
            parts += [pl.lit(text + before), value]
            text = after
    parts.append(pl.lit(text + "}"))
    body = pl.concat_str(parts).str.join(",").cast(pl.Binary)
    whole: bytes = frame.select(body).item()
    return whole


def _value(series: pl.Series) -> tuple[pl.Expr, str, str]:
    """The text of a value and what stands before and after it."""
    column = pl.col(series.name)
    dtype = series.dtype
    if dtype == pl.String:
        if series.str.contains(_ESCAPED).any():
            escaped = pl.struct(column.alias("v")).struct.json_encode().str.slice(5)
            value = pl.when(column.is_null()).then(None).otherwise(escaped.str.head(-1))
            return value, "", ""
        return column, '"', '"'
    if dtype == pl.Date:
        return column.cast(pl.String), '"', 'T00:00:00"'
    if isinstance(dtype, pl.Datetime):
        wall = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        plain = wall if dtype.time_zone else column
        return plain.dt.strftime("%Y-%m-%dT%H:%M:%S%.3f"), '"', '"'
    return column.cast(pl.String), "", ""


def chunks(
    frame: pl.DataFrame, *, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES
) -> Iterator[pl.DataFrame]:
    """Cuts a frame into pieces that fit one POST each; equal input gives equal cuts."""
    for piece in frame.iter_slices(max_rows):
        yield from _fitting(piece, max_bytes)


def _fitting(piece: pl.DataFrame, max_bytes: int) -> Iterator[pl.DataFrame]:
    fits = upper_bound(piece) <= max_bytes or len(encode_rows(piece)) <= max_bytes
    if fits or piece.height <= 1:
        yield piece
        return
    middle = piece.height // 2
    yield from _fitting(piece[:middle], max_bytes)
    yield from _fitting(piece[middle:], max_bytes)


def upper_bound(piece: pl.DataFrame) -> int:
    """At least as many bytes as `encode_rows` gives, without encoding."""
    fixed = 2
    texts = 0
    for name, series in zip(piece.columns, piece.iter_columns(), strict=True):
        fixed += len(json.dumps(name, ensure_ascii=False).encode()) + 2
        if series.dtype == pl.String:
            factor = 6 if series.str.contains(_ESCAPED).any() else 1
            fixed += 4
            texts += factor * int(series.str.len_bytes().sum() or 0)
        else:
            fixed += _width(series)
    return _SHELL + fixed * piece.height + texts


def _width(series: pl.Series) -> int:
    """Most characters that a value of the column takes."""
    if series.dtype.is_integer():
        return max(len(str(v)) for v in (series.min(), series.max(), None))
    if isinstance(series.dtype, pl.Decimal):
        ends = [v for v in (series.min(), series.max()) if isinstance(v, Decimal)]
        return max([len(f"{v:f}") for v in ends], default=0) + 4
    return 28
