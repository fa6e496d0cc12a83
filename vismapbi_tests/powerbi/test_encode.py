# ruff: noqa: DTZ001 - wall times are meant
"""Rows as JSON: exact, escaped, deterministic, and in chunks that fit."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from vismapbi_assets.powerbi.encode import chunks, encode_rows, upper_bound

SCHEMA = {
    "Tekst æøå": pl.String,
    'Q"': pl.String,
    "Amount": pl.Decimal(19, 4),
    "N": pl.Int64,
    "F": pl.Float64,
    "B": pl.Boolean,
    "D": pl.Date,
    "T": pl.Datetime("us"),
}
money = st.decimals(
    min_value=Decimal("-99999999999999.9999"), max_value=Decimal("99999999999999.9999"), places=4
)
row = st.tuples(
    st.none() | st.text(),
    st.none() | st.text(alphabet='ab"\\\n\t\x00\x1f\x7f\u2028æ'),
    st.none() | money,
    st.none() | st.integers(-(2**63) + 1, 2**63 - 2),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.booleans(),
    st.none() | st.dates(date(1900, 1, 1)),
    st.none() | st.datetimes(datetime(1900, 1, 1)),
)


def expected(values: tuple) -> dict:
    *head, day, stamp = values
    texts = [
        day and f"{day.isoformat()}T00:00:00",
        stamp and stamp.isoformat(timespec="milliseconds"),
    ]
    return dict(zip(SCHEMA, [*head, *texts], strict=True))


@settings(max_examples=80, deadline=None)
@given(st.lists(row, max_size=6))
def test_what_is_read_back_is_what_went_in(rows):
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    read = json.loads(encode_rows(frame), parse_float=Decimal)
    for got, values in zip(read["rows"], rows, strict=True):
        want = expected(values)
        floating = got.pop("F")
        assert (None if floating is None else float(floating)) == want.pop("F")
        assert got == want
    assert len(encode_rows(frame)) <= upper_bound(frame)


def test_decimals_keep_their_text():
    frame = pl.DataFrame({"A": [Decimal("123456789012345.6789")]}, schema={"A": pl.Decimal(19, 4)})
    assert encode_rows(frame) == b'{"rows":[{"A":123456789012345.6789}]}'


def test_times_with_a_zone_are_sent_as_utc_wall_time():
    frame = pl.DataFrame({"T": [datetime(2026, 11, 1, 23, 5, 6, 789_000, tzinfo=UTC)]})
    moved = frame.with_columns(pl.col("T").dt.convert_time_zone("Europe/Oslo"))
    assert encode_rows(moved) == encode_rows(frame) == b'{"rows":[{"T":"2026-11-01T23:05:06.789"}]}'


def test_chunks_hold_at_most_the_rows_of_one_post_and_lose_none():
    frame = pl.DataFrame({"N": range(25_001)})
    cut = list(chunks(frame))
    assert [c.height for c in cut] == [10_000, 10_000, 5_001]
    assert pl.concat(cut).equals(frame)


def test_chunks_hold_at_most_the_bytes_of_one_post():
    frame = pl.DataFrame({"S": ["ø" * 300] * 1_000 + ["x"] * 1_000})
    cut = list(chunks(frame, max_bytes=100_000))
    assert pl.concat(cut).equals(frame)
    assert all(len(encode_rows(c)) <= 100_000 for c in cut)
    assert [c.height for c in cut] == [c.height for c in chunks(frame, max_bytes=100_000)]


@settings(max_examples=40, deadline=None)
@given(row, st.integers(1, 9), st.lists(row, max_size=2))
def test_columns_of_one_value_read_as_if_each_row_were_encoded_alone(values, times, others):
    frame = pl.DataFrame([*others, *([values] * times)], schema=SCHEMA, orient="row")
    alone = [
        json.loads(encode_rows(one), parse_float=Decimal)["rows"][0] for one in frame.iter_slices(1)
    ]
    assert json.loads(encode_rows(frame), parse_float=Decimal)["rows"] == alone
