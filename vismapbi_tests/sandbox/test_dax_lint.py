"""The lint finds what the service accepts silently, and nothing in the model as published."""

from typing import Any

import polars as pl
import pytest

from vismapbi_assets.sandbox.dax import lint
from vismapbi_tests.sandbox.example_model import EXAMPLES, columns, measures
from vismapbi_tests.sandbox.powerbi_client import relation, table


def small(*expressions: str, **more: Any) -> dict[str, Any]:
    """A model of a fact and a dimension with these measures."""
    fact = table("Fact", Key="String", Amount="Decimal", Rate="Double", Day="DateTime")
    fact["measures"] = [
        {"name": f"M{number}", "expression": text} for number, text in enumerate(expressions)
    ]
    dimension = table("Dim", Key="String", Day="Int64")
    links = more.get("relationships", [relation("Fact", "Key", "Dim", "Key")])
    return {"name": "x", "tables": [fact, dimension], "relationships": links}


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("SUM ( 'Fact'[Amount]", "cannot be parsed"),
        ("SUM ( 'Fact'[Nothing] )", "there is no column 'Fact'[Nothing]"),
        ("SUM ( 'Nothing'[Amount] )", "there is no table 'Nothing'"),
        ("COUNTROWS ( Nothing )", "there is no table or variable 'Nothing'"),
        ("[Nothing] + 1", "there is no measure [Nothing]"),
        ("DIVIDE ( 1 )", "DIVIDE does not take 1 arguments"),
        ("MEDIAN ( 'Fact'[Amount] )", "the function MEDIAN is not in the subset"),
        ("SUM ( 'Fact'[Rate] )", "not additive"),
        (
            "CALCULATE ( SUM ( 'Fact'[Amount] ), TREATAS ( VALUES ( 'Dim'[Key] ), 'Fact'[Key] ) )",
            "TREATAS takes DISTINCT",
        ),
        ("SUMX ( KEEPFILTERS ( 'Fact' ), 1 )", "KEEPFILTERS only stands as a filter"),
        ("VAR Dim = 1 RETURN Dim", "the variable Dim is named like a table"),
        ("VAR X = Y VAR Y = 1 RETURN X", "there is no table or variable 'Y'"),
        ("1 + [M0]", "depend on each other: [M0]"),
    ],
)
def test_faults_of_a_measure(expression: str, fault: str) -> None:
    found = lint(small(expression), {"Fact": ["Amount"]})
    assert len(found) == 1
    assert fault in found[0]


@pytest.mark.parametrize(
    "expression",
    [
        "VAR Limit = 3 RETURN COUNTROWS ( FILTER ( 'Fact', 'Fact'[Amount] > Limit ) )",
        "SUMX ( ADDCOLUMNS ( VALUES ( 'Dim'[Key] ), \"@n\", 1 ), [@n] )",
        "CALCULATE ( SUM ( Fact[Amount] ), REMOVEFILTERS ( ), KEEPFILTERS ( 'Dim'[Key] = \"a\" ) )",
    ],
)
def test_sound_measures_pass(expression: str) -> None:
    assert lint(small(expression), {"Fact": ["Amount"]}) == []


def test_names_and_relationships() -> None:
    body = small("1")
    body["tables"][0]["measures"].append({"name": "amount", "expression": "1"})
    body["tables"][1]["measures"] = [{"name": "m0", "expression": "2"}]
    body["relationships"] = [
        relation("Fact", "Key", "Dim", "Key"),
        relation("Fact", "Day", "Dim", "Day"),
        relation("Fact", "Nothing", "Fact", "Key"),
    ]
    found = "\n".join(lint(body))
    assert "Measure [amount] is named like a column of its table 'Fact'" in found
    assert "Two measures are called [m0]" in found
    assert "'Fact-Day-Dim' joins datetime to int64" in found
    assert "'Fact-Day-Dim' joins the same tables as 'Fact-Key-Dim'" in found
    assert "unknown column 'Fact'[Nothing]" in found
    assert "joins a table to itself" in found


def test_sizes() -> None:
    body = small()
    body["tables"] += [table(f"T{n}", Key="String") for n in range(80)]
    body["tables"][0] = table("Fact", **{f"C{n}": "String" for n in range(76)}, Key="String")
    body["relationships"] = [relation(f"T{n}", "Key", "Dim", "Key") for n in range(76)]
    found = lint(body)
    assert [fault for fault in found if "allowed" in fault] == found
    assert len(found) == 3


def test_the_published_model_is_clean() -> None:
    home = dict(
        pl.read_csv(EXAMPLES / "model_measures.csv").select("Name", "HomeTable").iter_rows()
    )
    tables = []
    for (name,), declared in columns().group_by("Table", maintain_order=True):
        one = table(str(name), **dict(declared.select("Column", "DataType").iter_rows()))
        one["measures"] = [
            {"name": measure, "expression": text}
            for measure, text in measures().items()
            if home[measure] == name
        ]
        tables.append(one)
    links = pl.read_csv(EXAMPLES / "model_relationships.csv").rows()
    body = {
        "name": "Finance",
        "tables": tables,
        "relationships": [relation(*row[1:5]) for row in links],
    }
    reversed_ = columns().filter(pl.col("UpdateStrategy") == "reverse")
    additive = {
        str(name): list(part.filter(pl.col("Additive") == "true")["Column"])
        for (name,), part in reversed_.group_by("Table")
    }
    assert lint(body, additive) == []
    assert sum(len(one["measures"]) for one in tables) == 99
