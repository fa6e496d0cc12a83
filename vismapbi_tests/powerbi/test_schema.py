"""The model as Power BI sees it: refused before it is sent, compared before it is changed."""

from dataclasses import replace

import pytest

from vismapbi_assets.powerbi.schema import (
    InvalidModel,
    PushColumn,
    PushMeasure,
    PushModel,
    PushRelationship,
    PushTable,
    check_model,
    create_request,
    fingerprint,
)
from vismapbi_assets.powerbi.schema_diff import compare


def column(name: str, data_type: str = "String", **more) -> PushColumn:
    return PushColumn(name=name, data_type=data_type, **more)


FACT = PushTable(
    name="Leverandør",
    columns=(
        column("Key"),
        column("Amount", "Decimal", format_string="#,##0.00", summarize_by="sum", additive=True),
        column("RowDelta", "Int64", additive=True, is_hidden=True),
        column("PushBatchId", "Int64", is_hidden=True),
    ),
    strategy="reverse",
    key=("Key",),
)
DIM = PushTable(name="Dim", columns=(column("Key"), column("Name")), key=("Key",))
HOME = PushTable(
    name="AP Measures",
    columns=(column("Placeholder", is_hidden=True),),
    measures=(PushMeasure(name="Total", expression="SUM('Leverandør'[Amount])"),),
    strategy="none",
)
LINK = PushRelationship(
    name="L-Key-D", from_table="Leverandør", from_column="Key", to_table="Dim", to_column="Key"
)
MODEL = PushModel(name="Finance", tables=(FACT, DIM, HOME), relationships=(LINK,))


def with_table(table: PushTable, *, at: int = 0) -> PushModel:
    tables = list(MODEL.tables)
    tables[at] = table
    return replace(MODEL, tables=tuple(tables))


def test_a_sound_model_passes():
    check_model(MODEL)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (with_table(replace(DIM, name="Dim.x"), at=1), "refuses"),
        (with_table(replace(DIM, name="x" * 101), at=1), "refuses"),
        (with_table(replace(DIM, name="Date"), at=1), "call it Dates"),
        (with_table(replace(DIM, name="leverandør"), at=1), "used twice"),
        (with_table(replace(DIM, columns=(column("Key"), column("KEY"))), at=1), "used twice"),
        (with_table(replace(DIM, columns=(column("Key"), column("a\x01"))), at=1), "no valid name"),
        (with_table(replace(DIM, columns=()), at=1), "0 columns"),
        (
            with_table(
                replace(DIM, columns=(column("Key"), *(column(f"c{i}") for i in range(75)))), at=1
            ),
            "76 columns",
        ),
        (with_table(replace(FACT, columns=FACT.columns[:3])), "PushBatchId"),
        (with_table(replace(FACT, key=("Nope",))), "key column 'Nope'"),
        (with_table(replace(DIM, columns=(column("Key", "Int64"),)), at=1), "different types"),
        (with_table(replace(DIM, columns=(column("Other"),), key=()), at=1), "which is missing"),
        (replace(MODEL, relationships=(LINK, replace(LINK, name="second"))), "2 relationships"),
        (replace(MODEL, tables=(*MODEL.tables, *(replace(DIM, name=f"T{i}") for i in range(73)))),
         "76 tables"),
        (with_table(replace(DIM, columns=(column("Key"), column("N", sort_by_column="Z"))), at=1),
         "sorted by"),
        (with_table(replace(HOME, measures=HOME.measures * 2), at=2), "exists twice"),
    ],
)  # fmt: skip
def test_a_breach_is_named_before_anything_is_sent(model, said):
    with pytest.raises(InvalidModel, match=said):
        check_model(model)


def test_all_breaches_are_listed_at_once():
    broken = with_table(replace(DIM, name="a/b", columns=(column("K"), column("k"))), at=1)
    with pytest.raises(InvalidModel) as caught:
        check_model(broken)
    assert str(caught.value).count("\n- ") >= 3


def test_the_request_speaks_the_service_s_names():
    body = create_request(MODEL)
    assert body["defaultMode"] == "Push"
    assert body["tables"][0]["columns"][1] == {
        "name": "Amount",
        "dataType": "Decimal",
        "formatString": "#,##0.00",
        "summarizeBy": "sum",
    }
    assert body["tables"][2]["measures"] == [
        {"name": "Total", "expression": "SUM('Leverandør'[Amount])"}
    ]
    assert body["relationships"][0] == {
        "name": "L-Key-D",
        "fromTable": "Leverandør",
        "fromColumn": "Key",
        "toTable": "Dim",
        "toColumn": "Key",
        "crossFilteringBehavior": "OneDirection",
    }


def test_the_fingerprint_follows_what_power_bi_sees_only():
    assert fingerprint(MODEL) == fingerprint(with_table(replace(DIM, strategy="append"), at=1))
    assert fingerprint(MODEL) != fingerprint(with_table(replace(DIM, is_hidden=True), at=1))


def test_an_added_column_can_be_put_and_touches_rows():
    diff = compare(MODEL, with_table(replace(DIM, columns=(*DIM.columns, column("New"))), at=1))
    (change,) = diff.tables
    assert (change.table, change.columns_added, diff.obstacles) == ("Dim", ("New",), ())
    assert change.touches_rows


def test_a_changed_measure_touches_its_home_only_and_no_rows():
    home = replace(HOME, measures=(PushMeasure(name="Total", expression="1"),))
    diff = compare(MODEL, with_table(home, at=2))
    (change,) = diff.tables
    assert (change.table, change.touches_rows, diff.obstacles) == ("AP Measures", False, ())


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (with_table(replace(DIM, columns=(column("Key"),)), at=1), "'Dim'[Name] is gone"),
        (
            with_table(replace(DIM, columns=(column("Key"), column("Name", "Int64"))), at=1),
            "'Dim'[Name] changes from String to Int64",
        ),
        (with_table(replace(DIM, name="Dim2"), at=1), "table 'Dim2' is new"),
        (replace(MODEL, tables=MODEL.tables[:2]), "table 'AP Measures' is gone"),
        (replace(MODEL, relationships=()), "'L-Key-D' is gone"),
        (replace(MODEL, relationships=(replace(LINK, to_column="Name"),)), "is different"),
    ],
)
def test_what_no_put_can_do_is_an_obstacle_named_exactly(model, said):
    assert any(said in o for o in compare(MODEL, model).obstacles)


def test_equal_models_differ_in_nothing():
    assert compare(MODEL, MODEL).is_empty
