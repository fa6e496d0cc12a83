"""Decides how a table's change travels, and makes the rows that are posted.

The choice between nothing, append and replace with its reason, reversals built from published
rows, platform columns. Pure: finding what changed belongs in `changes.py`, sending in `poster.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import polars as pl

from vismapbi_assets.powerbi.schema import PushTable

Action = Literal["nothing", "append", "replace"]

LOADED_AT, ROW_DELTA, BATCH_ID = "LoadedAt", "RowDelta", "PushBatchId"
PLATFORM = frozenset({LOADED_AT, ROW_DELTA, BATCH_ID})
"""Columns that the publisher fills."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a run found: rows added, changed, vanished; rows wanted; rows in the destination."""

    added: int
    changed: int
    vanished: int
    wanted: int
    destination: int

    @property
    def posted_by_append(self) -> int:
        """Rows that appending would post."""
        return self.added + 2 * self.changed + self.vanished


@dataclass(frozen=True, slots=True)
class Choice:
    """What to do and why, in words for the audit log."""

    action: Action
    reason: str


def choose(
    table: PushTable,
    counts: Counts,
    *,
    distrust: str | None = None,
    replace_share: float = 0.5,
    max_rows: int = 5_000_000,
) -> Choice:
    """The cheapest correct way; `distrust` says why the destination is not what we know."""
    c = counts
    if distrust:
        return Choice("replace", distrust)
    if not (c.added or c.changed or c.vanished):
        return Choice("nothing", f"none of {c.wanted} rows changed")
    said = f"{c.added} added, {c.changed} changed, {c.vanished} vanished"
    if table.strategy == "replace":
        return Choice("replace", f"{said}; dimensions are replaced when their content changes")
    if c.destination + c.posted_by_append > max_rows:
        return Choice("replace", f"{said}; appending would pass {max_rows} rows in the table")
    if table.strategy == "append":
        return Choice("append", f"{said}; only new rows are appended to this table")
    reversed_rows = 2 * c.changed + c.vanished
    if reversed_rows > replace_share * c.wanted:
        return Choice(
            "replace",
            f"{said}; reversals would cost {reversed_rows} rows, "
            f"more than {replace_share:.0%} of {c.wanted}",
        )
    return Choice("append", f"{said}; {c.posted_by_append} rows instead of {c.wanted}")


def reversals(table: PushTable, published: pl.DataFrame) -> pl.DataFrame:
    """The exact opposite of published rows: additive columns negated, all others repeated."""
    negated = [
        (-pl.col(c)).cast(published.schema[c])
        for c in table.additive
        if c not in PLATFORM and c in published.columns
    ]
    return published.with_columns(negated)


def stamped(
    table: PushTable,
    rows: pl.DataFrame,
    *,
    batch_id: int,
    loaded_at: datetime,
    delta: str | None = None,
) -> pl.DataFrame:
    """The rows with all columns of the table in order; `delta` names the column of signs."""
    signs = pl.col(delta).cast(pl.Int64) if delta else pl.lit(1, pl.Int64)
    platform = {
        LOADED_AT: pl.lit(loaded_at.replace(tzinfo=None), pl.Datetime("us")),
        ROW_DELTA: signs,
        BATCH_ID: pl.lit(batch_id, pl.Int64),
    }
    return rows.select(
        platform[c].alias(c) if c in platform else pl.col(c) for c in table.column_names
    )
