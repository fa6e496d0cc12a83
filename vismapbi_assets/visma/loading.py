"""Brings decoded pages to where they belong: state, or quarantine with the reason.

The same way for pages fresh from the server and for archived ones. Journal batches that do not
balance are held back until they do, or until somebody releases them as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import polars as pl

from vismapbi_assets.store.quarantine import Rejected
from vismapbi_assets.visma.content import line_count, merge_fragments
from vismapbi_assets.visma.decode import decode_page
from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.evidence import Evidence
from vismapbi_assets.visma.journal import Assembler
from vismapbi_assets.visma.reading import Content, replayed
from vismapbi_assets.visma.sink import Sink

FILTER_IGNORED = "filter lastModifiedDateTime was ignored"
JUDGED = ("came", "units", "rule", "reason")


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
        decoded = self._decoded(contents, evidence, since)
        if self.entity.paging == "line":
            self._load_batches(decoded, evidence)
            return
        for frame, content in decoded:
            evidence.add(frame["key"])
            self.sink.take(frame, frame.height, content.asked_at)

    def _decoded(
        self, contents: Iterable[Content], evidence: Evidence, since: datetime | None
    ) -> Iterator[tuple[pl.DataFrame, Content]]:
        for content in contents:
            self.drift.update(content.decoded.drift)
            self._reject(content, evidence)
            frame = content.decoded.frame.with_columns(page=pl.lit(content.address))
            if since is not None and (old := int((frame["modified_at"] < since).sum())):
                self.drift[FILTER_IGNORED] += old
            yield frame, content

    def _load_batches(
        self, decoded: Iterable[tuple[pl.DataFrame, Content]], evidence: Evidence
    ) -> None:
        """Batches as they become whole, then those that stand in pieces all over the reading.

        What waited counts as read with the first page: it was there then.
        """
        pages: list[tuple[str, pl.Series]] = []
        began = evidence.began
        merge = partial(merge_fragments, self.entity)
        with Assembler(merge, self.sink.chunk_rows) as assembler:
            for frame, content in decoded:
                began = began if pages else content.asked_at
                pages.append((content.address, frame["key"]))
                self._store_batches(assembler.add(frame), evidence, content.asked_at)
            for batches in assembler.finish():
                self._store_batches(batches, evidence, began)
            if assembler.late.is_empty():
                return
            self.sink.flush()  # what is put aside below would be resolved by it
            late = assembler.late.implode()
            for address, keys in pages:
                if keys.is_in(late).any():
                    frame = self._from_archive(address)
                    assembler.hold(frame.filter(frame["key"].is_in(late)))
            for batches in assembler.finish():
                self._store_batches(batches, evidence, began, again=True)

    def _from_archive(self, address: str) -> pl.DataFrame:
        content = replayed(self.entity, self.sink.store, address, zone=self.zone)
        return content.decoded.frame.with_columns(page=pl.lit(address))

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

    def _store_batches(
        self, frame: pl.DataFrame, evidence: Evidence, asked_at: datetime, *, again: bool = False
    ) -> None:
        """Judged batches; `again` when pieces of them were stored before in this reading."""
        if frame.is_empty():
            return
        frame = frame.with_columns(line_count(self.entity).alias("units"))
        count = evidence.amend if again else evidence.add
        count(frame["key"], frame["units"])
        moved = frame.filter(pl.col("came") > pl.col("units"))
        evidence.add(moved["key"], moved["units"])  # a line came twice
        good = frame
        if frame["rule"].null_count() < frame.height:
            held = self._held(frame.filter(pl.col("rule").is_not_null()))
            waiting = self.sink.put_aside(held, asked_at, "held")
            good = frame.filter(~pl.col("key").is_in([record.key for record in waiting]))
        self.sink.take(good.drop(JUDGED), int(good["units"].sum()), asked_at, again=again)

    def _held(self, frame: pl.DataFrame) -> list[Rejected]:
        if frame.is_empty():
            return []
        documents = frame.drop(*JUDGED, "page", "content_hash")
        return [
            Rejected(
                self.sink.company, row["key"], row["rule"], row["reason"],
                documents[index].write_json(), row["page"],
            )
            for index, row in enumerate(
                frame.select("key", "rule", "reason", "page").iter_rows(named=True)
            )
        ]  # fmt: skip
