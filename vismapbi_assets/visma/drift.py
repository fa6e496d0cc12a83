"""Counts what the API sends that the declarations do not know, and what they know and it omits.

Drift never loses a document: unknown members are skipped, unknown values kept as text, values of
another type converted where nothing is lost. The counts travel to the asset's metadata, so that a
person sees a new member before somebody misses it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from vismapbi_assets.visma.entities.shape import EVERYWHERE, Member, Shape
from vismapbi_assets.visma.entities.wire import struct

EXAMPLES = 3
_FLAGS: Mapping[Any, bool] = {"true": True, "false": False, 1: True, 0: False}

plain = msgspec.json.Decoder(float_hook=Decimal)
"""Decodes anything, numbers exact."""


class RefusedError(ValueError):
    """A value that cannot be read as what its member says, with the reason."""


@dataclass
class Drift:
    """What differs from the declaration: counts by wording, and a few document keys of each."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def note(self, what: str, key: str | None = None, times: int = 1) -> None:
        """Count something, and remember the document as an example."""
        self.counts[what] += times
        seen = self.examples.get(what, ())
        if key is not None and len(seen) < EXAMPLES and key not in seen:
            self.examples[what] = (*seen, key)

    def new_members(self, members: Shape, value: Any, key: str | None, at: str = "") -> None:
        """Count the members of a document that the shape does not have."""
        if not isinstance(value, dict):
            return
        declared = {member.name: member for member in members}
        for name in value.keys() - declared.keys():
            if name not in EVERYWHERE:
                self.note(f"new member {at}{name}", key)
        for name, member in declared.items():
            inner = value.get(name)
            if member.kind == "part":
                self.new_members(member.members, inner, key, f"{at}{name}.")
            elif member.kind == "rows" and isinstance(inner, list):
                for element in inner:
                    self.new_members(member.members, element, key, f"{at}{name}[].")

    def converted(self, members: Shape, value: Any, key: str | None, at: str = "") -> Any:
        """The struct of a document whose values have other types than declared.

        Raises:
            RefusedError: a value cannot be converted without loss.
        """
        if not isinstance(value, dict):
            where = at.rstrip(".") or "document"
            raise RefusedError(f"{where}: {_excerpt(value)} is not an object")
        made: dict[str, Any] = {}
        for member in members:
            inner = value.get(member.name)
            if inner in (None, "") or member.kind == "known":
                continue
            path = f"{at}{member.name}"
            if member.kind == "part":
                made[member.name] = self.converted(member.members, inner, key, f"{path}.")
            elif member.kind == "rows":
                if not isinstance(inner, list):
                    raise RefusedError(f"{path}: {_excerpt(inner)} is not an array")
                made[member.name] = [
                    self.converted(member.members, element, key, f"{path}[].") for element in inner
                ]
            else:
                scalar, changed = _scalar(member, inner, path)
                made[member.name] = scalar
                if changed:
                    self.note(f"other type {path}: {type(inner).__name__}", key)
        return struct(members, strict=False)(**made)


def _scalar(member: Member, value: Any, path: str) -> tuple[Any, bool]:
    """The value as its struct wants it, and whether its type had to be changed."""
    match member.kind, value:
        case ("text" | "date" | "stamp", str()) | ("flag", bool()):
            return value, False
        case "text", bool():
            return str(value).lower(), True
        case "text", int() | Decimal():
            return str(value), True
        case "flag", int() | str() if _FLAGS.get(_lower(value)) is not None:
            return _FLAGS[_lower(value)], True
        case "integer", int() if not isinstance(value, bool):
            return _bounded(value, path), False
        case ("amount" | "rate", int() | Decimal()) if not isinstance(value, bool):
            return msgspec.Raw(str(value).encode()), False
        case "integer" | "amount" | "rate", str() | Decimal():
            return _number(member, value, path), True
        case kind, _:
            raise RefusedError(f"{path}: {_excerpt(value)} is no {kind}")


def _number(member: Member, value: Any, path: str) -> Any:
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise RefusedError(f"{path}: {_excerpt(value)} is no {member.kind}") from None
    if not number.is_finite():
        raise RefusedError(f"{path}: {_excerpt(value)} is no {member.kind}")
    if member.kind != "integer":
        return msgspec.Raw(str(number).encode())
    if number != number.to_integral_value():
        raise RefusedError(f"{path}: {_excerpt(value)} is no whole number")
    return _bounded(int(number), path)


def _bounded(value: int, path: str) -> int:
    if not -(2**63) <= value < 2**63:
        raise RefusedError(f"{path}: {value} is too large")
    return value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _excerpt(value: Any) -> str:
    return repr(value)[:60]
