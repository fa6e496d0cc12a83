"""Frames as the decoder and the model deliver them, built from short tuples."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl

NOW = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
SCHEMA: dict[str, pl.DataType] = {
    "company": pl.String(),
    "key": pl.String(),
    "modified_at": pl.Datetime("us"),
    "content_hash": pl.String(),
    "amount": pl.Decimal(19, 4),
    "documentDate": pl.Date(),
    "invoiceLines": pl.List(pl.Struct({"account_number": pl.String(), "cost": pl.Decimal(19, 4)})),
}


def stamp(minute: int | None) -> datetime | None:
    """A zone-less server stamp; None stays None."""
    return None if minute is None else datetime(2026, 11, 1) + timedelta(minutes=minute)  # noqa: DTZ001


def documents(*rows: tuple[str, int | None, str], company: str = "nordvik") -> pl.DataFrame:
    """Documents from (key, stamp in minutes, content)."""
    return pl.DataFrame(
        [
            {
                "company": company,
                "key": key,
                "modified_at": stamp(minute),
                "content_hash": content,
                "amount": Decimal(len(content)) / 4,
                "documentDate": date(2026, 1, 31),
                "invoiceLines": [{"account_number": content, "cost": Decimal("0.0001")}],
            }
            for key, minute, content in rows
        ],
        SCHEMA,
    )


def rows(*keys: str, value: int = 1) -> pl.DataFrame:
    """Published rows; the parent is the key without its last part."""
    return pl.DataFrame(
        {
            "row_key": list(keys),
            "parent": [key.rsplit(":", 1)[0] for key in keys],
            "row_hash": [f"{key}={value}" for key in keys],
            "Amount": [Decimal(value)] * len(keys),
        },
        {
            "row_key": pl.String,
            "parent": pl.String,
            "row_hash": pl.String,
            "Amount": pl.Decimal(19, 4),
        },
    )
