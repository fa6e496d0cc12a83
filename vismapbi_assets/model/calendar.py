"""Regular financial periods without a gap, over any span of days.

Where the ERP defines no periods, the pattern of its years is continued: months or any other
length. The days themselves and their columns belong in `transforms/dates`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import polars as pl

FULL_YEAR_DAYS = 357
"""A year shorter than 51 weeks is a transition, no pattern."""

SCHEMA = {
    "period": pl.String(),
    "year": pl.Int64(),
    "number": pl.Int64(),
    "start": pl.Date(),
    "end": pl.Date(),
    "index": pl.Int64(),
}


@dataclass(frozen=True, slots=True)
class Year:
    """A financial year: the first day of each regular period, and the day after the last one."""

    number: int
    starts: tuple[date, ...]
    next_start: date

    @property
    def start(self) -> date:
        """The first day."""
        return self.starts[0]

    @property
    def is_full(self) -> bool:
        """Whether other years may be laid out like it."""
        return (self.next_start - self.start).days >= FULL_YEAR_DAYS

    @property
    def by_months(self) -> bool:
        """Whether its periods begin on the first of a month."""
        return all(day.day == 1 for day in (*self.starts, self.next_start))

    def following(self, pattern: Year) -> Year:
        """The year after this one, laid out like `pattern`."""
        return pattern._laid_out(self.number + 1, self.next_start)

    def preceding(self, pattern: Year) -> Year:
        """The year before this one, laid out like `pattern`."""
        if pattern.by_months and self.start.day == 1:
            first = _add_months(self.start, -_months(pattern.start, pattern.next_start))
        else:
            first = self.start - (pattern.next_start - pattern.start)
        laid_out = pattern._laid_out(self.number - 1, first)
        return Year(laid_out.number, laid_out.starts, self.start)

    def _laid_out(self, number: int, first: date) -> Year:
        ends = (*self.starts, self.next_start)
        if self.by_months and first.day == 1:
            days = tuple(_add_months(first, _months(self.start, day)) for day in ends)
        else:
            days = tuple(first + (day - self.start) for day in ends)
        return Year(number, days[:-1], days[-1])


def regular_periods(known: pl.DataFrame, first: date, last: date) -> pl.DataFrame:
    """The regular periods of the whole financial years from `first` to `last`.

    Args:
        known: the ERP's periods, as `model.periods.periods`.
        first: a day that must be covered.
        last: a day that must be covered.

    Returns:
        period, year, number, start, end and index, in order; the index goes on from the ERP's own.
    """
    years = _known_years(known) or [_calendar_year(first.year)]
    full = [year for year in years if year.is_full] or years
    years = list(_without_gaps(years))
    while years[0].start > first:
        years.insert(0, years[0].preceding(full[0]))
    while years[-1].next_start <= last:
        years.append(years[-1].following(full[-1]))
    rows = [
        (f"{year.number:04}{number:02}", year.number, number, start, end - timedelta(days=1))
        for year in years
        for number, (start, end) in enumerate(pairwise((*year.starts, year.next_start)), 1)
    ]
    frame = pl.DataFrame([(*row, 0) for row in rows], schema=SCHEMA, orient="row")
    indexed = frame.join(
        known.filter(~pl.col("adjustment")).select("period", known="index"), on="period", how="left"
    ).with_row_index("row")
    shift = (pl.col("known") - pl.col("row").cast(pl.Int64)).drop_nulls().first().fill_null(1)
    return (
        indexed.with_columns(index=pl.col("row").cast(pl.Int64) + shift)
        .filter(
            pl.col("end").max().over("year") >= first, pl.col("start").min().over("year") <= last
        )
        .select(*SCHEMA)
    )


def _known_years(known: pl.DataFrame) -> list[Year]:
    rows = (
        known.filter(~pl.col("adjustment"))
        .sort("start")
        .group_by("year", maintain_order=True)
        .agg("start", end=pl.col("end").max())
        .sort("year")
    )
    return [
        Year(number, tuple(starts), end + timedelta(days=1))
        for number, starts, end in rows.iter_rows()
    ]


def _calendar_year(number: int) -> Year:
    months = tuple(date(number, month, 1) for month in range(1, 13))
    return Year(number, months, date(number + 1, 1, 1))


def _without_gaps(years: list[Year]) -> Iterator[Year]:
    """The years, each ending where the next one begins, missing ones filled in."""
    for year, later in pairwise(years):
        last = year
        while last.number + 1 < later.number and last.next_start < later.start:
            yield last
            last = last.following(year)
        yield Year(last.number, last.starts, later.start)
    yield years[-1]


def _months(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, day.day)
