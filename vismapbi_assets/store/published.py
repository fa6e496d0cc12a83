"""The net rows that the destination holds of one table, and what they were computed from.

Advances in one Delta commit per plan, which carries the plan's number and the table's facts, so
rows and facts never disagree and no plan counts twice. Posting belongs to `powerbi`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import polars as pl

from vismapbi_assets.store.append_log import AppendLog
from vismapbi_assets.store.delta import Delta
from vismapbi_assets.store.errors import PlanConflictError
from vismapbi_assets.store.objects import Objects
from vismapbi_assets.store.published_meta import PublishedMeta
from vismapbi_assets.store.schemas import merged, settled, utc
from vismapbi_assets.store.versions import SEQUENCE, Snapshot, snapshot, snapshot_of, sorted_by

KEY = ("row_key",)
PLAN, META = "plan", "meta"
TECHNICAL: dict[str, pl.DataType] = {
    "row_key": pl.String(),
    "parent": pl.String(),
    SEQUENCE: pl.Int64(),
    "replaces": pl.Int64(),
    "deleted_at": pl.Datetime("us", "UTC"),
    "row_hash": pl.String(),
    "push_batch_id": pl.Int64(),
    "loaded_at": pl.Datetime("us", "UTC"),
}
_STATISTICS = ("row_key", "parent", SEQUENCE, "replaces")


@dataclass(frozen=True)
class PublishedTable:
    """The net rows of one table, below `published/<table>`; `sequence` of a row is its plan."""

    objects: Objects
    table: str

    @property
    def delta(self) -> Delta:
        """The table below."""
        return Delta(self.objects, f"published/{self.table}", _STATISTICS)

    @property
    def _facts(self) -> AppendLog:
        return AppendLog(self.objects, f"published/{self.table}")

    def snapshot(self) -> Snapshot:
        """What the table holds now; later commits do not change it."""
        return snapshot(self.delta, KEY, PLAN)

    def exists(self) -> bool:
        """Whether anything was ever committed or noted."""
        return self.delta.look() is not None

    def meta(self) -> PublishedMeta:
        """The facts as of the last commit."""
        return self._meta(self.snapshot())

    def current(self, columns: Sequence[str] | None = None) -> pl.LazyFrame:
        """The net rows, lazily."""
        return self.snapshot().current(columns)

    def lookup(self, row_keys: pl.Series, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The net rows with these keys."""
        return self._lookup("row_key", row_keys, columns)

    def lookup_parents(
        self, parents: pl.Series, columns: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """The net rows that came from these parents."""
        return self._lookup("parent", parents, columns)

    def _lookup(self, name: str, values: pl.Series, columns: Sequence[str] | None) -> pl.DataFrame:
        held = self.snapshot()
        wanted = list(held.schema) if columns is None else list(columns)
        found = held.heads({name: values}, list(dict.fromkeys([*wanted, "deleted_at"])))
        return found.filter(pl.col("deleted_at").is_null()).select(wanted)

    def history(self, row_key: str) -> pl.DataFrame:
        """Every kept version of one row, oldest first."""
        return self.snapshot().history({"row_key": pl.Series([row_key])})

    def commit(
        self,
        added: pl.DataFrame,
        removed: pl.Series,
        *,
        plan: int,
        at: datetime,
        posted: int,
        sources: Mapping[str, int] | None = None,
        lookup_hash: str | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> bool:
        """Advance by one plan: `added` rows (new or changed) and `removed` row keys.

        `posted` is how many rows the plan brought into the destination, reversals included.
        Returns False, changing nothing, when the plan was committed before.
        """
        if added["row_key"].n_unique() != added.height:
            raise ValueError(f"published/{self.table}: plan {plan} adds a row key twice")
        added = settled(added, TECHNICAL)

        def attempt() -> bool:
            schema = {**TECHNICAL, **added.schema}
            table = self.delta.widen(self.delta.open_or_create(schema), schema)
            held = snapshot_of(self.delta, KEY, PLAN, table)
            if self._is_committed(held, plan):
                return False
            keys = pl.concat([added["row_key"], removed.cast(pl.String)]).rename("row_key")
            heads = held.heads({"row_key": keys}, ["row_key", SEQUENCE, "deleted_at"])
            live = heads.filter(pl.col("deleted_at").is_null())["row_key"]
            gone = removed.filter(removed.is_in(live.implode()) & ~_within(removed, added))
            tombs = held.heads({"row_key": gone}).with_columns(
                pl.col(SEQUENCE).alias("replaces"),
                deleted_at=pl.lit(utc(at), TECHNICAL["deleted_at"]),
            )
            rows = added.join(
                heads.select("row_key", replaces=SEQUENCE), on="row_key", how="left"
            ).with_columns(deleted_at=pl.lit(None, TECHNICAL["deleted_at"]))
            versions = pl.concat([_typed(rows, plan), _typed(tombs, plan)], how="diagonal")
            meta = self._meta(held)
            fresh = added.height - int(_within(added["row_key"], live).sum())
            self._advance(
                held,
                [self.delta.write(sorted_by(versions, KEY), _stem(plan))] if len(versions) else [],
                replace(
                    meta,
                    plan=plan,
                    sources={**meta.sources, **(sources or {})},
                    lookup_hash=lookup_hash or meta.lookup_hash,
                    rows=meta.rows + posted,
                    net=meta.net + fresh - len(gone),
                    facts={**meta.facts, **(facts or {})},
                ),
            )
            return True

        return self.delta.retried(attempt)

    def replace(
        self,
        frames: Iterable[pl.DataFrame],
        *,
        plan: int,
        sources: Mapping[str, int] | None = None,
        lookup_hash: str | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> bool:
        """Put the frames in the place of all rows, in one commit; the table is clean after it.

        One frame at a time is held in memory; nothing is visible before the commit. Row keys are
        unique over all frames. The columns become those of the frames, whatever they were
        before. Returns False when the plan was committed before.
        """
        if self._is_committed(self.snapshot(), plan):
            return False
        rows, files, schema = 0, [], dict(TECHNICAL)
        for frame in frames:
            if frame.is_empty():
                continue
            typed = _typed(settled(frame, TECHNICAL), plan)
            schema |= {n: merged(n, schema.get(n), t) for n, t in typed.schema.items()}
            files.append(self.delta.write(sorted_by(typed, KEY), _stem(plan)))
            rows += frame.height

        def attempt() -> bool:
            table = self.delta.admit(self.delta.open_or_create(schema), schema)
            held = snapshot_of(self.delta, KEY, PLAN, table)
            if self._is_committed(held, plan):
                return False
            meta = self._meta(held)
            kept = {**meta.facts, **(facts or {})}
            fresh = PublishedMeta(plan, dict(sources or {}), lookup_hash, rows, rows, None, kept)
            self._advance(held, files, fresh, whole=schema)
            return True

        return self.delta.retried(attempt)

    def note(
        self,
        *,
        sources: Mapping[str, int] | None = None,
        lookup_hash: str | None = None,
        dirty: str | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> PublishedMeta:
        """Change facts without a plan: sources that moved nothing, or a reason for distrust.

        A reason stays until the table is replaced.
        """

        def attempt() -> PublishedMeta:
            held = snapshot_of(self.delta, KEY, PLAN, self.delta.open_or_create(TECHNICAL))
            meta = self._meta(held)
            noted = replace(
                meta,
                sources={**meta.sources, **(sources or {})},
                lookup_hash=lookup_hash or meta.lookup_hash,
                dirty=dirty or meta.dirty,
                facts={**meta.facts, **(facts or {})},
            )
            if noted != meta:
                self._advance(held, [], noted)
            return noted

        return self.delta.retried(attempt)

    def mark_dirty(self, reason: str) -> PublishedMeta:
        """Say that the destination may differ from these rows until it is replaced."""
        return self.note(dirty=reason)

    def prune(self, older_than: datetime) -> int:
        """Drop facts of commits before that time; those in force stay."""
        held = self.snapshot()
        number = held.table.transaction_version(META) if held.table else None
        entry = self._facts.entry(number) if number else None
        return self._facts.prune(min(older_than, entry.at)) if entry else 0

    def _is_committed(self, held: Snapshot, plan: int) -> bool:
        if plan < held.sequence:
            raise PlanConflictError(
                f"published/{self.table}: plan {plan} comes after plan {held.sequence} was "
                "committed. Close it as abandoned and plan anew."
            )
        return plan == held.sequence

    def _meta(self, held: Snapshot) -> PublishedMeta:
        number = held.table.transaction_version(META) if held.table else None
        entry = self._facts.entry(number) if number else None
        return PublishedMeta(**json.loads(entry.data)) if entry else PublishedMeta()

    def _advance(
        self,
        held: Snapshot,
        files: Sequence[Any],
        meta: PublishedMeta,
        *,
        whole: Mapping[str, pl.DataType] | None = None,
    ) -> None:
        if held.table is None:
            raise ValueError(f"published/{self.table} does not exist yet")
        data = json.dumps(asdict(meta), default=str).encode()
        numbers = {META: self._facts.update(lambda _: data).number}
        if meta.plan != held.sequence:
            numbers[PLAN] = meta.plan
        self.delta.commit(held.table, files, numbers, whole=whole)

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """The stored columns and their types; empty before the first commit."""
        held = self.snapshot()
        return dict(held.schema) if held.table else {}


def _stem(plan: int) -> str:
    return f"p{plan:09d}"


def _within(values: pl.Series, other: pl.DataFrame | pl.Series) -> pl.Series:
    keys = other["row_key"] if isinstance(other, pl.DataFrame) else other
    return values.is_in(keys.implode())


def _typed(frame: pl.DataFrame, plan: int) -> pl.DataFrame:
    absent = {n: pl.lit(None, t) for n, t in TECHNICAL.items() if n not in frame.columns}
    versions = frame.with_columns(**absent).with_columns(pl.lit(plan, pl.Int64).alias(SEQUENCE))
    return versions.select(*TECHNICAL, pl.exclude(TECHNICAL))
