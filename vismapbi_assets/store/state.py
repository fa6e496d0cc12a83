"""The state of one entity: what the ERP last said about every (company, key).

Decides what a reading changes (new, changed, stale, revived, gone) and writes exactly that. How
versions are kept belongs to `versions`; which documents were read to `visma`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from vismapbi_assets.store.delta import Delta
from vismapbi_assets.store.errors import StoreResetError
from vismapbi_assets.store.judgement import KEY, deduplicated, outcome, refusal
from vismapbi_assets.store.objects import Objects
from vismapbi_assets.store.schemas import settled, utc
from vismapbi_assets.store.versions import SEQUENCE, Snapshot, snapshot, snapshot_of, sorted_by

TECHNICAL: dict[str, pl.DataType] = {
    "company": pl.String(),
    "key": pl.String(),
    SEQUENCE: pl.Int64(),
    "replaces": pl.Int64(),
    "modified_at": pl.Datetime("us"),
    "deleted_at": pl.Datetime("us", "UTC"),
    "extracted_at": pl.Datetime("us", "UTC"),
    "run_id": pl.String(),
    "page": pl.String(),
}
_STATISTICS = ("company", "key", SEQUENCE, "replaces")
_INDEX = ("company", "key", "content_hash", "modified_at", SEQUENCE, "deleted_at")


@dataclass(frozen=True, slots=True)
class Upsert:
    """What a reading did: documents per outcome, and the table's sequence after it."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    stale: int = 0
    revived: int = 0
    sequence: int = 0

    @property
    def written(self) -> int:
        """How many versions were appended."""
        return self.new + self.changed + self.revived


@dataclass(frozen=True, slots=True)
class Tombstones:
    """How many documents were marked as gone, or why none was."""

    deleted: int = 0
    refused_reason: str | None = None
    sequence: int = 0


