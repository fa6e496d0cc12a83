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
_AT_ONCE = 2_000
"""Rows whose texts are held column by column before they are joined."""
_SHELL = len(b'{"rows":[]}')


def encode_rows(frame: pl.DataFrame) -> bytes:
    """The body of one POST with all rows of `frame`, columns in order, the same for equal input."""
    pieces = [b'{"rows":[']
    for rows in frame.iter_slices(_AT_ONCE):
        if rows.height:
            pieces += [_encoded(rows), b","]
    return b"".join([*(pieces[:-1] if len(pieces) > 1 else pieces), b"]}"])


def _encoded(frame: pl.DataFrame) -> bytes:
    """The rows' objects, separated by commas; columns of one value are encoded once."""
    alike = _alike(frame)
    escaped = _escaped(frame.drop(alike))
    parts: list[pl.Expr] = []
    text = "{"
    for position, (name, dtype) in enumerate(frame.schema.items()):
        text += ("," if position else "") + json.dumps(name, ensure_ascii=False) + ":"
        if name in alike:
            text += alike[name]
            continue
        value, before, after = _value(pl.col(name), dtype, name in escaped)
        if frame[name].null_count():
            quoted = pl.concat_str([pl.lit(before), value, pl.lit(after)]).fill_null("null")
            parts += [pl.lit(text), quoted]
            text = ""
        else:
            parts += [pl.lit(text + before), value]
            text = after
    if not parts:
        return b",".join([f"{text}}}".encode()] * frame.height)
    parts.append(pl.lit(text + "}"))
    body = pl.concat_str(parts).str.join(",").cast(pl.Binary)
    whole: bytes = frame.select(body).item()
    return whole


def _alike(frame: pl.DataFrame) -> dict[str, str]:
    """The columns in which every row has the same value, with the text of that value."""
    height = frame.height
    empty = [name for name, n in frame.null_count().row(0, named=True).items() if n == height]
    rest = pl.all().exclude(empty)
    same = frame.drop(empty).select(((rest == rest.first()) & rest.is_not_null()).all())
    names = [name for name in same.columns if same[name].item()]
    one = frame[:1].select(names)
    escaped = _escaped(one)
    texts = dict.fromkeys(empty, "null")
    if names:
        made = {n: _value(pl.col(n), one.schema[n], n in escaped) for n in names}
        values = one.select(pl.format("{}", value).alias(n) for n, (value, _, _) in made.items())
        for name, value in values.row(0, named=True).items():
            texts[name] = f"{made[name][1]}{value}{made[name][2]}"
    return texts


def _escaped(frame: pl.DataFrame) -> set[str]:
    """The text columns with a character that JSON escapes."""
    if pl.String not in frame.schema.values():
        return set()
    found = frame.select(pl.col(pl.String).str.contains(_ESCAPED).any())
    return {name for name, any_found in found.row(0, named=True).items() if any_found}


def _value(column: pl.Expr, dtype: pl.DataType, is_escaped: bool) -> tuple[pl.Expr, str, str]:
    """The text of a value and what stands before and after it."""
    if dtype == pl.String:
        if is_escaped:
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
    escaped = _escaped(piece)
    for name, series in zip(piece.columns, piece.iter_columns(), strict=True):
        fixed += len(json.dumps(name, ensure_ascii=False).encode()) + 2
        if series.dtype == pl.String:
            factor = 6 if name in escaped else 1
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
