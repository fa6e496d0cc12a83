"""Values and their types, column at a time.

Every value is a polars Series: of length 1 where it is constant, as long as the row context
otherwise. Null is BLANK. Money stays a fixed decimal with four digits as in the engine.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

from vismapbi_assets.sandbox.dax.syntax import DaxError

MONEY = pl.Decimal(38, 4)
STAMP = pl.Datetime("us")
_DAY = 86_400_000_000
_EPOCH_DAYS = 25_569
ZERO_DATE = datetime(1899, 12, 30)  # noqa: DTZ001 - DAX dates carry no zone
RANK = {"int": 0, "money": 1, "real": 2}


def constant(value: Any) -> pl.Series:
    """A Python value as a value of length 1."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return normalised(pl.Series("", [value]))


def normalised(series: pl.Series) -> pl.Series:
    """A column in one of the engine's types."""
    dtype = series.dtype
    if dtype.is_integer():
        return series.cast(pl.Int64)
    if dtype == pl.Float32:
        return series.cast(pl.Float64)
    if dtype.is_decimal():
        return series.cast(MONEY)
    if dtype == pl.Date or dtype == pl.Datetime:
        naive = (
            series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
            if (getattr(dtype, "time_zone", None))
            else series
        )
        return naive.cast(STAMP)
    if dtype in (pl.Categorical, pl.Enum):
        return series.cast(pl.String)
    return series


def kind(series: pl.Series) -> str:
    """blank, int, money, real, bool, date or text."""
    dtype = series.dtype
    if dtype == pl.Null:
        return "blank"
    if dtype.is_integer():
        return "int"
    if dtype.is_decimal():
        return "money"
    if dtype.is_float():
        return "real"
    if dtype == pl.Boolean:
        return "bool"
    if dtype == pl.Datetime:
        return "date"
    if dtype == pl.String:
        return "text"
    raise DaxError(f"A value of type {dtype} is not supported.")


def folded(series: pl.Series) -> pl.Series:
    """The form in which values are compared: texts without regard to case."""
    return series.str.to_lowercase() if series.dtype == pl.String else series


def filled(series: pl.Series, default: Any) -> pl.Series:
    """The values with a default for blanks."""
    return series.fill_null(default) if series.null_count() else series


def days(stamps: pl.Series) -> pl.Series:
    """Dates as the numbers that they are in DAX."""
    return stamps.cast(pl.Int64) / _DAY + _EPOCH_DAYS


def as_date(numbers: pl.Series) -> pl.Series:
    """Numbers as dates."""
    micros = ((numbers.cast(pl.Float64) - _EPOCH_DAYS) * _DAY).round(0)
    return micros.cast(pl.Int64).cast(STAMP)


def number(series: pl.Series) -> pl.Series:
    """A value as a number; dates are counted in days."""
    match kind(series):
        case "bool" | "blank":
            return series.cast(pl.Int64)
        case "date":
            return days(series)
        case "text":
            try:
                return series.cast(pl.Float64)
            except pl.exceptions.InvalidOperationError as problem:
                raise DaxError("A text cannot be converted to a number.") from problem
        case _:
            return series


def unified(*series: pl.Series) -> list[pl.Series]:
    """Values in a common type, for branches and lists."""
    kinds = {kind(one) for one in series} - {"blank"}
    if len(kinds) > 1 and kinds <= set(RANK):
        top = max(kinds, key=RANK.__getitem__)
        dtype = {"money": MONEY, "real": pl.Float64()}[top]
        return [one.cast(dtype) for one in series]
    if kinds <= {"date", "int", "money", "real"} and "date" in kinds:
        return [one if kind(one) == "date" else as_date(number(one)) for one in series]
    if len(kinds) > 1:
        raise DaxError(f"Values of types {' and '.join(sorted(kinds))} meet in one column.")
    known = next((one.dtype for one in series if one.dtype != pl.Null), pl.Null())
    return [one.cast(known) for one in series]


def scalar(series: pl.Series) -> Any:
    """The Python value of a constant."""
    if len(series) != 1:
        raise DaxError("A single value is expected.")
    return series[0]
