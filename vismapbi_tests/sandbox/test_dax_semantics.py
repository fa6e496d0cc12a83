"""The evaluator follows the documented semantics of DAX."""

import time
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vismapbi_assets.sandbox.dax import (
    DaxError,
    DaxModel,
    Relationship,
    evaluate,
    evaluate_all,
    evaluate_measure,
)

MONEY = pl.Decimal(28, 4)
FACTS = pl.DataFrame(
    {
        "Key": ["a", "A", "b", "x", None],
        "Day": [date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 2), None, date(2026, 1, 3)],
        "Amount": ["10", "20", "5.5", "7", "1"],
        "Count": [1, 2, 3, 4, 5],
        "Flag": [True, False, None, True, False],
    }
).with_columns(pl.col("Amount").cast(MONEY))
MODEL = DaxModel(
    {
        "Fact": FACTS,
        "Dim": pl.DataFrame({"Key": ["a", "b", "c"], "Group": ["G", "G", "H"], "Rank": [1, 2, 3]}),
        "Days": pl.DataFrame({"Day": pl.date_range(date(2026, 1, 1), date(2026, 1, 3), eager=True)})
        .with_columns(Index=pl.int_range(3)),
        "Lonely": pl.DataFrame({"Low": [0, 6], "High": [6, 100]}),
    },
    [Relationship("Fact", "Key", "Dim", "Key"), Relationship("Fact", "Day", "Days", "Day")],
    {
        "Total": "SUM ( Fact[Amount] )",
        "Rows": "COUNTROWS ( Fact )",
        "Share": "DIVIDE ( [Total], CALCULATE ( [Total], REMOVEFILTERS ( Dim ) ) )",
    },
    now=lambda: datetime(2026, 1, 5, 12, tzinfo=UTC),
)  # fmt: skip


def value(expression: str) -> Any:
    return evaluate(MODEL, f'EVALUATE ROW("v", {expression})').item()


def column(table: str) -> list[Any]:
    return evaluate(MODEL, f"EVALUATE {table}").to_series().to_list()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("( 1 + 2 ) * 3", 9),
        ("- 2 * 3", -6),
        ("7 / 2", 3.5),
        ("1 = 1 && 2 > 3 || TRUE()", True),
        ("NOT TRUE() || TRUE()", True),
        ('"a" & 1 & BLANK()', "a1"),
        ('"Nor" = "NOR"', True),
        ("BLANK() = 0", True),
        ('BLANK() = ""', True),
        ("BLANK() = FALSE()", True),
        ("BLANK() = BLANK()", True),
        ("BLANK() < 1", True),
        ("BLANK() <> 1", True),
        ("BLANK() + 2", 2),
        ("BLANK() - 2", -2),
        ("BLANK() * 2", None),
        ("BLANK() / 2", None),
        ("-1 * BLANK()", None),
        ("BLANK() + BLANK()", None),
        ("DIVIDE(1, 0)", None),
        ("DIVIDE(1, BLANK(), 9)", 9),
        ("DIVIDE(BLANK(), 3)", None),
        ("IF(BLANK(), 1)", None),
        ("IF(3, 1, 2)", 1),
        ("COALESCE(BLANK(), BLANK(), 4)", 4),
        ("ISBLANK(BLANK())", True),
        ("INT(-1.5)", -2),
        ("ROUND(2.5, 0)", 3.0),
        ("ROUND(-2.5, 0)", -3.0),
        ("ROUND(1.005 + 0.0001, 2)", 1.01),
        ("2 IN { 1, 2 }", True),
        ('"B" IN { "a", "b" }', True),
        ("3 IN VALUES(Dim[Rank])", True),
        ("INT(DATE(2026, 3, 1) - DATE(2026, 2, 1))", 28),
        ("DATE(2026, 3, 1) - 1 = DATE(2026, 2, 28)", True),
        ("(UTCNOW() - DATE(2026, 1, 5)) * 24", 12.0),
        ("VAR x = 2 VAR y = x * x RETURN y + (VAR x = 10 RETURN x)", 14),
    ],
)
def test_expressions(expression: str, expected: Any) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("SUM(Fact[Amount]) / 3", Decimal("14.5000")),
        ("SUM(Fact[Amount]) / 7", Decimal("6.2143")),
        ("CALCULATE([Total], Fact[Count] = 1) / SUM(Fact[Amount])", 10 / 43.5),
        ("SUM(Fact[Amount]) * 2", Decimal("87.0000")),
        ("SUM(Fact[Amount]) * 0.33333", Decimal("14.4999")),
        ("SUM(Fact[Amount]) + 1", Decimal("44.5000")),
        ("SUMX(Fact, Fact[Amount] * Fact[Count])", Decimal("99.5000")),
    ],
)
def test_decimal_arithmetic(expression: str, expected: Any) -> None:
    result = value(expression)
    assert type(result) is type(expected)
    assert result == (pytest.approx(expected) if isinstance(expected, float) else expected)


