"""Rows of a table as tests want to look at them."""

from typing import Any

import polars as pl

from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.semantic_model import TABLE


def rows(table: str, given: Inputs) -> pl.DataFrame:
    """The computed rows of a table, its schema checked on the way."""
    computed = TABLE[table].compute(given)
    assert dict(computed.schema) == TABLE[table].schema
    return computed


def by_key(table: str, given: Inputs) -> dict[str, dict[str, Any]]:
    """The computed rows by their key."""
    return {row[TABLE[table].key[0]]: row for row in rows(table, given).to_dicts()}
