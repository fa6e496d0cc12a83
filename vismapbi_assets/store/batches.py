"""Reading the batch ledger: lists with filters, one batch with all that happened to it.

For people and for replay. Nothing here changes a plan.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from vismapbi_assets.store.drafts import Batch, Plan
from vismapbi_assets.store.ledger import BatchState
from vismapbi_assets.store.plans import Plans

_SCHEMA: dict[str, pl.DataType] = {
    "push_batch_id": pl.Int64(),
    "table": pl.String(),
    "plan": pl.Int64(),
    "kind": pl.String(),
    "rows": pl.Int64(),
    "status": pl.String(),
    "attempts": pl.Int64(),
    "run_id": pl.String(),
    "created_at": pl.Datetime("us", "UTC"),
    "plan_outcome": pl.String(),
}


def list_batches(
    plans: Plans,
    *,
    table: str | None = None,
    plan: int | None = None,
    status: str | None = None,
    run_id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 200,
) -> pl.DataFrame:
    """The batches of the newest plans first, at most `limit` of those that pass the filters."""
    rows: list[dict[str, Any]] = []
    for name in [table] if table else plans.tables():
        found = 0
        for held in plans.newest(name):
            if found >= limit or (since and held.created_at < since):
                break
            outside = (plan is not None and held.number != plan) or (
                until is not None and held.created_at > until
            )
            if outside or (run_id is not None and held.run_id != run_id):
                continue
            described = [row for row in _rows(plans, held) if status in (None, row["status"])]
            rows += described
            found += len(described)
    frame = pl.DataFrame(rows, _SCHEMA)
    return frame.sort("push_batch_id", descending=True).head(limit)


def find_batch(plans: Plans, push_batch_id: int, table: str | None = None) -> tuple[Plan, Batch]:
    """The plan and the batch with that id; FileNotFoundError when no kept plan has it."""
    for name in [table] if table else plans.tables():
        for plan in plans.newest(name):
            for batch in plan.batches:
                if batch.push_batch_id == push_batch_id:
                    return plan, batch
            if plan.batches and plan.batches[-1].push_batch_id < push_batch_id:
                break
    raise FileNotFoundError(
        f"no kept plan holds batch {push_batch_id}; it may be older than the retention of plans"
    )


def show_batch(plans: Plans, push_batch_id: int, table: str | None = None) -> dict[str, Any]:
    """A batch with its plan, its state and every note about its attempts."""
    plan, batch = find_batch(plans, push_batch_id, table)
    row = next(r for r in _rows(plans, plan) if r["push_batch_id"] == push_batch_id)
    return {
        **row,
        "digest": batch.digest,
        "path": batch.path,
        "facts": dict(plan.facts),
        "closing": plans.closing(plan),
        "history": plan.ledger.attempts(push_batch_id),
    }


def _rows(plans: Plans, plan: Plan) -> list[dict[str, Any]]:
    states = plan.ledger.states()
    closing = plans.closing(plan)
    rows = []
    for batch in plan.batches:
        pending = BatchState(batch.push_batch_id, 0, "pending")
        state = states.get(batch.push_batch_id, pending)
        rows.append(
            {
                "push_batch_id": batch.push_batch_id,
                "table": plan.table,
                "plan": plan.number,
                "kind": plan.kind,
                "rows": batch.rows,
                "status": state.status,
                "attempts": state.attempts,
                "run_id": plan.run_id,
                "created_at": plan.created_at,
                "plan_outcome": closing["outcome"] if closing else "open",
            }
        )
    return rows
