"""Samples of Visma.net lists: one page as it came, nothing stored.

Knows how a list is asked for and what its page says about itself; what the documents mean is asked
in `figures.py`, how the lists behave in `protocol.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from vismapbi_assets.visma.client import Answer, VismaClient
from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.errors import MalformedPageError
from vismapbi_assets.visma.window import FLOOR, changed_since, stamp

SAMPLE = 200
"""Documents with lines that are looked at; of other rows, five times as many."""
_DECODER = msgspec.json.Decoder(float_hook=Decimal)

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """One page of a list: its documents, and the sizes that it names."""

    entity: Entity
    documents: list[Document] = field(repr=False)
    elements: int
    total: int | None = None
    cap: int | None = None

    @property
    def rows(self) -> int:
        """Rows in the unit that the list is paged by."""
        if self.entity.paging == "line" and self.entity.lines:
            return sum(len(d.get(self.entity.lines) or ()) for d in self.documents)
        return self.elements

    @property
    def whole(self) -> bool:
        """Whether the page holds the whole list."""
        return self.entity.paging == "none" or (self.total is not None and self.rows >= self.total)

    def stamps(self) -> list[datetime]:
        """The change stamps of the documents, as the server writes them."""
        texts = [d.get(self.entity.modified or "") for d in self.documents]
        return [datetime.fromisoformat(t).replace(tzinfo=None) for t in texts if t]


def parameters(
    entity: Entity, *, since: datetime | None = None, page: int = 1, size: int | None = None
) -> Mapping[str, str]:
    """The query of one page, as an extraction puts it."""
    chosen = size or (SAMPLE if entity.lines and entity.paging == "document" else 5 * SAMPLE)
    paging = {} if entity.paging == "none" else {"pageNumber": str(page), "pageSize": str(chosen)}
    return {**entity.parameters, **changed_since(entity.delta, since), **paging}


def mandatory(entity: Entity) -> Mapping[str, str]:
    """The query without paging: what the list insists on, and what is always sent."""
    floor = {"lastModifiedDateTime": stamp(FLOOR)} if entity.delta == "floor" else {}
    return {**entity.parameters, **floor}


def read(client: VismaClient, entity: Entity, query: Mapping[str, str]) -> Sample:
    """One page of a list."""

    def decode(answer: Answer) -> Sample:
        try:
            elements = _DECODER.decode(answer.body)
        except msgspec.DecodeError as error:
            raise MalformedPageError(f"GET {answer.path}: not JSON: {error}") from None
        if not isinstance(elements, list):
            raise MalformedPageError(f"GET {answer.path}: not a list")
        documents = [e for e in elements if isinstance(e, dict)]
        said: Document = next((d["metadata"] for d in documents if d.get("metadata")), {})
        return Sample(
            entity, documents, len(elements), said.get("totalCount"), said.get("maxPageSize")
        )

    return client.get(entity.path, query, decode)


def pages(client: VismaClient, first: Sample, most: int = 4) -> Iterator[Sample]:
    """The sample and, while it is not all, the pages behind it; never more than `most`."""
    yield first
    held, number = first, 1
    while not first.whole and number < most and held.elements:
        number += 1
        held = read(client, first.entity, parameters(first.entity, page=number))
        yield held
