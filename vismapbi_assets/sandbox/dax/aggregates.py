"""Functions that boil tables down to a value, CALCULATE, and its filter arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from vismapbi_assets.sandbox.dax import operators, values
from vismapbi_assets.sandbox.dax.context import Filter, FilterContext
from vismapbi_assets.sandbox.dax.evaluation import is_table, iterate, rows, value
from vismapbi_assets.sandbox.dax.registry import MODIFIERS, Env, check_arity, scalar_function
from vismapbi_assets.sandbox.dax.rows import Rows
from vismapbi_assets.sandbox.dax.syntax import (
    Call,
    Column,
    DaxError,
    Expr,
    Name,
    children,
)

Arguments = tuple[Expr, ...]


def visible(column: Expr, env: Env) -> pl.Series:
    """Values of a column in the visible rows of its table."""
    if not isinstance(column, Column):
        raise DaxError("A column is expected.")
    resolved = env.model.resolve(column)
    positions = env.context.rows(resolved.table, blank=False)
    return Rows(env.model, resolved.table, positions).column(resolved)


def _extreme(series: pl.Series, pick: Callable[[pl.Series], Any]) -> pl.Series:
    if series.dtype == pl.Null or series.null_count() == len(series):
        return values.constant(None)
    return pl.Series([pick(series)], dtype=series.dtype)


def _total(series: pl.Series) -> pl.Series:
    return values.constant(operators.total(series))


@scalar_function("SUM", 1, 1)
def _sum(env: Env, arguments: Arguments) -> pl.Series:
    return _total(visible(arguments[0], env))


@scalar_function("MIN", 1, 1)
def _min(env: Env, arguments: Arguments) -> pl.Series:
    return _extreme(visible(arguments[0], env), pl.Series.min)


@scalar_function("MAX", 1, 1)
def _max(env: Env, arguments: Arguments) -> pl.Series:
    return _extreme(visible(arguments[0], env), pl.Series.max)


@scalar_function("AVERAGE", 1, 1)
def _average(env: Env, arguments: Arguments) -> pl.Series:
    column = visible(arguments[0], env).drop_nulls()
    return operators.divide(_total(column), values.constant(len(column)), values.constant(None))


@scalar_function("DISTINCTCOUNT", 1, 1)
def _distinct_count(env: Env, arguments: Arguments) -> pl.Series:
    return values.constant(values.folded(visible(arguments[0], env)).n_unique() or None)


@scalar_function("COUNTROWS", 1, 1)
def _count_rows(env: Env, arguments: Arguments) -> pl.Series:
    return values.constant(rows(arguments[0], env).height or None)


@scalar_function("HASONEVALUE", 1, 1)
def _has_one_value(env: Env, arguments: Arguments) -> pl.Series:
    return values.constant(rows(Call("VALUES", arguments), env).height == 1)


@scalar_function("SUMX", 2, 2)
def _sumx(env: Env, arguments: Arguments) -> pl.Series:
    return _total(iterate(arguments[0], arguments[1], env)[1])


@scalar_function("MINX", 2, 2)
def _minx(env: Env, arguments: Arguments) -> pl.Series:
    return _extreme(iterate(arguments[0], arguments[1], env)[1], pl.Series.min)


@scalar_function("MAXX", 2, 2)
def _maxx(env: Env, arguments: Arguments) -> pl.Series:
    return _extreme(iterate(arguments[0], arguments[1], env)[1], pl.Series.max)


@scalar_function("CALCULATE", 1, None)
def _calculate(env: Env, arguments: Arguments) -> pl.Series:
    inner = Env(modified(env, arguments[1:]), variables=env.variables)
    return value(arguments[0], inner)


def modified(env: Env, arguments: Arguments) -> FilterContext:
    """The filter context that CALCULATE evaluates in.

    Filters are evaluated outside; then row contexts become filters, then come the removals, then
    the filters.
    """
    cleared: set[Column] = set()
    filters: list[Filter] = []
    for argument in arguments:
        kept = False
        if isinstance(argument, Call) and argument.function in MODIFIERS:
            check_arity(argument, *MODIFIERS[argument.function])
        if isinstance(argument, Call) and argument.function == "KEEPFILTERS":
            kept, argument = True, argument.arguments[0]
        removed = None if kept else removals(argument, env)
        if removed is not None:
            cleared |= removed
        elif is_table(argument, env):
            filters += rows(argument, env).filters(kept=kept)
        else:
            filters += _condition(argument, env).filters(kept=kept)
    context = env.transitioned()
    if cleared:
        context = context.cleared(cleared)
    return context.applied(filters) if filters else context


def removals(argument: Expr, env: Env) -> set[Column] | None:
    """The columns from which a modifier takes the filters; None when it is no modifier."""
    if not isinstance(argument, Call) or argument.function not in {
        "REMOVEFILTERS", "ALL", "ALLEXCEPT"
    }:  # fmt: skip
        return None
    if argument.function == "ALLEXCEPT":
        table, *kept = argument.arguments
        return _expanded(table, env) - {
            env.model.resolve(column) for column in kept if isinstance(column, Column)
        }
    if not argument.arguments:
        return {column for table in env.model.tables for column in env.model.columns(table)}
    removed: set[Column] = set()
    for one in argument.arguments:
        removed |= {env.model.resolve(one)} if isinstance(one, Column) else _expanded(one, env)
    return removed


def _expanded(table: Expr, env: Env) -> set[Column]:
    known = env.model.table_name(table.name) if isinstance(table, Name) else None
    if known is None:
        raise DaxError("A table or a column is expected.")
    tables = env.model.expanded(known)
    return {column for name in tables for column in env.model.columns(name)}


def _condition(predicate: Expr, env: Env) -> Rows:
    """The values of the columns of a condition that fulfil it, whatever is filtered."""
    columns = sorted({env.model.resolve(column) for column in _compared(predicate)}, key=str)
    if not columns:
        raise DaxError("A filter has to name a column.")
    if len({column.table for column in columns}) > 1:
        raise DaxError("A filter may only name columns of one table.")
    candidates = rows(Call("ALL", tuple(columns)), env)
    return candidates.where(operators.truth(value(predicate, env.enter(candidates))))


def _compared(expression: Expr) -> list[Column]:
    if isinstance(expression, Column):
        return [expression]
    if isinstance(expression, Call) and expression.function in {
        "SUM", "MIN", "MAX", "AVERAGE", "DISTINCTCOUNT", "CALCULATE", "COUNTROWS", "HASONEVALUE",
        "SUMX", "MINX", "MAXX",
    }:  # fmt: skip
        return []
    return [column for part in children(expression) for column in _compared(part)]
