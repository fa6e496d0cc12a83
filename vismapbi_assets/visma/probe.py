"""Looks at a list without loading it: how much there is, and how much changed since a moment.

One call per entity, with pages of one row where the list is paged. For sensors, and for the count
that settles a doubtful reading; nothing here is archived or stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

import msgspec

from vismapbi_assets.visma.client import Answer, VismaClient
from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.errors import MalformedPageError
from vismapbi_assets.visma.window import changed_since

ONE_ROW = {"pageNumber": "1", "pageSize": "1"}


class _Metadata(msgspec.Struct):
    total: int | None = msgspec.field(default=None, name="totalCount")


class _Head(msgspec.Struct):
    metadata: _Metadata | None = None
    modified: str | None = msgspec.field(default=None, name="lastModifiedDateTime")


@dataclass(frozen=True, slots=True)
class Probe:
    """What a list showed.

    Attributes:
        count: rows that answer the question; at least that many where the list does not tell.
        newest: newest stamp among the rows of the answer, as the server writes it.
        digest: of the answer, for lists that have neither filter nor stamp.
    """

    count: int
    newest: str | None
    digest: str


def probe(entity: Entity, client: VismaClient, since: datetime | None) -> Probe:
    """How many rows changed at or after `since` (server time), in one call."""
    paging = {} if entity.paging == "none" else ONE_ROW
    parameters = {**entity.parameters, **changed_since(entity.delta, since), **paging}
    return look(client, entity.path, parameters)


def look(client: VismaClient, path: str, parameters: Mapping[str, str]) -> Probe:
    """What one answer of a list shows."""
    return client.get(path, parameters, _read)


def _read(answer: Answer) -> Probe:
    digest = blake2b(answer.body, digest_size=16).hexdigest()
    try:
        heads = msgspec.json.decode(answer.body, type=list[_Head | str])
    except msgspec.DecodeError as error:
        raise MalformedPageError(f"GET {answer.path}: this is not a page: {error}") from None
    rows = [head for head in heads if isinstance(head, _Head)]
    totals = [row.metadata.total for row in rows if row.metadata]
    newest = max((row.modified for row in rows if row.modified), default=None)
    count = next((total for total in totals if total is not None), len(heads))
    return Probe(count, newest, digest)
