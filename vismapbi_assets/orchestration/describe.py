"""Descriptions for the UI: column schemas, lineage and metadata from the declarations."""

from __future__ import annotations

import re
from collections.abc import Mapping

import dagster as dg
import polars as pl

from vismapbi_assets.model.table import Table
from vismapbi_assets.visma.entities.declaration import Entity


def entity_schema(entity: Entity) -> dg.TableSchema:
    """The columns of a state table."""
    descriptions = entity.descriptions
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name, str(dtype), description=descriptions.get(name))
            for name, dtype in entity.state_schema.items()
        ]
    )


def table_schema(table: Table) -> dg.TableSchema:
    """The columns of a Power BI table."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                c.name,
                c.data_type,
                description=c.source.replace("<", "\\<"),  # else the UI takes <company> for HTML
                constraints=dg.TableColumnConstraints(nullable=c.nullable),
                tags={"hidden": ""} if c.hidden else None,
            )
            for c in table.columns
        ]
    )


def column_lineage(table: Table, entities: Mapping[str, Entity]) -> dg.TableColumnLineage:
    """Which members of which entities a column's rule names."""
    lineage: dict[str, list[dg.TableColumnDep]] = {}
    for column in table.columns:
        names = {w.replace(".", "_") for w in re.findall(r"[a-z]\w*(?:\.\w+)*", column.source)}
        deps = []
        for source in table.sources:
            if source not in entities:
                continue
            schema = entities[source].schema
            found = sorted(names & set(schema))
            deps += [dg.TableColumnDep(dg.AssetKey(["visma", source]), name) for name in found]
        if deps:
            lineage[column.name] = deps
    return dg.TableColumnLineage(lineage)


def markdown_table(frame: pl.DataFrame, limit: int = 20) -> str:
    """A small frame as a Markdown table."""
    if frame.is_empty():
        return "none"
    head = frame.head(limit)
    lines = [" | ".join(head.columns), " | ".join("---" for _ in head.columns)]
    lines += [" | ".join("" if v is None else str(v) for v in row) for row in head.iter_rows()]
    if frame.height > limit:
        lines.append(f"… and {frame.height - limit} more")
    return "\n".join(f"| {line} |" for line in lines[:-1]) + (
        f"\n{lines[-1]}" if frame.height > limit else f"\n| {lines[-1]} |"
    )
