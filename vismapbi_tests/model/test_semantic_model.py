"""The declarations equal the normative CSV files and keep to the limits of a push model."""

import re
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from vismapbi_assets.model.semantic_model import (
    MEASURES,
    RELATIONSHIPS,
    TABLE,
    TABLES,
    MeasureTextError,
    parse_measures,
)

NAME = re.compile(r"[\w #\-@^~]{1,100}")


def _text(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, infer_schema=False).fill_null("")


def _flag(value: bool) -> str:
    return "true" if value else "false"


def test_columns_equal_the_reference(finance_examples: Path) -> None:
    declared = pl.DataFrame(
        [
            (
                table.name,
                table.kind,
                _flag(table.hidden),
                table.strategy,
                column.name,
                column.data_type,
                column.format,
                column.summarize,
                _flag(column.additive),
                _flag(column.hidden),
                column.sort_by,
            )
            for table in TABLES
            for column in table.columns
        ],
        schema=[
            "Table",
            "TableKind",
            "TableHidden",
            "UpdateStrategy",
            "Column",
            "DataType",
            "FormatString",
            "SummarizeBy",
            "Additive",
            "IsHidden",
            "SortByColumn",
        ],
        orient="row",
    )
    expected = _text(finance_examples / "model_columns.csv").drop("Source")
    assert_frame_equal(declared, expected)


def test_relationships_equal_the_reference(finance_examples: Path) -> None:
    declared = pl.DataFrame(
        [
            (r.name, r.from_table, r.from_column, r.to_table, r.to_column, r.cross_filter)
            for r in RELATIONSHIPS
        ],
        schema=["Name", "FromTable", "FromColumn", "ToTable", "ToColumn", "CrossFilteringBehavior"],
        orient="row",
    )
    assert_frame_equal(declared, _text(finance_examples / "model_relationships.csv"))


def test_measures_equal_the_reference(finance_examples: Path) -> None:
    declared = pl.DataFrame(
        [(m.table, m.name, m.format, m.description, m.examples, m.expression) for m in MEASURES],
        schema=["HomeTable", "Name", "FormatString", "Description", "Examples", "Expression"],
        orient="row",
    )
    expected = _text(finance_examples / "model_measures.csv").with_columns(
        pl.col("Expression").str.strip_chars()
    )
    assert_frame_equal(declared.sort("Name"), expected.sort("Name"))


def test_model_keeps_the_limits_of_a_push_model() -> None:
    assert len(TABLES) <= 75
    assert len(RELATIONSHIPS) <= 75
    assert max(len(table.columns) for table in TABLES) <= 75
    assert (len(TABLES), sum(len(t.columns) for t in TABLES)) == (37, 609)
    assert (len(RELATIONSHIPS), len(MEASURES)) == (75, 99)


def test_names_are_unique_and_allowed() -> None:
    assert len(TABLE) == len(TABLES)
    for table in TABLES:
        names = [column.name.lower() for column in table.columns]
        assert len(set(names)) == len(names), table.name
        assert NAME.fullmatch(table.name), table.name
    measures = [measure.name.lower() for measure in MEASURES]
    assert len(set(measures)) == len(measures)
    assert len({r.name for r in RELATIONSHIPS}) == len(RELATIONSHIPS)
    assert "Date" not in TABLE


def test_relationships_join_declared_columns_of_the_same_type_once() -> None:
    types = {(t.name, c.name): c.data_type for t in TABLES for c in t.columns}
    pairs = [(r.from_table, r.to_table) for r in RELATIONSHIPS]
    assert len(set(pairs)) == len(pairs)
    for r in RELATIONSHIPS:
        assert types[r.from_table, r.from_column] == types[r.to_table, r.to_column], r.name
        assert TABLE[r.to_table].key == (r.to_column,), r.name


def test_platform_columns_close_every_reversed_table() -> None:
    for table in TABLES:
        names = [column.name for column in table.columns]
        if table.strategy == "reverse":
            assert names[-2:] == ["RowDelta", "PushBatchId"], table.name
        else:
            assert "RowDelta" not in names, table.name


def test_additive_columns_are_numbers_and_cover_all_sums() -> None:
    for table in TABLES:
        for column in table.columns:
            if column.additive:
                assert column.data_type in {"Int64", "Double", "Decimal"}, (table, column)
            if column.summarize == "sum":
                assert column.additive, (table.name, column.name)


def test_measures_sum_additive_columns_only() -> None:
    additive = {(t.name, c) for t in TABLES for c in t.additive}
    for measure in MEASURES:
        for summed in re.findall(r"\bSUM \( '([^']+)'\[([^\]]+)\] \)", measure.expression):
            assert summed in additive, (measure.name, summed)


def test_keys_sort_columns_and_controls_are_declared() -> None:
    for table in TABLES:
        names = {column.name for column in table.columns}
        assert set(table.key) <= names
        assert {c.sort_by for c in table.columns} - {""} <= names
        assert table.control is None or table.control in names


def test_incomplete_measure_is_refused() -> None:
    with pytest.raises(MeasureTextError, match="GL Measures: 1 measures are declared, 0"):
        parse_measures("GL Measures", "MEASURE Profit\n// format: 0\n1 + 1\n")
