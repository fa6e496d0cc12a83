"""Rows that may not be published are put aside with their reason, the rest goes on."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from pandera.errors import SchemaErrors
from polars.testing import assert_frame_equal

from vismapbi_assets.model.schema import (
    FAILURES,
    MAX_DECIMAL,
    TableShapeError,
    pandera_schema,
    rules,
    validate,
)
from vismapbi_assets.model.semantic_model import TABLE, TABLES
from vismapbi_tests.model.computing import rows
from vismapbi_tests.model.states import inputs

JOURNAL = TABLE["JournalLine"]


def journal(*numbers: int, **header: Any) -> pl.DataFrame:
    """Good journal lines."""
    batch = {
        "module": "ModuleGL",
        "batchNumber": "1",
        "status": "Posted",
        "ledger": "ACTUAL",
        "transactionDate": date(2026, 10, 12),
        "financialPeriod": "202610",
        "journalTransactionLines": [
            {"lineNumber": number, "accountNumber": "3000", "creditAmount": number}
            for number in numbers
        ],
    }
    return rows("JournalLine", inputs(journalTransaction=[{**batch, **header}]))


def spoilt(column: str, value: Any) -> pl.DataFrame:
    """Three lines, the second with another value in a column."""
    frame = journal(1, 2, 3)
    new = pl.lit(value, dtype=frame.schema[column])
    second = pl.col("LineNumber") == 2
    return frame.with_columns(pl.when(second).then(new).otherwise(column).alias(column))


def test_good_rows_pass_unchanged() -> None:
    frame = journal(1, 2, 3)
    good, failures = validate(JOURNAL, frame)
    assert_frame_equal(good, frame)
    assert failures.height == 0
    assert dict(failures.schema) == FAILURES


@pytest.mark.parametrize(
    ("column", "value", "rule", "reason"),
    [
        ("PostingDate", None, "filled", "PostingDate is empty"),
        ("PostingDate", date(1989, 12, 31), "date", "lies outside 1990-01-01 to 2100-12-31"),
        ("TransactionDate", date(2206, 1, 1), "date", "TransactionDate lies outside"),
        ("FinancialPeriodKey", "20261", "period", "is no financial period"),
        ("FinancialPeriodKey", "202614", "period", "is no financial period"),
        ("Description", "x" * 4001, "length", "longer than 4000"),
        ("Quantity", float("nan"), "number", "not a finite number"),
        ("Quantity", float("inf"), "number", "not a finite number"),
        ("DebitBase", MAX_DECIMAL + 1, "decimal", "is beyond 922337203685477.5807"),
        ("DebitBase", -MAX_DECIMAL - 1, "decimal", "is beyond"),
        ("DebitBase", None, "filled", "DebitBase is empty"),
        ("BranchKey", None, "filled", "BranchKey is empty"),
    ],
)
def test_a_bad_row_is_put_aside_and_the_others_go_on(
    column: str, value: Any, rule: str, reason: str
) -> None:
    frame = spoilt(column, value)
    good, failures = validate(JOURNAL, frame)
    assert good["LineNumber"].to_list() == [1, 3]
    assert failures["key"].to_list() == ["no:GL:1:2"]
    assert failures["rules"].to_list() == [[rule]]
    assert reason in failures["reason"][0]
    assert json.loads(failures["raw"][0])["LineKey"] == "no:GL:1:2"


@pytest.mark.parametrize("extreme", [-(2**63), 2**63 - 1])
def test_extreme_integers_are_refused(extreme: int) -> None:
    frame = journal(1, 2).with_columns(
        pl.when(pl.col("LineNumber") == 2).then(extreme).otherwise("LineNumber").alias("LineNumber")
    )
    good, failures = validate(JOURNAL, frame)
    assert good.height == 1
    assert failures["rules"].to_list() == [["integer"]]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("DebitBase", MAX_DECIMAL),
        ("PostingDate", date(1990, 1, 1)),
        ("PostingDate", date(2100, 12, 31)),
        ("Description", "x" * 4000),
        ("FinancialPeriodKey", "-"),
        ("FinancialPeriodKey", "202613"),
    ],
)
def test_borders_are_inside(column: str, value: Any) -> None:
    good, failures = validate(JOURNAL, spoilt(column, value))
    assert (good.height, failures.height) == (3, 0)


def test_every_broken_rule_is_named() -> None:
    frame = spoilt("PostingDate", None).with_columns(Quantity=pl.lit(float("nan")))
    _, failures = validate(JOURNAL, frame)
    found = dict(zip(failures["key"], failures["rules"], strict=True))
    assert found["no:GL:1:2"].to_list() == ["filled", "number"]
    assert found["no:GL:1:1"].to_list() == ["number"]


def test_of_rows_with_one_key_the_first_is_published() -> None:
    frame = journal(1, 2)
    again = frame.with_columns(Description=pl.lit("again"))
    good, failures = validate(JOURNAL, pl.concat([frame, again]))
    assert_frame_equal(good, frame)
    assert failures["rules"].to_list() == [["unique"], ["unique"]]
    assert failures["reason"][0] == "LineKey is not unique"


def test_keys_of_dimensions_differ_by_more_than_case() -> None:
    suppliers = [{"number": "v1", "name": "a"}, {"number": "V1", "name": "b"}]
    frame = rows("Supplier", inputs(supplier=suppliers))
    good, failures = validate(TABLE["Supplier"], frame)
    assert good.height == 2
    assert failures.height == 1
    lines = pl.concat([journal(1), journal(1).with_columns(LineKey=pl.lit("NO:gl:1:1"))])
    assert validate(JOURNAL, lines)[1].height == 0


def test_unknown_columns_and_wrong_types_stop_the_table() -> None:
    frame = journal(1)
    with pytest.raises(TableShapeError, match="missing LineKey"):
        validate(JOURNAL, frame.drop("LineKey"))
    with pytest.raises(TableShapeError, match="unknown Extra"):
        validate(JOURNAL, frame.with_columns(Extra=1))
    with pytest.raises(TableShapeError, match="DebitBase is Float64 instead of Decimal"):
        validate(JOURNAL, frame.with_columns(pl.col("DebitBase").cast(pl.Float64)))
    with pytest.raises(TableShapeError, match="order is"):
        validate(JOURNAL, frame.select(reversed(frame.columns)))


def test_pandera_schema_refuses_what_validate_puts_aside() -> None:
    with pytest.raises(SchemaErrors, match="PostingDate"):
        pandera_schema("JournalLine").validate(spoilt("PostingDate", None), lazy=True)


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_every_table_has_a_schema_that_accepts_no_rows(table: Any) -> None:
    empty = pl.DataFrame(schema=table.schema)
    good, failures = validate(table, empty)
    assert (good.height, failures.height) == (0, 0)
    filled = {rule.column for rule in rules(table.name) if rule.name == "filled"}
    additive = set(table.additive) - {"RowDelta"}
    assert additive <= filled


def test_unreadable_period_of_a_journal_is_put_aside_with_its_text() -> None:
    frame = journal(1, financialPeriod="2026-4711")
    _, failures = validate(JOURNAL, frame)
    assert failures["rules"].to_list() == [["period"]]
    assert json.loads(failures["raw"][0])["FinancialPeriodKey"] == "2026-4711"
    assert frame["DebitBase"].to_list() == [Decimal(0)]
