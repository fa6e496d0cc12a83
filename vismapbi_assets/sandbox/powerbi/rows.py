"""Received rows: from the JSON of a POST to a typed frame, exactly.

Well-formed rows take a compiled decoder; everything else is coerced value by value, or refused.
Numbers never pass through a binary float on their way to Decimal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import Any

import msgspec
import polars as pl

from vismapbi_assets.sandbox.powerbi.coercion import (
    COERCIONS,
    INT64,
    LARGEST_DECIMAL,
    parse_stamps,
)
from vismapbi_assets.sandbox.powerbi.errors import bad_request, invalid_request
from vismapbi_assets.sandbox.powerbi.limits import Limits
from vismapbi_assets.sandbox.powerbi.schema import ColumnDef, DataType

DTYPES: dict[DataType, pl.DataType] = {
    "String": pl.String(),
    "Int64": pl.Int64(),
    "Double": pl.Float64(),
    "Boolean": pl.Boolean(),
    "DateTime": pl.Datetime("us"),
    "Decimal": pl.Decimal(28, 4),
}
_FIELDS: dict[DataType, Any] = {
    "String": str | None,
    "Int64": int | None,
    "Double": float | None,
    "Boolean": bool | None,
    "DateTime": str | None,
    "Decimal": msgspec.Raw,
}


@dataclass(frozen=True, slots=True)
class RowRules:
    """What the service does where nobody knows it.

    Attributes:
        long_strings: "refuse" or "truncate" texts beyond the limit.
        unknown_columns: "refuse" or "ignore" columns that the table does not have.
    """

    long_strings: str = "refuse"
    unknown_columns: str = "refuse"


class RowDecoder:
    """Decodes the rows of one table."""

    def __init__(self, columns: Sequence[ColumnDef]) -> None:
        self.columns = tuple(columns)
        self.schema = {c.name: DTYPES[c.data_type] for c in columns}
        names = [f"f{number}" for number in range(len(columns))]
        empty = {"Decimal": msgspec.Raw(b"null")}
        row = msgspec.defstruct(
            "Row",
            [(n, _FIELDS[c.data_type], empty.get(c.data_type)) for n, c in zip(names, columns)],  # noqa: B905
            rename=dict(zip(names, (c.name for c in columns), strict=True)),
            forbid_unknown_fields=True,
            gc=False,
        )
        body = msgspec.defstruct("Body", [("rows", list[row])], gc=False)  # type: ignore[valid-type]
        self._typed = msgspec.json.Decoder(body)
        self._loose = msgspec.json.Decoder(float_hook=Decimal)
        self._getters = [attrgetter(name) for name in names]

    def decode(self, body: bytes, rules: RowRules, limits: Limits) -> pl.DataFrame:
        """The rows of a POST as a frame, or a refusal."""
        try:
            rows: list[Any] = getattr(self._typed.decode(body), "rows")  # noqa: B009 - a defined struct
            if len(rows) > limits.rows_per_post:
                raise invalid_request("Too many rows")
            frame = pl.DataFrame(
                [
                    self._series(column, list(map(getter, rows)))
                    for column, getter in zip(self.columns, self._getters, strict=True)
                ]
            )
        except (msgspec.ValidationError, pl.exceptions.PolarsError, TypeError, OverflowError):
            frame = self._decode_loosely(body, rules, limits)
        except msgspec.DecodeError as problem:
            raise bad_request("The body is not valid JSON.") from problem
        return self._bounded(frame, rules, limits)

    def _series(self, column: ColumnDef, values: list[Any]) -> pl.Series:
        match column.data_type:
            case "Decimal":
                if not values:
                    return pl.Series(column.name, [], dtype=pl.Decimal(28, 4))
                texts = pl.Series(column.name, b",".join(values).decode().split(","))
                texts = texts.str.strip_chars('" ')
                numbers = texts.cast(pl.Decimal(28, 4), strict=False)
                nulls = (texts == "null").sum()
                if len(texts) != len(values) or numbers.null_count() != nulls:
                    raise TypeError("a text that is no number")
                return numbers
            case "DateTime":
                texts = pl.Series(column.name, values, dtype=pl.String)
                stamps = parse_stamps(texts)
                if stamps.null_count() != texts.null_count():
                    raise TypeError("a text that is no moment")
                return stamps
            case _:
                return pl.Series(column.name, values, dtype=DTYPES[column.data_type])

    def _decode_loosely(self, body: bytes, rules: RowRules, limits: Limits) -> pl.DataFrame:
        try:
            content = self._loose.decode(body)
        except msgspec.DecodeError as problem:
            raise bad_request("The body is not valid JSON.") from problem
        rows = content.get("rows") if isinstance(content, Mapping) else None
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise bad_request("Property 'rows' must be an array of objects.")
        if len(rows) > limits.rows_per_post:
            raise invalid_request("Too many rows")
        unknown = {name for row in rows for name in row} - set(self.schema)
        if unknown and rules.unknown_columns == "refuse":
            raise bad_request(*(f"Column '{name}' is not known." for name in sorted(unknown)))
        values = {
            c.name: [COERCIONS[c.data_type](row.get(c.name)) for row in rows] for c in self.columns
        }
        return pl.DataFrame(values, schema=self.schema)

    def _bounded(self, frame: pl.DataFrame, rules: RowRules, limits: Limits) -> pl.DataFrame:
        for column in self.columns:
            series = frame[column.name]
            if column.data_type == "String":
                longest = series.str.len_bytes().max()
                if isinstance(longest, int) and longest > limits.string_characters:
                    frame = self._shortened(frame, column.name, rules, limits)
            elif column.data_type == "Int64":
                lowest, highest = series.min(), series.max()
                if lowest == -INT64 or highest == INT64 - 1:
                    raise invalid_request("Integer out of range")
            elif column.data_type == "Decimal":
                lowest, highest = series.min(), series.max()
                for value in (lowest, highest):
                    if isinstance(value, Decimal) and abs(value) > LARGEST_DECIMAL:
                        raise invalid_request("Decimal out of range")
            elif column.data_type == "Double" and not series.is_finite().all():
                raise invalid_request("Number out of range")
        return frame

    @staticmethod
    def _shortened(frame: pl.DataFrame, name: str, rules: RowRules, limits: Limits) -> pl.DataFrame:
        longest = frame[name].str.len_chars().max()
        if not isinstance(longest, int) or longest <= limits.string_characters:
            return frame
        if rules.long_strings == "refuse":
            raise invalid_request("String too long")
        return frame.with_columns(pl.col(name).str.slice(0, limits.string_characters))
