"""Operators and arithmetic: blank semantics, result types and exact decimals.

They take and return values; nothing here knows tables or contexts.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from vismapbi_assets.sandbox.dax.syntax import DaxError
from vismapbi_assets.sandbox.dax.values import (
    MONEY,
    RANK,
    STAMP,
    ZERO_DATE,
    as_date,
    days,
    filled,
    folded,
    kind,
    number,
    unified,
)


def _broadcast(left: pl.Series, right: pl.Series) -> tuple[pl.Series, pl.Series]:
    if len(left) == len(right):
        return left, right
    if len(left) == 1:
        return left.new_from_index(0, len(right)), right
    if len(right) == 1:
        return left, right.new_from_index(0, len(left))
    raise DaxError("Values of different row contexts meet.")


def _same_type(left: pl.Series, right: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Two numbers in their common type."""
    ranks = {RANK[kind(left)], RANK[kind(right)]}
    dtype = (pl.Int64(), MONEY, pl.Float64())[max(ranks)]
    return left.cast(dtype), right.cast(dtype)


def arithmetic(operator: str, left: pl.Series, right: pl.Series) -> pl.Series:
    """`+ - * /` with the engine's result types."""
    left, right = _broadcast(left, right)
    if operator in "+-":
        return _sum(operator, left, right)
    left, right = number(left), number(right)
    if operator == "*":
        return _product(left, right)
    return _quotient(left, right)


def _sum(operator: str, left: pl.Series, right: pl.Series) -> pl.Series:
    kinds = {kind(left), kind(right)}
    has_blank = left.null_count() > 0 and right.null_count() > 0
    is_date = "date" in kinds and not (kinds == {"date"} and operator == "-")
    a, b = _same_type(_counted(left), _counted(right))
    total = a + b if operator == "+" else a - b
    if total.dtype.is_decimal():
        total = total.cast(MONEY)
    if is_date:
        total = as_date(total)
    return total.set(left.is_null() & right.is_null(), None) if has_blank else total


def _counted(series: pl.Series) -> pl.Series:
    if kind(series) == "date":
        return days(filled(series, ZERO_DATE))
    return filled(number(series), 0)


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
    right = filled(right, 0)
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
    none = right.is_null() | (filled(number(right), 0) == 0)
    safe = number(right).set(none, 1) if none.any() else number(right)
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
        return filled(number(left), 0), filled(number(right), 0)
    if kinds == {"text"}:
        a, b = (folded(filled(side.cast(pl.String), "")) for side in (left, right))
        return a, b
    if kinds == {"bool"}:
        return filled(left.cast(pl.Boolean), False), filled(right.cast(pl.Boolean), False)
    if kinds & {"text", "bool"}:
        raise DaxError(f"Values of types {' and '.join(sorted(kinds))} cannot be compared.")
    if kinds == {"date"}:
        a, b = (filled(side.cast(STAMP), ZERO_DATE) for side in (left, right))
        return a, b
    return _same_type(_counted(left), _counted(right))


def truth(series: pl.Series) -> pl.Series:
    """A condition: blank is FALSE, a number is TRUE unless zero."""
    match kind(series):
        case "bool":
            return filled(series, False)
        case "blank":
            return pl.Series([False] * len(series), dtype=pl.Boolean)
        case "text":
            raise DaxError("A text is no condition.")
        case _:
            return filled(number(series), 0) != 0


def logical(operator: str, left: pl.Series, right: pl.Series) -> pl.Series:
    """`&&` and `||`."""
    a, b = _broadcast(truth(left), truth(right))
    return a & b if operator == "&&" else a | b


def concatenate(left: pl.Series, right: pl.Series) -> pl.Series:
    """`&`: texts joined, blanks as empty texts."""
    a, b = (filled(side.cast(pl.String), "") for side in _broadcast(left, right))
    return a + b


def negative(series: pl.Series) -> pl.Series:
    """Unary minus."""
    return -number(series)


def choose(condition: pl.Series, yes: pl.Series, no: pl.Series) -> pl.Series:
    """One of two values, row by row."""
    yes, no = unified(yes, no)
    condition, yes = _broadcast(condition, yes)
    condition, no = _broadcast(condition, no)
    condition, yes = _broadcast(condition, yes)
    return yes.zip_with(condition, no)


def rounded(series: pl.Series, digits: int) -> pl.Series:
    """ROUND: half away from zero."""
    exact = number(series)
    if kind(exact) == "int" and digits >= 0:
        return exact
    if digits < 0:
        raise DaxError("ROUND to tens is not supported.")
    result = exact.round(digits, mode="half_away_from_zero")
    return result.cast(MONEY) if result.dtype.is_decimal() else result


def whole(series: pl.Series) -> pl.Series:
    """INT: down to the next whole number."""
    exact = number(series)
    return exact if kind(exact) == "int" else exact.floor().cast(pl.Int64)


def total(series: pl.Series) -> Any:
    """Sum without the blanks; None where there is nothing else."""
    found = _summable(series)
    return None if found.null_count() == len(found) else found.sum()


def _summable(series: pl.Series) -> pl.Series:
    if kind(series) in {"text", "date", "bool"}:
        raise DaxError(f"A column of type {kind(series)} cannot be summed.")
    return number(series)