@pytest.mark.parametrize("expression", ["/ 1", "* 1", "+ 0", "- BLANK()"])
def test_large_amounts_stay_exact(expression: str) -> None:
    amount = Decimal("123456789012345.6789")
    model = DaxModel({"T": pl.DataFrame({"A": [amount]}, schema={"A": MONEY})})
    query = f'EVALUATE ROW("v", SUM(T[A]) {expression})'
    assert evaluate(model, query).item() == amount


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # rows without a partner belong to the blank row of the one side
        ("COUNTROWS(Dim)", 3),
        ("COUNTROWS(VALUES(Dim[Key]))", 4),
        ("COUNTROWS(DISTINCT(Dim[Key]))", 3),
        ("COUNTROWS(ALL(Dim))", 4),
        ("COUNTROWS(VALUES(Days[Day]))", 4),
        ("CALCULATE([Total], Dim[Key] = \"a\")", 30),
        ("CALCULATE([Total], ISBLANK(Dim[Key]))", 8),
        ("CALCULATE([Total], Dim[Rank] <= 1)", 38),
        ("CALCULATE([Total], Dim[Rank] >= 1)", Decimal("35.5")),
        # filters on one column replace, kept ones intersect, those of one call intersect
        ("CALCULATE(CALCULATE([Total], Dim[Key] = \"b\"), Dim[Key] = \"a\")", Decimal("5.5")),
        ("CALCULATE(CALCULATE([Total], KEEPFILTERS(Dim[Key] = \"b\")), Dim[Key] = \"a\")", None),
        ("CALCULATE([Rows], Fact[Count] > 1, Fact[Count] < 4)", 2),
        ("CALCULATE([Rows], Fact[Count] > 1 && Fact[Count] < 4)", 2),
        ("CALCULATE([Rows], Fact[Flag] = FALSE())", 3),
        ("CALCULATE([Rows], Fact[Flag] = TRUE())", 2),
        # removals come before the filters of the same call
        ("CALCULATE(CALCULATE([Rows], REMOVEFILTERS(Dim), Dim[Rank] = 2), Dim[Group] = \"H\")", 1),
        ("CALCULATE(CALCULATE([Rows], Dim[Rank] = 2), Dim[Group] = \"H\")", None),
        ("CALCULATE(CALCULATE([Rows], ALL(Dim[Group])), Dim[Group] = \"H\", Dim[Rank] > 1)", 1),
        ("CALCULATE(CALCULATE([Rows], REMOVEFILTERS(Fact)), Dim[Key] = \"a\")", 5),
        ("CALCULATE(CALCULATE([Rows], ALLEXCEPT(Fact, Dim[Key])), Dim[Key] = \"a\","
         " Fact[Count] = 1)", 2),
        ("CALCULATE(CALCULATE([Rows], REMOVEFILTERS()), Dim[Key] = \"a\")", 5),
        # row contexts become filters
        ("SUMX(Dim, [Rows])", 3),
        ("SUMX(VALUES(Dim[Key]), [Rows])", 5),
        ("SUMX(Dim, COUNTROWS(Fact))", 15),
        ("SUMX(Dim, CALCULATE(COUNTROWS(Fact)))", 3),
        ("SUMX(FILTER(Dim, [Total] > 10), Dim[Rank])", 1),
        ("MAXX(VALUES(Dim[Group]), SUMX(Dim, Dim[Rank]))", 6),
        ("MAXX(VALUES(Dim[Group]), CALCULATE(SUMX(Dim, Dim[Rank])))", 3),
        ("SUMX(Lonely, VAR l = Lonely[Low] VAR h = Lonely[High] RETURN CALCULATE([Rows],"
         " Fact[Amount] < h, Fact[Amount] >= l))", 5),
        ("SUMX(Lonely, SUMX(FILTER(Fact, Fact[Amount] >= Lonely[High]), 1))", 3),
        # a table filter carries its related tables
        ("CALCULATE(COUNTROWS(Dim), FILTER(Fact, Fact[Count] = 3))", 1),
        ("CALCULATE([Rows], FILTER(Dim, Dim[Rank] > 1))", 1),
        # TREATAS keeps values that are in the target
        ("CALCULATE([Rows], TREATAS(DISTINCT(Dim[Rank]), Fact[Count]))", 3),
        ("CALCULATE([Rows], TREATAS({ 1, 99 }, Fact[Count]))", 1),
        ("CALCULATE([Rows], TREATAS({ (1, TRUE()), (2, TRUE()) }, Fact[Count], Fact[Flag]))", 1),
        ("CALCULATE([Rows], TREATAS(VALUES(Days[Day]), Fact[Day]))", 5),
        ("CALCULATE([Rows], TREATAS(DISTINCT(Days[Day]), Fact[Day]))", 4),
        ("CALCULATE(HASONEVALUE(Dim[Group]), Dim[Rank] = 1)", True),
        ("HASONEVALUE(Dim[Group])", False),
        ("CALCULATE(HASONEVALUE(Dim[Group]), Dim[Rank] <= 2 && NOT ISBLANK(Dim[Rank]))", True),
        ("CALCULATE([Share], Dim[Key] = \"a\")", 30 / 43.5),
        # nothing is nothing
        ("CALCULATE(SUM(Fact[Count]), Fact[Count] > 99)", None),
        ("CALCULATE(COUNTROWS(Fact), Fact[Count] > 99)", None),
        ("CALCULATE(MAX(Fact[Day]), Fact[Count] = 4)", None),
        ("MINX(Fact, Fact[Amount])", 1),
        ("COUNTROWS(FILTER(Fact, Fact[Count] > 2))", 3),
    ],
)  # fmt: skip
def test_contexts(expression: str, expected: Any) -> None:
    result = value(expression)
    assert result == (pytest.approx(expected) if isinstance(expected, float) else expected)


