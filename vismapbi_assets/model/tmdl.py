"""The semantic model as TMDL, the text form that Microsoft's Tabular Object Model reads.

For developers, who check the declarations with Microsoft's own tools; nothing is published this
way. `tmdl` is pure; run as a module it writes the files:
`python -m vismapbi_assets.model.tmdl FOLDER`. Partitions are typed and empty: how tables get their
rows does not belong here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from vismapbi_assets.model.semantic_model import MEASURES, RELATIONSHIPS, TABLES, Measure
from vismapbi_assets.model.table import Column, DataType, Table

COMPATIBILITY_LEVEL = 1604
"""The lowest level that carries every storage mode of Power BI, Direct Lake included."""

TYPES: dict[DataType, tuple[str, str]] = {
    "String": ("string", "text"),
    "Int64": ("int64", "Int64.Type"),
    "Double": ("double", "number"),
    "Boolean": ("boolean", "logical"),
    "DateTime": ("dateTime", "datetime"),
    "Decimal": ("decimal", "Currency.Type"),
}
"""Type of a column in TMDL and in M."""
CROSS_FILTERS = {
    "OneDirection": "oneDirection",
    "BothDirections": "bothDirections",
    "Automatic": "automatic",
}


class LeftoverError(RuntimeError):
    """The folder holds TMDL files that are not part of the model."""


def tmdl(name: str) -> dict[str, str]:
    """The files of the model called `name`: path below `definition/` and text."""
    parts: dict[str, Iterator[str]] = {
        "database.tmdl": _database(name),
        "model.tmdl": _model(),
        "relationships.tmdl": _relationships(),
    }
    for table in TABLES:
        parts[f"tables/{table.name}.tmdl"] = _table(table)
    return {path: "\n".join(lines) + "\n" for path, lines in parts.items()}


def write(folder: Path) -> list[Path]:
    """Write the files below `folder`/definition; the model is called like the folder."""
    definition = folder / "definition"
    texts = {definition / path: text for path, text in tmdl(folder.resolve().name).items()}
    leftovers = sorted(set(definition.rglob("*.tmdl")) - set(texts))
    if leftovers:
        raise LeftoverError(
            f"{', '.join(map(str, leftovers))}: not part of the model, but would be read as one;"
            " remove or choose another folder"
        )
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(texts)


def _database(name: str) -> Iterator[str]:
    yield f"database {_quoted(name)}"
    yield f"\tcompatibilityLevel: {COMPATIBILITY_LEVEL}"


def _model() -> Iterator[str]:
    yield "model Model"
    yield "\tculture: en-US"
    yield "\tdefaultPowerBIDataSourceVersion: powerBI_V3"
    yield "\tsourceQueryCulture: en-US"
    yield ""
    yield from (f"ref table {_quoted(table.name)}" for table in TABLES)


def _table(table: Table) -> Iterator[str]:
    yield from _description(table.grain)
    yield f"table {_quoted(table.name)}"
    if table.hidden:
        yield "\tisHidden"
    for measure in MEASURES:
        if measure.table == table.name:
            yield from _measure(measure)
    for column in table.columns:
        yield from _column(column)
    yield from _partition(table)


def _measure(measure: Measure) -> Iterator[str]:
    yield ""
    yield from _description(measure.description, "\t")
    yield f"\tmeasure {_quoted(measure.name)} ="
    yield from (f"\t\t\t{line}".rstrip() for line in measure.expression.splitlines())
    yield f"\t\tformatString: {measure.format}"


def _column(column: Column) -> Iterator[str]:
    yield ""
    yield from _description(column.source, "\t")
    yield f"\tcolumn {_quoted(column.name)}"
    yield f"\t\tdataType: {TYPES[column.data_type][0]}"
    if column.hidden:
        yield "\t\tisHidden"
    if column.format:
        yield f"\t\tformatString: {column.format}"
    yield f"\t\tsummarizeBy: {column.summarize}"
    yield f"\t\tsourceColumn: {column.name}"
    if column.sort_by:
        yield f"\t\tsortByColumn: {_quoted(column.sort_by)}"


def _partition(table: Table) -> Iterator[str]:
    yield ""
    yield f"\tpartition {_quoted(table.name)} = m"
    yield "\t\tmode: import"
    yield "\t\tsource ="
    yield "\t\t\t\t#table("
    yield "\t\t\t\t\ttype table ["
    last = table.columns[-1]
    for column in table.columns:
        end = "" if column is last else ","
        name = column.name.replace('"', '""')
        yield f'\t\t\t\t\t\t#"{name}" = {TYPES[column.data_type][1]}{end}'
    yield "\t\t\t\t\t],"
    yield "\t\t\t\t\t{}"
    yield "\t\t\t\t)"


def _relationships() -> Iterator[str]:
    for number, r in enumerate(RELATIONSHIPS):
        if number:
            yield ""
        yield f"relationship {_quoted(r.name)}"
        yield f"\tcrossFilteringBehavior: {CROSS_FILTERS[r.cross_filter]}"
        yield f"\tfromColumn: {_quoted(r.from_table)}.{_quoted(r.from_column)}"
        yield f"\ttoColumn: {_quoted(r.to_table)}.{_quoted(r.to_column)}"


def _description(text: str, indent: str = "") -> Iterator[str]:
    yield from (f"{indent}/// {line}" for line in text.splitlines())


def _quoted(name: str) -> str:
    if re.fullmatch(r"\w+", name):
        return name
    return "'" + name.replace("'", "''") + "'"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m vismapbi_assets.model.tmdl FOLDER")
    try:
        written = write(Path(sys.argv[1]))
    except (LeftoverError, OSError) as error:
        sys.exit(str(error))
    print(f"{len(written)} files in {Path(sys.argv[1]) / 'definition'}")  # noqa: T201
