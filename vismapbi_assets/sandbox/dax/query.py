"""The front door of the evaluator: queries and single measures."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from vismapbi_assets.sandbox.dax import values
from vismapbi_assets.sandbox.dax.context import Filter, FilterContext
from vismapbi_assets.sandbox.dax.evaluation import measure, rows, value
from vismapbi_assets.sandbox.dax.model import DaxModel
from vismapbi_assets.sandbox.dax.parser import parse_expression, parse_query
from vismapbi_assets.sandbox.dax.registry import Env
from vismapbi_assets.sandbox.dax.rows import Rows
from vismapbi_assets.sandbox.dax.syntax import Column, DaxError, Query


def evaluate_all(model: DaxModel, query: str) -> list[pl.DataFrame]:
    """Run every EVALUATE of a query text.

    Columns of the model are named `Table[Column]`, computed ones `[Name]`.
    """
    parsed = parse_query(query)
    try:
        return [_run(model, one) for one in parsed]
    except RecursionError as problem:
        raise DaxError("A measure depends on itself.") from problem
    except pl.exceptions.PolarsError as problem:
        raise DaxError(f"The types of the query do not fit: {problem}") from problem


def evaluate(model: DaxModel, query: str) -> pl.DataFrame:
    """Run a query with one EVALUATE."""
    results = evaluate_all(model, query)
    if len(results) != 1:
        raise DaxError("Exactly one EVALUATE is expected.")
    return results[0]


def evaluate_measure(model: DaxModel, name: str, filters: Mapping[str, Any] | None = None) -> Any:
    """The value of a measure; None for BLANK.

    Args:
        model: the model.
        name: name of the measure.
        filters: a value, or a collection of values, by `Table[Column]`.
    """
    applied = []
    for text, allowed in (filters or {}).items():
        column = parse_expression(text)
        if not isinstance(column, Column):
            raise DaxError(f"{text} is no column.")
        is_list = isinstance(allowed, Collection) and not isinstance(allowed, str)
        listed = (
            allowed
            if isinstance(allowed, pl.Series)
            else (pl.Series(list(allowed) if is_list else [allowed]))
        )
        applied.append(Filter({model.resolve(column): values.normalised(listed)}))
    return values.scalar(measure(name, FilterContext(model).applied(applied)))


def _run(model: DaxModel, query: Query) -> pl.DataFrame:
    env = Env(FilterContext(model))
    found = rows(query.table, env)
    if query.order:
        found = found.take(_order(found, query, env))
    return found.frame()


def _order(found: Rows, query: Query, env: Env) -> pl.Series:
    inner = env.enter(found)
    keys = {}
    for number, (expression, _) in enumerate(query.order):
        key = values.folded(value(expression, inner))
        keys[f"k{number}"] = (
            key if len(key) == found.height else key.new_from_index(0, found.height)
        )
    descending = [down for _, down in query.order]
    frame = pl.DataFrame(keys).with_row_index("row")
    return frame.sort(
        list(keys), descending=descending, nulls_last=descending, maintain_order=True
    )["row"]
