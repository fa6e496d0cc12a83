"""The life of a row both ways: row -> batches -> state versions -> archived page -> API call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from vismapbi_assets.model.semantic_model import TABLE
from vismapbi_assets.settings import SettingsError
from vismapbi_assets.store import Store
from vismapbi_assets.store.batches import show_batch

Row = dict[str, Any]
TECHNICAL = (
    "sequence",
    "replaces",
    "deleted_at",
    "row_hash",
    "push_batch_id",
    "loaded_at",
    "parent",
)


@dataclass(frozen=True, slots=True)
class Trace:
    """What is known of one row of a table.

    Attributes:
        versions: every kept version of the row in Power BI, oldest first.
        batches: the batches that carried them, with attempts and outcome.
        documents: every kept version of the Visma.net document, with page and API call.
    """

    table: str
    key: str
    versions: list[Row] = field(default_factory=list)
    batches: list[Row] = field(default_factory=list)
    documents: list[Row] = field(default_factory=list)


def trace_row(store: Store, table: str, key: str) -> Trace:
    """Follow a row by its key, or by a document key that one of its columns holds."""
    if table not in TABLE:
        raise SettingsError(f"there is no table {table!r}; there are: {', '.join(TABLE)}")
    published = store.published(table)
    if not published.exists():
        raise SettingsError(f"{table} has not been published yet; run: vismapbi sync")
    keys = [key]
    if published.history(key).is_empty():
        keys = _matching(store, table, key)
    if not keys:
        raise SettingsError(
            f"{table} has no row {key!r}. Keys look like <company>:<type>:<number>, for example "
            "nordvik:Invoice:100001"
        )
    history = pl.concat([published.history(k) for k in keys], how="diagonal_relaxed")
    versions = history.to_dicts()
    batches = []
    for number in sorted({v["push_batch_id"] for v in versions if v.get("push_batch_id")}):
        try:
            batches.append(show_batch(store.plans, number, table))
        except FileNotFoundError as error:
            batches.append({"push_batch_id": number, "status": str(error)})
    return Trace(table, key, versions, batches, _documents(store, table, keys, versions))


def _matching(store: Store, table: str, key: str) -> list[str]:
    published = store.published(table)
    held = published.schema
    columns = [c for c in ("DocumentKey", "parent") if c in held]
    if not columns:
        return []
    wanted = pl.any_horizontal(*(pl.col(c) == key for c in columns))
    found = published.current(["row_key", *columns]).filter(wanted).collect()
    return found["row_key"].to_list()


def _documents(store: Store, table: str, keys: list[str], versions: list[Row]) -> list[Row]:
    texts = {*keys, *(str(v["DocumentKey"]) for v in versions if v.get("DocumentKey"))}
    rows: list[Row] = []
    seen: set[tuple[str, str, str]] = set()
    for text in sorted(texts):
        company, _, rest = text.partition(":")
        parts = rest.split(":")
        candidates = [":".join(parts[:n]) for n in range(len(parts), 0, -1)]
        for entity in TABLE[table].sources:
            state = store.state(entity)
            if not state.exists():
                continue
            found = state.rows(company, pl.Series(candidates), ["key"])
            for candidate in candidates:
                if candidate in found["key"] and (entity, company, candidate) not in seen:
                    seen.add((entity, company, candidate))
                    rows += _states(store, entity, company, candidate)
                    break
    return rows


def _states(store: Store, entity: str, company: str, key: str) -> list[Row]:
    rows = []
    for version in store.state(entity).history(company, key).to_dicts():
        address = version.get("page")
        call: Row = {}
        if address:
            try:
                call = dict(store.archive.read_meta(address))
            except FileNotFoundError:
                call = {"call": "the page is past its retention"}
        rows.append(
            {
                "entity": entity,
                "company": company,
                "key": key,
                "sequence": version["sequence"],
                "modified_at": version.get("modified_at"),
                "extracted_at": version.get("extracted_at"),
                "run_id": version.get("run_id"),
                "deleted_at": version.get("deleted_at"),
                "page": address,
                "call": call,
            }
        )
    return rows
