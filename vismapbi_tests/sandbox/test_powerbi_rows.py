"""Rows: what is taken, coerced, refused and kept."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vismapbi_assets.sandbox.powerbi.errors import Refusal
from vismapbi_assets.sandbox.powerbi.limits import Limits
from vismapbi_assets.sandbox.powerbi.rows import RowDecoder, RowRules
from vismapbi_assets.sandbox.powerbi.schema import ColumnDef
from vismapbi_tests.sandbox.powerbi_client import Client, dataset, table

COLUMNS = {
    "Text": "String",
    "Whole": "Int64",
    "Real": "Double",
    "Flag": "Boolean",
    "Moment": "DateTime",
    "Money": "Decimal",
}
MODEL = dataset(table("Facts ø", **COLUMNS), table("Other", Key="String"))
DECODER = RowDecoder([ColumnDef(name, kind) for name, kind in COLUMNS.items()])  # type: ignore[arg-type]


moment = datetime.fromisoformat


@pytest.fixture
def identity(powerbi: Client) -> str:
    return powerbi.create(MODEL)


def decoded(row: str) -> dict[str, Any]:
    return DECODER.decode(f'{{"rows":[{row}]}}'.encode(), RowRules(), Limits()).to_dicts()[0]


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        ('{"Text":"å"}', "Text", "å"),
        ('{"Text":12}', "Text", "12"),
        ('{"Whole":9007199254740993}', "Whole", 9007199254740993),
        ('{"Whole":"12"}', "Whole", 12),
        ('{"Whole":12.0}', "Whole", 12),
        ('{"Real":3}', "Real", 3.0),
        ('{"Real":"0.5"}', "Real", 0.5),
        ('{"Flag":"true"}', "Flag", True),
        ('{"Moment":"2026-10-31"}', "Moment", moment("2026-10-31")),
        ('{"Moment":"07/30/2014"}', "Moment", moment("2014-07-30")),
        ('{"Moment":"2026-10-31T10:20:30Z"}', "Moment", moment("2026-10-31T10:20:30")),
        ('{"Moment":"2026-10-31T10:00:00.001"}', "Moment", moment("2026-10-31T10:00:00")),
        (
            '{"Moment":"2026-10-31T10:00:00.002"}',
            "Moment",
            moment("2026-10-31T10:00:00.003333"),
        ),
        ('{"Money":123456789012345.6789}', "Money", Decimal("123456789012345.6789")),
        ('{"Money":"1234.5600"}', "Money", Decimal("1234.5600")),
        ('{"Money":0.00005}', "Money", Decimal("0.0000")),
        ('{"Money":0.00015}', "Money", Decimal("0.0002")),
        ('{"Whole":"1","Money":0.00015}', "Money", Decimal("0.0002")),
        ('{"Money":-1e-3}', "Money", Decimal("-0.0010")),
        ('{"Money":""}', "Money", None),
        ('{"Money":null}', "Money", None),
        ("{}", "Text", None),
    ],
)
def test_values_are_kept_or_coerced(row: str, column: str, value: Any) -> None:
    assert decoded(row)[column] == value


@pytest.mark.parametrize(
    "row",
    [
        '{"Whole":9223372036854775807}',
        '{"Whole":-9223372036854775808}',
        '{"Whole":9223372036854775808}',
        '{"Whole":1.5}',
        '{"Whole":true}',
        '{"Whole":"x"}',
        '{"Real":NaN}',
        '{"Real":"NaN"}',
        '{"Real":"Infinity"}',
        '{"Real":1e999}',
        '{"Flag":"maybe"}',
        '{"Flag":2}',
        '{"Moment":"31.10.2026"}',
        '{"Moment":20261031}',
        '{"Money":"1,5"}',
        '{"Money":"NaN"}',
        '{"Money":true}',
        '{"Money":{"a":1}}',
        '{"Money":922337203685477.5808}',
        '{"Text":["a"]}',
        '{"text":"a"}',
        '{"Unknown":1}',
        "[1]",
    ],
)
def test_values_that_are_refused(powerbi: Client, identity: str, row: str) -> None:
    answer = powerbi.rows(identity, "Facts ø", f'{{"rows":[{{"Text":"ok"}},{row}]}}'.encode())
    assert answer.status_code == 400
    assert powerbi.sandbox.rows(identity, "Facts ø").height == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"rows":{}}', b'{"row":[]}', b"null"])
def test_bodies_that_are_refused(powerbi: Client, identity: str, body: bytes) -> None:
    assert powerbi.rows(identity, "Facts ø", body).status_code == 400


@given(
    st.lists(
        st.decimals(-(10**14), 10**14, places=4, allow_nan=False, allow_infinity=False), min_size=1
    )
)
def test_decimals_survive_exactly(amounts: list[Decimal]) -> None:
    rows = ",".join(f'{{"Money":{amount:f}}}' for amount in amounts)
    frame = DECODER.decode(f'{{"rows":[{rows}]}}'.encode(), RowRules(), Limits())
    assert frame["Money"].to_list() == amounts


def test_success_has_an_empty_body_and_appends(powerbi: Client, identity: str) -> None:
    for count in (1, 2):
        answer = powerbi.rows(identity, "Facts ø", [{"Text": "a", "Money": 1.5}])
        assert (answer.status_code, answer.content) == (200, b"")
        assert powerbi.count(identity, "Facts ø") == count
    assert powerbi.rows(identity, "Facts ø", []).status_code == 200


def test_table_names_are_case_sensitive(powerbi: Client, identity: str) -> None:
    answer = powerbi.rows(identity, "facts ø", [{"Text": "a"}])
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ItemNotFound")


def test_no_more_than_ten_thousand_rows(powerbi: Client, identity: str) -> None:
    assert powerbi.rows(identity, "Other", [{"Key": "a"}] * 10_000).status_code == 200
    assert powerbi.rows(identity, "Other", [{"Key": "a"}] * 10_001).status_code == 400
    assert powerbi.count(identity, "Other") == 10_000


def test_no_more_than_sixteen_megabytes(powerbi: Client, identity: str) -> None:
    body = b'{"rows":[]' + b" " * (16 * 1024 * 1024) + b"}"
    assert powerbi.rows(identity, "Other", body).status_code == 413


def test_long_texts_and_unknown_columns_follow_the_switches(powerbi: Client, identity: str) -> None:
    long = [{"Key": "ø" * 4001}]
    assert powerbi.rows(identity, "Other", [{"Key": "ø" * 4000}]).status_code == 200
    assert powerbi.rows(identity, "Other", long).status_code == 400
    powerbi.sandbox.set_switches(long_strings="truncate", unknown_columns="ignore")
    assert powerbi.rows(identity, "Other", long).status_code == 200
    assert powerbi.rows(identity, "Other", [{"Key": "b", "More": 1}]).status_code == 200
    lengths = powerbi.sandbox.rows(identity, "Other")["Key"].str.len_chars().to_list()
    assert lengths == [4000, 4000, 1]


def test_delete_empties_the_table(powerbi: Client, identity: str) -> None:
    powerbi.rows(identity, "Other", [{"Key": "a"}])
    path = f"/datasets/{identity}/tables/Other/rows"
    answer = powerbi.group("DELETE", path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert powerbi.count(identity, "Other") == 0


def test_fifo_floats_and_a_full_table_refuses(powerbi: Client) -> None:
    powerbi.sandbox.set_limits(fifo_rows=20, fifo_slack=5, table_rows=22)
    fifo = powerbi.group("POST", "/datasets?defaultRetentionPolicy=basicFIFO", json=MODEL).json()
    plain = powerbi.create(MODEL)
    heights = []
    for number in range(9):
        rows = [{"Key": f"{number}"}] * 3
        assert powerbi.rows(fifo["id"], "Other", rows).status_code == 200
        heights.append(powerbi.sandbox.rows(fifo["id"], "Other").height)
        powerbi.rows(plain, "Other", rows)
    assert heights == [3, 6, 9, 12, 15, 18, 21, 24, 20]
    assert powerbi.sandbox.rows(fifo["id"], "Other")["Key"][0] == "2"
    assert powerbi.sandbox.rows(plain, "Other").height == 21


@pytest.mark.parametrize(
    ("policy", "statuses", "count"),
    [
        ("ignored", [200, 200, 200], 3),
        ("replay_noop", [200, 200, 200], 2),
        ("replay_error", [200, 400, 200], 2),
        ("unsupported", [200, 200, 200], 3),
    ],
)
def test_sequence_numbers(
    powerbi: Client, identity: str, policy: str, statuses: list[int], count: int
) -> None:
    powerbi.sandbox.set_switches(sequence_numbers=policy)
    answers = [
        powerbi.rows(
            identity,
            "Other",
            [{"Key": "a"}],
            headers={"X-PowerBI-PushData-SequenceNumber": str(number)},
        ).status_code
        for number in (1, 1, 2)
    ]
    assert answers == statuses
    assert powerbi.count(identity, "Other") == count
    asked = powerbi.group("GET", f"/datasets/{identity}/tables/Other/sequenceNumbers")
    if policy == "unsupported":
        assert asked.status_code == 404
    else:
        last = [one["sequenceNumber"] for one in asked.json()["value"]]
        assert last == ([] if policy == "ignored" else [2])


def test_blocks_keep_order_and_values(powerbi: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vismapbi_assets.sandbox.powerbi.storage.BLOCK_ROWS", 25)
    identity = powerbi.create(MODEL)
    for start in range(0, 100, 10):
        rows = [{"Whole": n, "Money": n / 4} for n in range(start, start + 10)]
        powerbi.rows(identity, "Facts ø", rows)
    frame = powerbi.sandbox.rows(identity, "Facts ø")
    assert frame["Whole"].to_list() == list(range(100))
    assert frame["Money"].sum() == Decimal("1237.5000")
    assert frame.schema["Money"] == pl.Decimal(28, 4)


def test_the_decoder_refuses_with_a_status() -> None:
    with pytest.raises(Refusal) as refused:
        decoded('{"Whole":"x"}')
    assert refused.value.status == 400