@pytest.mark.parametrize(("date_keys", "expected"), [("clear", 2), ("plain", None)])
def test_date_keys_may_clear_the_calendar(date_keys: Any, expected: Any) -> None:
    tables = {name: FACTS if name == "Fact" else _frame(name) for name in ("Fact", "Dim", "Days")}
    model = DaxModel(tables, MODEL.relationships, MODEL.measures, date_keys=date_keys)
    inner = "CALCULATE([Rows], Days[Day] = DATE(2026, 1, 2))"
    query = f'EVALUATE ROW("v", CALCULATE({inner}, Days[Index] = 0))'
    assert evaluate(model, query).item() == expected


def _frame(name: str) -> pl.DataFrame:
    source = MODEL.tables[name]
    return pl.DataFrame({column: source.column(column) for column in source.schema})


def test_tables() -> None:
    assert column("TOPN(2, VALUES(Dim[Rank]), Dim[Rank])") == [3, 2]
    assert column("TOPN(2, DISTINCT(Dim[Rank]), Dim[Rank], ASC)") == [1, 2]
    assert column("TOPN(1, VALUES(Dim[Group]), Dim[Group], ASC)") == [None]
    assert sorted(column("TOPN(1, DISTINCT(Dim[Key]), CALCULATE(MAX(Dim[Group])), ASC)")) == [
        "a",
        "b",
    ]
    assert column("VALUES(Fact[Key]) ORDER BY Fact[Key] DESC") == ["x", "b", "a", None]
    assert column('CALCULATETABLE(VALUES(Dim[Key]), Dim[Group] = "H")') == ["c"]
    added = evaluate(MODEL, 'EVALUATE ADDCOLUMNS(DISTINCT(Dim[Key]), "n", [Rows])')
    assert added.columns == ["Dim[Key]", "[n]"]
    assert added.rows() == [("a", 2), ("b", 1), ("c", None)]
    grouped = evaluate(MODEL, 'EVALUATE SUMMARIZECOLUMNS(Dim[Group], "n", [Rows], "s", [Share])')
    assert grouped["Dim[Group]"].to_list() == ["G", None]
    assert evaluate(MODEL, 'EVALUATE SUMMARIZECOLUMNS("n", [Rows])').rows() == [(5,)]
    both = 'EVALUATE SUMMARIZECOLUMNS(Dim[Group], Days[Index], "n", [Rows]) ORDER BY [n]'
    assert sorted(evaluate(MODEL, both)["[n]"]) == [1, 1, 1, 2]
    assert len(evaluate_all(MODEL, "EVALUATE Dim EVALUATE Days")) == 2


