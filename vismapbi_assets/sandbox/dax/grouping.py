"""SUMMARIZECOLUMNS: groups and the expressions for each of them.

Counts and sums over one table take one pass; everything else is evaluated group by group.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from vismapbi_assets.sandbox.dax import values
from vismapbi_assets.sandbox.dax.context import FilterContext
from vismapbi_assets.sandbox.dax.evaluation import is_table, rows, value
from vismapbi_assets.sandbox.dax.registry import Env, table_function
from vismapbi_assets.sandbox.dax.rows import Rows
from vismapbi_assets.sandbox.dax.syntax import Call, Column, Expr, Name
from vismapbi_assets.sandbox.dax.tables import pairs

Arguments = tuple[Expr, ...]


@table_function("SUMMARIZECOLUMNS", 1, None)
def _summarize_columns(env: Env, arguments: Arguments) -> Rows:
    groups: list[Column] = []
    left = list(arguments)
    while left and isinstance(left[0], Column):
        groups.append(env.model.resolve(left[0]))
        left = left[1:]
    context = env.context
    while left and is_table(left[0], env):
        context = context.applied(rows(left.pop(0), env).filters())
    bodies = pairs(tuple(left))
    inner = Env(context, variables=env.variables)
    fast = _grouped(inner, groups, bodies)
    if fast is not None:
        return fast
    combinations = _combinations(inner, groups)
    contexts = [
        context.applied(combinations.one(number).filters()) for number in range(combinations.height)
    ]
    found = combinations.extended({name: _each(body, inner, contexts) for name, body in bodies})
    if not bodies:
        return found
    blank = pl.Series([True] * found.height, dtype=pl.Boolean)
    for name, _ in bodies:
        blank = blank & found.column(name).is_null()
    return found.where(~blank) if groups or blank.all() else found


def _each(body: Expr, env: Env, contexts: list[FilterContext]) -> pl.Series:
    if not contexts:
        return pl.Series([], dtype=pl.Null)
    results = [value(body, replace(env, context=context)) for context in contexts]
    return pl.concat(values.unified(*results))


def _combinations(env: Env, groups: list[Column]) -> Rows:
    frame: pl.DataFrame | None = None
    by_table: dict[str, list[Column]] = {}
    for column in groups:
        by_table.setdefault(column.table, []).append(column)
    for table, columns in by_table.items():
        base = Rows(env.model, table, env.context.rows(table, blank=True))
        distinct = Rows(env.model, columns={c: base.column(c) for c in columns}).distinct().frame()
        frame = distinct if frame is None else frame.join(distinct, how="cross")
    if frame is None:
        return Rows(env.model)
    return Rows(env.model, columns={column: frame[str(column)].alias("") for column in groups})


def _grouped(env: Env, groups: list[Column], bodies: list[tuple[Column, Expr]]) -> Rows | None:
    """The same in one pass, for counts and sums over one table that reaches all groups."""
    fact = _fact(env, [body for _, body in bodies])
    if fact is None or not groups:
        return None
    base = Rows(env.model, fact, env.context.rows(fact, blank=False))
    by_name: dict[str, pl.Series] = {}
    for number, column in enumerate(groups):
        series = _reached(env, base, fact, column)
        if series is None:
            return None
        by_name[f"g{number}"] = series
    keys = {f"f{name}": values.folded(series) for name, series in by_name.items()}
    aggregates = [pl.first(name) for name in by_name]
    frame = {**by_name, **keys}
    for number, (_, body) in enumerate(bodies):
        if not isinstance(body, Call):
            return None
        if body.function == "COUNTROWS":
            aggregates.append(pl.len().cast(pl.Int64).alias(f"v{number}"))
        elif isinstance(body.arguments[0], Column):
            summed = base.column(env.model.resolve(body.arguments[0]))
            if values.kind(summed) not in {"int", "money", "real"}:
                return None
            frame[f"c{number}"] = summed
            some = pl.col(f"c{number}").count() > 0
            aggregates.append(pl.when(some).then(pl.col(f"c{number}").sum()).alias(f"v{number}"))
    grouped = pl.DataFrame(frame).group_by(list(keys), maintain_order=True).agg(aggregates)
    names = [f"v{number}" for number in range(len(bodies))]
    grouped = grouped.filter(~pl.all_horizontal(pl.col(names).is_null()))
    columns = {column: grouped[f"g{number}"].alias("") for number, column in enumerate(groups)}
    columns |= {
        name: values.normalised(grouped[f"v{n}"]).alias("") for n, (name, _) in enumerate(bodies)
    }
    return Rows(env.model, columns=columns)


def _fact(env: Env, bodies: list[Expr]) -> str | None:
    tables = set()
    for body in bodies:
        match body:
            case Call("COUNTROWS", (Name(name, _),)):
                tables.add(env.model.table_name(name))
            case Call("SUM", (Column() as column,)):
                tables.add(env.model.resolve(column).table)
            case _:
                return None
    return tables.pop() if len(tables) == 1 else None


def _reached(env: Env, base: Rows, fact: str, column: Column) -> pl.Series | None:
    if column.table == fact:
        return base.column(column)
    for relationship in env.model.one_sides(fact):
        if relationship.to_table == column.table:
            index = env.model.index(relationship)
            if base.positions is not None:
                index = index.gather(base.positions)
            else:
                index = index.head(base.height)
            return env.model.column(column).gather(index)
    return None
