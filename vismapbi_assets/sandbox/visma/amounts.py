"""Money and rates of the sample companies as whole numbers, and how they look on the wire.

Money is held in hundredths, rates in ten-thousandths, so that books balance exactly and fast.
Belongs here: rounding, conversion and wire forms. Does not belong here: what is posted.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

UNIT_RATE = 10_000

Number = int | Decimal


def convert(amount: int, rate: int) -> int:
    """An amount in another currency, rounded half away from zero to hundredths."""
    if rate == UNIT_RATE:
        return amount
    half = UNIT_RATE // 2
    if amount < 0:
        return -((-amount * rate + half) // UNIT_RATE)
    return (amount * rate + half) // UNIT_RATE


def share(amount: int, numerator: int, denominator: int) -> int:
    """A part of an amount, rounded half away from zero."""
    product = amount * numerator * 2 + (denominator if amount >= 0 else -denominator)
    quotient = abs(product) // (2 * denominator)
    return quotient if product >= 0 else -quotient


def money(hundredths: int) -> Number:
    """Wire form of most amounts: an integer when whole, else without trailing zeros."""
    whole, rest = divmod(hundredths, 100)
    if not rest:
        return whole
    if rest % 10:
        return Decimal(hundredths).scaleb(-2)
    return Decimal(hundredths // 10).scaleb(-1)


def money4(hundredths: int) -> Number:
    """Wire form of application amounts: four decimals, but 0.0 for nothing."""
    return Decimal(hundredths * 100).scaleb(-4) if hundredths else Decimal("0.0")


def rate_number(rate: int) -> Number:
    """Wire form of an exchange rate."""
    return Decimal(rate).scaleb(-4).normalize() if rate != UNIT_RATE else 1


def day(value: date | None) -> str | None:
    """A business date as the service writes it: midnight, no zone."""
    return f"{value.isoformat()}T00:00:00" if value is not None else None
