"""Faults of a model that the service accepts silently, found before it is created.

Reads the body of a create request; nothing is evaluated. What the service itself refuses is only
repeated where it refuses without saying why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vismapbi_assets.sandbox.dax.parser import parse_expression
from vismapbi_assets.sandbox.dax.registry import MODIFIERS, SCALARS, TABLES
from vismapbi_assets.sandbox.dax.syntax import (
    Block,
    Bracketed,
    Call,
    Column,
    DaxError,
    Expr,
    Name,
    children,
    walk,
)

LIMIT = 75
_DIRECTIONS = {"asc", "desc"}


@dataclass(frozen=True, slots=True)
class _Names:
    """What the model declares, in lower case."""

    columns: Mapping[str, Mapping[str, str]]
    measures: Mapping[str, tuple[str, str]]
    additive: Mapping[str, set[str]]


def lint(
    body: Mapping[str, Any], additive: Mapping[str, Collection[str]] | None = None
) -> list[str]:
    """What is wrong with a model, one sentence each.

    Args:
        body: the create request: `tables` with columns and measures, `relationships`.
        additive: by table, the only columns that a measure may SUM; tables not named are free.
    """
    tables: list[Mapping[str, Any]] = list(body.get("tables") or [])
    relationships: list[Mapping[str, Any]] = list(body.get("relationships") or [])
    names = _Names(
        {
            table["name"].casefold(): {
                column["name"].casefold(): str(column["dataType"]).casefold()
                for column in table.get("columns") or []
            }
            for table in tables
        },
        {
            measure["name"].casefold(): (measure["name"], measure["expression"])
            for table in tables
            for measure in table.get("measures") or []
        },
        {
            table.casefold(): {column.casefold() for column in columns}
            for table, columns in (additive or {}).items()
        },
    )
    return [
        *_sizes(tables, relationships),
        *_duplicates(tables),
        *_relationships(relationships, names),
        *_measures(names),
        *_cycles(names),
    ]


def _sizes(
    tables: list[Mapping[str, Any]], relationships: list[Mapping[str, Any]]
) -> Iterator[str]:
    if len(tables) > LIMIT:
        yield f"The model has {len(tables)} tables; {LIMIT} are allowed."
    if len(relationships) > LIMIT:
        yield f"The model has {len(relationships)} relationships; {LIMIT} are allowed."
    for table in tables:
        count = len(table.get("columns") or [])
        if count > LIMIT:
            yield f"Table '{table['name']}' has {count} columns; {LIMIT} are allowed."


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(name.casefold() for name in names).items() if count > 1]


def _duplicates(tables: list[Mapping[str, Any]]) -> Iterator[str]:
    for name in _twice(table["name"] for table in tables):
        yield f"Two tables are called '{name}'."
    measures = []
    for table in tables:
        columns = [column["name"] for column in table.get("columns") or []]
        own = [measure["name"] for measure in table.get("measures") or []]
        measures += own
        for name in _twice(columns):
            yield f"Table '{table['name']}' has two columns called '{name}'."
        for name in {c.casefold() for c in columns} & {m.casefold() for m in own}:
            yield f"Measure [{name}] is named like a column of its table '{table['name']}'."
    for name in _twice(measures):
        yield f"Two measures are called [{name}]."


def _relationships(relationships: list[Mapping[str, Any]], names: _Names) -> Iterator[str]:
    pairs: dict[frozenset[str], str] = {}
    for name in _twice(str(relationship["name"]) for relationship in relationships):
        yield f"Two relationships are called '{name}'."
    for relationship in relationships:
        label = f"Relationship '{relationship['name']}'"
        types = []
        for side in ("from", "to"):
            table, column = relationship[f"{side}Table"], relationship[f"{side}Column"]
            known = names.columns.get(table.casefold(), {}).get(column.casefold())
            if known is None:
                yield f"{label} names the unknown column '{table}'[{column}]."
            else:
                types.append(known)
        if len(set(types)) > 1:
            yield f"{label} joins {types[0]} to {types[1]}."
        pair = frozenset((relationship["fromTable"], relationship["toTable"]))
        if len(pair) == 1:
            yield f"{label} joins a table to itself."
        if pair in pairs:
            yield f"{label} joins the same tables as '{pairs[pair]}'."
        pairs.setdefault(pair, relationship["name"])


def _measures(names: _Names) -> Iterator[str]:
    for name, text in names.measures.values():
        try:
            expression = parse_expression(text)
        except DaxError as problem:
            yield f"Measure [{name}] cannot be parsed: {problem}"
            continue
        for fault in _faults(expression, names, frozenset()):
            yield f"Measure [{name}]: {fault}"


def _faults(expression: Expr, names: _Names, variables: frozenset[str]) -> Iterator[str]:
    match expression:
        case Column():
            yield from _column_faults(expression, names)
        case Bracketed(name) if not name.startswith("@"):
            if name.casefold() not in names.measures:
                yield f"there is no measure [{name}]."
        case Name(name, quoted):
            is_variable = not quoted and name.casefold() in variables | _DIRECTIONS
            if not is_variable and name.casefold() not in names.columns:
                yield f"there is no table or variable '{name}'."
        case Call():
            yield from _call_faults(expression, names)
    if isinstance(expression, Block):
        for name, value in expression.variables:
            yield from _faults(value, names, variables)
            if name.casefold() in names.columns:
                yield f"the variable {name} is named like a table."
            variables |= {name.casefold()}
        yield from _faults(expression.body, names, variables)
        return
    for part in children(expression):
        yield from _faults(part, names, variables)


def _column_faults(column: Column, names: _Names) -> Iterator[str]:
    columns = names.columns.get(column.table.casefold())
    if columns is None:
        yield f"there is no table '{column.table}'."
    elif column.name.casefold() not in columns:
        yield f"there is no column '{column.table}'[{column.name}]."


def _call_faults(call: Call, names: _Names) -> Iterator[str]:
    function = SCALARS.get(call.function) or TABLES.get(call.function)
    if function is None and call.function not in MODIFIERS:
        yield f"the function {call.function} is not in the subset."
        return
    lowest, highest = (function.lowest, function.highest) if function else MODIFIERS[call.function]
    count = len(call.arguments)
    if count < lowest or (highest is not None and count > highest):
        yield f"{call.function} does not take {count} arguments."
        return
    if call.function not in {"CALCULATE", "CALCULATETABLE", "KEEPFILTERS"}:
        for part in call.arguments:
            if isinstance(part, Call) and part.function in MODIFIERS:
                yield f"{part.function} only stands as a filter of CALCULATE."
    match call:
        case Call("TREATAS", (Call("VALUES", _), *_)):
            yield "TREATAS takes DISTINCT, not VALUES: VALUES may hold the blank row."
        case Call("SUM", (Column(table, name),)):
            allowed = names.additive.get(table.casefold())
            known = name.casefold() in names.columns.get(table.casefold(), {})
            if known and allowed is not None and name.casefold() not in allowed:
                yield f"SUM over '{table}'[{name}], which is not additive."


def _cycles(names: _Names) -> Iterator[str]:
    needs: dict[str, set[str]] = {}
    for name, (_, text) in names.measures.items():
        try:
            parts = list(walk(parse_expression(text)))
        except DaxError:
            parts = []
        named = {part.name.casefold() for part in parts if isinstance(part, Bracketed)}
        needs[name] = named & set(names.measures)
    done: set[str] = set()
    while ready := {name for name, wanted in needs.items() if wanted <= done} - done:
        done |= ready
    if stuck := sorted(set(needs) - done):
        listed = ", ".join(f"[{names.measures[name][0]}]" for name in stuck)
        yield f"Measures depend on each other: {listed}."
