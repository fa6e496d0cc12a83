"""Reading the plain arguments of named changes: amounts, days and parties.

Belongs here: text and numbers to the books' own values. Does not belong here: the changes.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from .history import Company
from .records import Party

Result = dict[str, Any]


def hundredths(amount: Any) -> int:
    """An amount in whole hundredths."""
    return int((Decimal(str(amount)) * 100).to_integral_value())


def day_of(company: Company, day: str | date | None) -> date:
    """A day, or the business date."""
    if day is None:
        return company.books.today
    return day if isinstance(day, date) else date.fromisoformat(day[:10])


def party_of(company: Company, side: str, number: str | None) -> Party:
    """A supplier or customer, or the first one."""
    entity = "supplier" if side == "AP" else "customer"
    if number is None:
        return company.books.listed(entity, Party)[0]
    return company.books.get(entity, "", number, Party)
