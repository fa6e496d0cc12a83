"""What a table's rows must satisfy before they may be published, derived from its declaration.

One list of rules per table gives both the pandera schema and the split of a frame into rows to
publish and rows to put aside with their reasons. What is done with the latter belongs to the
orchestration; what the rows should be belongs in the declarations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData
from pandera.errors import SchemaErrors

from vismapbi_assets.model.periods import FIRST_DATE, LAST_DATE
from vismapbi_assets.model.semantic_model import TABLE
from vismapbi_assets.model.table import Column, Table

MAX_TEXT = 4000
MAX_DECIMAL = Decimal("922337203685477.5807")
"""The service keeps decimals as 64-bit integers with four places."""
MIN_INTEGER, MAX_INTEGER = -(2**63) + 1, 2**63 - 2

FAILURES: dict[str, pl.DataType] = {
    "key": pl.String(),
    "rules": pl.List(pl.String()),
    "reason": pl.String(),
    "raw": pl.String(),
}
"""Columns of the rows put aside: the row's key, the broken rules, why, and the row as JSON."""


class TableShapeError(TypeError):
    """A frame does not have the columns and types of its table; no row of it can be published."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that must hold for a column of every row.

    `surely` is one cheap value for a whole frame: true only where the rule holds for every row.
    """

    name: str
    column: str
    reason: str
    holds: pl.Expr
    surely: pl.Expr


@cache
def rules(name: str) -> tuple[Rule, ...]:
    """The rules of a table's rows, key uniqueness left out."""
    return tuple(rule for column in TABLE[name].computed for rule in _column_rules(column))


