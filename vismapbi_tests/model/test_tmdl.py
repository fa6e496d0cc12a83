"""The model as TMDL: complete, quoted, stable, and accepted by Microsoft's object model."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vismapbi_assets.model.semantic_model import MEASURES, RELATIONSHIPS, TABLE, TABLES
from vismapbi_assets.model.tmdl import LeftoverError, tmdl, write
from vismapbi_tests.model.object_model import ObjectModel, RefusedError, server_program

FILES = tmdl("Finance")
OBJECT = re.compile(r"^\t(column|measure|partition) (.+?)(?: =.*)?$")
END = "\ttoColumn: Dates.Date\n"


def file_of(table: str) -> str:
    return FILES[f"tables/{table}.tmdl"]


def name(text: str) -> str:
    return text[1:-1].replace("''", "'") if text.startswith("'") else text


def objects(table: str) -> dict[tuple[str, str], list[str]]:
    """Kind and name of each object of a table, with the lines above (description) and below."""
    found: dict[tuple[str, str], list[str]] = {}
    for block in file_of(table).split("\n\n")[1:]:
        above, heads, below = [], [], []
        for line in block.rstrip("\n").split("\n"):
            head = OBJECT.match(line)
            if head:
                heads.append((head[1], name(head[2])))
            else:
                (below if heads else above).append(line)
        assert len(heads) == 1, block
        found[heads[0]] = above + below
    return found


def named(table: str, kind: str) -> list[str]:
    return [text for found, text in objects(table) if found == kind]


def test_every_table_has_its_file_and_its_place() -> None:
    tables = {f"tables/{table.name}.tmdl" for table in TABLES}
    assert set(FILES) == {"database.tmdl", "model.tmdl", "relationships.tmdl"} | tables
    places = re.findall(r"^ref table (.+)$", FILES["model.tmdl"], re.MULTILINE)
    assert [name(place) for place in places] == [table.name for table in TABLES]
    for table in TABLES:
        head = file_of(table.name).split("\n\n")[0].split("\n")
        assert head[0] == f"/// {table.grain}"
        assert name(head[1].removeprefix("table ")) == table.name
        assert head[2:] == (["\tisHidden"] if table.hidden else [])


def test_every_column_is_there_with_its_properties() -> None:
    types = {
        "String": "string",
        "Int64": "int64",
        "Double": "double",
        "Boolean": "boolean",
        "DateTime": "dateTime",
        "Decimal": "decimal",
    }
    for table in TABLES:
        assert named(table.name, "column") == [column.name for column in table.columns]
        written = objects(table.name)
        for column in table.columns:
            expected = {
                f"\t/// {column.source}",
                f"\t\tdataType: {types[column.data_type]}",
                f"\t\tsummarizeBy: {column.summarize}",
                f"\t\tsourceColumn: {column.name}",
            }
            if column.hidden:
                expected.add("\t\tisHidden")
            if column.format:
                expected.add(f"\t\tformatString: {column.format}")
            if column.sort_by:
                expected.add(f"\t\tsortByColumn: {column.sort_by}")
            lines = written["column", column.name]
            assert set(lines) == expected, (table.name, column.name)
            assert len(lines) == len(expected)


def test_every_measure_is_there_with_its_whole_expression() -> None:
    for table in TABLES:
        measures = [measure for measure in MEASURES if measure.table == table.name]
        assert named(table.name, "measure") == [measure.name for measure in measures]
        written = objects(table.name)
        for measure in measures:
            lines = written["measure", measure.name]
            if measure.description:
                assert lines.pop(0) == f"\t/// {measure.description}"
            assert lines.pop() == f"\t\tformatString: {measure.format}"
            assert all(line.startswith("\t\t\t") for line in lines)
            assert "\n".join(line[3:] for line in lines) == measure.expression


def test_expression_of_many_lines_keeps_its_own_indent() -> None:
    assert (
        "\tmeasure 'AP Balance' =\n"
        "\t\t\tVAR D = [As Of Date]\n"
        "\t\t\tRETURN\n"
        "\t\t\t    CALCULATE (\n"
    ) in file_of("AP Measures")


def test_every_relationship_joins_its_columns() -> None:
    blocks = FILES["relationships.tmdl"].rstrip("\n").split("\n\n")
    assert [block.split("\n") for block in blocks] == [
        [
            f"relationship '{r.name}'",
            "\tcrossFilteringBehavior: oneDirection",
            f"\tfromColumn: {r.from_table}.{r.from_column}",
            f"\ttoColumn: {r.to_table}.{r.to_column}",
        ]
        for r in RELATIONSHIPS
    ]


def test_every_table_has_one_empty_partition_of_its_columns() -> None:
    for table in TABLES:
        assert named(table.name, "partition") == [table.name]
        lines = objects(table.name)["partition", table.name]
        typed = re.findall(r'^\t+#"(\w+)" = [\w.]+,?$', "\n".join(lines), re.MULTILINE)
        assert typed == [column.name for column in table.columns]
        assert lines[-2:] == ["\t\t\t\t\t{}", "\t\t\t\t)"]


def test_names_are_quoted_where_they_must_be() -> None:
    assert "\ntable 'AP Measures'\n" in file_of("AP Measures")
    assert "\ntable Dates\n" in file_of("Dates")
    assert tmdl("Bo's books")["database.tmdl"].startswith("database 'Bo''s books'\n")


def test_text_is_stable_and_indented_with_tabs() -> None:
    assert tmdl("Finance") == FILES
    other = tmdl("Other")
    assert {path for path in FILES if FILES[path] != other[path]} == {"database.tmdl"}
    for path, text in FILES.items():
        assert text.endswith("\n") and not text.endswith("\n\n"), path
        assert not re.search(r"[ \t]$|^ |\r", text, re.MULTILINE), path


def test_module_writes_the_files_and_names_the_model_after_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "Group accounts"
    command = [sys.executable, "-m", "vismapbi_assets.model.tmdl", str(folder)]
    for _ in range(2):
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        assert done.stdout == f"{len(FILES)} files in {folder / 'definition'}\n"
    definition = folder / "definition"
    written = {
        path.relative_to(definition).as_posix(): path.read_bytes().decode("utf-8")
        for path in definition.rglob("*.*")
    }
    assert written == tmdl("Group accounts")


def test_files_of_another_model_are_not_mixed_in(tmp_path: Path) -> None:
    stranger = tmp_path / "definition" / "tables" / "Old.tmdl"
    stranger.parent.mkdir(parents=True)
    stranger.write_text("table Old\n", "utf-8")
    with pytest.raises(LeftoverError, match=r"Old\.tmdl: not part of the model"):
        write(tmp_path)
    assert list(tmp_path.rglob("*.*")) == [stranger]


@pytest.fixture
def object_model() -> Iterator[ObjectModel]:
    with ObjectModel(server_program()) as running:
        yield running


def test_object_model_reads_what_is_declared(
    object_model: ObjectModel,
    tmp_path: Path,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    folder = tmp_path / "Finance"
    write(folder)
    object_model.ask("connection", "ConnectFolder", folderPath=str(folder / "definition"))
    report = object_model.ask("model", "GetStats")["data"]
    record_testsuite_property("object_model_report", json.dumps(report))
    print(json.dumps(report, indent=1))

    assert {
        table["name"]: (table["columnCount"], table["measureCount"], table["isHidden"])
        for table in report["Tables"]
    } == {
        table.name: (
            len(table.columns),
            sum(measure.table == table.name for measure in MEASURES),
            table.hidden,
        )
        for table in TABLES
    }
    assert (report["TableCount"], report["TotalPartitionCount"]) == (len(TABLES), len(TABLES))
    assert report["TotalColumnCount"] == sum(len(table.columns) for table in TABLES)
    assert report["TotalMeasureCount"] == len(MEASURES)
    assert report["RelationshipCount"] == len(RELATIONSHIPS)

    wanted = [{"tableName": m.table, "name": m.name} for m in MEASURES]
    measures = object_model.ask("measure", "Get", references=wanted)["results"]
    assert {
        (m["tableName"], m["name"], m["expression"], m["formatString"], m["description"])
        for m in (result["data"] for result in measures)
    } == {(m.table, m.name, m.expression, m.format, m.description) for m in MEASURES}

    joined = object_model.ask("relationship", "List")["data"]
    assert {
        (r["name"], r["fromTable"], r["fromColumn"], r["toTable"], r["toColumn"]) for r in joined
    } == {(r.name, r.from_table, r.from_column, r.to_table, r.to_column) for r in RELATIONSHIPS}

    wanted = [{"tableName": t.name, "name": c.name} for t in TABLES for c in t.columns]
    columns = object_model.ask("column", "Get", references=wanted)["results"]
    properties = ("dataType", "formatString", "summarizeBy", "sortByColumn", "isHidden")
    read = {
        (c["tableName"], c["name"]): (*(c.get(p) or "" for p in properties), c["description"])
        for c in (result["data"] for result in columns)
    }
    assert read == {
        (table.name, c.name): (
            c.data_type,
            c.format,
            c.summarize.capitalize(),
            c.sort_by,
            c.hidden or "",
            c.source,
        )
        for table in TABLES
        for c in table.columns
    }


def test_object_model_refuses_a_relationship_to_no_column(
    object_model: ObjectModel, tmp_path: Path
) -> None:
    write(tmp_path)
    relationships = tmp_path / "definition" / "relationships.tmdl"
    text = relationships.read_text("utf-8")
    assert END in text and "Day" not in {column.name for column in TABLE["Dates"].columns}
    relationships.write_text(text.replace(END, "\ttoColumn: Dates.Day\n", 1), "utf-8")
    with pytest.raises(RefusedError, match=r"Property ToColumn of object .* cannot be found"):
        object_model.ask("connection", "ConnectFolder", folderPath=str(tmp_path / "definition"))
