"""From the bytes of a page to a validated frame: one row per document, columns as declared.

A page is decoded as a whole; where that fails, document by document, so that one bad document
never costs the others. What is refused comes back with its reason and its bytes as received.
Fetching pages, joining batches over pages and storing belong elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
import polars as pl

from vismapbi_assets.visma.columns import Reader
from vismapbi_assets.visma.content import business_key, content_hash
from vismapbi_assets.visma.contract import broken
from vismapbi_assets.visma.drift import Drift, RefusedError, plain
from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.errors import MalformedPageError, excerpt

_BOM = b"\xef\xbb\xbf"
_ENDS = 50_000
"""Bytes at either end of a page in which a member without any value is looked for."""
_elements = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Reject:
    """A document that cannot go on, for the quarantine.

    Attributes:
        key: its business key, as far as it can be read.
        reason: what is wrong, with the member.
        rule: the rule that refused it: type, number, date, key or a rule of the contract.
        raw: the document as received.
    """

    key: str | None
    reason: str
    rule: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one page holds.

    Attributes:
        frame: the accepted documents, with the columns of `Entity.state_schema`.
        rejects: the others.
        rows: how much of the list the page holds, in the unit it is paged by, rejects included.
        total: size of the whole list in that unit, None where the page does not say.
        cap: the largest page the server gives, None where the page does not say.
        mark: identifies the first element, to notice a page that comes twice.
        drift: new members, unknown values, other types and rounded numbers, by wording.
        examples: keys of a few documents for each of them.
        missing: declared members that the page does not have, not even as null.
    """

    frame: pl.DataFrame
    rejects: tuple[Reject, ...]
    rows: int
    total: int | None
    cap: int | None
    mark: object
    drift: Counter[str]
    examples: Mapping[str, tuple[str, ...]]
    missing: tuple[str, ...]


def decode_page(
    entity: Entity,
    body: bytes,
    *,
    zone: str,
    company: str | None = None,
    requested: Mapping[str, str] | None = None,
    check: bool = True,
) -> Decoded:
    """Decode and validate one page.

    Args:
        entity: what the page is a page of.
        body: the answer as received.
        zone: the company's zone; dates that carry an offset are converted to it.
        company: the company's key for the `company` column.
        requested: columns that come from the request, by name.
        check: whether documents that break the entity's contract are refused.

    Raises:
        MalformedPageError: the body is no page at all: empty, cut short, HTML.
    """
    given = {name: (requested or {}).get(name) for name in entity.requested}
    return _Page(entity, _array(entity, body), zone, company, given).decoded(check=check)


@dataclass(frozen=True, slots=True)
class _Found:
    """A decoded document and its position on the page."""

    at: int
    document: Any


