"""The grammar: from DAX text to a tree, with nothing evaluated and no name resolved.

Covers expressions, VAR blocks, table constructors and EVALUATE queries with ORDER BY. Which
functions exist is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vismapbi_assets.sandbox.dax.syntax import (
    Binary,
    Block,
    Bracketed,
    Call,
    Column,
    Constructor,
    DaxError,
    Expr,
    Literal,
    Name,
    Query,
    Unary,
)

_TOKEN = re.compile(
    r"""
    (?P<skip>\s+|//[^\n]*|--[^\n]*|/\*.*?\*/)
  | (?P<text>"(?:[^"]|"")*")
  | (?P<quoted>'(?:[^']|'')*')
  | (?P<bracket>\[(?:[^\]]|\]\])*\])
  | (?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)
  | (?P<word>[^\W\d]\w*)
  | (?P<symbol><>|<=|>=|&&|\|\||[-+*/&=<>(){},;])
    """,
    re.VERBOSE | re.DOTALL,
)
_COMPARISONS = {"=", "<>", "<", "<=", ">", ">="}
_KEYWORDS = {"VAR", "RETURN", "EVALUATE", "ORDER", "BY", "DEFINE", "IN", "NOT"}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise DaxError(f"Unexpected character {text[at]!r} at {at}.")
        if match.lastgroup != "skip":
            yield _Token(match.lastgroup, match[0], at)
        at = match.end()
    yield _Token("end", "", at)


class _Parser:
    """Recursive descent, one method per level of precedence, loosest first."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._next
        self._at += 1
        return token

    def _is(self, *texts: str) -> bool:
        token = self._next
        return token.kind in {"symbol", "word"} and token.text.upper() in texts

    def _accept(self, *texts: str) -> str | None:
        return self._take().text.upper() if self._is(*texts) else None

    def _expect(self, text: str) -> None:
        if self._accept(text) is None:
            found = self._next.text or "the end"
            raise DaxError(f"Expected {text} but found {found} at {self._next.at}.")

    def end(self) -> None:
        """Nothing may follow."""
        if self._next.kind != "end":
            raise DaxError(f"Unexpected {self._next.text} at {self._next.at}.")

    def queries(self) -> list[Query]:
        """One or more EVALUATE statements."""
        found = []
        while self._accept("EVALUATE"):
            table = self.expression()
            order = []
            if self._accept("ORDER"):
                self._expect("BY")
                while True:
                    key = self.expression()
                    order.append((key, self._accept("ASC", "DESC") == "DESC"))
                    if self._accept(",") is None:
                        break
            found.append(Query(table, tuple(order)))
        if not found:
            raise DaxError("The query has no EVALUATE.")
        self.end()
        return found

    def expression(self) -> Expr:
        """An expression of any kind."""
        if not self._is("VAR"):
            return self._or()
        variables = []
        while self._accept("VAR"):
            token = self._take()
            if token.kind != "word" or token.text.upper() in _KEYWORDS:
                raise DaxError(f"A variable name is expected at {token.at}.")
            self._expect("=")
            variables.append((token.text, self.expression()))
        self._expect("RETURN")
        return Block(tuple(variables), self.expression())

    def _or(self) -> Expr:
        left = self._and()
        while self._accept("||"):
            left = Binary("||", left, self._and())
        return left

    def _and(self) -> Expr:
        left = self._comparison()
        while self._accept("&&"):
            left = Binary("&&", left, self._comparison())
        return left

    def _comparison(self) -> Expr:
        left = self._concatenation()
        while operator := self._accept("IN", *_COMPARISONS):
            left = Binary(operator, left, self._concatenation())
        return left

    def _concatenation(self) -> Expr:
        left = self._sum()
        while self._accept("&"):
            left = Binary("&", left, self._sum())
        return left

    def _sum(self) -> Expr:
        left = self._product()
        while operator := self._accept("+", "-"):
            left = Binary(operator, left, self._product())
        return left

    def _product(self) -> Expr:
        left = self._unary()
        while operator := self._accept("*", "/"):
            left = Binary(operator, left, self._unary())
        return left

    def _unary(self) -> Expr:
        if operator := self._accept("-", "+", "NOT"):
            operand = self._unary()
            return operand if operator == "+" else Unary(operator, operand)
        return self._primary()

    def _primary(self) -> Expr:
        token = self._take()
        match token.kind:
            case "text":
                return Literal(token.text[1:-1].replace('""', '"'))
            case "number":
                return Literal(int(token.text) if token.text.isdigit() else float(token.text))
            case "bracket":
                return Bracketed(_unbracketed(token.text))
            case "quoted":
                return self._table(token.text[1:-1].replace("''", "'"), quoted=True)
            case "word" if token.text.upper() not in _KEYWORDS:
                if self._is("("):
                    return Call(token.text.upper(), self._arguments("(", ")"))
                return self._table(token.text, quoted=False)
        if token.text == "(":
            inner = self.expression()
            self._expect(")")
            return inner
        if token.text == "{":
            self._at -= 1
            return self._constructor()
        raise DaxError(f"Unexpected {token.text or 'end'} at {token.at}.")

    def _table(self, name: str, *, quoted: bool) -> Expr:
        if self._next.kind == "bracket":
            return Column(name, _unbracketed(self._take().text))
        return Name(name, quoted)

    def _arguments(self, opening: str, closing: str) -> tuple[Expr, ...]:
        self._expect(opening)
        if self._accept(closing):
            return ()
        arguments = [self.expression()]
        while self._accept(","):
            arguments.append(self.expression())
        self._expect(closing)
        return tuple(arguments)

    def _constructor(self) -> Expr:
        self._expect("{")
        rows: list[tuple[Expr, ...]] = []
        while True:
            if self._is("("):
                rows.append(self._arguments("(", ")"))
            else:
                rows.append((self.expression(),))
            if self._accept(",") is None:
                break
        self._expect("}")
        if len({len(row) for row in rows}) != 1:
            raise DaxError("The rows of a table constructor differ in width.")
        return Constructor(tuple(rows))


def _unbracketed(text: str) -> str:
    return text[1:-1].replace("]]", "]")


def parse_expression(text: str) -> Expr:
    """Parse a measure's expression."""
    parser = _Parser(text)
    expression = parser.expression()
    parser.end()
    return expression


def parse_query(text: str) -> list[Query]:
    """Parse a query text: one or more EVALUATE statements."""
    return _Parser(text).queries()
