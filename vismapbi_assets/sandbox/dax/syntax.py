"""The parts of a DAX expression, and the one error of the evaluator.

Plain data without behaviour: how a text becomes parts is the parser's, what they mean the
evaluator's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


class DaxError(Exception):
    """A text that cannot be parsed or evaluated, with the reason."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, or a blank."""

    value: int | float | str | None


@dataclass(frozen=True, slots=True)
class Column:
    """`'Table'[Column]`; also the identity of a column throughout the evaluator.

    A column without table is one that a query has computed.
    """

    table: str
    name: str

    def __str__(self) -> str:
        return f"{self.table}[{self.name}]"


@dataclass(frozen=True, slots=True)
class Bracketed:
    """`[Name]`: a measure, or a computed column."""

    name: str


@dataclass(frozen=True, slots=True)
class Name:
    """A bare or quoted word: a variable or a table."""

    name: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x` or `NOT x`."""

    operator: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and an operator; `IN` has a table on its right."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Call:
    """A function call; the name is in upper case."""

    function: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """`VAR a = ... VAR b = ... RETURN body`."""

    variables: tuple[tuple[str, Expr], ...]
    body: Expr


@dataclass(frozen=True, slots=True)
class Constructor:
    """`{ 1, 2 }` or `{ (1, "a"), (2, "b") }`."""

    rows: tuple[tuple[Expr, ...], ...]


Expr = Literal | Column | Bracketed | Name | Unary | Binary | Call | Block | Constructor


@dataclass(frozen=True, slots=True)
class Query:
    """One `EVALUATE`; the order is a list of expressions and whether they descend."""

    table: Expr
    order: tuple[tuple[Expr, bool], ...] = ()


def children(expression: Expr) -> tuple[Expr, ...]:
    """The direct parts of an expression."""
    match expression:
        case Unary(_, operand):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
        case Call(_, arguments):
            return arguments
        case Block(variables, body):
            return (*(value for _, value in variables), body)
        case Constructor(rows):
            return tuple(cell for row in rows for cell in row)
        case _:
            return ()


def walk(expression: Expr) -> Iterator[Expr]:
    """The expression and everything inside it."""
    yield expression
    for part in children(expression):
        yield from walk(part)