def test_measures_with_filters() -> None:
    assert evaluate_measure(MODEL, "Total") == Decimal("43.5")
    assert evaluate_measure(MODEL, "Rows", {"'Dim'[Key]": ["a", "b"]}) == 3
    assert evaluate_measure(MODEL, "Rows", {"Days[Day]": date(2026, 1, 2)}) == 2


@pytest.mark.parametrize(
    "query",
    [
        'EVALUATE ROW("v", Dim[Key])',
        'EVALUATE ROW("v", [Nothing])',
        "EVALUATE Nothing",
        'EVALUATE ROW("v", 1 +)',
        'EVALUATE ROW("v", VALUES(Dim[Key]))',
        'EVALUATE ROW("v", SUM(Fact[Key]))',
        'EVALUATE ROW("v", Fact = 1)',
        'EVALUATE ROW("v", "a" = 1)',
        'EVALUATE ROW("v", TRUE() = 1)',
        'EVALUATE ROW("v", IF(1))',
        'EVALUATE ROW("v", CALCULATE([Rows], Dim[Key] = "a" || Fact[Count] = 1))',
        'EVALUATE ROW("v", CALCULATE([Rows], TREATAS({ 1 }, Fact[Key])))',
        "EVALUATE 1",
        'EVALUATE ROW("v", 1) trailing',
        "SELECT 1",
        'EVALUATE ROW("v", #)',
    ],
)
def test_errors(query: str) -> None:
    with pytest.raises(DaxError):
        evaluate(MODEL, query)


def test_measures_that_need_themselves() -> None:
    model = DaxModel({"T": pl.DataFrame({"A": [1]})}, measures={"A1": "[A2] + 1", "A2": "[A1]"})
    with pytest.raises(DaxError, match="depends on itself"):
        evaluate(model, 'EVALUATE ROW("v", [A1])')


def test_duplicate_keys_on_the_one_side() -> None:
    dim = pl.DataFrame({"Key": ["a", "A"]})
    model = DaxModel({"Fact": FACTS, "Dim": dim}, [Relationship("Fact", "Key", "Dim", "Key")])
    with pytest.raises(DaxError, match="duplicate"):
        evaluate(model, 'EVALUATE ROW("v", CALCULATE(COUNTROWS(Fact), Dim[Key] = "a"))')
    assert evaluate(model, 'EVALUATE ROW("v", COUNTROWS(Fact))').item() == 5


