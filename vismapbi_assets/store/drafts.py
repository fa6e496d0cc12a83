"""A plan and its files: rows of batches and parts, written once and checked when read.

What a plan is for and whether it is open belongs to `plans`.
"""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from vismapbi_assets.store.errors import PlanConflictError
from vismapbi_assets.store.ledger import BatchLedger
from vismapbi_assets.store.objects import Objects


@dataclass(frozen=True, slots=True)
class Batch:
    """One request of a plan: its id in the destination, its rows and where they are kept."""

    push_batch_id: int
    path: str
    rows: int
    digest: str


@dataclass(frozen=True)
class Plan:
    """An immutable plan.

    Attributes:
        kind: what the plan does to the table, in the publisher's words.
        batches: the requests, in the order in which they are sent.
        parts: further rows that the plan needs when it is committed, by name.
        facts: whatever else must be known to finish the plan.
    """

    table: str
    number: int
    kind: str
    run_id: str
    created_at: datetime
    batches: tuple[Batch, ...]
    parts: Mapping[str, tuple[str, ...]]
    facts: Mapping[str, Any]
    folder: str
    objects: Objects = field(repr=False)

    @property
    def rows(self) -> int:
        """How many rows the plan sends."""
        return sum(batch.rows for batch in self.batches)

    def read(self, batch: Batch) -> pl.DataFrame:
        """The rows of a batch, exactly as planned."""
        data = self.objects.get(batch.path)
        if data is None:
            raise FileNotFoundError(
                f"{batch.path} is gone: plan {self.number} of {self.table} is past its retention"
            )
        if _digest(data) != batch.digest:
            raise PlanConflictError(f"{batch.path} is not what plan {self.number} was made of")
        return pl.read_parquet(io.BytesIO(data))

    def part(self, name: str) -> Iterator[pl.DataFrame]:
        """The frames of a part, one after the other; none when the plan has no such part."""
        for path in self.parts.get(name, ()):
            data = self.objects.get(path)
            if data is None:
                raise FileNotFoundError(f"{path} is gone; the plan is past its retention")
            yield pl.read_parquet(io.BytesIO(data))

    @property
    def ledger(self) -> BatchLedger:
        """What became of the batches."""
        return BatchLedger(self.objects, self.table, self.number)


@dataclass
class Draft:
    """A plan being written; it does not exist before `finish`."""

    objects: Objects
    table: str
    _stem: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    _batches: list[Batch] = field(default_factory=list)
    _parts: dict[str, list[str]] = field(default_factory=dict)

    def batch(self, push_batch_id: int, rows: pl.DataFrame) -> Batch:
        """Add the next request."""
        if self._batches and push_batch_id <= self._batches[-1].push_batch_id:
            raise ValueError(f"{self.table}: batch {push_batch_id} does not follow the last one")
        path = f"plans/{self.table}/{self._stem}/batch-{push_batch_id}.parquet"
        batch = Batch(push_batch_id, path, rows.height, self._write(path, rows))
        self._batches.append(batch)
        return batch

    def part(self, name: str, rows: pl.DataFrame) -> None:
        """Add rows to a part (what is committed when everything is sent)."""
        paths = self._parts.setdefault(name, [])
        path = f"plans/{self.table}/{self._stem}/{name}-{len(paths):06d}.parquet"
        self._write(path, rows)
        paths.append(path)

    def _write(self, path: str, rows: pl.DataFrame) -> str:
        buffer = io.BytesIO()
        rows.write_parquet(buffer, compression="zstd", compression_level=1, statistics=False)
        data = buffer.getvalue()
        self.objects.put(path, data)
        return _digest(data)

    def content(self) -> dict[str, Any]:
        """What the manifest says about the files."""
        return {
            "folder": self._stem,
            "batches": [asdict(batch) for batch in self._batches],
            "parts": self._parts,
        }


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