@dataclass
class _Page:
    entity: Entity
    body: bytes
    zone: str
    company: str | None
    requested: dict[str, str | None]
    drift: Drift = field(default_factory=Drift)
    refused: dict[int, tuple[str, str]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    def decoded(self, *, check: bool) -> Decoded:
        found, frame = self._frame(self._found())
        rows = self._rows(found)
        total, cap = self._metadata(found)
        if check and len(frame):
            for position, rule, reason in broken(self.entity, frame):
                self.refused[found[position].at] = (rule, reason)
            if self.refused:
                frame = frame.filter([f.at not in self.refused for f in found])
        rejects = tuple(self._reject(at, *why) for at, why in sorted(self.refused.items()))
        mark = self._mark(found)
        return Decoded(
            frame,
            rejects,
            rows,
            total,
            cap,
            mark,
            self.drift.counts,
            self.drift.examples,
            tuple(self.missing),
        )

    @cached_property
    def raws(self) -> list[msgspec.Raw]:
        """The elements of the page, unread."""
        try:
            return _elements.decode(self.body)
        except msgspec.DecodeError as error:
            raise MalformedPageError(
                f"{self.entity.name}: this is not a page ({error}): {excerpt(self.body)}"
            ) from None

    def _found(self) -> list[_Found]:
        try:
            documents = self.entity.strict.page.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._note_new_members()
            documents = self._lenient()
        return [_Found(at, d) for at, d in enumerate(documents) if d is not None]

    def _lenient(self) -> list[Any]:
        try:
            return list(self.entity.lenient.page.decode(self.body))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return [self._one(at, raw) for at, raw in enumerate(self.raws)]

    def _one(self, at: int, raw: msgspec.Raw) -> Any:
        try:
            return self.entity.lenient.document.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._converted(at, raw)

    def _converted(self, at: int, raw: msgspec.Raw) -> Any:
        try:
            value = plain.decode(raw)
            return self.drift.converted(self.entity.shape, value, self._key(value))
        except (RefusedError, msgspec.DecodeError, UnicodeDecodeError) as error:
            self.refused[at] = ("type", str(error))
            return None

    def _note_new_members(self) -> None:
        for raw in self.raws:
            try:
                value = plain.decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
            self.drift.new_members(self.entity.shape, value, self._key(value))

    def _frame(
        self, found: list[_Found], *, again: bool = False
    ) -> tuple[list[_Found], pl.DataFrame]:
        """The documents whose values can all be read, and their frame."""
        reader = Reader(self.zone)
        frame = reader.frame(self.entity.shape, [f.document for f in found])
        if not reader.unreadable:
            self._note(reader, found)
            return found, self._with_state_columns(frame)
        wrong = {found[u.document].at: u for u in reversed(reader.unreadable)}
        kept = []
        for one in found:
            if one.at not in wrong:
                kept.append(one)
            elif wrong[one.at].rule == "number" and not again:
                document = self._converted(one.at, self.raws[one.at])
                kept += [_Found(one.at, document)] if document is not None else []
            else:
                self.refused[one.at] = (wrong[one.at].rule, wrong[one.at].reason)
        return self._frame(kept, again=again or bool(kept))

    def _with_state_columns(self, frame: pl.DataFrame) -> pl.DataFrame:
        entity = self.entity
        frame = frame.with_columns(
            pl.lit(value, dtype=pl.String).alias(name) for name, value in self.requested.items()
        )
        modified = pl.col(entity.modified) if entity.modified else pl.lit(None)
        return frame.select(
            pl.lit(self.company, dtype=pl.String).alias("company"),
            business_key(entity).alias("key"),
            modified.cast(pl.Datetime("us")).alias("modified_at"),
            content_hash(entity, frame),
            *entity.schema,
        )

    def _note(self, reader: Reader, found: list[_Found]) -> None:
        for what, (times, first) in reader.unknown.items():
            self.drift.note(f"unknown value {what}", self._key(found[first].document), times)
        for column, times in reader.rounded.items():
            self.drift.note(f"rounded {column}", times=times)
        ends = self.body[:_ENDS] + self.body[-_ENDS:]
        self.missing = [
            label for label in reader.empty if f'"{label.rpartition(".")[2]}"'.encode() not in ends
        ]

    def _reject(self, at: int, rule: str, reason: str) -> Reject:
        raw = bytes(self.raws[at])
        try:
            key = self._key(plain.decode(raw))
        except (msgspec.DecodeError, UnicodeDecodeError):
            key = None
        return Reject(key, reason, rule, raw)

    def _key(self, document: Any) -> str | None:
        """The business key of a document, decoded either way; None where a part is missing."""
        pieces = []
        for name in self.entity.key:
            piece: Any = document
            for step in self.entity.paths.get(name, ()):
                piece = piece.get(step) if isinstance(piece, dict) else getattr(piece, step, None)
            if name in self.requested:
                piece = self.requested[name]
            if piece in (None, "") and name not in self.entity.optional_key:
                return None
            pieces.append("" if piece is None else str(piece))
        return ":".join([pieces[0].removeprefix(self.entity.key_prefix), *pieces[1:]])

    def _rows(self, found: list[_Found]) -> int:
        elements = len(found) + len(self.refused)
        if self.entity.paging != "line" or self.entity.lines is None:
            return elements
        lines = self.entity.lines
        whole = sum(len(getattr(f.document, lines) or ()) for f in found)
        return whole + sum(_length(self.raws[at], lines) for at in self.refused)

    def _metadata(self, found: list[_Found]) -> tuple[int | None, int | None]:
        told = (f.document.metadata for f in found)
        raw = next((t for t in told if t is not None and bytes(t) != b"null"), None)
        value = plain.decode(raw) if raw is not None else None
        if value is None and self.refused:
            value = _member(self.raws[min(self.refused)], "metadata")
        if not isinstance(value, dict):
            return None, None
        return _count(value.get("totalCount")), _count(value.get("maxPageSize"))

    def _mark(self, found: list[_Found]) -> object:
        if not found or found[0].at:
            return bytes(self.raws[0]) if found or self.refused else None
        first = found[0].document
        lines = getattr(first, self.entity.lines) if self.entity.lines else None
        number = getattr(lines[0], self.entity.line_key) if lines and self.entity.line_key else None
        return self._key(first), number


def _array(entity: Entity, body: bytes) -> bytes:
    text = body.removeprefix(_BOM).strip()
    if entity.detail and text.startswith(b"{"):
        text = b"[" + text + b"]"
    if not text.startswith(b"["):
        what = excerpt(body) or "an empty answer"
        raise MalformedPageError(f"{entity.name}: a JSON array was expected, not {what}")
    return text


def _member(raw: msgspec.Raw, name: str) -> Any:
    try:
        value = plain.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return value.get(name) if isinstance(value, dict) else None


def _length(raw: msgspec.Raw, lines: str) -> int:
    value = _member(raw, lines)
    return len(value) if isinstance(value, list) else 0


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
