"""Keys and texts: how a reference becomes `<company>:<business key>` and how text is cleaned.

Every transform builds its keys here, so that both sides of a relationship agree to the letter.
What a key refers to belongs in the transforms; the members that stand for nothing and for the
unknown belong in `members`.
"""

from __future__ import annotations

import polars as pl

NONE = "-"
"""The key of an empty reference, the one key without company."""

TEXT_LIMIT = 400
LABEL_LIMIT = 200


def part(column: str | pl.Expr) -> pl.Expr:
    """A piece of a key: trimmed text, null where nothing is left of it."""
    trimmed = _expr(column).cast(pl.String).str.strip_chars()
    return pl.when(trimmed != "").then(trimmed)


def key(*parts: str | pl.Expr, company: str = "company") -> pl.Expr:
    """`<company>:<part>:<part>`, or `-` when a part is missing."""
    pieces = [pl.col(company), *(part(piece) for piece in parts)]
    return pl.concat_str(pieces, separator=":").fill_null(NONE)


def first_key(*alternatives: str | pl.Expr, default: pl.Expr, company: str = "company") -> pl.Expr:
    """The key of the first alternative that is filled, else `default`, itself a key."""
    chosen = pl.coalesce(*(part(alternative) for alternative in alternatives))
    return pl.coalesce(pl.concat_str([pl.col(company), chosen], separator=":"), default)


def enumeration(column: str | pl.Expr) -> pl.Expr:
    """An enumeration's value as the contract spells it: some answers put blanks inside."""
    squeezed = _expr(column).str.replace_all(" ", "", literal=True)
    return pl.when(squeezed != "").then(squeezed)


def document_key(
    kind: str | pl.Expr, reference: str | pl.Expr, company: str = "company"
) -> pl.Expr:
    """`<company>:<type>:<reference>`: numbers repeat across document types."""
    return key(enumeration(kind), reference, company=company)


def parent_key() -> pl.Expr:
    """The document key of a state row, from its business key alone (a tombstone has no more)."""
    kind = pl.col("key").str.extract(r"^([^:]*):").str.replace_all(" ", "", literal=True)
    reference = pl.col("key").str.replace(r"^[^:]*:", "").str.strip_chars()
    return pl.concat_str([pl.col("company"), kind, reference], separator=":").fill_null(NONE)


def text(column: str | pl.Expr, limit: int = TEXT_LIMIT) -> pl.Expr:
    """Text as published: control characters are blanks, ends trimmed, cut, empty is null."""
    cleaned = (
        _expr(column)
        .cast(pl.String)
        .str.replace_all(r"\p{Cc}+", " ")
        .str.strip_chars()
        .str.slice(0, limit)
        .str.strip_chars_end()
    )
    return pl.when(cleaned != "").then(cleaned)


def label(number: str | pl.Expr, name: str | pl.Expr) -> pl.Expr:
    """Number and name, for slicers."""
    both = pl.concat_str([text(number), text(name)], separator=" ", ignore_nulls=True)
    return text(both, LABEL_LIMIT)


def distinct_label(name: str, code: str) -> pl.Expr:
    """A name that can be sorted by its code: the code itself where there is no name.

    A name that several codes share is completed by its code, since a column can only be sorted by
    another one if each of its values has one value there. Upper and lower case are the same name.
    """
    shared = pl.col(code).n_unique().over(pl.col(name).str.to_lowercase()) > 1
    completed = pl.format("{} ({})", pl.col(name), pl.col(code))
    return pl.coalesce(pl.when(shared).then(completed).otherwise(pl.col(name)), pl.col(code))


def _expr(column: str | pl.Expr) -> pl.Expr:
    return pl.col(column) if isinstance(column, str) else column
