"""Financial periods: reading their text, and the calendar of the dataset's periods.

`YYYYPP` and `PPYYYY` both occur on the wire; here they become `YYYYPP`. The days of the calendar
belong in `transforms/calendar`.
"""

from __future__ import annotations

import re
from datetime import date

import polars as pl

from vismapbi_assets.model.inputs import Inputs

FIRST_DATE = date(1990, 1, 1)
LAST_DATE = date(2100, 12, 31)
"""Business dates outside are taken for typing errors."""

_YEAR = r"(?:199\d|20\d\d|2100)"
_NUMBER = r"(?:0[1-9]|1[0-3])"
_PERIOD = rf"{_YEAR}{_NUMBER}"
_TURNED = rf"({_NUMBER})({_YEAR})"


class PeriodTextError(ValueError):
    """A text that is no financial period."""


def parse_period(source: str) -> str:
    """A period as `YYYYPP`.

    Raises:
        PeriodTextError: the digits of the text are neither YYYYPP nor PPYYYY.
    """
    digits = re.sub(r"\D", "", source)
    if re.fullmatch(_PERIOD, digits):
        return digits
    if turned := re.fullmatch(_TURNED, digits):
        return turned[2] + turned[1]
    raise PeriodTextError(
        f"{source!r} is no financial period: expected YYYYPP or PPYYYY with a year from 1990 to "
        "2100 and a period from 01 to 13"
    )


def period(column: str | pl.Expr) -> pl.Expr:
    """Period texts as `YYYYPP`.

    A text that is no period is kept as it is, so that the row fails its schema and is put aside
    with its reason; empty stays null.
    """
    source = (pl.col(column) if isinstance(column, str) else column).cast(pl.String)
    digits = source.str.replace_all(r"\D", "")
    return (
        pl.when(source.str.strip_chars() == "")
        .then(None)
        .when(digits.str.contains(rf"^{_PERIOD}$"))
        .then(digits)
        .when(digits.str.contains(rf"^{_TURNED}$"))
        .then(digits.str.slice(2) + digits.str.slice(0, 2))
        .otherwise(source)
    )


def first_period(*columns: str | pl.Expr) -> pl.Expr:
    """The period of the first column that is filled."""
    return pl.coalesce(*(period(column) for column in columns))


def periods(inputs: Inputs) -> pl.DataFrame:
    """The dataset's financial periods, one row per `YYYYPP`, in order.

    Columns: period, year, number, start, end (last day, inclusive), adjustment, index (running
    number over regular periods, an adjustment period has that of the regular one before it) and
    description. Where companies differ, the first in the settings decides.
    """
    return inputs.shared("periods", _periods)


def month_end(column: str | pl.Expr) -> pl.Expr:
    """The last day of the calendar month that a period's text suggests, 13 being December."""
    source = pl.col(column) if isinstance(column, str) else column
    number = source.str.slice(4, 2).cast(pl.Int32, strict=False).clip(1, 12)
    return pl.date(source.str.slice(0, 4).cast(pl.Int32, strict=False), number, 1).dt.month_end()


def _periods(inputs: Inputs) -> pl.DataFrame:
    order = {company.key: place for place, company in enumerate(inputs.companies)}
    regular = pl.col("start") < pl.col("end")
    return (
        inputs.entity("financialPeriod")
        .select(
            period(
                pl.format("{}{}", "year", pl.col("period").str.strip_chars().str.zfill(2))
            ).alias("period"),
            pl.col("year").cast(pl.Int64),
            pl.col("period").str.strip_chars().cast(pl.Int64, strict=False).alias("number"),
            pl.col("startDate").alias("start"),
            pl.col("endDate").alias("end"),
            "description",
            pl.col("company")
            .replace_strict(order, default=len(order), return_dtype=pl.Int64)
            .alias("place"),
        )
        .drop_nulls(["period", "number", "start", "end"])
        .sort("period", "place")
        .unique("period", keep="first", maintain_order=True)
        .with_columns(
            (~regular | (pl.col("number") > regular.sum().over("year"))).alias("adjustment")
        )
        .with_columns((~pl.col("adjustment")).cast(pl.Int64).cum_sum().alias("index"))
        .drop("place")
        .collect()
    )
