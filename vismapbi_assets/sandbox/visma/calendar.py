"""The financial calendar of the sample companies and their exchange rates.

Belongs here: periods, working days and daily rates, all computed from dates alone. Does not
belong here: which periods are closed (that is the books' business).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

from .amounts import UNIT_RATE

MONTHS = (
    "januar",
    "februar",
    "mars",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "desember",
)
_MIDDLE = {"EUR": 11.62, "SEK": 1.03}
_SWING = {"EUR": 0.35, "SEK": 0.03}


def period_of(day: date) -> str:
    """The regular period a day falls into, as YYYYPP."""
    return f"{day.year}{day.month:02d}"


def period_bounds(period: str) -> tuple[date, date]:
    """First and last day of a period; the adjustment period 13 is the last day of the year."""
    year, number = int(period[:4]), int(period[4:])
    if number == 13:
        return date(year, 12, 31), date(year, 12, 31)
    first = date(year, number, 1)
    following = date(year + number // 12, number % 12 + 1, 1)
    return first, following - timedelta(days=1)


def next_period(period: str) -> str:
    """The regular period that follows."""
    year, number = int(period[:4]), int(period[4:])
    return f"{year + 1}01" if number >= 12 else f"{year}{number + 1:02d}"


def periods(first_year: int, last_year: int) -> Iterator[str]:
    """All periods of the years, each year closed by its adjustment period 13."""
    for year in range(first_year, last_year + 1):
        for number in range(1, 14):
            yield f"{year}{number:02d}"


def days(first: date, last: date) -> Iterator[date]:
    """Every day from first to last."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def is_working_day(day: date) -> bool:
    """Monday to Friday without the fixed Norwegian holidays."""
    fixed = {(1, 1), (5, 1), (5, 17), (12, 24), (12, 25), (12, 26), (12, 31)}
    return day.weekday() < 5 and (day.month, day.day) not in fixed


@cache
def rate_on(currency: str, day: date) -> int:
    """Base units for one unit of a currency on a day, in ten-thousandths."""
    if currency == "NOK":
        return UNIT_RATE
    angle = day.toordinal()
    wave = math.sin(angle / 47) * 0.7 + math.sin(angle / 7.3) * 0.3
    return round((_MIDDLE[currency] + _SWING[currency] * wave) * UNIT_RATE)
