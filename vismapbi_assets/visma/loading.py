"""Brings decoded pages to where they belong: state, or quarantine with the reason.

The same way for pages fresh from the server and for archived ones. Journal batches that do not
balance are held back until they do, or until somebody releases them as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import polars as pl

from vismapbi_assets.store.quarantine import Rejected
from vismapbi_assets.visma.content import line_count, merge_fragments
from vismapbi_assets.visma.decode import decode_page
from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.evidence import Evidence
from vismapbi_assets.visma.journal import Assembler, judged
from vismapbi_assets.visma.reading import Content
from vismapbi_assets.visma.sink import Sink

FILTER_IGNORED = "filter lastModifiedDateTime was ignored"


@dataclass
class Loader:
    """Loads the pages of an entity; `drift` counts what the contract does not know."""

    entity: Entity
    sink: Sink
    zone: str
    drift: Counter[str] = field(default_factory=Counter)

    def load(
        self, contents: Iterable[Content], evidence: Evidence, since: datetime | None = None
    ) -> None:
        """Bring the pages of one reading to state or quarantine.

        An unknown filter is ignored with status 200, so rows older than `since` are counted.
        """
        split = self.entity.paging == "line"
        assembler = Assembler(partial(merge_fragments, self.entity))
        for content in contents:
            self.drift.update(content.decoded.drift)
            self._reject(content, evidence)
            frame = content.decoded.frame.with_columns(page=pl.lit(content.address))
            if since is not None and (old := int((frame["modified_at"] < since).sum())):
                self.drift[FILTER_IGNORED] += old
            if split:
                self._store_batches(assembler.add(frame), evidence, content.asked_at)
            else:
                evidence.add(frame["key"])
                self.sink.take(frame, frame.height, content.asked_at)
        rest = assembler.finish()
        if rest is not None:
            self._store_batches(rest, evidence, content.asked_at)

    def _reject(self, content: Content, evidence: Evidence) -> None:
        rejects = content.decoded.rejects
        if not rejects:
            return
        keys = pl.Series([r.key for r in rejects if r.key], dtype=pl.String)
        evidence.add(keys)
        evidence.unkeyed += len(rejects) - len(keys)
        records = [
            Rejected(
                self.sink.company, r.key, r.rule, r.reason, r.raw.decode("utf-8", "replace"),
                content.address,
            )
            for r in rejects
        ]  # fmt: skip
        waiting = self.sink.put_aside(records, content.asked_at, "quarantined")
        for record in records:
            if record not in waiting:
                self._take_released(record, content)

    def _take_released(self, record: Rejected, content: Content) -> None:
        """A document that somebody let pass, as it was or as repaired by hand."""
        raw = self.sink.released_form(record)
        decoded = decode_page(
            self.entity,
            f"[{raw}]".encode(),
            zone=self.zone,
            company=self.sink.company,
            requested=content.columns,
            check=False,
        )
        self.sink.take(
            decoded.frame.with_columns(page=pl.lit(content.address)), 1, content.asked_at
        )

    def _store_batches(self, frame: pl.DataFrame, evidence: Evidence, asked_at: datetime) -> None:
        if frame.is_empty():
            return
        frame = judged(frame.with_columns(line_count(self.entity).alias("units")))
        evidence.add(frame["key"], frame["units"])
        good = frame
        if frame["rule"].null_count() < frame.height:
            held = self._held(frame.filter(pl.col("rule").is_not_null()))
            waiting = self.sink.put_aside(held, asked_at, "held")
            good = frame.filter(~pl.col("key").is_in([record.key for record in waiting]))
        self.sink.take(good.drop("units", "rule", "reason"), int(good["units"].sum()), asked_at)

    def _held(self, frame: pl.DataFrame) -> list[Rejected]:
        if frame.is_empty():
            return []
        documents = frame.drop("units", "rule", "reason", "page", "content_hash")
        return [
            Rejected(
                self.sink.company, row["key"], row["rule"], row["reason"],
                documents[index].write_json(), row["page"],
            )
            for index, row in enumerate(
                frame.select("key", "rule", "reason", "page").iter_rows(named=True)
            )
        ]  # fmt: skip
