"""Writes a plan: cuts rows into batches and fixes what the table must hold afterwards.

The rows come from `changes.py`, the decision from `planner.py`; sending belongs in `poster.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl

from vismapbi_assets.powerbi.dax import Totals
from vismapbi_assets.powerbi.encode import MAX_BYTES, MAX_ROWS, chunks
from vismapbi_assets.powerbi.planner import Action
from vismapbi_assets.powerbi.rows import DELTA, PARENT, ROW_HASH, ROW_KEY, computed
from vismapbi_assets.powerbi.schema import PushTable
from vismapbi_assets.powerbi.verify import added, as_facts, totals_of
from vismapbi_assets.store.drafts import Batch, Plan
from vismapbi_assets.store.leases import Lease
from vismapbi_assets.store.plans import Plans
from vismapbi_assets.store.published import PublishedTable


def write_plan(
    plans: Plans,
    lease: Lease,
    table: PushTable,
    action: Action,
    frames: Iterable[pl.DataFrame],
    *,
    before: Totals,
    expected_rows: int,
    facts: Mapping[str, Any],
    max_rows: int = MAX_ROWS,
    max_bytes: int = MAX_BYTES,
) -> Plan:
    """Makes the table's open plan; `before` are the totals that an append adds to."""
    draft = plans.draft(table.name)
    ids = iter(plans.allocate(max(1, math.ceil(expected_rows / max_rows))))
    planned = Totals(0, {})
    for piece in evenly(frames, max_rows):
        for batch in chunks(piece, max_rows=max_rows, max_bytes=max_bytes):
            number = next(ids, None)
            if number is None:
                ids = iter(plans.allocate(8))
                number = next(ids)
            draft.batch(number, batch)
            planned = added(planned, totals_of(table, [batch], DELTA))
    after = added(before, planned) if action == "append" else planned
    about = {**facts, "before": as_facts(before), "after": as_facts(after)}
    return plans.finish(draft, lease, kind=action, facts=about)


def evenly(frames: Iterable[pl.DataFrame], rows: int) -> Iterator[pl.DataFrame]:
    """The same rows in the same order, in frames of exactly `rows` but for the last."""
    held: list[pl.DataFrame] = []
    count = 0
    for frame in frames:
        held.append(frame)
        count += frame.height
        if count >= rows:
            whole = pl.concat(held, how="vertical_relaxed")
            for start in range(0, count - rows + 1, rows):
                yield whole[start : start + rows]
            held = [whole[count - count % rows :]]
            count %= rows
    if count:
        yield pl.concat(held, how="vertical_relaxed")


def commit_plan(plan: Plan, published: PublishedTable, table: PushTable) -> bool:
    """Advances the published rows by a plan that is stored and verified."""
    facts = {
        "totals": plan.facts["after"],
        "run_id": plan.run_id,
        "action": plan.kind,
        "dataset_id": plan.facts.get("dataset_id"),
    }
    sources, lookup = plan.facts.get("sources") or {}, plan.facts.get("lookup_hash")
    if plan.kind == "replace":
        return published.replace(
            (_net(_numbered(plan, batch), plan, table) for batch in plan.batches),
            plan=plan.number,
            sources=sources,
            lookup_hash=lookup,
            facts=facts,
        )
    rows = pl.concat([_numbered(plan, b) for b in plan.batches], how="vertical_relaxed")
    new = _net(rows, plan, table)
    removed = rows.filter(pl.col(DELTA) < 0)[ROW_KEY].unique()
    return published.commit(
        new,
        removed.filter(~removed.is_in(new[ROW_KEY].implode())),
        plan=plan.number,
        at=plan.created_at,
        posted=plan.rows,
        sources=sources,
        lookup_hash=lookup,
        facts=facts,
    )


def _numbered(plan: Plan, batch: Batch) -> pl.DataFrame:
    return plan.read(batch).with_columns(
        pl.lit(batch.push_batch_id, pl.Int64).alias("push_batch_id")
    )


def _net(rows: pl.DataFrame, plan: Plan, table: PushTable) -> pl.DataFrame:
    """The rows that count after the plan, as they are kept."""
    return rows.filter(pl.col(DELTA) > 0).select(
        ROW_KEY,
        PARENT,
        ROW_HASH,
        "push_batch_id",
        pl.lit(plan.created_at).cast(pl.Datetime("us", "UTC")).alias("loaded_at"),
        *computed(table),
    )
