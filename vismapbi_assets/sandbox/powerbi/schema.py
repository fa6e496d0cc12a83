"""The schema part of the service: what a create or PUT body must look like.

Turns a JSON body into definitions or refuses it as the service would. Rows are not looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vismapbi_assets.sandbox.powerbi.errors import bad_request, invalid_request
from vismapbi_assets.sandbox.powerbi.limits import Limits

DataType = Literal["String", "Int64", "Double", "Boolean", "DateTime", "Decimal"]

TABLE_NAME = re.compile(
    r"[\t\n\r #\-0-9@A-Z^_a-z~-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]{1,100}"
)
COLUMN_NAME = re.compile(r"[\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]+")
DATA_TYPES: dict[str, DataType] = {
    "string": "String",
    "int64": "Int64",
    "double": "Double",
    "boolean": "Boolean",
    "bool": "Boolean",
    "datetime": "DateTime",
    "decimal": "Decimal",
}
SUMMARIZE = {"default", "none", "sum", "min", "max", "count", "average", "distinctcount"}
CROSS_FILTERING = {"OneDirection", "BothDirections", "Automatic"}
MODES = {"Push", "Streaming", "PushStreaming", "AsAzure", "AsOnPrem"}

DATASET_PROPERTIES = {"name", "tables", "relationships", "defaultMode", "datasources"}
TABLE_PROPERTIES = {"name", "columns", "measures", "isHidden", "description", "source", "rows"}
COLUMN_PROPERTIES = {
    "name", "dataType", "formatString", "sortByColumn", "dataCategory", "isHidden", "summarizeBy"
}  # fmt: skip
MEASURE_PROPERTIES = {"name", "expression", "formatString", "description", "isHidden"}
RELATIONSHIP_PROPERTIES = {
    "name", "fromTable", "fromColumn", "toTable", "toColumn", "crossFilteringBehavior"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnDef:
    """A declared column."""

    name: str
    data_type: DataType


@dataclass(frozen=True, slots=True)
class TableDef:
    """A declared table; `body` is the declaration as received."""

    name: str
    columns: tuple[ColumnDef, ...]
    measures: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RelationshipDef:
    """A declared relationship: from the many side to the one side."""

    name: str
    from_table: str
    from_column: str
    to_table: str
    to_column: str
    behavior: str


@dataclass(frozen=True, slots=True)
class DatasetDef:
    """A complete create request."""

    name: str
    tables: tuple[TableDef, ...]
    relationships: tuple[RelationshipDef, ...]
    mode: str


def _properties(body: Any, known: set[str], required: Iterable[str], what: str) -> None:
    if not isinstance(body, Mapping):
        raise bad_request(f"{what}: an object is expected")
    unknown = [name for name in body if name not in known]
    if unknown:
        raise bad_request(*(f"Property '{name}' is not known." for name in unknown), target=what)
    missing = [name for name in required if body.get(name) is None]
    if missing:
        raise bad_request(*(f"Property '{name}' is required." for name in missing), target=what)


def _name(value: Any, pattern: re.Pattern[str], what: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise bad_request(f"{what} does not match the pattern.", target=what)
    return value


def _texts(body: Mapping[str, Any], names: Sequence[str], what: str) -> None:
    wrong = [name for name in names if not isinstance(body.get(name, ""), str | None)]
    if wrong:
        raise bad_request(*(f"Property '{name}' must be a string." for name in wrong), target=what)


def _unique(names: Sequence[str], what: str) -> None:
    if len({name.casefold() for name in names}) != len(names):
        raise invalid_request(f"Duplicate {what}")


def _list(body: Mapping[str, Any], name: str, what: str) -> list[Any]:
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise bad_request(f"Property '{name}' must be an array.", target=what)
    return value


def _column(body: Any, plain: bool) -> ColumnDef:
    _properties(body, COLUMN_PROPERTIES, ("name", "dataType"), "column")
    _texts(body, ("formatString", "sortByColumn", "dataCategory"), "column")
    if plain and set(body) - {"name", "dataType"}:
        raise invalid_request("Column properties are only supported in Push mode")
    data_type = DATA_TYPES.get(str(body["dataType"]).lower())
    if data_type is None:
        raise invalid_request("Invalid data type")
    if str(body.get("summarizeBy", "none")).lower() not in SUMMARIZE:
        raise invalid_request("Invalid summarizeBy")
    if not isinstance(body.get("isHidden", False), bool):
        raise bad_request("Property 'isHidden' must be a boolean.", target="column")
    return ColumnDef(_name(body["name"], COLUMN_NAME, "column name"), data_type)


def parse_table(body: Any, limits: Limits, *, plain: bool = False) -> TableDef:
    """A table declaration, checked.

    Args:
        body: JSON of the table.
        limits: how many columns a table may have.
        plain: refuse column properties beyond name and type (streaming modes).
    """
    _properties(body, TABLE_PROPERTIES, ("name", "columns"), "table")
    _texts(body, ("description",), "table")
    name = _name(body["name"], TABLE_NAME, "table name")
    columns = tuple(_column(column, plain) for column in _list(body, "columns", "table"))
    if not columns or len(columns) > limits.columns:
        raise invalid_request("Invalid number of columns")
    names = [column.name for column in columns]
    _unique(names, "column name")
    for column in body["columns"]:
        if column.get("sortByColumn") and column["sortByColumn"] not in names:
            raise invalid_request("sortByColumn not found")
    measures: dict[str, str] = {}
    for measure in _list(body, "measures", "table"):
        _properties(measure, MEASURE_PROPERTIES, ("name", "expression"), "measure")
        _texts(measure, ("expression", "formatString", "description"), "measure")
        measure_name = _name(measure["name"], COLUMN_NAME, "measure name")
        _unique([*names, *measures, measure_name], "measure name")
        measures[measure_name] = measure["expression"]
    return TableDef(name, columns, measures, dict(body))


def _relationship(body: Any, tables: Mapping[str, TableDef]) -> RelationshipDef:
    required = ("name", "fromTable", "fromColumn", "toTable", "toColumn")
    _properties(body, RELATIONSHIP_PROPERTIES, required, "relationship")
    _name(body["name"], TABLE_NAME, "relationship name")
    for side in ("from", "to"):
        table = tables.get(_name(body[f"{side}Table"], TABLE_NAME, "table name"))
        column = _name(body[f"{side}Column"], COLUMN_NAME, "column name")
        if table is None or column not in {c.name for c in table.columns}:
            raise invalid_request("Relationship refers to an unknown column")
    behavior = body.get("crossFilteringBehavior") or "OneDirection"
    if behavior not in CROSS_FILTERING:
        raise invalid_request("Invalid crossFilteringBehavior")
    if body["fromTable"] == body["toTable"]:
        raise invalid_request("Relationship within one table")
    name, from_table, from_column, to_table, to_column = (body[one] for one in required)
    return RelationshipDef(name, from_table, from_column, to_table, to_column, behavior)


def parse_dataset(body: Any, limits: Limits) -> DatasetDef:
    """A create request, checked as a whole."""
    _properties(body, DATASET_PROPERTIES, ("name", "tables"), "dataset")
    if not isinstance(body["name"], str) or not body["name"].strip():
        raise bad_request("Property 'name' is required.", target="dataset")
    mode = body.get("defaultMode") or "Push"
    if mode not in MODES:
        raise bad_request("Property 'defaultMode' has an unknown value.", target="dataset")
    if mode in {"AsAzure", "AsOnPrem"}:
        raise invalid_request("The mode needs a data source")
    declared = _list(body, "tables", "dataset")
    if not 1 <= len(declared) <= limits.tables:
        raise invalid_request("Invalid number of tables")
    tables = tuple(parse_table(table, limits, plain=mode != "Push") for table in declared)
    _unique([table.name for table in tables], "table name")
    _unique([name for table in tables for name in table.measures], "measure name")
    related = _list(body, "relationships", "dataset")
    if len(related) > limits.relationships:
        raise invalid_request("Invalid number of relationships")
    by_name = {table.name: table for table in tables}
    relationships = tuple(_relationship(relationship, by_name) for relationship in related)
    _unique([relationship.name for relationship in relationships], "relationship name")
    pairs = [frozenset((r.from_table, r.to_table)) for r in relationships]
    if len(set(pairs)) != len(pairs):
        raise invalid_request("Two relationships between the same tables")
    return DatasetDef(body["name"], tables, relationships, mode)
