"""Brings documents that somebody let go from quarantine into state, at once and without a call."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from vismapbi_assets.settings import Settings
from vismapbi_assets.store import Store
from vismapbi_assets.visma.decode import decode_page
from vismapbi_assets.visma.entities.declaration import Entity


def load_released(
    store: Store, entity: Entity, company: str, settings: Settings, *, run_id: str
) -> int:
    """Decode what is released and write it to state; gives how many documents state took."""
    released = store.quarantine(entity.name).released()
    mine = released.filter(pl.col("company") == company)
    at = datetime.now(UTC)
    written = 0
    for record in mine.iter_rows(named=True):
        decoded = decode_page(
            entity,
            f"[{record['raw']}]".encode(),
            zone=settings.time_zone,
            company=company,
            requested={},
            check=False,
        )
        if decoded.frame.is_empty():
            continue
        frame = decoded.frame.with_columns(page=pl.lit(record["page"], pl.String))
        done = store.state(entity.name).upsert(frame, run_id=run_id, extracted_at=at)
        written += done.written
    return written
