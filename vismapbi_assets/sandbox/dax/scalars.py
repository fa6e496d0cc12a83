"""Functions of values alone: conditions, division, rounding, dates.

They work on a whole row context at once and know neither tables nor filters.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from vismapbi_assets.sandbox.dax import operators, values
from vismapbi_assets.sandbox.dax.evaluation import value
from vismapbi_assets.sandbox.dax.registry import Env, scalar_function
from vismapbi_assets.sandbox.dax.syntax import DaxError, Expr

Arguments = tuple[Expr, ...]
_BLANK = values.constant(None)


@scalar_function("IF", 2, 3, columnwise=True)
def _if(env: Env, arguments: Arguments) -> pl.Series:
    condition = operators.truth(value(arguments[0], env))
    if len(condition) == 1:
        if condition[0]:
            return value(arguments[1], env)
        return value(arguments[2], env) if len(arguments) == 3 else _BLANK
    other = value(arguments[2], env) if len(arguments) == 3 else _BLANK
    return operators.choose(condition, value(arguments[1], env), other)


@scalar_function("DIVIDE", 2, 3, columnwise=True)
def _divide(env: Env, arguments: Arguments) -> pl.Series:
    other = value(arguments[2], env) if len(arguments) == 3 else _BLANK
    return operators.divide(value(arguments[0], env), value(arguments[1], env), other)


@scalar_function("COALESCE", 2, None, columnwise=True)
def _coalesce(env: Env, arguments: Arguments) -> pl.Series:
    result = value(arguments[0], env)
    for argument in arguments[1:]:
        if result.null_count() == 0:
            break
        result = operators.choose(result.is_not_null(), result, value(argument, env))
    return result


@scalar_function("ISBLANK", 1, 1, columnwise=True)
def _is_blank(env: Env, arguments: Arguments) -> pl.Series:
    return value(arguments[0], env).is_null()


@scalar_function("BLANK", 0, 0, columnwise=True)
def _blank(env: Env, arguments: Arguments) -> pl.Series:
    return _BLANK


@scalar_function("TRUE", 0, 0, columnwise=True)
def _true(env: Env, arguments: Arguments) -> pl.Series:
    return values.constant(True)


@scalar_function("FALSE", 0, 0, columnwise=True)
def _false(env: Env, arguments: Arguments) -> pl.Series:
    return values.constant(False)


@scalar_function("NOT", 1, 1, columnwise=True)
def _not(env: Env, arguments: Arguments) -> pl.Series:
    return ~operators.truth(value(arguments[0], env))


@scalar_function("AND", 2, 2, columnwise=True)
def _and(env: Env, arguments: Arguments) -> pl.Series:
    return operators.logical("&&", value(arguments[0], env), value(arguments[1], env))


@scalar_function("OR", 2, 2, columnwise=True)
def _or(env: Env, arguments: Arguments) -> pl.Series:
    return operators.logical("||", value(arguments[0], env), value(arguments[1], env))


@scalar_function("INT", 1, 1, columnwise=True)
def _int(env: Env, arguments: Arguments) -> pl.Series:
    return operators.whole(value(arguments[0], env))


@scalar_function("ABS", 1, 1, columnwise=True)
def _abs(env: Env, arguments: Arguments) -> pl.Series:
    return value(arguments[0], env).abs()


@scalar_function("ROUND", 2, 2, columnwise=True)
def _round(env: Env, arguments: Arguments) -> pl.Series:
    digits = values.scalar(value(arguments[1], env))
    return operators.rounded(value(arguments[0], env), int(digits or 0))


@scalar_function("DATE", 3, 3, columnwise=True)
def _date(env: Env, arguments: Arguments) -> pl.Series:
    parts = [value(argument, env) for argument in arguments]
    if any(len(part) != 1 for part in parts):
        raise DaxError("DATE over columns is not supported.")
    try:
        year, month, day = (int(part[0] or 0) for part in parts)
        return values.constant(datetime(year, month, day))  # noqa: DTZ001
    except ValueError as problem:
        raise DaxError(f"DATE: {problem}.") from problem


@scalar_function("UTCNOW", 0, 0, columnwise=True)
def _utcnow(env: Env, arguments: Arguments) -> pl.Series:
    return values.constant(env.model.now())
