"""The msgspec structs that a shape makes: what the bytes of a page are decoded into.

Numbers stay the raw bytes of the wire, so that no digit passes through a float; everything else
is decoded at once. The strict struct refuses members that the contract does not have, the lenient
one skips them. Turning structs into columns belongs in `visma.columns`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, cast

import msgspec

from vismapbi_assets.visma.entities.shape import EVERYWHERE, Member, Shape

NULL = msgspec.Raw(b"null")
Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]

_SCALARS: dict[str, tuple[Any, Any]] = {
    "text": (str | None, None),
    "date": (str | None, None),
    "stamp": (str | None, None),
    "integer": (Integer | None, None),
    "flag": (bool | None, None),
    "amount": (msgspec.Raw, NULL),
    "rate": (msgspec.Raw, NULL),
    "known": (msgspec.Raw, None),
}


@cache
def struct(members: Shape, *, strict: bool, name: str = "Document") -> type[Any]:
    """The struct of an object with these members; absent and null members are both None."""
    loaded = [m for m in members if m.kind != "known"]
    fields = [(m.name, *_field(m, strict=strict)) for m in loaded]
    if strict:
        fields += [(m.name, *_SCALARS["known"]) for m in members if m.kind == "known"]
    names = {m.name for m in members}
    everywhere = EVERYWHERE if strict else ("metadata",)
    fields += [(n, *_SCALARS["known"]) for n in everywhere if n not in names]
    return cast(
        "type[Any]",
        msgspec.defstruct(name, fields, forbid_unknown_fields=strict, gc=False, kw_only=False),
    )


def _field(member: Member, *, strict: bool) -> tuple[Any, Any]:
    if member.kind == "part":
        return struct(member.members, strict=strict, name=member.name) | None, None
    if member.kind == "rows":
        return list[struct(member.members, strict=strict, name=member.name)] | None, None  # type: ignore[misc]
    return _SCALARS[member.kind]


@dataclass(frozen=True, slots=True)
class Decoders:
    """Decoders of a whole page and of one document."""

    page: msgspec.json.Decoder[Any]
    document: msgspec.json.Decoder[Any]

    @classmethod
    def of(cls, shape: Shape, *, strict: bool) -> Decoders:
        """The decoders for documents of a shape."""
        document = struct(shape, strict=strict)
        return cls(msgspec.json.Decoder(list[document]), msgspec.json.Decoder(document))  # type: ignore[valid-type]
