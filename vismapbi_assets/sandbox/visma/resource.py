"""How an endpoint is declared, and the small parts that declarations are made of.

Belongs here: the shape of a declaration, tests for filters, the form of plain items. Does not
belong here: the endpoints themselves (see `resources`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from .books import Books
from .clock import Zone
from .records import Body, Item
from .wire.common import Form, encode, row_version

Test = Callable[[Any, str], bool]
Render = Callable[[Books, Any, Zone], Form]


@dataclass(frozen=True, slots=True)
class Resource:
    """One listed resource.

    `paging` is document, line, short (paged without metadata) or none; `floor` marks a
    lastModifiedDateTime without condition; `needs` are mandatory parameters, alternatives
    separated by a bar.
    """

    entity: str
    path: str
    form: Render
    paging: str = "document"
    cap: int = 1000
    metadata: bool = True
    filters: dict[str, Test] = field(default_factory=dict)
    dates: dict[str, Callable[[Any], date | None]] = field(default_factory=dict)
    floor: bool = False
    needs: tuple[str, ...] = ()
    kind: Callable[[Any], str] = lambda record: ""


def item_form(
    *,
    modified: str | None = "lastModifiedDateTime",
    version: str | None = None,
    created: bool = False,
) -> Render:
    """The wire form of a plain item, with the stamps and the row version it carries."""

    def form(books: Books, record: Item, zone: Zone) -> Form:
        body: Body = dict(record.body)
        if modified:
            body[modified] = zone.text(record.modified)
        if created:
            body["createdDateTime"] = zone.text(record.created)
        if version:
            body[version] = row_version(record)
        return encode(body, record.expands)

    return cast(Render, form)


def same(get: Callable[[Any], object]) -> Test:
    """Keep records whose value is the one asked for."""
    return lambda record, value: str(get(record)).lower() == value.lower()


def flag(get: Callable[[Any], bool]) -> Test:
    """Keep records by yes or no, given as true, false, 1 or 0."""
    return lambda record, value: get(record) == (value.lower() in ("1", "true"))


def member(name: str) -> Test:
    """Keep items whose member is the one asked for."""
    return lambda record, value: str(record.body.get(name)).lower() == value.lower()


def number(record: Any) -> str:
    """The number of a record."""
    return str(record.number)


def type_of(record: Any) -> str:
    """The type of a document."""
    return str(record.type)


def greater(get: Callable[[Any], str]) -> Test:
    """Keep records behind the value asked for."""
    return lambda record, value: get(record) > value
