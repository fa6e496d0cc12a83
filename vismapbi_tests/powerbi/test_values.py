# ruff: noqa: DTZ001 - wall times are meant
"""Values that Power BI cannot hold are split off with a reason, the others go on."""

from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from vismapbi_assets.powerbi.schema import PushColumn, PushTable
from vismapbi_assets.powerbi.values import WrongColumns, check_columns, check_values

TABLE = PushTable(
    name="T",
    key=("Key",),
    strategy="reverse",
    columns=(
        PushColumn(name="Key", data_type="String"),
        PushColumn(name="N", data_type="Int64"),
        PushColumn(name="F", data_type="Double"),
        PushColumn(name="A", data_type="Decimal", additive=True),
        PushColumn(name="D", data_type="DateTime"),
        PushColumn(name="RowDelta", data_type="Int64", additive=True),
        PushColumn(name="PushBatchId", data_type="Int64"),
    ),
)
GOOD = {"Key": "k", "N": 1, "F": 1.5, "A": Decimal("1.0000"), "D": date(2026, 1, 1)}
SCHEMA = {
    "Key": pl.String, "N": pl.Int64, "F": pl.Float64, "A": pl.Decimal(28, 6), "D": pl.Date,
}  # fmt: skip
PLATFORM = frozenset({"RowDelta", "PushBatchId", "LoadedAt"})


def frame(*changes: dict) -> pl.DataFrame:
    return pl.DataFrame([{**GOOD, **c} for c in changes], schema=SCHEMA)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"N": 2**63 - 1}, "N: the extreme"),
        ({"N": -(2**63)}, "N: the extreme"),
        ({"F": float("nan")}, "F: not a finite"),
        ({"F": float("inf")}, "F: not a finite"),
        ({"F": 1.79e308}, "F: too large"),
        ({"A": Decimal("1.00001")}, "A: more than 4 decimals"),
        ({"A": Decimal("1000000000000000")}, "A: too large"),
        ({"A": None}, "A: an additive"),
        ({"Key": "x" * 4_001}, "Key: longer than 4000"),
        ({"Key": None}, "Key: a key must"),
        ({"D": date(1899, 12, 31)}, "D: outside"),
    ],
)
def test_a_value_that_cannot_be_held_is_split_off_with_the_reason(change, said):
    checked = check_values(TABLE, frame({}, change, {"Key": "other"}))
    assert checked.good["Key"].to_list() == ["k", "other"]
    assert checked.rejected["reason"].item().startswith(said)


def test_the_limits_themselves_are_accepted():
    rows = frame(
        {"N": 2**63 - 2}, {"N": -(2**63) + 1}, {"Key": "x" * 4_000}, {"D": date(1900, 1, 1)},
        {"D": date(9999, 12, 31)}, {"A": Decimal("-900000000000000.0000")}, {"N": None, "F": None},
    )  # fmt: skip
    checked = check_values(TABLE, rows)
    assert checked.good.equals(rows)
    assert checked.rejected.is_empty()
    assert checked.rejected.columns == [*rows.columns, "reason"]


def test_a_time_before_1900_is_split_off():
    table = PushTable(name="T", columns=(PushColumn(name="At", data_type="DateTime"),))
    rows = pl.DataFrame({"At": [datetime(1, 1, 1), datetime(2026, 1, 1)]})
    assert check_values(table, rows).rejected["At"].to_list() == [datetime(1, 1, 1)]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (frame({}).drop("N"), "missing: N"),
        (frame({}).with_columns(X=1), "unknown: X"),
        (frame({}).with_columns(pl.col("A").cast(pl.Float64)), "A is Float64, not Decimal"),
        (frame({}).with_columns(RowDelta=1), "unknown: RowDelta"),
    ],
)
def test_a_frame_of_another_shape_is_refused_whole(rows, said):
    with pytest.raises(WrongColumns, match=said):
        check_columns(TABLE, rows, PLATFORM)


def test_a_frame_of_the_right_shape_passes():
    check_columns(TABLE, frame({}), PLATFORM)