@cache
def pandera_schema(name: str) -> pa.DataFrameSchema:
    """The pandera schema of a table's computed columns, in order."""
    table = TABLE[name]
    columns = {
        column.name: pa.Column(column.dtype, nullable=column.nullable, title=column.source)
        for column in table.computed
    }
    held = pl.all_horizontal([rule.holds for rule in rules(name)] or [pl.lit(value=True)])

    def hold(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(held)

    # One check over all rules: a check per column costs pandera a pass over the rows each.
    return pa.DataFrameSchema(
        columns,
        checks=pa.Check(hold, name="rules", error=f"rows of {name} break rules of their columns"),
        strict=True,
        ordered=True,
        name=name,
        title=table.grain,
    )


def validate(table: Table, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Splits the rows of a table into those to publish and those to put aside.

    Of rows with the same key the first is published. Keys of dimensions are compared without
    case, as the service compares text.

    Returns:
        The good rows unchanged and in order, and the failures (columns of `FAILURES`).

    Raises:
        TableShapeError: columns or types differ from the declaration.
    """
    expected = table.schema
    if dict(frame.schema) != expected or frame.columns != list(expected):
        raise TableShapeError(_differences(table, frame))
    repeated = frame.select(_repeated(table)).to_series()
    # naming what fails takes pandera a pass over all rows; that nothing fails is cheap to know
    if not repeated.any() and _surely_kept(table, frame):
        return frame, pl.DataFrame(schema=FAILURES)
    errors: SchemaErrors | None = None
    try:
        pandera_schema(table.name).validate(frame, lazy=True)
    except SchemaErrors as found:
        errors = found
    if errors is None and not repeated.any():
        return frame, pl.DataFrame(schema=FAILURES)
    return _split(table, frame, repeated, errors)


def _surely_kept(table: Table, frame: pl.DataFrame) -> bool:
    sure = [rule.surely.alias(str(place)) for place, rule in enumerate(rules(table.name))]
    return not sure or all(frame.select(sure).row(0))


def _split(
    table: Table, frame: pl.DataFrame, repeated: pl.Series, errors: SchemaErrors | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    known = rules(table.name)
    names = [*(rule.name for rule in known), "unique"]
    reasons = [*(rule.reason for rule in known), f"{', '.join(table.key)} is not unique"]
    broken = frame.select(
        (~rule.holds).alias(str(place)) for place, rule in enumerate(known)
    ).with_columns(repeated.alias(str(len(known))))
    is_bad = broken.select(pl.any_horizontal(pl.all())).to_series()
    if errors is not None and not is_bad.any():
        raise errors
    bad = frame.filter(is_bad)
    said = broken.filter(is_bad).select(
        rules=pl.concat_list(
            pl.when(str(place)).then(pl.lit(name)) for place, name in enumerate(names)
        ).list.drop_nulls(),
        reason=pl.concat_list(
            pl.when(str(place)).then(pl.lit(reason)) for place, reason in enumerate(reasons)
        )
        .list.drop_nulls()
        .list.join("; "),
    )
    raw = bad.select(_key(table).alias("key"), raw=pl.struct(frame.columns).struct.json_encode())
    failures = pl.concat([raw, said], how="horizontal").select(*FAILURES)
    return frame.filter(~is_bad), failures


def _column_rules(column: Column) -> Iterator[Rule]:
    value = pl.col(column.name)
    name = column.name

    def rule(kind: str, reason: str, holds: pl.Expr, surely: pl.Expr | None = None) -> Rule:
        every = holds.fill_null(value=True)
        cheap = every.all() if surely is None else surely.fill_null(value=True)
        return Rule(kind, name, f"{name} {reason}", every, cheap)

    if not column.nullable:
        yield rule("filled", "is empty", value.is_not_null(), value.null_count() == 0)
    match column.data_type:
        case "String" if name.endswith("PeriodKey"):
            reason = "is no financial period (YYYYPP)"
            period = r"^(\d{4}(0[1-9]|1[0-3])|-)$"
            seen = value.unique().str.contains(period).all()
            yield rule("period", reason, value.str.contains(period), seen)
        case "String":
            reason = f"is longer than {MAX_TEXT} characters"
            bytes_fit = value.str.len_bytes().max() <= MAX_TEXT
            yield rule("length", reason, value.str.len_chars() <= MAX_TEXT, bytes_fit)
        case "Int64":
            reason = "is an extreme integer, which the service refuses"
            within = value.is_between(MIN_INTEGER, MAX_INTEGER)
            yield rule("integer", reason, within, _both_ends(value, MIN_INTEGER, MAX_INTEGER))
        case "Double":
            yield rule("number", "is not a finite number", value.is_finite())
        case "Decimal":
            within = value.is_between(-MAX_DECIMAL, MAX_DECIMAL)
            ends = _both_ends(value, -MAX_DECIMAL, MAX_DECIMAL)
            yield rule("decimal", f"is beyond {MAX_DECIMAL}", within, ends)
        case "DateTime":
            reason = f"lies outside {FIRST_DATE} to {LAST_DATE}: a typing error?"
            within = value.dt.date().is_between(FIRST_DATE, LAST_DATE)
            first, last = value.min().dt.date(), value.max().dt.date()
            yield rule("date", reason, within, (first >= FIRST_DATE) & (last <= LAST_DATE))
        case "Boolean":
            return


def _both_ends(value: pl.Expr, least: int | Decimal, most: int | Decimal) -> pl.Expr:
    return (value.min() >= least) & (value.max() <= most)


def _key(table: Table) -> pl.Expr:
    if len(table.key) == 1 and table.schema.get(table.key[0]) == pl.String():
        return pl.col(table.key[0]).fill_null("")
    return pl.concat_str(
        [pl.col(name).cast(pl.String).fill_null("") for name in table.key], separator="|"
    )


def _repeated(table: Table) -> pl.Expr:
    if not table.key:
        return pl.lit(value=False)
    compared = _key(table).str.to_lowercase() if table.strategy == "replace" else _key(table)
    return ~compared.is_first_distinct()


def _differences(table: Table, frame: pl.DataFrame) -> str:
    expected, found = table.schema, dict(frame.schema)
    lines = [f"missing {name} ({dtype})" for name, dtype in expected.items() if name not in found]
    lines += [f"unknown {name}" for name in found if name not in expected]
    lines += [
        f"{name} is {found[name]} instead of {dtype}"
        for name, dtype in expected.items()
        if name in found and found[name] != dtype
    ]
    shown = "; ".join(lines) or f"order is {', '.join(frame.columns)}"
    return f"{table.name} does not have the columns of its declaration: {shown}"
