"""Values and operators: blank semantics, type rules and exact decimals, column at a time.

Every value is a polars Series: of length 1 where it is constant, as long as the row context
otherwise. Null is BLANK. Money stays a fixed decimal with four digits as in the engine. Nothing
here knows tables or contexts.
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
_ZERO_DATE = datetime(1899, 12, 30)  # noqa: DTZ001 - DAX dates carry no zone
_RANK = {"int": 0, "money": 1, "real": 2}


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


def _broadcast(left: pl.Series, right: pl.Series) -> tuple[pl.Series, pl.Series]:
    if len(left) == len(right):
        return left, right
    if len(left) == 1:
        return left.new_from_index(0, len(right)), right
    if len(right) == 1:
        return left, right.new_from_index(0, len(left))
    raise DaxError("Values of different row contexts meet.")


def days(stamps: pl.Series) -> pl.Series:
    """Dates as the numbers that they are in DAX."""
    return stamps.cast(pl.Int64) / _DAY + _EPOCH_DAYS


def as_date(numbers: pl.Series) -> pl.Series:
    """Numbers as dates."""
    micros = ((numbers.cast(pl.Float64) - _EPOCH_DAYS) * _DAY).round(0)
    return micros.cast(pl.Int64).cast(STAMP)


def _number(series: pl.Series) -> pl.Series:
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


def _same_type(left: pl.Series, right: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Two numbers in their common type."""
    ranks = {_RANK[kind(left)], _RANK[kind(right)]}
    dtype = (pl.Int64(), MONEY, pl.Float64())[max(ranks)]
    return left.cast(dtype), right.cast(dtype)


def arithmetic(operator: str, left: pl.Series, right: pl.Series) -> pl.Series:
    """`+ - * /` with the engine's result types."""
    left, right = _broadcast(left, right)
    if operator in "+-":
        return _sum(operator, left, right)
    left, right = _number(left), _number(right)
    if operator == "*":
        return _product(left, right)
    return _quotient(left, right)


def _sum(operator: str, left: pl.Series, right: pl.Series) -> pl.Series:
    kinds = {kind(left), kind(right)}
    blank = left.is_null() & right.is_null()
    is_date = "date" in kinds and not (kinds == {"date"} and operator == "-")
    a, b = _same_type(_filled(left), _filled(right))
    total = a + b if operator == "+" else a - b
    if total.dtype.is_decimal():
        total = total.cast(MONEY)
    if is_date:
        total = as_date(total)
    return total.set(blank, None) if blank.any() else total


def _filled(series: pl.Series) -> pl.Series:
    if kind(series) == "date":
        return days(series.fill_null(_ZERO_DATE))
    return _number(series).fill_null(0)


def _product(left: pl.Series, right: pl.Series) -> pl.Series:
    kinds = (kind(left), kind(right))
    if kinds == ("money", "money"):
        return left.cast(pl.Float64) * right.cast(pl.Float64)
    if "money" in kinds and "real" in kinds:
        return _to_money(left.cast(pl.Float64) * right.cast(pl.Float64))
    if "money" in kinds:
        money, whole = (left, right) if kinds[0] == "money" else (right, left)
        return (money * whole.cast(pl.Decimal(38, 0))).cast(MONEY)
    return left * right


def _to_money(real: pl.Series) -> pl.Series:
    return real.round(4, mode="half_away_from_zero").cast(MONEY)


def _quotient(left: pl.Series, right: pl.Series) -> pl.Series:
    right = right.fill_null(0)
    kinds = (kind(left), kind(right))
    if kinds == ("money", "int") and (right != 0).all():
        return (left / right.cast(pl.Decimal(38, 0))).cast(MONEY)
    real = left.cast(pl.Float64) / right.cast(pl.Float64)
    return (
        _to_money(real)
        if kinds[0] == "money" and real.is_finite().all() and (kinds[1] != "money")
        else real
    )


def divide(left: pl.Series, right: pl.Series, other: pl.Series) -> pl.Series:
    """DIVIDE: the alternative where the divisor is zero or blank."""
    left, right = _broadcast(left, right)
    none = right.is_null() | (_number(right).fill_null(0) == 0)
    safe = _number(right).set(none, 1) if none.any() else _number(right)
    return choose(none, other, arithmetic("/", left, safe))


