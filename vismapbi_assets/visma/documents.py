"""From the bytes of a page to its documents, and what the page says about itself.

A page is decoded as a whole; where that fails, document by document, so that one bad document
never costs the others. Columns and rules belong elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from vismapbi_assets.visma.drift import Drift, RefusedError, plain
from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.errors import MalformedPageError, excerpt

_BOM = b"\xef\xbb\xbf"
_elements = msgspec.json.Decoder(list[msgspec.Raw])
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError)


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


class Found(NamedTuple):
    """A decoded document and its position on the page."""

    at: int
    document: Any


@dataclass
class Documents:
    """The documents of one page.

    Attributes:
        body: the page as received.
        requested: columns that come from the request, by name.
        drift: what differs from the declaration.
        refused: rule and reason by position, of documents that cannot go on.
    """

    entity: Entity
    body: bytes
    requested: dict[str, str | None]
    drift: Drift = field(default_factory=Drift)
    refused: dict[int, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        text = self.body.removeprefix(_BOM).strip()
        if self.entity.detail and text.startswith(b"{"):
            text = b"[" + text + b"]"
        if not text.startswith(b"["):
            what = excerpt(self.body) or "an empty answer"
            raise MalformedPageError(f"{self.entity.name}: a JSON array was expected, not {what}")
        self.body = text

    @cached_property
    def raws(self) -> list[msgspec.Raw]:
        """The elements of the page, unread."""
        try:
            return _elements.decode(self.body)
        except msgspec.DecodeError as error:
            raise MalformedPageError(
                f"{self.entity.name}: this is not a page ({error}): {excerpt(self.body)}"
            ) from None

    def found(self) -> list[Found]:
        """The documents that can be decoded, as strictly as the page allows."""
        try:
            documents = self.entity.strict.page.decode(self.body)
        except _UNREADABLE:
            self._note_new_members()
            documents = self._lenient()
        return [Found(at, d) for at, d in enumerate(documents) if d is not None]

    def converted(self, at: int) -> Any:
        """A document with values of other types than declared; None where it is refused."""
        try:
            value = plain.decode(self.raws[at])
            return self.drift.converted(self.entity.shape, value, self.key(value))
        except (RefusedError, *_UNREADABLE) as error:
            self.refused[at] = ("type", str(error))
            return None

    def reject(self, at: int, rule: str, reason: str) -> Reject:
        """A refused document with its bytes as received."""
        raw = bytes(self.raws[at])
        try:
            key = self.key(plain.decode(raw))
        except _UNREADABLE:
            key = None
        return Reject(key, reason, rule, raw)

    def key(self, document: Any) -> str | None:
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

    def rows(self, found: list[Found]) -> int:
        """How much of the list the page holds, in the unit it is paged by."""
        elements = len(found) + len(self.refused)
        if self.entity.paging != "line" or self.entity.lines is None:
            return elements
        lines = self.entity.lines
        whole = sum(len(getattr(f.document, lines) or ()) for f in found)
        return whole + sum(_length(self.raws[at], lines) for at in self.refused)

    def metadata(self, found: list[Found]) -> tuple[int | None, int | None]:
        """Size of the whole list and the largest page, as far as the page says."""
        told = (f.document.metadata for f in found)
        raw = next((t for t in told if t is not None and bytes(t) != b"null"), None)
        value = plain.decode(raw) if raw is not None else None
        if value is None and self.refused:
            value = _member(self.raws[min(self.refused)], "metadata")
        if not isinstance(value, dict):
            return None, None
        return _count(value.get("totalCount")), _count(value.get("maxPageSize"))

    def mark(self, found: list[Found]) -> object:
        """What identifies the first element."""
        if not found or found[0].at:
            return bytes(self.raws[0]) if found or self.refused else None
        first = found[0].document
        lines = getattr(first, self.entity.lines) if self.entity.lines else None
        number = getattr(lines[0], self.entity.line_key) if lines and self.entity.line_key else None
        return self.key(first), number

    def _lenient(self) -> list[Any]:
        try:
            return list(self.entity.lenient.page.decode(self.body))
        except _UNREADABLE:
            return [self._one(at, raw) for at, raw in enumerate(self.raws)]

    def _one(self, at: int, raw: msgspec.Raw) -> Any:
        try:
            return self.entity.lenient.document.decode(raw)
        except _UNREADABLE:
            return self.converted(at)

    def _note_new_members(self) -> None:
        for raw in self.raws:
            try:
                value = plain.decode(raw)
            except _UNREADABLE:
                continue
            self.drift.new_members(self.entity.shape, value, self.key(value))


def _member(raw: msgspec.Raw, name: str) -> Any:
    try:
        value = plain.decode(raw)
    except _UNREADABLE:
        return None
    return value.get(name) if isinstance(value, dict) else None


def _length(raw: msgspec.Raw, lines: str) -> int:
    value = _member(raw, lines)
    return len(value) if isinstance(value, list) else 0


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
