"""From the bytes of a page to a validated frame: one row per document, columns as declared.

What is refused comes back with its reason and its bytes as received; what differs from the
declaration is counted. Fetching pages, joining batches over pages and storing belong elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from vismapbi_assets.visma.columns import Reader
from vismapbi_assets.visma.content import business_key, content_hash
from vismapbi_assets.visma.contract import broken
from vismapbi_assets.visma.documents import Documents, Found, Reject
from vismapbi_assets.visma.entities.declaration import Entity

__all__ = ["Decoded", "Reject", "decode_page"]

_ENDS = 50_000
"""Bytes at either end of a page in which a member without any value is looked for."""


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
    documents = Documents(entity, body, given)
    found, reader = _readable(documents, zone)
    rows, mark = documents.rows(found), documents.mark(found)
    total, cap = documents.metadata(found)
    frame = _state_frame(entity, reader.table, company, given)
    if check and len(frame):
        for position, rule, reason in broken(entity, frame):
            documents.refused[found[position].at] = (rule, reason)
    _note_drift(documents, reader, found)
    if documents.refused:
        frame = frame.filter([one.at not in documents.refused for one in found])
    return Decoded(
        frame=frame,
        rejects=tuple(documents.reject(at, *why) for at, why in sorted(documents.refused.items())),
        rows=rows,
        total=total,
        cap=cap,
        mark=mark,
        drift=documents.drift.counts,
        examples=documents.drift.examples,
        missing=_missing(documents.body, reader.empty),
    )


def _readable(documents: Documents, zone: str) -> tuple[list[Found], Reader]:
    """The documents whose values can all be read, and the reader that has read them."""
    found = documents.found()
    reader = Reader.of(documents.entity.shape, [one.document for one in found], zone)
    converted = False
    while reader.unreadable:
        wrong = {found[u.document].at: u for u in reversed(reader.unreadable)}
        kept = []
        for one in found:
            if one.at not in wrong:
                kept.append(one)
            elif wrong[one.at].rule == "number" and not converted:
                document = documents.converted(one.at)
                kept += [Found(one.at, document)] if document is not None else []
            else:
                documents.refused[one.at] = (wrong[one.at].rule, wrong[one.at].reason)
        found, converted = kept, True
        reader = Reader.of(documents.entity.shape, [one.document for one in found], zone)
    return found, reader


def _state_frame(
    entity: Entity, table: pl.DataFrame, company: str | None, requested: Mapping[str, str | None]
) -> pl.DataFrame:
    table = table.with_columns(
        pl.lit(value, dtype=pl.String).alias(name) for name, value in requested.items()
    )
    modified = pl.col(entity.modified) if entity.modified else pl.lit(None)
    return table.select(
        pl.lit(company, dtype=pl.String).alias("company"),
        business_key(entity).alias("key"),
        modified.cast(pl.Datetime("us")).alias("modified_at"),
        content_hash(entity, table),
        *entity.schema,
    )


def _note_drift(documents: Documents, reader: Reader, found: list[Found]) -> None:
    for what, (times, first) in reader.unknown.items():
        key = documents.key(found[first].document)
        documents.drift.note(f"unknown value {what}", key, times)
    for column, times in reader.rounded.items():
        documents.drift.note(f"rounded {column}", times=times)


def _missing(body: bytes, empty: list[str]) -> tuple[str, ...]:
    ends = body[:_ENDS] + body[-_ENDS:]
    return tuple(label for label in empty if f'"{label.rpartition(".")[2]}"'.encode() not in ends)
