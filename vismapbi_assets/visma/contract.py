"""What must hold for an entity's documents, as a pandera schema and as the split of a frame.

Names and types follow from the declaration, so do the ranges of money, rates and dates; further
rules stand in the declaration. Only collected frames are validated: pandera checks nothing but the
names of a LazyFrame.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from vismapbi_assets.visma.entities.declaration import Entity, Rule
from vismapbi_assets.visma.entities.shape import FIRST_DATE, LAST_DATE, Column

LARGEST = Decimal(10) ** 12
"""No document of a company that uses Visma.net holds a larger amount or quantity."""


@cache
def rules(entity: Entity) -> tuple[Rule, ...]:
    """All rules of an entity beside names and types."""
    needed = [name for name in entity.key if name not in entity.optional_key]
    key = Rule("key", pl.col("key").is_not_null(), f"lacks a part of its key ({', '.join(needed)})")
    return (key, *_line_numbers(entity), *_ranges(entity), *entity.rules)


@cache
def contract(entity: Entity) -> pa.DataFrameSchema:
    """The pandera schema of the entity's state frames."""
    columns = {name: pa.Column(dtype, nullable=True) for name, dtype in entity.state_schema.items()}
    # all rules hang on the key, so that a failure is told by the key and not by the whole row
    columns["key"] = pa.Column(pl.String, nullable=False, checks=[_check(r) for r in rules(entity)])
    columns["content_hash"] = pa.Column(pl.Binary, nullable=False)
    return pa.DataFrameSchema(columns, name=entity.name, strict=True, ordered=True)


def validate(entity: Entity, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The documents that keep the contract, and the others with `rule` and `reason`.

    Raises:
        SchemaErrors: the frame as a whole is not the entity's: names or types differ.
    """
    failures = {position: (rule, reason) for position, rule, reason in broken(entity, frame)}
    at = pl.int_range(pl.len())
    why = pl.DataFrame(
        {
            "at": list(failures),
            "rule": [rule for rule, _ in failures.values()],
            "reason": [reason for _, reason in failures.values()],
        },
        schema={"at": pl.Int64, "rule": pl.String, "reason": pl.String},
    )
    good = frame.filter(~at.is_in(list(failures)))
    rejects = frame.with_columns(at=at).join(why, on="at", how="inner", maintain_order="left")
    return good, rejects.drop("at")


def broken(entity: Entity, frame: pl.DataFrame) -> list[tuple[int, str, str]]:
    """Position, rule and reason of each document that breaks the contract, one per document."""
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(f"{entity.name}: collect the frame; pandera does not look into lazy ones")
    # naming what fails takes pandera milliseconds a page; that nothing fails is cheap to know
    if frame.schema == pl.Schema(entity.state_schema):
        kept = frame.select(
            rule.holds.fill_null(True).all().alias(str(n)) for n, rule in enumerate(rules(entity))
        )
        if frame.is_empty() or all(kept.row(0)):
            return []
    try:
        contract(entity).validate(frame, lazy=True)
    except SchemaErrors as errors:
        return list(_positions(errors))
    return []


def _positions(errors: SchemaErrors) -> Iterator[tuple[int, str, str]]:
    """The failing rows of a validation; raised again if the frame itself is wrong."""
    seen: set[int] = set()
    cases: list[dict[str, Any]] = errors.failure_cases.to_dicts()
    if any(case["index"] is None for case in cases):
        raise errors
    for case in cases:
        if case["index"] in seen or case["check"] == "not_nullable":
            continue
        seen.add(case["index"])
        rule, _, says = str(case["check"]).partition(": ")
        yield case["index"], rule, f"the document {says}"


def _check(rule: Rule) -> pa.Check:
    return pa.Check(
        lambda data: data.lazyframe.select(rule.holds.fill_null(True)),
        name=rule.name,
        ignore_na=False,
        error=f"{rule.name}: {rule.says}",
    )


def _line_numbers(entity: Entity) -> Iterator[Rule]:
    if entity.lines and entity.line_key:
        numbered = pl.element().struct.field(entity.line_key).is_not_null()
        holds = pl.col(entity.lines).list.eval(numbered).list.all()
        yield Rule("line", holds, f"has {entity.lines} without {entity.line_key}")


def _ranges(entity: Entity) -> Iterator[Rule]:
    for column in entity.columns:
        if column.member.kind == "rows":
            for field in column.columns:
                within = _within(field, pl.element().struct.field(field.name))
                if within is not None:
                    inside, says = within
                    holds = pl.col(column.name).list.eval(inside.fill_null(True)).list.all()
                    yield Rule("range", holds, f"has {column.name}.{field.name} {says}")
        else:
            within = _within(column, pl.col(column.name))
            if within is not None:
                yield Rule("range", within[0], f"has {column.name} {within[1]}")


def _within(column: Column, value: pl.Expr) -> tuple[pl.Expr, str] | None:
    match column.member.kind:
        case "amount":
            return value.abs() <= pl.lit(LARGEST, pl.Decimal(19, 4)), f"beyond {LARGEST:,}"
        case "rate":
            return value >= 0, "below zero"
        case "date":
            first, last = pl.lit(FIRST_DATE, pl.Date), pl.lit(LAST_DATE, pl.Date)
            return value.is_between(first, last), f"outside {FIRST_DATE} to {LAST_DATE}"
    return None
