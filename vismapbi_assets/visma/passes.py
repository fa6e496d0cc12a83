"""Passes over an entity's lists until the reading has proved itself complete, or gives up.

A pass reads every list once. When rows moved meanwhile, what changed since the pass began is read
on top; when that does not settle it, everything is read again, a bounded number of times. Only a
proved whole reading may mark documents as gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from vismapbi_assets.store.state import Tombstones
from vismapbi_assets.store.store import Store
from vismapbi_assets.visma.client import VismaClient
from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.evidence import Evidence
from vismapbi_assets.visma.extraction import Options
from vismapbi_assets.visma.loading import Loader
from vismapbi_assets.visma.reading import Reader
from vismapbi_assets.visma.scope import Request
from vismapbi_assets.visma.sink import Sink
from vismapbi_assets.visma.window import changed_since, earliest_server_time

CLOCK_SKEW = timedelta(minutes=2)
"""How far the server's clock and ours may differ."""


@dataclass
class Run:
    """The moving parts of one extraction."""

    entity: Entity
    store: Store
    run_id: str
    options: Options
    client: VismaClient
    reader: Reader
    sink: Sink
    loader: Loader

    @classmethod
    def of(
        cls, entity: Entity, client: VismaClient, store: Store, run_id: str, options: Options
    ) -> Run:
        """The parts for one entity of the client's company."""
        reader = Reader(
            entity, client, store, run_id, options.zone,
            size=options.size_for(entity), in_flight=options.pages_in_flight,
        )  # fmt: skip
        sink = Sink(entity, client.company, store, run_id, options.chunk_rows)
        return cls(
            entity, store, run_id, options, client, reader, sink, Loader(entity, sink, options.zone)
        )

    def begin(self) -> Evidence:
        """The empty evidence of a pass that begins now."""
        sequence = self.store.state(self.entity.name).sequence()
        return Evidence(self.client.clock.now(), read_from=sequence)

    def read(
        self, requests: Sequence[Request], filters: Mapping[str, str], evidence: Evidence
    ) -> Evidence:
        """Read all lists once; what was read is committed even when the reading has to stop."""
        contents = self.reader.contents(requests, filters, evidence)
        try:
            asked = filters.get("lastModifiedDateTime")
            since = datetime.fromisoformat(asked) if asked and self.entity.modified else None
            self.loader.load(contents, evidence, since)
        finally:
            self.sink.flush()
        return evidence

    def settle(
        self, requests: Sequence[Request], filters: Mapping[str, str], evidence: Evidence
    ) -> tuple[Evidence, str | None]:
        """Read again while the evidence leaves a doubt; the last evidence and its doubt."""
        doubt, seen = evidence.doubt(self._on_server(evidence.began)), evidence
        for attempt in range(self.options.rereadings + 1):
            if doubt is None:
                break
            corrected = self._corrected(requests, filters, seen)
            if corrected is not None:
                return corrected, None
            if attempt < self.options.rereadings:
                evidence = self.read(requests, filters, self.begin())
                doubt = evidence.doubt(self._on_server(evidence.began), seen.newest)
                seen = seen.merged(evidence)
        return evidence, doubt

    def _corrected(
        self, requests: Sequence[Request], filters: Mapping[str, str], evidence: Evidence
    ) -> Evidence | None:
        """The evidence with what changed since it began, if that makes it complete."""
        timeless = self.entity.delta == "none" or self.entity.modified is None
        if timeless or self.entity.whole or evidence.shrank:
            return None  # what slipped past a deletion has no new stamp
        since = changed_since(self.entity.delta, self._on_server(evidence.began))
        later = self.read(requests, since, self.begin())
        if later.doubt(self._on_server(later.began), evidence.newest) is not None:
            return None
        joined = evidence.joined(later)
        joined.total = self.reader.count(requests, filters)
        return joined if joined.total in (None, joined.distinct()) else None

    def bury(
        self,
        requests: Sequence[Request],
        filters: Mapping[str, str],
        evidence: Evidence,
        *,
        allow: bool,
    ) -> Tombstones:
        """Mark as gone what a proved whole reading did not show.

        A reading that moved, or a list that does not tell its size, is read once more before
        anything in it counts as gone.
        """
        if evidence.unkeyed:
            return Tombstones(
                refused_reason=f"{evidence.unkeyed} rejected documents have no readable key; any "
                "document that seems gone may be one of them"
            )
        present = evidence.keys()
        shaky = evidence.corrected or (evidence.total is None and not evidence.snapshots)
        if shaky and self._missing(present):
            again = self.read(requests, filters, self.begin())
            present = pl.concat([present, again.keys()]).unique()
        return self.store.state(self.entity.name).tombstone(
            self.client.company,
            present,
            run_id=self.run_id,
            at=evidence.began,
            max_share=self.options.deletion_guard,
            allow=allow,
            read_from=evidence.read_from,
        )

    def _missing(self, present: pl.Series) -> bool:
        live = self.store.state(self.entity.name).current(["company", "key"])
        ours = pl.col("company") == self.client.company
        gone = live.filter(ours & ~pl.col("key").is_in(present.implode()))
        return not gone.head(1).collect().is_empty()

    def _on_server(self, moment: datetime) -> datetime:
        return earliest_server_time(moment - CLOCK_SKEW, self.options.zone)
