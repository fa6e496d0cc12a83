"""Values that do not come in the type of their column, turned as the service is believed to do.

Also the moments of every row: their notations and the grid that the service keeps them on.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

import polars as pl

from vismapbi_assets.sandbox.powerbi.errors import invalid_request
from vismapbi_assets.sandbox.powerbi.schema import DataType

INT64 = 2**63
LARGEST_DECIMAL = Decimal("922337203685477.5807")
_DATE_FORMATS = ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d", "%m/%d/%Y")


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
    if number != number.to_integral_value() or not -INT64 < number < INT64 - 1:
        raise invalid_request("Invalid value")
    return int(number)


def _decimal(value: Any) -> Decimal | None:
    number = _number(value)
    if number is None:
        return None
    if abs(number) > LARGEST_DECIMAL:
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


COERCIONS: dict[DataType, Callable[[Any], Any]] = {
    "String": _text,
    "Int64": _integer,
    "Double": _double,
    "Boolean": _boolean,
    "DateTime": _moment,
    "Decimal": _decimal,
}
