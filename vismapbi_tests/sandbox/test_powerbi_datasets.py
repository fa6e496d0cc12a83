"""Creating, finding, changing and deleting datasets, as strictly as the service."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vismapbi_assets.sandbox.powerbi.schema import TABLE_NAME
from vismapbi_tests.sandbox.powerbi_client import Client, dataset, relation, table

MODEL = dataset(
    table("Facts and ø", Key="String", Day="DateTime", Amount="Decimal"),
    table("Dim", Key="String", Rank="int64", Flag="bool"),
    relationships=[relation("Facts and ø", "Key", "Dim", "Key")],
)
MODEL["tables"][0]["measures"] = [{"name": "Total (all)", "expression": "1"}]
Change = Callable[[dict[str, Any]], Any]


def test_create_answers_201_and_lists_it(powerbi: Client) -> None:
    answer = powerbi.group("POST", "/datasets?defaultRetentionPolicy=basicFIFO", json=MODEL)
    body = answer.json()
    assert answer.status_code == 201
    assert body["defaultRetentionPolicy"] == "basicFIFO"
    assert body["addRowsAPIEnabled"] is True
    assert body["isRefreshable"] is False
    assert "RequestId" in answer.headers
    listed = powerbi.group("GET", "/datasets").json()["value"]
    assert [one["id"] for one in listed] == [body["id"]]
    assert powerbi.group("GET", f"/datasets/{body['id']}").json()["name"] == "Finance"


def test_names_may_repeat(powerbi: Client) -> None:
    assert powerbi.create(MODEL) != powerbi.create(MODEL)
    assert len(powerbi.group("GET", "/datasets").json()["value"]) == 2


def test_accepted_datasets_appear_later(powerbi: Client) -> None:
    powerbi.sandbox.set_switches(create_accepted_seconds=60)
    answer = powerbi.group("POST", "/datasets", json=MODEL)
    assert answer.status_code == 202
    path = f"/datasets/{answer.json()['id']}"
    assert powerbi.group("GET", "/datasets").json()["value"] == []
    assert powerbi.group("GET", path).status_code == 404
    powerbi.sandbox.clock.advance(61)
    assert powerbi.group("GET", path).status_code == 200


def test_creation_blocked_or_refused_without_reason(powerbi: Client) -> None:
    powerbi.sandbox.set_switches(creation_blocked=True)
    error = powerbi.group("POST", "/datasets", json=MODEL).json()["error"]
    assert error["code"] == "FeatureDeprecatedError"
    assert "message" not in error
    assert {d["code"] for d in error["pbi.error"]["details"]} == {
        "LearnMoreLink",
        "FeatureDeprecatedMessage",
    }
    powerbi.sandbox.set_switches(creation_blocked=False, create_400_without_error_info=True)
    answer = powerbi.group("POST", "/datasets", json=MODEL)
    assert (answer.status_code, answer.content) == (400, b"")
    assert powerbi.sandbox.datasets == {}


def put(path: str, value: Any) -> Change:
    *way, last = path.split(".")

    def change(body: dict[str, Any]) -> None:
        target: Any = body
        for step in way:
            target = target[int(step)] if step.isdigit() else target[step]
        target[int(last) if last.isdigit() else last] = value

    change.__name__ = f"{path}={value}"
    return change


def add(path: str, value: Any) -> Change:
    def change(body: dict[str, Any]) -> None:
        target: Any = body
        for step in path.split("."):
            target = target[int(step)] if step.isdigit() else target[step]
        target.extend(value)

    change.__name__ = f"{path}+"
    return change


DUPLICATE = {"name": "key", "dataType": "String"}
SECOND = relation("Facts and ø", "Key", "Dim", "Key") | {"name": "second"}
INVALID: list[tuple[Change, str]] = [
    (put("partitions", []), "BadRequest"),
    (put("tables.0.lineageTag", "x"), "BadRequest"),
    (put("tables.0.columns.0.datatype", "String"), "BadRequest"),
    (put("relationships.0.isActive", False), "BadRequest"),
    (put("name", None), "BadRequest"),
    (put("tables", None), "BadRequest"),
    (put("tables", []), "InvalidRequest"),
    (put("defaultMode", "push"), "BadRequest"),
    (put("defaultMode", "Streaming"), "InvalidRequest"),
    (put("tables.0.name", "Facts (all)"), "BadRequest"),
    (put("tables.0.name", "x" * 101), "BadRequest"),
    (put("tables.1.name", "facts AND Ø"), "InvalidRequest"),
    (put("tables.0.columns.0.name", ""), "BadRequest"),
    (put("tables.0.columns.0.dataType", "Text"), "InvalidRequest"),
    (put("tables.0.columns.0.summarizeBy", "total"), "InvalidRequest"),
    (put("tables.0.columns.0.sortByColumn", "Nothing"), "InvalidRequest"),
    (put("tables.0.columns.0.isHidden", "no"), "BadRequest"),
    (add("tables.0.columns", [DUPLICATE]), "InvalidRequest"),
    (put("tables.0.measures.0.name", "amount"), "InvalidRequest"),
    (put("tables.0.measures.0", {"name": "x"}), "BadRequest"),
    (put("tables.1.measures", [{"name": "total (ALL)", "expression": "2"}]), "InvalidRequest"),
    (put("relationships.0.toColumn", "key"), "InvalidRequest"),
    (put("relationships.0.fromTable", "Nothing"), "InvalidRequest"),
    (put("relationships.0.crossFilteringBehavior", "Both"), "InvalidRequest"),
    (add("relationships", [SECOND]), "InvalidRequest"),
    (add("tables", [table(f"T{n}", A="String") for n in range(74)]), "InvalidRequest"),
    (add("tables.0.columns", table("x", **{f"C{n}": "String" for n in range(73)})["columns"]),
     "InvalidRequest"),
    (put("relationships", [SECOND | {"name": f"r{n}"} for n in range(76)]), "InvalidRequest"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "code"), INVALID, ids=lambda one: getattr(one, "__name__", ""))
def test_invalid_create_requests(powerbi: Client, change: Change, code: str) -> None:
    body = copy.deepcopy(MODEL)
    change(body)
    answer = powerbi.group("POST", "/datasets", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == code
    assert powerbi.sandbox.datasets == {}


def test_unknown_properties_are_named(powerbi: Client) -> None:
    error = powerbi.group("POST", "/datasets", json=MODEL | {"annotations": []}).json()["error"]
    assert "annotations" in error["details"][0]["message"]


@given(st.text(min_size=1, max_size=20))
def test_table_names_follow_the_pattern(name: str) -> None:
    forbidden = set(""".,:;/\\()[]{}&%+*'"!?=<>$|`""")
    allowed = all(c not in forbidden and (c >= " " or c in "\t\r\n") for c in name)
    assert bool(TABLE_NAME.fullmatch(name)) == (
        allowed
        and "\ufffe" not in name
        and not any(c in "\uffff" or "\ud800" <= c <= "\udfff" for c in name)
    )