def compare(operator: str, left: pl.Series, right: pl.Series) -> pl.Series:
    """`= <> < <= > >=`; a blank equals zero, the empty text and FALSE."""
    left, right = _broadcast(left, right)
    a, b = _comparable(left, right)
    match operator:
        case "=":
            return a == b
        case "<>":
            return a != b
        case "<":
            return a < b
        case "<=":
            return a <= b
        case ">":
            return a > b
        case _:
            return a >= b


def _comparable(left: pl.Series, right: pl.Series) -> tuple[pl.Series, pl.Series]:
    kinds = {kind(left), kind(right)} - {"blank"}
    if not kinds:
        return _number(left).fill_null(0), _number(right).fill_null(0)
    if kinds == {"text"}:
        a, b = (folded(side.cast(pl.String).fill_null("")) for side in (left, right))
        return a, b
    if kinds == {"bool"}:
        return left.cast(pl.Boolean).fill_null(False), right.cast(pl.Boolean).fill_null(False)
    if kinds & {"text", "bool"}:
        raise DaxError(f"Values of types {' and '.join(sorted(kinds))} cannot be compared.")
    if kinds == {"date"}:
        a, b = (side.cast(STAMP).fill_null(_ZERO_DATE) for side in (left, right))
        return a, b
    return _same_type(_filled(left), _filled(right))


def truth(series: pl.Series) -> pl.Series:
    """A condition: blank is FALSE, a number is TRUE unless zero."""
    match kind(series):
        case "bool":
            return series.fill_null(False)
        case "blank":
            return pl.Series([False] * len(series), dtype=pl.Boolean)
        case "text":
            raise DaxError("A text is no condition.")
        case _:
            return _number(series).fill_null(0) != 0


def logical(operator: str, left: pl.Series, right: pl.Series) -> pl.Series:
    """`&&` and `||`."""
    a, b = _broadcast(truth(left), truth(right))
    return a & b if operator == "&&" else a | b


def concatenate(left: pl.Series, right: pl.Series) -> pl.Series:
    """`&`: texts joined, blanks as empty texts."""
    a, b = (side.cast(pl.String).fill_null("") for side in _broadcast(left, right))
    return a + b


def negative(series: pl.Series) -> pl.Series:
    """Unary minus."""
    return -_number(series)


def unified(*series: pl.Series) -> list[pl.Series]:
    """Values in a common type, for branches and lists."""
    kinds = {kind(one) for one in series} - {"blank"}
    if len(kinds) > 1 and kinds <= set(_RANK):
        top = max(kinds, key=_RANK.__getitem__)
        dtype = {"money": MONEY, "real": pl.Float64()}[top]
        return [one.cast(dtype) for one in series]
    if kinds <= {"date", "int", "money", "real"} and "date" in kinds:
        return [one if kind(one) == "date" else as_date(_number(one)) for one in series]
    if len(kinds) > 1:
        raise DaxError(f"Values of types {' and '.join(sorted(kinds))} meet in one column.")
    known = next((one.dtype for one in series if one.dtype != pl.Null), pl.Null())
    return [one.cast(known) for one in series]


def choose(condition: pl.Series, yes: pl.Series, no: pl.Series) -> pl.Series:
    """One of two values, row by row."""
    yes, no = unified(yes, no)
    condition, yes = _broadcast(condition, yes)
    condition, no = _broadcast(condition, no)
    condition, yes = _broadcast(condition, yes)
    return yes.zip_with(condition, no)


def rounded(series: pl.Series, digits: int) -> pl.Series:
    """ROUND: half away from zero."""
    number = _number(series)
    if kind(number) == "int" and digits >= 0:
        return number
    if digits < 0:
        raise DaxError("ROUND to tens is not supported.")
    result = number.round(digits, mode="half_away_from_zero")
    return result.cast(MONEY) if result.dtype.is_decimal() else result


def whole(series: pl.Series) -> pl.Series:
    """INT: down to the next whole number."""
    number = _number(series)
    return number if kind(number) == "int" else number.floor().cast(pl.Int64)


def total(series: pl.Series) -> Any:
    """Sum without the blanks; None where there is nothing else."""
    number = _summable(series)
    return None if number.null_count() == len(number) else number.sum()


def _summable(series: pl.Series) -> pl.Series:
    if kind(series) in {"text", "date", "bool"}:
        raise DaxError(f"A column of type {kind(series)} cannot be summed.")
    return _number(series)


def scalar(series: pl.Series) -> Any:
    """The Python value of a constant."""
    if len(series) != 1:
        raise DaxError("A single value is expected.")
    return series[0]
