"""Which values Power BI takes: the last check before rows are planned.

Splits failing rows off with a reason, so that the rest can be published. Checks of meaning belong
to the model; this is only about what the destination can hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from vismapbi_assets.powerbi.schema import PushColumn, PushTable

MAX_TEXT = 4_000
MAX_MONEY = 900_000_000_000_000
"""Fixed decimals of the engine hold about 9.2e14; this is safely inside."""
EARLIEST, LATEST = datetime(1900, 1, 1), datetime(9999, 12, 31)  # noqa: DTZ001 - wall times
REASON = "reason"

_DTYPES: dict[str, tuple[type[pl.DataType], ...]] = {
    "String": (pl.String,),
    "Int64": (pl.Int64, pl.Int32, pl.Int16, pl.Int8, pl.UInt32, pl.UInt16, pl.UInt8),
    "Double": (pl.Float64, pl.Decimal, pl.Int64),
    "Boolean": (pl.Boolean,),
    "DateTime": (pl.Date, pl.Datetime),
    "Decimal": (pl.Decimal,),
}


class WrongColumns(ValueError):  # noqa: N818 - reads as what it is
    """A frame does not have the columns of its table; nothing of it can be sent."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Rows that may be sent, and the others with a column `reason`."""

    good: pl.DataFrame
    rejected: pl.DataFrame


def check_columns(table: PushTable, frame: pl.DataFrame, platform: frozenset[str]) -> None:
    """Raises `WrongColumns` unless the frame has exactly the table's columns, rightly typed."""
    wanted = [c for c in table.columns if c.name not in platform]
    missing = [c.name for c in wanted if c.name not in frame.columns]
    extra = [c for c in frame.columns if c not in {w.name for w in wanted}]
    typed = [
        f"{c.name} is {frame.schema[c.name]}, not {c.data_type}"
        for c in wanted
        if c.name in frame.columns and frame.schema[c.name].base_type() not in _DTYPES[c.data_type]
    ]
    if missing or extra or typed:
        said = "; ".join(
            f"{what}: {', '.join(names)}"
            for what, names in (("missing", missing), ("unknown", extra), ("type", typed))
            if names
        )
        raise WrongColumns(f"the rows of {table.name!r} do not fit the table: {said}")


def check_values(table: PushTable, frame: pl.DataFrame) -> Checked:
    """Splits off the rows with a value that Power BI would refuse or change."""
    if _all_sendable(table, frame):
        return Checked(frame, frame.clear().with_columns(pl.lit(None, pl.String).alias(REASON)))
    rules = [
        pl.when(fails).then(pl.lit(f"{c.name}: {said}"))
        for c in table.columns
        if c.name in frame.columns
        for fails, said in _rules(c, frame.schema[c.name])
    ]
    rules += [
        pl.when(pl.col(name).is_null()).then(pl.lit(f"{name}: a key must not be empty"))
        for name in table.key
        if name in frame.columns
    ]
    if not rules:
        return Checked(frame, frame.clear().with_columns(pl.lit(None, pl.String).alias(REASON)))
    reason = frame.select(pl.coalesce(rules).alias(REASON)).to_series()
    bad = reason.is_not_null()
    if not bad.any():
        return Checked(frame, frame.clear().with_columns(pl.lit(None, pl.String).alias(REASON)))
    return Checked(frame.filter(~bad), frame.with_columns(reason).filter(bad))


def _all_sendable(table: PushTable, frame: pl.DataFrame) -> bool:
    """Whether one cheap look at each column shows that every row may be sent."""
    sure = [
        _none_fails(c, frame.schema[c.name]).alias(f"{c.name} value")
        for c in table.columns
        if c.name in frame.columns
    ]
    sure += [
        (pl.col(name).null_count() == 0).alias(f"{name} key")
        for name in table.key
        if name in frame.columns
    ]
    return bool(sure) and all(frame.select(sure).row(0))


def _none_fails(column: PushColumn, dtype: pl.DataType) -> pl.Expr:
    """One value: true only where none of the rules of the column fails for any row."""
    value = pl.col(column.name)
    if column.data_type == "String":
        none = (value.str.len_bytes().max() <= MAX_TEXT).fill_null(value=True)
    elif isinstance(dtype, pl.Decimal) and column.data_type == "Decimal" and dtype.scale <= 4:
        limit = pl.lit(MAX_MONEY).cast(pl.Decimal(38, dtype.scale))
        ends = (value.min() >= -limit) & (value.max() <= limit)
        none = ends.fill_null(value=True)
    elif column.data_type == "DateTime":
        first, last = (
            _wall(end, dtype).cast(pl.Datetime("us")) for end in (value.min(), value.max())
        )
        none = ((first >= EARLIEST) & (last <= LATEST)).fill_null(value=True)
    else:
        fails = [fails for fails, _ in _rules(column, dtype)]
        return ~pl.any_horizontal(fails).any() if fails else pl.lit(value=True)
    return none & (value.null_count() == 0) if column.additive else none


def _rules(column: PushColumn, dtype: pl.DataType) -> list[tuple[pl.Expr, str]]:
    value = pl.col(column.name)
    out: list[tuple[pl.Expr, str]] = []
    match column.data_type:
        case "String":
            out.append((value.str.len_chars() > MAX_TEXT, f"longer than {MAX_TEXT} characters"))
        case "Int64" if dtype == pl.Int64:
            extreme = value.is_in([-(2**63), 2**63 - 1])
            out.append((extreme, "the extreme values of Int64 are not allowed"))
        case "Double" if dtype == pl.Float64:
            out.append((~value.is_finite(), "not a finite number"))
            out.append((value.abs() >= 1.7e308, "too large"))
        case "Decimal":
            scale = dtype.scale if isinstance(dtype, pl.Decimal) else 0
            if scale > 4:
                out.append((value != value.round(4), "more than 4 decimals"))
            limit = pl.lit(MAX_MONEY).cast(pl.Decimal(38, scale))
            out.append((value.cast(pl.Decimal(38, scale)).abs() > limit, "too large"))
        case "DateTime":
            stamp = _wall(value, dtype).cast(pl.Datetime("us"))
            out.append((~stamp.is_between(EARLIEST, LATEST), "outside the years 1900 to 9999"))
    if column.additive:
        out.append((value.is_null(), "an additive column must not be empty"))
    return out


def _wall(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return value.dt.replace_time_zone(None) if isinstance(dtype, pl.Datetime) else value
