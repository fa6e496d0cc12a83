"""Functions that return tables."""

from __future__ import annotations

import polars as pl

from vismapbi_assets.sandbox.dax import operators, values
from vismapbi_assets.sandbox.dax.aggregates import modified
from vismapbi_assets.sandbox.dax.evaluation import iterate, rows, value
from vismapbi_assets.sandbox.dax.registry import Env, table_function
from vismapbi_assets.sandbox.dax.rows import Rows
from vismapbi_assets.sandbox.dax.syntax import Column, DaxError, Expr, Literal, Name

Arguments = tuple[Expr, ...]


def computed_name(expression: Expr) -> Column:
    """The name of a computed column, from the text that gives it."""
    if not isinstance(expression, Literal) or not isinstance(expression.value, str):
        raise DaxError("The name of a column has to be a text.")
    return Column("", expression.value)


def pairs(arguments: Arguments) -> list[tuple[Column, Expr]]:
    """Names and expressions that alternate."""
    if len(arguments) % 2:
        raise DaxError("Names and expressions have to come in pairs.")
    names = [computed_name(name) for name in arguments[::2]]
    if len({name.name.casefold() for name in names}) != len(names):
        raise DaxError("Two columns have the same name.")
    return list(zip(names, arguments[1::2], strict=True))


def _table(expression: Expr, env: Env) -> str:
    known = env.model.table_name(expression.name) if isinstance(expression, Name) else None
    if known is None:
        raise DaxError("A table is expected.")
    return known


def _values(env: Env, expression: Expr, *, blank: bool) -> Rows:
    if isinstance(expression, Column):
        column = env.model.resolve(expression)
        base = Rows(env.model, column.table, env.context.rows(column.table, blank=blank))
        return Rows(env.model, columns={column: base.column(column)}).distinct()
    if isinstance(expression, Name) and env.model.table_name(expression.name):
        table = _table(expression, env)
        return Rows(env.model, table, env.context.rows(table, blank=blank))
    return rows(expression, env).distinct()


@table_function("VALUES", 1, 1)
def _values_with_blank(env: Env, arguments: Arguments) -> Rows:
    return _values(env, arguments[0], blank=True)


@table_function("DISTINCT", 1, 1)
def _distinct(env: Env, arguments: Arguments) -> Rows:
    return _values(env, arguments[0], blank=False)


@table_function("ALL", 1, None)
def all_rows(env: Env, arguments: Arguments) -> Rows:
    """ALL: every row of a table or every combination of columns, whatever is filtered."""
    if len(arguments) == 1 and isinstance(arguments[0], Name):
        return _unfiltered(env, _table(arguments[0], env))
    columns = [env.model.resolve(one) for one in arguments if isinstance(one, Column)]
    if len(columns) != len(arguments) or len({column.table for column in columns}) != 1:
        raise DaxError("ALL takes one table, or columns of one table.")
    base = _unfiltered(env, columns[0].table)
    return Rows(env.model, columns={column: base.column(column) for column in columns}).distinct()


def _unfiltered(env: Env, table: str) -> Rows:
    if env.model.blank_rows(table) and env.model.has_blank(table):
        height = env.model.tables[table].height + 1
        return Rows(env.model, table, pl.int_range(height, dtype=pl.UInt32, eager=True))
    return Rows(env.model, table)


@table_function("ALLEXCEPT", 2, None)
def _all_except(env: Env, arguments: Arguments) -> Rows:
    table = _table(arguments[0], env)
    left_out = {env.model.resolve(one) for one in arguments[1:] if isinstance(one, Column)}
    kept = tuple(column for column in env.model.columns(table) if column not in left_out)
    return all_rows(env, kept)


@table_function("FILTER", 2, 2)
def _filter(env: Env, arguments: Arguments) -> Rows:
    found, condition = iterate(arguments[0], arguments[1], env)
    return found.where(operators.truth(condition))


@table_function("CALCULATETABLE", 1, None)
def _calculate_table(env: Env, arguments: Arguments) -> Rows:
    return rows(arguments[0], Env(modified(env, arguments[1:]), variables=env.variables))


@table_function("ADDCOLUMNS", 3, None)
def _add_columns(env: Env, arguments: Arguments) -> Rows:
    base = rows(arguments[0], env)
    inner = env.enter(base)
    return base.extended({name: value(body, inner) for name, body in pairs(arguments[1:])})


@table_function("TREATAS", 2, None)
def _treat_as(env: Env, arguments: Arguments) -> Rows:
    source = rows(arguments[0], env)
    targets = [env.model.resolve(one) for one in arguments[1:] if isinstance(one, Column)]
    if len(targets) != len(arguments) - 1 or len(targets) != len(source.names):
        raise DaxError("TREATAS needs one column for each column of its table.")
    columns = {
        target: source.column(name) for target, name in zip(targets, source.names, strict=True)
    }
    return Rows(env.model, columns=columns)


@table_function("ROW", 2, None)
def _row(env: Env, arguments: Arguments) -> Rows:
    return Rows(env.model, columns={name: value(body, env) for name, body in pairs(arguments)})


@table_function("TOPN", 2, None)
def _topn(env: Env, arguments: Arguments) -> Rows:
    count = int(values.scalar(value(arguments[0], env)) or 0)
    found = rows(arguments[1], env)
    keys = arguments[2:]
    if not keys:
        return found.take(pl.int_range(min(count, found.height), dtype=pl.UInt32, eager=True))
    inner = env.enter(found)
    columns, descending = [], []
    while keys:
        key, *rest = keys
        descending.append(True)
        columns.append(_spread(value(key, inner), found.height))
        if rest and (word := _direction(rest[0])) is not None:
            descending[-1] = word
            rest = rest[1:]
        keys = tuple(rest)
    return found.take(_best(columns, descending, count))


def _direction(expression: Expr) -> bool | None:
    if isinstance(expression, Name) and expression.name.upper() in {"ASC", "DESC"}:
        return expression.name.upper() == "DESC"
    if isinstance(expression, Literal) and expression.value in {0, 1}:
        return expression.value == 0
    return None


def _spread(series: pl.Series, height: int) -> pl.Series:
    return series if len(series) == height else series.new_from_index(0, height)


def _best(columns: list[pl.Series], descending: list[bool], count: int) -> pl.Series:
    frame = pl.DataFrame([values.folded(column).alias(f"k{n}") for n, column in enumerate(columns)])
    names = frame.columns
    ordered = frame.with_row_index("row").sort(
        names, descending=descending, nulls_last=descending, maintain_order=True
    )
    if count < 1 or ordered.height <= count:
        return ordered["row"].head(max(count, 0))
    last = ordered.row(count - 1)
    tied = ordered.select(
        pl.all_horizontal(
            pl.col(name).eq_missing(pl.lit(cell, frame[name].dtype))
            for name, cell in zip(names, last[1:], strict=True)
        )
    ).to_series()
    end = int(tied.arg_true().max())  # type: ignore[arg-type]
    return ordered["row"].head(max(end + 1, count))
