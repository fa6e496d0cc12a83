"""Work on what is already published: reconcile, compact, replay, refresh; and on the store itself.

Nothing here asks Visma.net. Each function gives plain rows for a person or a machine to read; how
things are done belongs in `powerbi/` and `store/`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from vismapbi_assets.model.semantic_model import TABLES
from vismapbi_assets.pipeline.inputs import published_frame
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.powerbi import refresh
from vismapbi_assets.powerbi.outcome import Published
from vismapbi_assets.powerbi.reconcile import evidence, reconcile
from vismapbi_assets.powerbi.replay import (
    NothingToReplay,
    compact,
    replay_all,
    replay_batch,
    replay_day,
    replay_table,
)
from vismapbi_assets.powerbi.schema import PushTable
from vismapbi_assets.settings import SettingsError
from vismapbi_assets.settings_shape import Refresh
from vismapbi_assets.store.maintenance import maintain

LOG = "RefreshLog"
Row = dict[str, Any]


class RefreshFailedError(RuntimeError):
    """A dependent import model did not refresh; the text carries the service's message."""


def chosen_tables(bench: Workbench, names: Iterable[str]) -> dict[str, PushTable]:
    """The push tables with these names; every table with rows where none is named."""
    with_rows = [t.name for t in TABLES if t.strategy != "none"]
    wanted = list(names) or with_rows
    for name in wanted:
        if name not in with_rows:
            raise SettingsError(f"there is no table {name!r}; there are: {', '.join(with_rows)}")
    return {name: bench.model.table(name) for name in wanted}


def reconcile_tables(
    bench: Workbench, names: Iterable[str], *, run_id: str, repair: bool | None = None
) -> list[Row]:
    """Compare tables in Power BI with what was published; repair them if asked or set so."""
    publisher = bench.publisher(run_id)
    mend = bench.settings.dataset.repair == "automatic" if repair is None else repair
    rows = []
    for table in chosen_tables(bench, names).values():
        found = reconcile(publisher, table, repair=mend)
        repaired = found.repaired is not None and found.repaired.verified
        rows.append(
            {
                "table": table.name,
                "equal": found.status in ("equal", "unpublished") or repaired,
                "repaired": repaired,
                **evidence(found),
                "notes": list(found.notes),
            }
        )
    return rows


def compact_tables(bench: Workbench, names: Iterable[str], *, run_id: str) -> list[Row]:
    """Replace tables in which reversals have piled up, and shorten the refresh log."""
    publisher = bench.publisher(run_id)
    tables = chosen_tables(bench, names)
    share = bench.settings.dataset.compaction_share
    rows = [_row(done) for done in compact(publisher, tables, share=share)]
    if LOG in tables:
        rows += _shorten_log(bench, run_id)
    return rows


def _shorten_log(bench: Workbench, run_id: str) -> list[Row]:
    held = published_frame(bench.store, LOG).collect()
    days = bench.settings.dataset.log_days
    oldest = (datetime.now(UTC) - timedelta(days=days)).replace(tzinfo=None)
    kept = held.filter(pl.col("PublishedAt") >= oldest)
    if kept.height == held.height:
        return []
    table = bench.model.table(LOG)
    computed = [c for c in held.columns if c != "PushBatchId"]
    done = bench.publisher(run_id).publish(
        table, kept.select(computed), replace_reason=f"the log keeps {days} days"
    )
    return [_row(done)]


def replay_batches(
    bench: Workbench,
    *,
    run_id: str,
    batch: int | None = None,
    table: str | None = None,
    day: str | None = None,
    everything: bool = False,
) -> list[Row]:
    """Bring back from the store what a batch, a table, a day or everything had brought."""
    if sum((batch is not None, table is not None, day is not None, everything)) != 1:
        raise SettingsError("name exactly one of: a batch, a table, a day, everything")
    publisher = bench.publisher(run_id)
    tables = chosen_tables(bench, [table] if table else [])
    try:
        if batch is not None:
            done = [replay_batch(publisher, tables, batch)]
        elif table is not None:
            done = [replay_table(publisher, tables[table])]
        elif day is not None:
            done = list(replay_day(publisher, tables, day_of(day)))
        else:
            done = list(replay_all(publisher, tables))
    except (NothingToReplay, FileNotFoundError) as error:
        raise SettingsError(str(error)) from None
    return [_row(each) for each in done]


def refresh_model(bench: Workbench, model: Refresh, *, run_id: str) -> Row:
    """Refresh a dependent import model and wait for its end."""
    client = bench.powerbi(model.workspace_id)
    done = refresh.refresh_model(
        client,
        model.dataset_id,
        kind=model.kind,
        timeout_seconds=model.timeout_minutes * 60,
    )
    row = asdict(done)
    bench.store.documents.put(f"refreshes/{model.name}", row | {"run_id": run_id})
    if done.status != "completed":
        raise RefreshFailedError(
            f"the refresh of {model.name} {done.status}: {done.message or 'no message'}. Look at "
            "the refresh history of the model in Power BI"
        )
    return row


def maintain_store(bench: Workbench) -> list[Row]:
    """Compact and vacuum Delta tables; drop pages and plans past their retention."""
    kept = bench.settings.store
    done = maintain(
        bench.store,
        now=datetime.now(UTC),
        archive_days=kept.archive_days,
        plan_days=kept.plan_days,
    )
    return [asdict(done)]


def day_of(text: str) -> date:
    """A day from the command line or a run's configuration."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{text!r} is no day; write it as 2026-11-23") from None


def _row(done: Published) -> Row:
    resume_at = datetime.fromtimestamp(done.resume_at, UTC) if done.resume_at else None
    return {
        "table": done.table,
        "action": done.action,
        "status": done.status,
        "reason": "; ".join([done.reason, *done.notes]),
        "rows_posted": done.posted,
        "posts": done.posts,
        "rows": done.net,
        "rows_in_destination": done.destination,
        "verified": done.verified,
        "resume_at": resume_at.isoformat(timespec="seconds") if resume_at else None,
    }
