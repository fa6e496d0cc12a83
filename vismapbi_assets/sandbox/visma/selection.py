"""Filters of list calls: which records a query keeps, and which queries are refused.

Belongs here: parameters and their values, with the service's habits of ignoring. Does not belong
here: order and pages (see `listing`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from operator import ge, gt, le, lt
from typing import Any

from .clock import Zone
from .resource import Resource
from .settings import ServiceSettings

Keep = Callable[[Any], bool]
Compare = Callable[[Any, Any], bool]
OPERATORS: dict[str, Compare] = {">": gt, "<": lt, ">=": ge, "<=": le}
_ZONED = re.compile(r"(Z|[+ -]\d\d:?\d\d)$")


class RefusedError(Exception):
    """A query that the service answers with 400 and a message."""


def check_needs(resource: Resource, query: Mapping[str, str]) -> None:
    """Refuse a query that lacks a mandatory parameter."""
    for need in resource.needs:
        names = need.split("|")
        if not any(query.get(name.lower()) for name in names):
            text = " or ".join(names)
            raise RefusedError(f"The parameter {text} is mandatory for {resource.path}.")


def keepers(
    resource: Resource, query: Mapping[str, str], zone: Zone, settings: ServiceSettings
) -> list[Keep]:
    """The tests that a record must pass; parameters nobody knows add none."""
    tests = [
        _by_value(test, query[name.lower()])
        for name, test in resource.filters.items()
        if query.get(name.lower())
    ]
    stamps: dict[str, Callable[[Any], datetime]] = {
        "lastModifiedDateTime": lambda record: zone.local(record.modified),
        "createdDateTime": lambda record: zone.local(record.created),
    }
    for name, get in stamps.items():
        found = _comparison(query, name, settings, floor=resource.floor)
        if found:
            tests.append(_by_moment(get, *found))
    for name, get_day in resource.dates.items():
        found = _comparison(query, name, settings, floor=False)
        if found:
            tests.append(_by_day(get_day, *found))
    return tests


def _by_value(test: Callable[[Any, str], bool], value: str) -> Keep:
    return lambda record: test(record, value)


def _by_moment(get: Callable[[Any], datetime], compare: Compare, moment: datetime) -> Keep:
    return lambda record: compare(get(record), moment)


def _by_day(get: Callable[[Any], Any], compare: Compare, moment: datetime) -> Keep:
    day = moment.date()
    return lambda record: get(record) is not None and compare(get(record), day)


def _comparison(
    query: Mapping[str, str], name: str, settings: ServiceSettings, *, floor: bool
) -> tuple[Compare, datetime] | None:
    value = query.get(name.lower())
    condition = query.get(f"{name}Condition".lower())
    if not value:
        return None
    if _ZONED.search(value) and len(value) > 10:
        if settings.zoned_date == "reject":
            raise RefusedError(f"{name}: '{value}' is not a valid date time; give no time zone.")
        return None
    if floor:
        return ge, _moment(name, value)
    if condition is None:
        if settings.lone_date == "reject":
            raise RefusedError(f"{name} and {name}Condition must be given together.")
        return None
    operator = OPERATORS.get(condition.strip())
    if operator is None:
        raise RefusedError(f"{name}Condition: '{condition}' is not one of >, <, >=, <=.")
    return operator, _moment(name, value)


def _moment(name: str, value: str) -> datetime:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\d(\.\d{1,7})?)?", value):
        raise RefusedError(f"{name}: '{value}' is not a valid date time.")
    whole, _, fraction = value.partition(".")
    moment = datetime.fromisoformat(whole)
    return moment.replace(microsecond=int(fraction[:6].ljust(6, "0"))) if fraction else moment


def whole_number(text: str | None, default: int) -> int:
    """A page value, or the default when it is absent."""
    if text is None or not text.strip():
        return default
    try:
        return int(text)
    except ValueError:
        raise RefusedError(f"'{text}' is not a valid page value.") from None
