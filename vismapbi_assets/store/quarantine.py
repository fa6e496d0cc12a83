"""Rejected documents with the reason, until they are released or a good version arrives.

A record is known by its company and document key (by its content when it has no key), so reading
the same bad document again changes nothing. Deciding what is bad belongs to the callers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from vismapbi_assets.store.objects import Objects
from vismapbi_assets.store.schemas import utc
from vismapbi_assets.store.state import StateTable

WAITING, RELEASED = "waiting", "released"
_SCHEMA: dict[str, pl.DataType] = {
    "company": pl.String(),
    "key": pl.String(),
    "document_key": pl.String(),
    "rule": pl.String(),
    "reason": pl.String(),
    "raw": pl.String(),
    "page": pl.String(),
    "status": pl.String(),
    "first_seen": pl.Datetime("us", "UTC"),
    "note": pl.String(),
    "content_hash": pl.String(),
    "modified_at": pl.Datetime("us"),
}


@dataclass(frozen=True, slots=True)
class Rejected:
    """A document that did not pass: where it is from, which rule it broke, how, and itself."""

    company: str
    key: str | None
    rule: str
    reason: str
    raw: str
    page: str | None = None

    @property
    def record(self) -> str:
        """What the record is known by within the company."""
        return self.key or f"#{_digest(self.raw)[:16]}"


@dataclass(frozen=True)
class Quarantine:
    """The rejected documents of one entity."""

    objects: Objects
    entity: str

    @property
    def table(self) -> StateTable:
        """The versions of the records."""
        return StateTable(self.objects, self.entity, area="quarantine")

    def add(self, rejected: Iterable[Rejected], *, run_id: str, at: datetime) -> int:
        """Keep the documents; returns how many wait that did not before.

        A document that was released in exactly this form stays released.
        """
        rows = [
            {
                "company": item.company,
                "key": item.record,
                "document_key": item.key,
                "rule": item.rule,
                "reason": item.reason,
                "raw": item.raw,
                "page": item.page,
                "status": WAITING,
                "first_seen": utc(at),
                "content_hash": _digest(item.rule, item.reason, item.raw),
            }
            for item in rejected
        ]
        if not rows:
            return 0
        done = self.table.upsert(pl.DataFrame(rows, _SCHEMA), run_id=run_id, extracted_at=at)
        return done.written

    def records(self, status: str | None = None) -> pl.DataFrame:
        """The unresolved records, oldest first; only those with that status when given."""
        frame = self.table.current([*_SCHEMA, "run_id", "extracted_at"])
        if status is not None:
            frame = frame.filter(pl.col("status") == status)
        return frame.sort("first_seen", "company", "key").collect()

    def waiting(self) -> pl.DataFrame:
        """The records that nobody has decided about."""
        return self.records(WAITING)

    def released(self) -> pl.DataFrame:
        """The records that may flow on in spite of their rule."""
        return self.records(RELEASED)

    def counts(self) -> pl.DataFrame:
        """Waiting records per company and rule, most first."""
        return (
            self.waiting()
            .group_by("company", "rule")
            .len("records")
            .sort("records", "company", "rule", descending=[True, False, False])
        )

    def is_released(self, rejected: Rejected) -> bool:
        """Whether this document was released in exactly this form."""
        held = self.table.rows(rejected.company, pl.Series([rejected.record]))
        digest = _digest(rejected.rule, rejected.reason, rejected.raw)
        return not held.filter(
            pl.col("deleted_at").is_null(),
            pl.col("status") == RELEASED,
            pl.col("content_hash") == digest,
        ).is_empty()

    def release(
        self,
        company: str,
        keys: Sequence[str],
        *,
        run_id: str,
        at: datetime,
        note: str = "",
        raw: str | None = None,
    ) -> int:
        """Let records flow on as they are, or one of them with a repaired `raw`."""
        if raw is not None and len(keys) != 1:
            raise ValueError("a repaired document can be given for one record only")
        held = self.table.rows(company, pl.Series(list(keys), dtype=pl.String))
        held = held.filter(pl.col("deleted_at").is_null(), pl.col("status") == WAITING)
        if held.is_empty():
            return 0
        if raw is not None:
            held = held.with_columns(pl.lit(raw).alias("raw"))
        changed = held.with_columns(
            pl.lit(RELEASED).alias("status"), pl.lit(note or None, pl.String).alias("note")
        )
        return self.table.rewrite(changed, run_id=run_id, at=at)

    def resolve(self, company: str, document_keys: pl.Series, *, run_id: str, at: datetime) -> int:
        """Close the records of documents of which a good version is stored now."""
        if not self.table.exists():
            return 0
        held = self.table.rows(company, document_keys)
        open_records = held.filter(pl.col("deleted_at").is_null())
        if open_records.is_empty():
            return 0
        return self.table.rewrite(open_records, run_id=run_id, at=at, deleted=True)


def _digest(*texts: str) -> str:
    return hashlib.blake2b("\x1f".join(texts).encode(), digest_size=16).hexdigest()