@dataclass(frozen=True)
class StateTable:
    """The versions of one entity's documents, below `<area>/<entity>`."""

    objects: Objects
    entity: str
    area: str = "state"

    @property
    def delta(self) -> Delta:
        """The table below."""
        return Delta(self.objects, f"{self.area}/{self.entity}", _STATISTICS)

    def snapshot(self) -> Snapshot:
        """What the table holds now; later commits do not change it."""
        return snapshot(self.delta, KEY, SEQUENCE)

    def exists(self) -> bool:
        """Whether anything was ever written."""
        return self.delta.look() is not None

    def sequence(self) -> int:
        """The number of the last commit; 0 before the first."""
        return self.snapshot().sequence

    def current(
        self, columns: Sequence[str] | None = None, *, deleted: bool = False
    ) -> pl.LazyFrame:
        """The live rows, lazily; with tombstones when `deleted`."""
        return self.snapshot().current(columns, deleted=deleted)

    def changed_since(self, sequence: int, columns: Sequence[str] | None = None) -> pl.LazyFrame:
        """The current rows, tombstones included, that commits after `sequence` wrote.

        StoreResetError when the table never got that far: what was computed from it must be
        computed anew.
        """
        held = self.snapshot()
        if sequence > held.sequence:
            raise StoreResetError(
                f"{self.area}/{self.entity} is at {held.sequence}, but something was computed from "
                f"{sequence}: the table was emptied or restored. Compute its tables anew."
            )
        return held.current(columns, deleted=True, since=sequence)

    def rows(
        self, company: str, keys: pl.Series, columns: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """The newest versions, tombstones included, of a few keys of a company."""
        values = {"company": pl.Series([company]), "key": keys}
        return self.snapshot().heads(values, columns)

    def history(self, company: str, key: str) -> pl.DataFrame:
        """Every kept version of one document, oldest first."""
        return self.snapshot().history({"company": pl.Series([company]), "key": pl.Series([key])})

    def upsert(self, frame: pl.DataFrame, *, run_id: str, extracted_at: datetime) -> Upsert:
        """Write the documents that differ from what is stored; nothing when none does.

        A document is changed when its `content_hash` differs and its `modified_at` is not older
        than the stored one (an unknown time is never older). A document that was gone is revived,
        unless it was read before it was found gone. Of a key that occurs twice in `frame` the
        newest counts, the last of equals.
        """
        incoming = deduplicated(settled(frame, TECHNICAL))
        if incoming.is_empty():
            return Upsert(sequence=self.sequence())
        return self.delta.retried(lambda: self._upsert(incoming, run_id, utc(extracted_at)))

    def _upsert(self, incoming: pl.DataFrame, run_id: str, extracted_at: datetime) -> Upsert:
        wanted = {**TECHNICAL, **incoming.schema}
        table = self.delta.widen(self.delta.open_or_create(wanted), wanted)
        held = snapshot_of(self.delta, KEY, SEQUENCE, table)
        heads = held.heads({name: incoming[name] for name in KEY}, _INDEX)
        judged = incoming.select(*KEY, "content_hash", "modified_at").join(
            heads, on=KEY, how="left", suffix="_held", maintain_order="left"
        )
        judged = judged.with_columns(outcome(extracted_at).alias("outcome"))
        counts = dict(judged.group_by("outcome").len().iter_rows())
        write = judged["outcome"].is_in(["new", "changed", "revived"])
        result = Upsert(
            **{name: counts.get(name, 0) for name in ("new", "changed", "unchanged", "stale")},
            revived=counts.get("revived", 0),
            sequence=held.sequence + 1 if write.any() else held.sequence,
        )
        if not write.any():
            return result
        versions = incoming.with_columns(judged[SEQUENCE])
        if not write.all():
            versions = versions.filter(write)
        self._commit(held, _next_versions(versions, result.sequence, run_id, extracted_at))
        return result

    def tombstone(
        self,
        company: str,
        present: pl.Series,
        *,
        run_id: str,
        at: datetime,
        max_share: float = 0.2,
        allow: bool = False,
        read_from: int | None = None,
    ) -> Tombstones:
        """Mark the company's live documents that a complete reading (`present`) did not show.

        `read_from` is the table's sequence when the reading began: documents that were written
        later are left to the next reading. Refused, with the reason, for an empty reading and
        when more than `max_share` would vanish, unless `allow`.
        """
        return self.delta.retried(
            lambda: self._tombstone(company, present, run_id, utc(at), max_share, allow, read_from)
        )

    def _tombstone(
        self,
        company: str,
        present: pl.Series,
        run_id: str,
        at: datetime,
        max_share: float,
        allow: bool,
        read_from: int | None,
    ) -> Tombstones:
        held = self.snapshot()
        live = held.current([*KEY, SEQUENCE]).filter(pl.col("company") == company).collect()
        gone = live.filter(~pl.col("key").is_in(present.implode()))
        if read_from is not None:
            gone = gone.filter(pl.col(SEQUENCE) <= read_from)
        if gone.is_empty():
            return Tombstones(sequence=held.sequence)
        if not allow and (reason := refusal(gone.height, live.height, len(present), max_share)):
            return Tombstones(refused_reason=reason, sequence=held.sequence)
        rows = held.heads({"company": pl.Series([company]), "key": gone["key"]})
        sequence = held.sequence + 1
        self._commit(held, _next_versions(rows, sequence, run_id, at, deleted=True))
        return Tombstones(deleted=gone.height, sequence=sequence)

    def rewrite(
        self, rows: pl.DataFrame, *, run_id: str, at: datetime, deleted: bool = False
    ) -> int:
        """Append a version of rows as `rows` gave them, edited; those that moved since are left.

        Returns how many versions were written; with `deleted` they are tombstones.
        """
        return self.delta.retried(lambda: self._rewrite(rows, run_id, utc(at), deleted))

    def _rewrite(self, rows: pl.DataFrame, run_id: str, at: datetime, deleted: bool) -> int:
        held = self.snapshot()
        heads = held.heads({name: rows[name] for name in KEY}, [*KEY, SEQUENCE])
        rows = rows.join(heads, on=[*KEY, SEQUENCE], how="semi", maintain_order="left")
        if rows.is_empty():
            return 0
        self._commit(held, _next_versions(rows, held.sequence + 1, run_id, at, deleted))
        return rows.height

    def _commit(self, held: Snapshot, versions: pl.DataFrame) -> None:
        if held.table is None:
            raise ValueError(f"{self.area}/{self.entity} does not exist yet")
        sequence = versions.item(0, SEQUENCE)
        action = self.delta.write(sorted_by(versions, KEY), f"s{sequence:09d}")
        self.delta.commit(held.table, [action], {SEQUENCE: sequence})

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """The stored columns and their types; empty before the first commit."""
        held = self.snapshot()
        return dict(held.schema) if held.table else {}


def _next_versions(
    rows: pl.DataFrame, sequence: int, run_id: str, at: datetime, deleted: bool = False
) -> pl.DataFrame:
    values = {
        SEQUENCE: pl.lit(sequence, pl.Int64),
        "replaces": pl.col(SEQUENCE),
        "deleted_at": pl.lit(at if deleted else None, TECHNICAL["deleted_at"]),
        "extracted_at": pl.lit(at, TECHNICAL["extracted_at"]),
        "run_id": pl.lit(run_id),
    }
    absent = {
        name: pl.lit(None, dtype)
        for name, dtype in TECHNICAL.items()
        if name not in rows.columns and name not in values
    }
    versions = rows.with_columns(**absent, **values)
    return versions.select(*TECHNICAL, pl.exclude(TECHNICAL))
