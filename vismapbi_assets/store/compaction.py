"""Rewriting the small files of a versioned table into larger ones, without superseded versions.

Safe beside running writers and readers: the rows of every snapshot stay the same, old files stay
until `vacuum`, and a rewrite that lost a race is done again. When to do it belongs to
`maintenance`.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl
from deltalake.transaction import AddAction, RemoveAction

from vismapbi_assets.store.delta import REWRITE, ROW_GROUP, DataFile, Delta
from vismapbi_assets.store.published import PublishedTable
from vismapbi_assets.store.state import StateTable
from vismapbi_assets.store.versions import Snapshot, without_superseded

_LARGE = 32 * 1024 * 1024
_ROWS = 200_000
_MANY = 8
_SUPERSEDED = 0.2


@dataclass(frozen=True, slots=True)
class Compaction:
    """Files before and after, and how many superseded versions went."""

    files_before: int = 0
    files_after: int = 0
    dropped: int = 0


def compact(table: StateTable | PublishedTable, *, whole: bool = False) -> Compaction:
    """Merge neighbouring small files once there are many; with `whole` rewrite every file.

    The whole table is also rewritten when a fifth of its versions may be superseded.
    """
    return table.delta.retried(lambda: _compact(table.snapshot(), whole))


def vacuum(table: StateTable | PublishedTable, *, keep: timedelta = timedelta(days=2)) -> int:
    """Delete files that no snapshot of the last `keep` needs, and those of writers that died.

    `keep` is at least a day: readers and writers that began before may still use the files.
    """
    opened = table.delta.open()
    if opened is None:
        return 0
    hours = max(24, int(keep.total_seconds() // 3600))
    gone = opened.vacuum(retention_hours=hours, dry_run=False, full=True)
    opened.create_checkpoint()
    opened.cleanup_metadata()
    return len(gone)


def _compact(held: Snapshot, whole: bool) -> Compaction:
    count = len(held.files)
    if held.table is None or count == 0:
        return Compaction(count, count)
    rows = sum(file.rows for file in held.files)
    replacing = sum(file.rows - (file.nulls.get("replaces") or 0) for file in held.files)
    whole = whole or replacing > _SUPERSEDED * rows
    groups = list(_groups(held.files, whole))
    added: list[AddAction] = []
    removed: list[RemoveAction] = []
    dropped = 0
    for group in groups:
        before = sum(file.rows for file in group)
        action, kept = _rewrite(held, group, clean=whole)
        dropped += before - kept
        added += [action] if action else []
        removed += [_removal(file) for file in group]
    if removed:
        number = (held.table.transaction_version(REWRITE) or 0) + 1
        held.delta.commit(held.table, [*removed, *added], {REWRITE: number})
    return Compaction(count, count - len(removed) + len(added), dropped)


def _groups(files: Sequence[DataFile], whole: bool) -> Iterator[list[DataFile]]:
    """Runs of neighbouring files that become one file each."""
    group: list[DataFile] = []
    for file in files:
        large = file.size >= _LARGE or file.rows >= _ROWS
        if group and (large or _is_full(group)):
            yield from _worthwhile(group, whole)
            group = []
        if whole or not large:
            group.append(file)
    yield from _worthwhile(group, whole)


def _is_full(group: Sequence[DataFile]) -> bool:
    rows = sum(file.rows for file in group)
    return rows >= _ROWS or sum(file.size for file in group) >= _LARGE


def _worthwhile(group: list[DataFile], whole: bool) -> Iterator[list[DataFile]]:
    if len(group) >= (1 if whole else _MANY):
        yield group


def _rewrite(
    held: Snapshot, group: Sequence[DataFile], *, clean: bool
) -> tuple[AddAction | None, int]:
    """Write the versions of the group that are in force; lazily, so that memory is bounded."""
    frame = held.scan(group)
    newer = [file for file in held.files if not file.only_null("replaces")]
    if newer:
        frame = without_superseded(frame, held.superseding(newer), held.key)
    if clean:
        frame = frame.with_columns(pl.lit(None, pl.Int64).alias("replaces"))
    path = f"{group[0].path.split('-')[0]}-{uuid.uuid4().hex}.parquet"
    delta = held.delta
    options = delta.objects.storage_options if delta.objects.folder is None else None
    address = delta.objects.address(f"{delta.folder}/{path}")
    frame.sink_parquet(
        address,
        compression="zstd",
        compression_level=3,
        row_group_size=ROW_GROUP,
        storage_options=options,
    )
    stats = _statistics(delta, address, held)
    if stats["numRecords"] == 0:
        delta.objects.delete(f"{delta.folder}/{path}")
        return None, 0
    return delta.added(path, stats, data_change=False), int(stats["numRecords"])


def _statistics(delta: Delta, address: str, held: Snapshot) -> dict[str, Any]:
    options = delta.objects.storage_options if delta.objects.folder is None else None
    columns = [name for name in delta.statistics if name in held.schema]
    written = pl.scan_parquet(address, storage_options=options)
    row = (
        written.select(
            pl.len().alias("rows"),
            pl.col(columns).min().name.prefix("min."),
            pl.col(columns).max().name.prefix("max."),
            pl.col(columns).null_count().name.prefix("null."),
        )
        .collect()
        .row(0, named=True)
    )
    return {
        "numRecords": row["rows"],
        "minValues": {c: row[f"min.{c}"] for c in columns if row[f"min.{c}"] is not None},
        "maxValues": {c: row[f"max.{c}"] for c in columns if row[f"max.{c}"] is not None},
        "nullCount": {c: row[f"null.{c}"] for c in columns},
    }


def _removal(file: DataFile) -> RemoveAction:
    return RemoveAction(
        path=file.path,
        data_change=False,
        deletion_timestamp=int(time.time() * 1000),
        size=file.size,
        partition_values={},
    )
