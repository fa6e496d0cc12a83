"""Evaluation of expressions: contexts, variables, measures, and the dispatch to functions.

A row context is evaluated as a whole (column at a time) as far as an expression allows; what
depends on the filter context is evaluated row by row.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from vismapbi_assets.sandbox.dax import operators, values
from vismapbi_assets.sandbox.dax.context import FilterContext
from vismapbi_assets.sandbox.dax.registry import SCALARS, TABLES, Env, check_arity
from vismapbi_assets.sandbox.dax.rows import Rows
from vismapbi_assets.sandbox.dax.syntax import (
    Binary,
    Block,
    Bracketed,
    Call,
    Column,
    Constructor,
    DaxError,
    Expr,
    Literal,
    Name,
    Unary,
    walk,
)

_AGGREGATES = {"SUM", "MIN", "MAX", "AVERAGE", "DISTINCTCOUNT"}


def is_table(expression: Expr, env: Env) -> bool:
    """Whether an expression stands for a table."""
    match expression:
        case Call(function, _):
            return function in TABLES
        case Name(name, quoted):
            variable = None if quoted else env.variables.get(name.casefold())
            return isinstance(variable, Rows) if variable is not None else True
        case Constructor():
            return True
        case Block(_, body):
            return is_table(body, env)
        case _:
            return False


def value(expression: Expr, env: Env) -> pl.Series:
    """The value of an expression: one, or one per row of the innermost row context."""
    match expression:
        case Literal(content):
            return values.constant(content)
        case Column():
            return _column(expression, env)
        case Bracketed(name):
            return _bracketed(name, env)
        case Name(name, quoted):
            variable = None if quoted else env.variables.get(name.casefold())
            if isinstance(variable, pl.Series):
                return variable
            return _single(rows(expression, env))
        case Unary("NOT", operand):
            return ~operators.truth(value(operand, env))
        case Unary(_, operand):
            return operators.negative(value(operand, env))
        case Binary("IN", left, right):
            return _membership(value(left, env), right, env)
        case Binary(operator, left, right):
            return _binary(operator, value(left, env), value(right, env))
        case Block(_, body):
            return value(body, _with_variables(expression, env))
        case Call(function, arguments) if function in SCALARS:
            known = SCALARS[function]
            check_arity(expression, known.lowest, known.highest)
            if env.is_wide and not known.columnwise:
                return _row_by_row(expression, env)
            result = known.run(env, arguments)
            assert isinstance(result, pl.Series)  # noqa: S101 - told by the registry
            return result
        case Call() | Constructor():
            return _single(rows(expression, env))


def rows(expression: Expr, env: Env) -> Rows:
    """The table that an expression stands for, in an environment that is not wide."""
    match expression:
        case Name(name, quoted):
            variable = None if quoted else env.variables.get(name.casefold())
            if isinstance(variable, Rows):
                return variable
            if variable is not None:
                raise DaxError(f"The variable {name} is no table.")
            table = env.model.table_name(name)
            if table is None:
                raise DaxError(f"Cannot find table '{name}'.")
            return Rows(env.model, table, env.context.rows(table, blank=False))
        case Block(_, body):
            return rows(body, _with_variables(expression, env))
        case Call(function, arguments) if function in TABLES:
            known = TABLES[function]
            check_arity(expression, known.lowest, known.highest)
            result = known.run(env, arguments)
            assert isinstance(result, Rows)  # noqa: S101 - told by the registry
            return result
        case Constructor(lines):
            cells = [[value(cell, env) for cell in line] for line in lines]
            names = (
                ["Value"] if len(cells[0]) == 1 else [f"Value{n + 1}" for n in range(len(cells[0]))]
            )
            columns = {
                Column("", name): pl.concat(values.unified(*(line[n] for line in cells)))
                for n, name in enumerate(names)
            }
            return Rows(env.model, columns=columns)
        case Call(function, _):
            raise DaxError(f"Function {function} is not supported here.")
        case _:
            raise DaxError("A table is expected.")


def iterate(table: Expr, body: Expr, env: Env) -> tuple[Rows, pl.Series]:
    """Rows of a table and the value of an expression for each of them."""
    found = rows(table, env)
    result = value(body, env.enter(found)) if found.height else pl.Series([], dtype=pl.Null)
    if len(result) != found.height:
        result = result.new_from_index(0, found.height)
    return found, result


def measure(name: str, context: FilterContext) -> pl.Series:
    """The value of a measure in a filter context."""
    expression = context.model.measure(name)
    if expression is None:
        raise DaxError(f"The name [{name}] is neither a measure nor a column here.")
    return value(expression, Env(context))


def _column(column: Column, env: Env) -> pl.Series:
    resolved = env.model.resolve(column)
    for scope in reversed(env.scopes):
        if scope.has(resolved):
            return scope.column(resolved)
    raise DaxError(
        f"A single value for column '{resolved.name}' in table '{resolved.table}' cannot be "
        "determined."
    )


def _bracketed(name: str, env: Env) -> pl.Series:
    for scope in reversed(env.scopes):
        for column in scope.names:
            if not column.table and column.name.casefold() == name.casefold():
                return scope.column(column)
    if env.model.measure(name) is None:
        for scope in reversed(env.scopes):
            for column in scope.names:
                if column.name.casefold() == name.casefold():
                    return scope.column(column)
        raise DaxError(f"The name [{name}] is neither a measure nor a column here.")
    if env.is_wide:
        return _row_by_row(Bracketed(name), env)
    return measure(name, env.transitioned())


def _single(table: Rows) -> pl.Series:
    if table.height == 1 and len(table.names) == 1:
        return table.column(table.names[0])
    if table.height == 0 and len(table.names) == 1:
        return values.constant(None)
    raise DaxError("A table of multiple values was supplied where a single value was expected.")


def _membership(left: pl.Series, right: Expr, env: Env) -> pl.Series:
    if env.is_wide and _depends_on_row(right, env):
        raise DaxError("IN with a table that depends on the row is not supported.")
    table = rows(right, _outside(env))
    if len(table.names) != 1:
        raise DaxError("IN needs a table of one column.")
    listed = table.column(table.names[0])
    found = pl.Series([False] * len(left), dtype=pl.Boolean)
    for number in range(len(listed)):
        found = found | operators.compare("=", left, listed.slice(number, 1))
    return found


def _binary(operator: str, left: pl.Series, right: pl.Series) -> pl.Series:
    if operator in {"+", "-", "*", "/"}:
        return operators.arithmetic(operator, left, right)
    if operator in {"&&", "||"}:
        return operators.logical(operator, left, right)
    if operator == "&":
        return operators.concatenate(left, right)
    return operators.compare(operator, left, right)


def _with_variables(block: Block, env: Env) -> Env:
    for name, expression in block.variables:
        key = name.casefold()
        if is_table(expression, env):
            if env.is_wide and _depends_on_row(expression, env):
                raise DaxError(f"The table variable {name} depends on the row.")
            content: pl.Series | Rows = rows(expression, _outside(env))
        else:
            content = value(expression, env)
        wide = env.wide - {key}
        if isinstance(content, pl.Series) and env.is_wide and len(content) == env.height:
            wide |= {key}
        env = replace(env, variables={**env.variables, key: content}, wide=wide)
    return env


def _outside(env: Env) -> Env:
    """The environment around a wide row context, for what does not depend on it."""
    return replace(env, scopes=env.scopes[:-1], wide=frozenset()) if env.is_wide else env


def _depends_on_row(expression: Expr, env: Env) -> bool:
    """Whether a value may differ between the rows of the innermost row context."""
    for part in walk(expression):
        match part:
            case Bracketed() | Call("CALCULATE", _) | Call("CALCULATETABLE", _):
                return True
            case Name(name, False) if name.casefold() in env.wide:
                return True
            case Column():
                if env.scopes[-1].has(env.model.resolve(part)):
                    return True
    return False


def _row_by_row(expression: Expr, env: Env) -> pl.Series:
    if isinstance(expression, Call):
        is_plain = expression.function in _AGGREGATES | {"COUNTROWS"} and all(
            isinstance(argument, Column | Name) for argument in expression.arguments
        )
        if is_plain or not _depends_on_row(expression, env):
            return value(expression, _outside(env))
    if env.height == 0:
        return pl.Series([], dtype=pl.Null)
    return pl.concat(
        values.unified(*(value(expression, env.row(number)) for number in range(env.height)))
    )
