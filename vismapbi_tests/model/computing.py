"""Rows of a table as tests want to look at them."""

from dataclasses import replace
from typing import Any

import polars as pl

from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.semantic_model import TABLE


def rows(table: str, given: Inputs) -> pl.DataFrame:
    """The computed rows of a table, its schema checked on the way.

    Facts that are not given have no rows.
    """
    facts = {name: pl.LazyFrame(schema=TABLE[name].schema) for name in TABLE[table].tables}
    computed = TABLE[table].compute(replace(given, tables=facts | dict(given.tables)))
    assert dict(computed.schema) == TABLE[table].schema
    return computed


def by_key(table: str, given: Inputs) -> dict[str, dict[str, Any]]:
    """The computed rows by their key."""
    return {row[TABLE[table].key[0]]: row for row in rows(table, given).to_dicts()}


def published(given: Inputs) -> Inputs:
    """The inputs with the net rows of every table, computed in the order that they need."""
    tables = dict(given.tables)
    waiting = [table for table in TABLE.values() if table.transform is not None]
    while waiting:
        ready = [table for table in waiting if set(table.tables) <= tables.keys()]
        assert ready, f"no order for {[table.name for table in waiting]}"
        for table in ready:
            now = Inputs(given.entities, tables, given.companies, given.as_of, given.zone)
            tables[table.name] = rows(table.name, now).lazy()
            waiting.remove(table)
    return Inputs(given.entities, tables, given.companies, given.as_of, given.zone)
