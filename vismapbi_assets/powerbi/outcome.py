"""What publishing can be told, and what it says afterwards.

Plain values: the options of a publisher and the result of one table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from vismapbi_assets.powerbi.encode import MAX_BYTES, MAX_ROWS
from vismapbi_assets.powerbi.quota_ledger import Forecast

Status = Literal["ok", "repaired", "partial", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishOptions:
    """What can be tuned.

    Attributes:
        settle_seconds: how long an unknown outcome is asked for.
        wait_seconds: how long a run waits for quota before it stops and says when to go on.
        repair: replace a table that differs from what was published, or only say so.
        replace_share: share of the table from which reversals cost too much.
        use_sequence: number the POSTs, as evidence where the dataset cannot be queried.
        created_here: the dataset was created from this store, so a table that was never published
            needs no look before its first load (which clears it anyway).
        repairs: how often one run replaces a table that does not come out right.
    """

    settle_seconds: float = 10.0
    wait_seconds: float = 300.0
    repair: bool = True
    replace_share: float = 0.5
    max_rows: int = 5_000_000
    chunk_rows: int = MAX_ROWS
    chunk_bytes: int = MAX_BYTES
    repairs: int = 3
    use_sequence: bool = False
    created_here: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What publishing a table did.

    Attributes:
        posted: rows posted, reversals included.
        net: rows that count, one per key.
        destination: rows in the table, reversals included.
        totals: sums of the additive columns after the run.
        verified: the destination itself confirmed rows and totals.
        unasked: the destination could not be asked, so nothing confirms or denies them.
        empty_seconds: how long a replaced table was empty or incomplete.
    """

    table: str
    action: str
    reason: str
    status: Status
    posted: int = 0
    posts: int = 0
    batches: tuple[int, ...] = ()
    net: int = 0
    destination: int = 0
    totals: Mapping[str, str] = field(default_factory=dict)
    verified: bool = False
    unasked: bool = False
    added: int = 0
    changed: int = 0
    vanished: int = 0
    ignored: int = 0
    rejected: pl.DataFrame = field(default_factory=pl.DataFrame)
    notes: tuple[str, ...] = ()
    forecast: Forecast | None = None
    resume_at: float | None = None
    empty_seconds: float = 0.0
    seconds: float = 0.0
