"""executeQueries over HTTP: shapes, nulls, limits and refusals."""

from decimal import Decimal
from typing import Any

import pytest

from vismapbi_tests.sandbox.powerbi_client import Client, dataset, relation, table

MODEL = dataset(
    table("T", Key="String", Day="DateTime", Amount="Decimal", RowDelta="Int64", Batch="Int64"),
    table("Dim", Key="String", Name="String"),
    relationships=[relation("T", "Key", "Dim", "Key")],
)
MODEL["tables"][1]["measures"] = [{"name": "Total", "expression": "SUM ( 'T'[Amount] )"}]
ROWS = [
    {"Key": "a", "Day": "2026-10-31T00:00:00", "Amount": 10.25, "RowDelta": 1, "Batch": 41},
    {"Key": "b", "Day": None, "Amount": 1, "RowDelta": 1, "Batch": 42},
    {"Key": "b", "Amount": -1, "RowDelta": -1, "Batch": 42},
    {"Key": "x", "Amount": 7, "RowDelta": 1, "Batch": 43},
]


@pytest.fixture
def identity(powerbi: Client) -> str:
    identity = powerbi.create(MODEL)
    powerbi.rows(identity, "T", ROWS)
    powerbi.rows(identity, "Dim", [{"Key": "a", "Name": "Anna"}, {"Key": "b", "Name": "Bo"}])
    return identity


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("""ROW("n", COUNTROWS(FILTER('T','T'[Batch]=42)))""", [{"[n]": 2}]),
        ("""ROW("n", COUNTROWS(FILTER('T','T'[Batch]=99)))""", [{"[n]": None}]),
        (
            """ROW("n", COUNTROWS('T'), "d", SUM('T'[RowDelta]), "c1", SUM('T'[Amount]))""",
            [{"[n]": 4, "[d]": 2, "[c1]": 17.25}],
        ),
        (
            """SUMMARIZECOLUMNS('T'[Key], "n", COUNTROWS('T'), "s", SUM('T'[Amount]))""",
            [
                {"T[Key]": "a", "[n]": 1, "[s]": 10.25},
                {"T[Key]": "b", "[n]": 2, "[s]": 0},
                {"T[Key]": "x", "[n]": 1, "[s]": 7},
            ],
        ),
        (
            "TOPN(1,'T')",
            [
                {
                    "T[Key]": "a",
                    "T[Day]": "2026-10-31T00:00:00",
                    "T[Amount]": 10.25,
                    "T[RowDelta]": 1,
                    "T[Batch]": 41,
                }
            ],
        ),
        (
            """SUMMARIZECOLUMNS('Dim'[Name], "t", [Total]) ORDER BY [t] DESC""",
            [
                {"Dim[Name]": "Anna", "[t]": 10.25},
                {"Dim[Name]": None, "[t]": 7},
                {"Dim[Name]": "Bo", "[t]": 0},
            ],
        ),
    ],
)
def test_shapes(powerbi: Client, identity: str, query: str, rows: list[Any]) -> None:
    assert powerbi.answer(identity, f"EVALUATE {query}") == rows


def test_blanks_vanish_unless_asked_for(powerbi: Client, identity: str) -> None:
    query = """EVALUATE ROW("n", COUNTROWS(FILTER('T','T'[Batch]=99)), "m", 1)"""
    assert powerbi.query(identity, query).json()["results"][0]["tables"][0]["rows"] == [{"[m]": 1}]


def test_decimals_are_exact_on_the_wire(powerbi: Client, identity: str) -> None:
    powerbi.rows(identity, "T", b'{"rows":[{"Amount":123456789012345.6789}]}')
    query = """EVALUATE ROW("s", CALCULATE(SUM('T'[Amount]), 'T'[Amount] > 1000))"""
    text = powerbi.query(identity, query).text
    assert "123456789012345.6789" in text
    assert Decimal(text.split(":")[-1].rstrip("}]")) == Decimal("123456789012345.6789")


@pytest.mark.parametrize(
    "query",
    ["EVALUATE", 'ROW("n", 1)', "EVALUATE 'Nothing'", "EVALUATE ROW(\"n\", MEDIAN('T'[Amount]))"],
)
def test_dax_failures(powerbi: Client, identity: str, query: str) -> None:
    answer = powerbi.query(identity, query)
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert error["code"] == "DatasetExecuteQueriesError"
    detail = error["pbi.error"]["details"][0]
    assert (detail["code"], detail["detail"]["type"]) == ("DetailsMessage", 1)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"queries": []},
        {"queries": [{"query": "EVALUATE 'T'"}] * 2},
        {"queries": [{"query": "EVALUATE 'T'", "name": "x"}]},
        {"queries": [{"query": "EVALUATE 'T'"}], "settings": {}},
    ],
)
def test_malformed_requests(powerbi: Client, identity: str, body: Any) -> None:
    answer = powerbi.group("POST", f"/datasets/{identity}/executeQueries", json=body)
    assert answer.status_code == 400


def test_too_large_results_are_cut_and_still_200(powerbi: Client, identity: str) -> None:
    for limits in ({"query_rows": 2}, {"query_values": 10}, {"query_bytes": 100}):
        powerbi.sandbox.set_limits(query_rows=100_000, query_values=1_000_000, query_bytes=10**6)
        powerbi.sandbox.set_limits(**limits)
        answer = powerbi.query(identity, "EVALUATE 'T'")
        content = answer.json()["results"][0]["tables"][0]
        assert answer.status_code == 200
        assert len(content["rows"]) == 2
        assert content["error"]["code"]


def test_two_tables_are_still_200(powerbi: Client, identity: str) -> None:
    answer = powerbi.query(identity, "EVALUATE 'T' EVALUATE 'Dim'")
    result = answer.json()["results"][0]
    assert (answer.status_code, len(result["tables"])) == (200, 1)
    assert result["error"]["code"]


def test_duplicate_keys_break_the_relationship(powerbi: Client, identity: str) -> None:
    powerbi.rows(identity, "Dim", [{"Key": "A", "Name": "Again"}])
    query = """EVALUATE SUMMARIZECOLUMNS('Dim'[Name], "t", [Total])"""
    assert "duplicate" in powerbi.query(identity, query).text
    assert powerbi.count(identity, "T") == 4


def test_unavailable_for_push(powerbi: Client, identity: str) -> None:
    powerbi.sandbox.set_switches(queries="not_for_push")
    assert powerbi.query(identity, "EVALUATE 'T'").status_code == 400
    powerbi.sandbox.set_switches(queries="setting_off")
    assert "Message" in powerbi.query(identity, "EVALUATE 'T'").json()


def test_rows_become_visible_after_the_delay(powerbi: Client, identity: str) -> None:
    powerbi.sandbox.set_switches(visibility_delay=30)
    powerbi.rows(identity, "T", ROWS)
    assert powerbi.count(identity, "T") == 4
    batch = "EVALUATE ROW(\"n\", COUNTROWS(FILTER('T','T'[Batch]=42)))"
    assert powerbi.answer(identity, batch) == [{"[n]": 2}]
    powerbi.sandbox.clock.advance(31)
    assert powerbi.count(identity, "T") == 8
