"""Work on what is already published: reconcile, compact, replay, refresh; and on the store itself.

Nothing here asks Visma.net. Each function gives plain rows for a person or a machine to read.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from vismapbi_assets.model.semantic_model import TABLE, TABLES
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.powerbi.publisher import Published
from vismapbi_assets.powerbi.schema import PushTable
from vismapbi_assets.settings import SettingsError

Row = dict[str, Any]


def chosen_tables(bench: Workbench, names: list[str]) -> list[PushTable]:
    """The push tables with these names; every table with rows where none is named."""
    with_rows = [t.name for t in TABLES if t.strategy != "none"]
    for name in names:
        if name not in with_rows:
            raise SettingsError(f"there is no table {name!r}; there are: {', '.join(with_rows)}")
    return [bench.model.table(name) for name in names or with_rows]


def published_row(done: Published) -> Row:
    """A publication as a plain row."""
    return {
        "table": done.table,
        "action": done.action,
        "status": done.status,
        "reason": done.reason,
        "rows_posted": done.posted,
        "posts": done.posts,
        "rows": done.net,
        "rows_in_destination": done.destination,
        "verified": done.verified,
        "resume_at": _time(done.resume_at),
    }


def compact_tables(bench: Workbench, names: list[str], *, run_id: str) -> list[Row]:
    """Replace tables whose superseded rows have passed the share; largest overhead first."""
    publisher = bench.publisher(run_id)
    share = bench.settings.dataset.compaction_share
    loads = []
    for table in chosen_tables(bench, names):
        meta = bench.store.published(table.name).meta()
        overhead = meta.superseded / meta.rows if meta.rows else 0.0
        if overhead > share or (names and meta.superseded):
            loads.append((meta.superseded, overhead, table))
    rows = []
    for _, overhead, table in sorted(loads, key=lambda load: -load[0]):
        reason = f"compaction: {overhead:.0%} of the rows were superseded"
        rows.append(published_row(publisher.replace(table, reason)))
    return rows


def maintain_store(bench: Workbench) -> list[Row]:
    """Compact and vacuum Delta tables; drop pages and plans past their retention."""
    from vismapbi_assets.store.maintenance import maintain

    now = datetime.now(UTC)
    kept = bench.settings.store
    return [
        asdict(result)
        for result in maintain(
            bench.store,
            archive_before=now - timedelta(days=kept.archive_days),
            plans_before=now - timedelta(days=kept.plan_days),
        )
    ]


def _time(epoch: float | None) -> str | None:
    return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="seconds") if epoch else None


def day_of(text: str) -> date:
    """A day from the command line or a run's configuration."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{text!r} is no day; write it as 2026-11-23") from None


def control_column(table: str) -> str | None:
    """The money column that stands for a table in summaries."""
    return TABLE[table].control
