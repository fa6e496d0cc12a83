"""Received rows: from the JSON of a POST to a typed frame, exactly.

Well-formed rows take a compiled decoder; everything else is coerced value by value as the service
is believed to do, or refused. Numbers never pass through a binary float on their way to Decimal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from operator import attrgetter
from typing import Any

import msgspec
import polars as pl

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
_INT64 = 2**63
_DATE_FORMATS = ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d", "%m/%d/%Y")
_LARGEST_DECIMAL = Decimal("922337203685477.5807")


@dataclass(frozen=True, slots=True)
class RowRules:
    """What the service does where nobody knows it.

    Attributes:
        long_strings: "refuse" or "truncate" texts beyond the limit.
        unknown_columns: "refuse" or "ignore" columns that the table does not have.
    """

    long_strings: str = "refuse"
    unknown_columns: str = "refuse"


def quantise(stamps: pl.Series) -> pl.Series:
    """Moments on the grid of 1/300 second that the service keeps."""
    micros = stamps.cast(pl.Int64)
    if not (micros % 1_000_000 != 0).any():
        return stamps
    ticks = (micros * 3 + 5_000) // 10_000
    return ((ticks * 10_000 + 1) // 3).cast(pl.Datetime("us"))


def parse_stamps(texts: pl.Series) -> pl.Series:
    """Texts to moments; what no format fits becomes null."""
    stamps = texts.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)
    if stamps.null_count() > texts.null_count():
        zoned = texts.str.to_datetime("%+", time_unit="us", strict=False, time_zone="UTC")
        stamps = stamps.fill_null(zoned.dt.replace_time_zone(None))
        for shape in _DATE_FORMATS:
            other = texts.str.strip_chars().str.to_datetime(shape, time_unit="us", strict=False)
            stamps = stamps.fill_null(other)
    return quantise(stamps)


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
            c.name: [_COERCIONS[c.data_type](row.get(c.name)) for row in rows] for c in self.columns
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
                if lowest == -_INT64 or highest == _INT64 - 1:
                    raise invalid_request("Integer out of range")
            elif column.data_type == "Decimal":
                lowest, highest = series.min(), series.max()
                for value in (lowest, highest):
                    if isinstance(value, Decimal) and abs(value) > _LARGEST_DECIMAL:
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


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, int | Decimal):
        return str(value)
    raise invalid_request("Invalid value")


def _number(value: Any) -> Decimal | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise invalid_request("Invalid value")
    try:
        number = Decimal(value)
    except InvalidOperation as problem:
        raise invalid_request("Invalid value") from problem
    if not number.is_finite():
        raise invalid_request("Invalid value")
    return number


def _integer(value: Any) -> int | None:
    number = _number(value)
    if number is None:
        return None
    if number != number.to_integral_value() or not -_INT64 < number < _INT64 - 1:
        raise invalid_request("Invalid value")
    return int(number)


def _decimal(value: Any) -> Decimal | None:
    number = _number(value)
    if number is None:
        return None
    if abs(number) > _LARGEST_DECIMAL:
        raise invalid_request("Decimal out of range")
    return number.quantize(Decimal("0.0001"), ROUND_HALF_EVEN)


def _double(value: Any) -> float | None:
    number = _number(value)
    return None if number is None else float(number)


def _boolean(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in {"true", "false", ""}:
        return None if not value.strip() else value.strip().lower() == "true"
    if value in (0, 1):
        return bool(value)
    raise invalid_request("Invalid value")


def _moment(value: Any) -> Any:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    stamp = parse_stamps(pl.Series([value])) if isinstance(value, str) else None
    if stamp is None or stamp[0] is None:
        raise invalid_request("Invalid value")
    return stamp[0]


_COERCIONS: dict[DataType, Callable[[Any], Any]] = {
    "String": _text,
    "Int64": _integer,
    "Double": _double,
    "Boolean": _boolean,
    "DateTime": _moment,
    "Decimal": _decimal,
}
