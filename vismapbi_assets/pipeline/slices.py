"""The documents that the rows of a row-wise table are computed from, slice by slice.

A document that several lists deliver is one document: its rows are computed once, from all of them
together, so that the newest reading counts. Which documents moved is read in `inputs`, what becomes
of the rows is decided in `publication`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from vismapbi_assets.model.table import RowWise, Table
from vismapbi_assets.pipeline.inputs import entity_frame, live_frame, moved_slices
from vismapbi_assets.store import Store

SHARED = 5_000
"""How many documents of several lists are computed at once."""

_KEY = ["company", "key"]


def document_slices(
    store: Store, table: Table, since: Mapping[str, int]
) -> Iterator[dict[str, pl.LazyFrame]]:
    """The live documents among those that moved after the given sequences, per entity."""
    row_wise = table.row_wise
    if row_wise is None:
        return
    shared: pl.Series | None = None
    waiting: list[pl.Series] = []
    for moved in moved_slices(store, table, since):
        if shared is None:  # asked for once something has moved: it reads the keys of all lists
            shared = _shared_parents(store, row_wise)
        frames = dict(moved.frames)
        if len(shared):
            for name, frame in frames.items():
                parents = row_wise.parents(name, frame)
                is_shared = parents.is_in(shared.implode())
                waiting.append(parents.filter(is_shared))
                frames[name] = frame.filter(~is_shared)
        yield {name: live_frame(name, frames.get(name)) for name in row_wise.entities}
    if waiting:
        yield from _together(store, row_wise, pl.concat(waiting).unique())


def _shared_parents(store: Store, row_wise: RowWise) -> pl.Series:
    """The documents that more than one list delivers or has delivered."""
    none = pl.Series([], dtype=pl.String)
    if len(row_wise.entities) == 1:
        return none
    parents = [
        row_wise.parents(name, state.current(_KEY, deleted=True).collect()).unique()
        for name in row_wise.entities
        if (state := store.state(name)).exists()
    ]
    every = pl.concat([none, *parents])
    return every.filter(every.is_duplicated()).unique()


def _together(
    store: Store, row_wise: RowWise, parents: pl.Series
) -> Iterator[dict[str, pl.LazyFrame]]:
    for part in parents.to_frame().iter_slices(SHARED):
        wanted = part.to_series().implode()
        frames = {}
        for name in row_wise.entities:
            live = entity_frame(store, name)
            keys = live.select(_KEY).collect()
            mine = keys.filter(row_wise.parents(name, keys).is_in(wanted))
            frames[name] = live.join(mine.lazy(), on=_KEY, how="semi")
        yield frames
