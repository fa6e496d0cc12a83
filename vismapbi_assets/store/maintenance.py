"""Keeping the store small and fast: compaction, vacuum and retention over all of it.

Safe beside running syncs. When it runs and how long things are kept is for the callers to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from vismapbi_assets.store.compaction import compact, vacuum
from vismapbi_assets.store.published import PublishedTable
from vismapbi_assets.store.state import StateTable
from vismapbi_assets.store.store import Store

_LOGS = timedelta(days=8)
_KEPT_LOGS = ("documents/", "plans/", "published/")
"""Logs whose entries have a retention of their own, or none."""


@dataclass(frozen=True, slots=True)
class Maintenance:
    """What one round did."""

    tables: int
    compacted: int
    versions_dropped: int
    files_deleted: int
    pages_purged: int
    plan_files_purged: int
    log_entries_pruned: int


def maintain(
    store: Store,
    *,
    now: datetime,
    archive_days: int = 90,
    plan_days: int = 90,
    keep: timedelta = timedelta(days=2),
) -> Maintenance:
    """Compact and vacuum every table, and drop what is past its retention."""
    tables = versioned_tables(store)
    done = [compact(table) for table in tables]
    deleted = sum(vacuum(table, keep=keep) for table in tables)
    plans_before = now - timedelta(days=plan_days)
    for name in store.tables():
        store.published(name).prune(plans_before)
    return Maintenance(
        tables=len(tables),
        compacted=sum(result.files_after != result.files_before for result in done),
        versions_dropped=sum(result.dropped for result in done),
        files_deleted=deleted,
        pages_purged=store.archive.purge(now - timedelta(days=archive_days)),
        plan_files_purged=store.plans.purge(plans_before),
        log_entries_pruned=prune_logs(store, now - _LOGS),
    )


def versioned_tables(store: Store) -> list[StateTable | PublishedTable]:
    """Every Delta table of the store."""
    return [
        *(store.state(entity) for entity in store.entities()),
        *(store.quarantine(entity).table for entity in store.quarantined()),
        *(store.published(table) for table in store.tables()),
    ]


def prune_logs(store: Store, older_than: datetime) -> int:
    """Drop old entries of logs that only their newest entries matter of."""
    paths = (info.path.removeprefix("log/") for info in store.objects.list("log"))
    names = {path.rsplit("/", 1)[0] for path in paths}
    return sum(
        store.log(name).prune(older_than)
        for name in sorted(names)
        if not f"{name}/".startswith(_KEPT_LOGS)
    )
