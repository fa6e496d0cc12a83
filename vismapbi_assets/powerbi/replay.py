"""Brings tables back from the store alone: a batch, a table, a day, or everything.

Asks the destination first, so that nothing doubles; what is missing or wrong is replaced from the
published rows. No call goes to the source. Compaction is the same act with another reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace as changed
from datetime import UTC, date, datetime, time, timedelta

from vismapbi_assets.powerbi.outcome import Published
from vismapbi_assets.powerbi.publisher import Publisher
from vismapbi_assets.powerbi.schema import PushTable
from vismapbi_assets.store.batches import find_batch, list_batches


class NothingToReplay(LookupError):  # noqa: N818 - reads as what it is
    """The store has no rows for what was asked."""


def replay_batch(
    publisher: Publisher, tables: Mapping[str, PushTable], push_batch_id: int
) -> Published:
    """Makes sure that what a batch brought is in the destination, once."""
    plan, batch = find_batch(publisher.store.plans, push_batch_id)
    done = replay_table(publisher, tables[plan.table], f"replay of batch {push_batch_id}")
    said = f"batch {push_batch_id} ({batch.rows} rows, plan {plan.number}): {done.reason}"
    return changed(done, reason=said)


def replay_table(
    publisher: Publisher, table: PushTable, reason: str = "replay", *, force: bool = False
) -> Published:
    """Replaces a table from the store if it differs from what was published, or if `force`."""
    if not publisher.store.published(table.name).meta().plan:
        raise NothingToReplay(f"{table.name!r} was never published from this store; run sync first")
    if force:
        return publisher.replace(table, reason)
    return publisher.restore(table)


def replay_day(
    publisher: Publisher, tables: Mapping[str, PushTable], day: date, *, force: bool = False
) -> Iterator[Published]:
    """Replays every table that got a batch on a day (UTC)."""
    start = datetime.combine(day, time(), UTC)
    end = start + timedelta(days=1)
    found = list_batches(publisher.store.plans, since=start, until=end, limit=1_000_000)
    names = found["table"].unique().sort().to_list()
    if not names:
        raise NothingToReplay(f"no batch of {day} is kept")
    for name in _small_first(publisher, [n for n in names if n in tables]):
        yield replay_table(publisher, tables[name], f"replay of {day}", force=force)


def replay_all(
    publisher: Publisher, tables: Mapping[str, PushTable], *, force: bool = False
) -> Iterator[Published]:
    """Replays every table that was ever published, small ones first."""
    names = [n for n in publisher.store.tables() if n in tables]
    for name in _small_first(publisher, names):
        if publisher.store.published(name).meta().plan:
            yield replay_table(publisher, tables[name], "replay of everything", force=force)


def compact(
    publisher: Publisher, tables: Mapping[str, PushTable], *, share: float = 0.25
) -> Iterator[Published]:
    """Replaces the tables whose cancelled rows pass a share, largest overhead first.

    Stops before a table that the hour's quota would leave incomplete.
    """
    metas = {n: publisher.store.published(n).meta() for n in publisher.store.tables()}
    due = [
        n
        for n, meta in metas.items()
        if n in tables
        and tables[n].strategy == "reverse"
        and meta.rows
        and meta.superseded > share * meta.rows
    ]
    for name in sorted(due, key=lambda n: -metas[n].superseded):
        meta = metas[name]
        posts = -(-meta.net // publisher.options.chunk_rows)
        forecast = publisher.quota.forecast(meta.net, posts, table_rows=meta.net)
        if forecast.hours > 1:
            continue
        said = f"compaction: {meta.superseded} of {meta.rows} rows cancel out"
        yield publisher.replace(tables[name], said)


def _small_first(publisher: Publisher, names: list[str]) -> list[str]:
    return sorted(names, key=lambda n: publisher.store.published(n).meta().net)