def test_filters_in_both_directions() -> None:
    tables = {"Fact": FACTS, "Dim": pl.DataFrame({"Key": ["a", "b", "c"]})}
    model = DaxModel(tables, [Relationship("Fact", "Key", "Dim", "Key", both=True)])
    query = 'EVALUATE ROW("v", CALCULATE(COUNTROWS(Dim), Fact[Count] <= 2))'
    assert evaluate(model, query).item() == 1


FACT_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "x", None]),
        st.sampled_from(["2026", "2027", None]),
        st.one_of(st.none(), st.decimals(-1000, 1000, places=4)),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(FACT_ROWS)
def test_groups_agree_with_a_join(rows: list[tuple[Any, ...]]) -> None:
    fact = pl.DataFrame(
        rows, schema={"Key": pl.String, "Year": pl.String, "Amount": MONEY}, orient="row"
    )
    dim = pl.DataFrame({"Key": ["a", "b", "c"], "Group": ["G", "G", "H"]})
    model = DaxModel(
        {"Fact": fact, "Dim": dim},
        [Relationship("Fact", "Key", "Dim", "Key")],
        {"S": "SUM ( Fact[Amount] )", "N": "COUNTROWS ( Fact )"},
    )
    joined = fact.join(dim, on="Key", how="left")
    expected = joined.group_by("Group", "Year").agg(
        pl.len().cast(pl.Int64).alias("n"),
        pl.when(pl.col("Amount").count() > 0).then(pl.col("Amount").sum()).alias("s"),
    )
    wanted = sorted(expected.rows(), key=str)
    quick = '"n", COUNTROWS(Fact), "s", SUM(Fact[Amount])'
    thorough = '"n", [N], "s", [S]'
    for bodies in (quick, thorough):
        query = f"EVALUATE SUMMARIZECOLUMNS(Dim[Group], Fact[Year], {bodies})"
        assert sorted(evaluate(model, query).rows(), key=str) == wanted
    for group in ("G", "H"):
        of_group = joined.filter(pl.col("Group") == group)["Amount"]
        total = of_group.sum() if of_group.count() else None
        query = f'EVALUATE ROW("v", CALCULATE([S], Dim[Group] = "{group}"))'
        assert evaluate(model, query).item() == total
    parts = 'EVALUATE ROW("v", SUMX(VALUES(Dim[Key]), [N]), "w", COUNTROWS(Fact))'
    assert len(set(evaluate(model, parts).row(0))) == 1


class Slow:
    """A table of which only the beginning may be read."""

    height = 50_000
    schema = {"A": pl.Int64(), "B": pl.String()}  # noqa: RUF012 - never changed

    def column(self, name: str) -> pl.Series:
        raise AssertionError(f"the whole of {name} was read")

    def head(self, name: str, count: int) -> pl.Series:
        return pl.Series([7] * count if name == "A" else ["x"] * count)


def test_a_few_rows_of_a_large_table_are_read_alone() -> None:
    found = evaluate(DaxModel({"T": Slow()}), "EVALUATE TOPN(3, 'T')")
    assert found.rows() == [(7, "x")] * 3


def test_read_back_of_a_million_rows_is_quick() -> None:
    height = 1_000_000
    number = pl.int_range(height, eager=True)
    frame = pl.DataFrame(
        {
            "Batch": number // 10_000,
            "Amount": number.cast(MONEY),
            "Key": "K" + (number % 500).cast(pl.String),
        }
    )
    model = DaxModel({"T": frame})
    started = time.process_time()
    counted = evaluate(model, "EVALUATE ROW(\"n\", COUNTROWS(FILTER('T','T'[Batch]=42)))")
    groups = "EVALUATE SUMMARIZECOLUMNS('T'[Key], \"n\", COUNTROWS('T'), \"s\", SUM('T'[Amount]))"
    summed = evaluate(model, groups)
    assert time.process_time() - started < 3
    assert counted.item() == 10_000
    assert summed["[s]"].sum() == frame["Amount"].sum()
    assert summed.height == 500
