"""Numbers, words and tables as HTML text. Everything that comes from data is escaped here.

Which tables a page has belongs in `page`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from html import escape

MINUS = "\u2212"
NOTHING = "\u2013"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's text, already HTML, and how it is set."""

    html: str
    classes: str = ""


Content = Cell | str
Line = tuple[str, Sequence[Content]]
"""The class of a table row, and its cells."""


def amount(value: Decimal | None, decimals: int = 2) -> Cell:
    """Money, thousands separated; a negative has a minus and a colour."""
    if value is None:
        return Cell(NOTHING, "number")
    text = f"{abs(value):,.{decimals}f}"
    negative = value < 0 and any(digit in "123456789" for digit in text)
    if negative:
        return Cell(f"{MINUS}{text}", "number negative")
    return Cell(text, "number" if value else "number quiet")


def figure(text: str) -> str:
    """A number within a text, thousands separated; any other text as it is."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    return f"{value:,.2f}".removesuffix(".00" if "." not in text else "").replace("-", MINUS)


def whole(value: Decimal | None) -> Cell:
    """Money without decimals; a dash for zero and no colour, as statements are printed."""
    cell = amount(value, 0)
    return Cell(NOTHING, "number quiet") if cell.html == "0" else Cell(cell.html, "number")


def count(value: int | None) -> Cell:
    """A number of things."""
    return Cell(NOTHING if value is None else f"{value:,}", "number")


def days(value: Decimal | int | None) -> Cell:
    """A number of days with one decimal where it has any."""
    if value is None:
        return Cell(NOTHING, "number")
    return Cell(f"{value:,}" if isinstance(value, int) else f"{value:,.1f}", "number")


def percent(value: Decimal | float | None) -> Cell:
    """A share."""
    return Cell(NOTHING if value is None else f"{value:.1%}".replace("-", MINUS), "number")


def verdict(*, good: bool, word: str, severe: bool = True) -> Cell:
    """A verdict that does not speak by its colour alone."""
    mark, tone = ("\u2713", "good") if good else ("\u2717", "bad" if severe else "warning")
    return Cell(f'<span class="verdict {tone}">{mark} {escape(word)}</span>')


def words(value: object) -> Cell:
    """Any text."""
    return Cell(escape(NOTHING if value is None else str(value)))


def named(name: str, below: str) -> Cell:
    """A name with what it belongs to in small letters below."""
    small = f'<br><small class="quiet">{escape(below)}</small>' if below else ""
    return Cell(escape(name) + small)


def day(value: date) -> str:
    """A day as people in the Nordics and machines both read it."""
    return value.isoformat()


def moment(value: datetime) -> str:
    """A time to the minute."""
    return f"{value:%Y-%m-%d %H:%M}"


def table(
    caption: str,
    columns: Sequence[str],
    lines: Iterable[Line],
    *,
    numbers_from: int = 1,
    total: Sequence[Content] | None = None,
    classes: str = "",
) -> str:
    """A table with a caption; the first cell of a row names it, later columns hold numbers."""
    head = "".join(
        f'<th scope="col"{_class("number" if index >= numbers_from else "")}>{escape(name)}</th>'
        for index, name in enumerate(columns)
    )
    body = "".join(_line(row_class, cells) for row_class, cells in lines)
    foot = f"<tfoot>{_line('total', total)}</tfoot>" if total else ""
    label = escape(caption, quote=True)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">'
        f"<table{_class(classes)}><caption>{escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>{foot}</table></div>"
    )


def section(name: str, title: str, *parts: str) -> str:
    """A section that can be linked to."""
    return (
        f'<section id="{name}" aria-labelledby="{name}-title"><h2 id="{name}-title">'
        f"{escape(title)}</h2>{''.join(parts)}</section>"
    )


def paragraph(text: str, classes: str = "") -> str:
    """A paragraph of plain text."""
    return f"<p{_class(classes)}>{escape(text)}</p>"


def facts(pairs: Iterable[tuple[str, Content]]) -> str:
    """A list of names with their values."""
    found = "".join(
        f"<div><dt>{escape(name)}</dt>{_cell(value, 'dd')}</div>" for name, value in pairs
    )
    return f'<dl class="facts">{found}</dl>'


def _line(row_class: str, cells: Sequence[Content]) -> str:
    first, *others = cells
    row = _cell(first, "th", ' scope="row"') + "".join(_cell(cell, "td") for cell in others)
    return f"<tr{_class(row_class)}>{row}</tr>"


def _cell(content: Content, tag: str, attributes: str = "") -> str:
    cell = words(content) if isinstance(content, str) else content
    return f"<{tag}{attributes}{_class(cell.classes)}>{cell.html}</{tag}>"


def _class(names: str) -> str:
    return f' class="{names}"' if names else ""