def test_tables_are_listed_by_name_only(powerbi: Client) -> None:
    identity = powerbi.create(MODEL)
    tables = powerbi.group("GET", f"/datasets/{identity}/tables").json()["value"]
    assert tables == [{"name": "Facts and ø"}, {"name": "Dim"}]


def test_unknown_dataset(powerbi: Client) -> None:
    answer = powerbi.group("GET", "/datasets/unknown")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "PowerBIEntityNotFound"


def test_delete(powerbi: Client) -> None:
    identity = powerbi.create(MODEL)
    answer = powerbi.group("DELETE", f"/datasets/{identity}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert powerbi.group("GET", f"/datasets/{identity}").status_code == 404


def put_table(
    powerbi: Client, identity: str, declaration: dict[str, Any], name: str = "Dim"
) -> Any:
    return powerbi.group("PUT", f"/datasets/{identity}/tables/{name}", json=declaration)


def test_put_table_answers_the_name_only(powerbi: Client) -> None:
    identity = powerbi.create(MODEL)
    answer = put_table(powerbi, identity, table("Dim", Key="String", More="Double"))
    assert answer.status_code == 200
    assert answer.json()["name"] == "Dim"
    assert "columns" not in answer.json()


def test_put_on_unknown_table(powerbi: Client) -> None:
    identity = powerbi.create(MODEL)
    for name in ("Nothing", "dim"):
        answer = put_table(powerbi, identity, table(name, Key="String"), name)
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "ItemNotFound"
        assert f"<pi>{name}</pi>" in answer.text


@pytest.mark.parametrize(
    "declaration",
    [
        table("Other", Key="String"),
        table("Dim", Rank="Int64"),
        table("Dim", Key="String") | {"measures": [{"name": "Total (all)", "expression": "1"}]},
    ],
)
def test_put_that_the_model_does_not_bear(powerbi: Client, declaration: dict[str, Any]) -> None:
    identity = powerbi.create(MODEL)
    assert put_table(powerbi, identity, declaration).status_code == 400


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("keep", [{"Key": "a", "Rank": "7", "More": None}]),
        ("null_fill", [{"Key": "a", "Rank": None, "More": None}]),
        ("clear", []),
    ],
)
def test_put_and_existing_rows(powerbi: Client, policy: str, expected: list[Any]) -> None:
    identity = powerbi.create(MODEL)
    powerbi.rows(identity, "Dim", [{"Key": "a", "Rank": 7, "Flag": True}])
    powerbi.sandbox.set_switches(put_rows=policy)
    put_table(powerbi, identity, table("Dim", Key="String", Rank="String", More="Double"))
    assert powerbi.sandbox.rows(identity, "Dim").to_dicts() == expected
    powerbi.rows(identity, "Dim", [{"Key": "b", "Rank": "x", "More": 1.5}])
    assert powerbi.count(identity, "Dim") == len(expected) + 1
