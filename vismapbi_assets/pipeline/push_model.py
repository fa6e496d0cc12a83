"""From the declarations of the finance model to the push semantic model, field by field."""

from __future__ import annotations

from vismapbi_assets.model.semantic_model import MEASURES, RELATIONSHIPS, TABLES
from vismapbi_assets.model.table import Column, Table
from vismapbi_assets.powerbi.schema import (
    DataType,
    PushColumn,
    PushMeasure,
    PushModel,
    PushRelationship,
    PushTable,
)
from vismapbi_assets.settings import Settings


def build_push_model(settings: Settings) -> PushModel:
    """The complete dataset that is created once."""
    double = settings.dataset.money_type == "Double"
    return PushModel(
        name=settings.dataset.name,
        tables=tuple(push_table(table, money_as_double=double) for table in TABLES),
        relationships=tuple(
            PushRelationship(
                name=r.name,
                from_table=r.from_table,
                from_column=r.from_column,
                to_table=r.to_table,
                to_column=r.to_column,
                cross_filtering=r.cross_filter,
            )
            for r in RELATIONSHIPS
        ),
    )


def push_table(table: Table, *, money_as_double: bool = False) -> PushTable:
    """One table with the measures that it carries."""
    return PushTable(
        name=table.name,
        columns=tuple(_column(c, money_as_double) for c in table.columns),
        measures=tuple(
            PushMeasure(
                name=m.name,
                expression=m.expression,
                format_string=m.format,
                description=m.description,
            )
            for m in MEASURES
            if m.table == table.name
        ),
        is_hidden=table.hidden,
        description=table.grain,
        strategy=table.strategy,
        key=table.key,
    )


def _column(column: Column, money_as_double: bool) -> PushColumn:
    data_type: DataType = column.data_type
    if data_type == "Decimal" and money_as_double:
        data_type = "Double"
    return PushColumn(
        name=column.name,
        data_type=data_type,
        format_string=column.format,
        summarize_by=column.summarize,
        additive=column.additive,
        is_hidden=column.hidden,
        sort_by_column=column.sort_by,
        description=column.source,
    )
