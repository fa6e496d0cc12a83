"""Builds state again from the archived pages, without a call.

For a lost or damaged state table, and for documents that a newer version of us can read. What the
archive no longer holds, and deletions (which no page shows), come back with the next whole reading.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby

from vismapbi_assets.store.store import Store
from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.errors import MalformedPageError
from vismapbi_assets.visma.evidence import Evidence
from vismapbi_assets.visma.loading import Loader
from vismapbi_assets.visma.reading import Content, replayed
from vismapbi_assets.visma.sink import Sink

_NAME = re.compile(r"^(?P<company>.+)-(?P<page>\d+)-(?P<again>\d+)\.parquet$")


@dataclass(frozen=True, slots=True)
class Rebuild:
    """What was read and what became of it; `unreadable` pages are passed over."""

    pages: int
    unreadable: tuple[str, ...]
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an archived page stands: its run, company and repetition, and its number."""

    run: str
    company: str
    again: int
    page: int
    address: str


def rebuild(
    entity: Entity,
    store: Store,
    *,
    zone: str,
    run_id: str,
    chunk_rows: int = 25_000,
    company: str | None = None,
) -> Rebuild:
    """Load every archived page of the entity in the order in which it was read.

    Rows that are newer in state stay as they are, so this may run beside extractions.
    """
    unreadable: list[str] = []
    counts: Counter[str] = Counter()
    pages = 0
    places = [place for place in _places(entity, store) if company in (None, place.company)]

    def contents(group: list[_Place]) -> Iterator[Content]:
        nonlocal pages
        for place in group:
            try:
                content = replayed(entity, store, place.address, zone=zone)
            except MalformedPageError:
                unreadable.append(place.address)
                continue
            pages += 1
            yield content

    for of, group in groupby(places, key=lambda place: (place.run, place.company, place.again)):
        sink = Sink(entity, of[1], store, run_id, chunk_rows)
        for _, reading in groupby(contents(list(group)), key=lambda content: content.reading):
            Loader(entity, sink, zone).load(reading, Evidence(datetime.now(UTC)))
        sink.flush()
        counts.update(sink.counts)
    return Rebuild(pages, tuple(unreadable), dict(counts))


def _places(entity: Entity, store: Store) -> list[_Place]:
    """The archived pages: run by run as they began, repeated readings of a run after the first."""
    places: list[_Place] = []
    order: dict[str, int] = {}
    for address in store.archive.addresses(entity.name):
        run, name = address.split("/")[2:4]
        found = _NAME.match(name)
        if found:
            order.setdefault(run, len(order))
            places.append(
                _Place(run, found["company"], int(found["again"]), int(found["page"]), address)
            )
    return sorted(places, key=lambda p: (order[p.run], p.company, p.again, p.page))
