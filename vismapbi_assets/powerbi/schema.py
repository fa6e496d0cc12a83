"""The push semantic model as Power BI sees it: tables, columns, measures, relationships.

Checks names and limits before anything is sent, gives the JSON of the create and PUT calls, and
compares two models. What a table of the finance model contains belongs in `model/`; keeping and
changing a dataset belongs in `dataset.py`.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

DataType = Literal["String", "Int64", "Double", "Boolean", "DateTime", "Decimal"]
Strategy = Literal["replace", "reverse", "append", "none"]

LIMIT = 75
"""Most tables, relationships, and columns of a table."""
TABLE_NAME = re.compile(r"[\t\n\r #\-0-9@A-Z^_a-z~\u007f-\U0010ffff]{1,100}")
COLUMN_NAME = re.compile(r"[\t\n\r\u0020-\U0010ffff]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class PushColumn:
    """One column; `additive` columns are negated on reversal rows and summed by control totals."""

    name: str
    data_type: DataType
    format_string: str = ""
    summarize_by: str = "none"
    additive: bool = False
    is_hidden: bool = False
    sort_by_column: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushMeasure:
    """One measure and its DAX."""

    name: str
    expression: str
    format_string: str = ""
    description: str = ""
    is_hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PushTable:
    """One table; `key` names the columns that identify a net row."""

    name: str
    columns: tuple[PushColumn, ...]
    measures: tuple[PushMeasure, ...] = ()
    is_hidden: bool = False
    description: str = ""
    strategy: Strategy = "replace"
    key: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """All columns in order."""
        return tuple(c.name for c in self.columns)

    @property
    def additive(self) -> tuple[str, ...]:
        """The columns negated on reversal rows."""
        return tuple(c.name for c in self.columns if c.additive)

    def has(self, column: str) -> bool:
        """Whether the table has a column of this name."""
        return any(c.name == column for c in self.columns)

    def column(self, name: str) -> PushColumn:
        """The column of this name."""
        return next(c for c in self.columns if c.name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushRelationship:
    """From the many side to the one side."""

    name: str
    from_table: str
    from_column: str
    to_table: str
    to_column: str
    cross_filtering: Literal["OneDirection", "BothDirections", "Automatic"] = "OneDirection"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushModel:
    """The complete dataset: nothing can be added to the list of tables after its creation."""

    name: str
    tables: tuple[PushTable, ...]
    relationships: tuple[PushRelationship, ...] = ()

    def table(self, name: str) -> PushTable:
        """The table of this name."""
        return next(t for t in self.tables if t.name == name)


class InvalidModel(ValueError):  # noqa: N818 - reads as what it is
    """The model breaks a rule of push semantic models. The text lists every breach."""


def check_model(model: PushModel) -> None:
    """Raises `InvalidModel` with all breaches of names, limits and references."""
    found = list(_breaches(model))
    if found:
        raise InvalidModel(
            f"the model {model.name!r} cannot be created in Power BI:\n- " + "\n- ".join(found)
        )


def _breaches(model: PushModel) -> list[str]:
    out: list[str] = []
    if not model.name.strip():
        out.append("the dataset has no name")
    for what, names in (
        ("tables", [t.name for t in model.tables]),
        ("relationships", [r.name for r in model.relationships]),
    ):
        if len(names) > LIMIT:
            out.append(f"{len(names)} {what}; at most {LIMIT}")
        out += [f"{what}: the name {n!r} is used twice" for n in _twice(names)]
        out += [
            f"{what}: the name {n!r} has characters that Power BI refuses, or not 1 to 100 of them"
            for n in names
            if not TABLE_NAME.fullmatch(n)
        ]
    measures = [m.name for t in model.tables for m in t.measures]
    out += [f"the measure {n!r} exists twice in the model" for n in _twice(measures)]
    for table in model.tables:
        out += _table_breaches(table)
    columns = {t.name: {c.name: c for c in t.columns} for t in model.tables}
    pairs = Counter((r.from_table, r.to_table) for r in model.relationships)
    out += [
        f"{count} relationships between {a!r} and {b!r}; inactive ones do not exist in push models"
        for (a, b), count in pairs.items()
        if count > 1
    ]
    for r in model.relationships:
        ends = ((r.from_table, r.from_column), (r.to_table, r.to_column))
        missing = [f"{t!r}[{c}]" for t, c in ends if c not in columns.get(t, {})]
        if missing:
            out.append(f"relationship {r.name!r} refers to {', '.join(missing)}, which is missing")
        elif len({columns[t][c].data_type for t, c in ends}) > 1:
            out.append(f"relationship {r.name!r} joins columns of different types")
    return out


def _table_breaches(table: PushTable) -> list[str]:
    where = f"table {table.name!r}"
    names = [c.name for c in table.columns]
    out = [f"{where}: {len(names)} columns; 1 to {LIMIT}"] if not 1 <= len(names) <= LIMIT else []
    if table.name == "Date":
        out.append(f"{where}: a table called Date meets a defect of the service; call it Dates")
    every = names + [m.name for m in table.measures]
    out += [f"{where}: the name {n!r} is used twice" for n in _twice(every)]
    out += [
        f"{where}: {n!r} is no valid name of a column or measure"
        for n in every
        if not COLUMN_NAME.fullmatch(n)
    ]
    out += [f"{where}: the key column {k!r} is missing" for k in table.key if k not in names]
    out += [
        f"{where}: {c.name!r} is sorted by {c.sort_by_column!r}, which is missing"
        for c in table.columns
        if c.sort_by_column and c.sort_by_column not in names
    ]
    needs = {"reverse": ("RowDelta", "PushBatchId"), "append": ("PushBatchId",)}
    out += [
        f"{where}: published by {table.strategy} but has no column {need}"
        for need in needs.get(table.strategy, ())
        if need not in names
    ]
    if table.strategy in ("reverse", "append") and not table.key:
        out.append(f"{where}: published by {table.strategy} but has no key")
    return out


def _twice(names: list[str]) -> list[str]:
    folded: dict[str, list[str]] = {}
    for name in names:
        folded.setdefault(name.casefold(), []).append(name)
    return [v[0] for v in folded.values() if len(v) > 1]


def create_request(model: PushModel) -> dict[str, Any]:
    """The body of the create call."""
    return {
        "name": model.name,
        "defaultMode": "Push",
        "tables": [table_request(t) for t in model.tables],
        "relationships": [
            {
                "name": r.name,
                "fromTable": r.from_table,
                "fromColumn": r.from_column,
                "toTable": r.to_table,
                "toColumn": r.to_column,
                "crossFilteringBehavior": r.cross_filtering,
            }
            for r in model.relationships
        ],
    }


def table_request(table: PushTable) -> dict[str, Any]:
    """The body of a PUT of the table, and its part of the create call."""
    body: dict[str, Any] = {
        "name": table.name,
        "columns": [
            _filled(
                name=c.name,
                dataType=c.data_type,
                formatString=c.format_string,
                sortByColumn=c.sort_by_column,
                isHidden=c.is_hidden,
                summarizeBy=c.summarize_by,
            )
            for c in table.columns
        ],
        "measures": [
            _filled(
                name=m.name,
                expression=m.expression,
                formatString=m.format_string,
                description=m.description,
                isHidden=m.is_hidden,
            )
            for m in table.measures
        ],
    }
    return body | _filled(isHidden=table.is_hidden, description=table.description)


def _filled(**properties: Any) -> dict[str, Any]:
    return {k: v for k, v in properties.items() if v not in ("", False)}


def fingerprint(model: PushModel) -> str:
    """A short text that is equal for models that are equal in Power BI."""
    wire = msgspec.json.encode(create_request(model), order="deterministic")
    return hashlib.sha256(wire).hexdigest()[:16]
