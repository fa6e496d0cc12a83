"""How a declaration says which members of a Visma.net document are loaded, and what they are.

A shape is a tuple of members grouped by kind; from it follow the wire structs, the polars schema,
the contract and the column descriptions. Which members a particular entity has belongs in the
domain modules; how a document is decoded belongs in `visma.decode`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date as date_type
from typing import Literal

import polars as pl

Kind = Literal[
    "text", "integer", "flag", "date", "stamp", "amount", "rate", "part", "rows", "known"
]

MONEY = pl.Decimal(19, 4)
RATE = pl.Decimal(28, 10)
SERVER_TIME = pl.Datetime("us")
"""Visma's stamps carry no zone; they are compared with each other and nothing else."""

FIRST_DATE = date_type(1990, 1, 1)
LAST_DATE = date_type(2100, 12, 31)
"""Business dates outside are typing errors and would stretch every calendar."""

EVERYWHERE = ("errorInfo", "extras", "metadata")
"""Members that any object may carry and that mean nothing for reading."""

_DTYPES: Mapping[Kind, pl.DataType] = {
    "text": pl.String(),
    "integer": pl.Int64(),
    "flag": pl.Boolean(),
    "date": pl.Date(),
    "stamp": SERVER_TIME,
    "amount": MONEY,
    "rate": RATE,
}


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a document or of an object inside it.

    Attributes:
        name: the API's name.
        kind: what it holds; `known` members exist in the contract and are not loaded.
        values: the known values of an enumeration; others are kept as text and counted.
        members: what a `part` (nested object) or `rows` (array of objects) consists of.
    """

    name: str
    kind: Kind
    values: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()


Shape = tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a frame: a loaded member, named by its path joined with underscores."""

    path: tuple[str, ...]
    member: Member

    @property
    def name(self) -> str:
        """The column's name, e.g. `mainAddress_country_name`."""
        return "_".join(self.path)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The fields of an array's elements, flattened by the same rule."""
        return tuple(columns(self.member.members))

    @property
    def dtype(self) -> pl.DataType:
        """The polars type; an array is one list of flat structs."""
        if self.member.kind == "rows":
            return pl.List(pl.Struct({c.name: c.dtype for c in self.columns}))
        return _DTYPES[self.member.kind]

    @property
    def description(self) -> str:
        """What the column holds, for the asset's column schema."""
        source = ".".join(self.path)
        match self.member.kind:
            case "rows":
                return f"{source}[]: {', '.join(c.name for c in self.columns)}"
            case "date":
                return f"{source}, business date"
            case "stamp":
                return f"{source}, server time without zone"
            case "text" if self.member.values:
                return f"{source}, one of {', '.join(self.member.values)}"
            case kind:
                return f"{source}, {kind}"


def shape(*groups: Shape) -> Shape:
    """The members of a document, in the order of the groups."""
    return tuple(member for group in groups for member in group)


def columns(members: Shape, path: tuple[str, ...] = ()) -> Iterator[Column]:
    """The columns that the loaded members make, nested objects flattened."""
    for member in members:
        if member.kind == "part":
            yield from columns(member.members, (*path, member.name))
        elif member.kind != "known":
            yield Column((*path, member.name), member)


def text(names: str) -> Shape:
    """Members that hold free text or codes."""
    return _members("text", names)


def one_of(values: tuple[str, ...], names: str) -> Shape:
    """Members that hold one of a known list of values."""
    return tuple(Member(name, "text", values=values) for name in names.split())


def integer(names: str) -> Shape:
    """Members that hold whole numbers."""
    return _members("integer", names)


def flag(names: str) -> Shape:
    """Members that are true or false."""
    return _members("flag", names)


def date(names: str) -> Shape:
    """Business dates: the date part counts."""
    return _members("date", names)


def stamp(names: str) -> Shape:
    """Server stamps, which say when a row was written and nothing about its content."""
    return _members("stamp", names)


def amount(names: str) -> Shape:
    """Money and quantities, exact to four decimals."""
    return _members("amount", names)


def rate(names: str) -> Shape:
    """Exchange rates and percentages, exact to ten decimals."""
    return _members("rate", names)


def part(names: str, *groups: Shape) -> Shape:
    """Nested objects; their members become columns of their own."""
    return tuple(Member(name, "part", members=shape(*groups)) for name in names.split())


def rows(name: str, *groups: Shape) -> Shape:
    """An array of objects; it becomes one list column."""
    return (Member(name, "rows", members=shape(*groups)),)


def known(names: str) -> Shape:
    """Members of the contract that are not loaded; without them they would count as new."""
    return _members("known", names)


def _members(kind: Kind, names: str) -> Shape:
    return tuple(Member(name, kind) for name in names.split())
