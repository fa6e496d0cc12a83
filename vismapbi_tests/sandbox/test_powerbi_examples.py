"""The example company, pushed over HTTP, answers the worked numbers through executeQueries."""

from decimal import Decimal
from typing import Any

import msgspec
import polars as pl
import pytest

from vismapbi_assets.sandbox.powerbi.limits import Limits
from vismapbi_tests.sandbox.example_model import (
    EXAMPLES,
    columns,
    conformed,
    measures,
    with_superseded,
)
from vismapbi_tests.sandbox.example_rows import example_rows
from vismapbi_tests.sandbox.powerbi_client import Client, dataset, relation, table

CASES = [
    ("[AP Balance]", "'Dates'[Date] = DATE ( 2026, 10, 31 )", 142575),
    ("[AP Balance (revalued)]", "'Dates'[Date] = DATE ( 2026, 10, 31 )", 143775),
    ("[AP Aging]", "'Dates'[Date] = DATE ( 2026, 10, 31 ), 'AgingBucket'[BucketKey] = 1", 50250),
    ("[Revenue YTD]", "'Dates'[FinancialPeriod] = \"202610\"", 510000),
    (
        "[TB Opening]",
        "'Dates'[FinancialPeriod] = \"202610\", 'Account'[AccountNumber] = \"3000\"",
        -270000,
    ),
    ("[Unposted Amount]", "ALL ( 'Dates' )", 32499),
    ("[Balance Sheet Check]", "'Dates'[Date] = DATE ( 2026, 10, 31 )", 0),
]


def whole_model() -> dict[str, Any]:
    """The create request of the complete model."""
    homes = pl.read_csv(EXAMPLES / "model_measures.csv")
    tables = []
    for (name,), declared in columns().group_by("Table", maintain_order=True):
        one = table(str(name), **dict(declared.select("Column", "DataType").iter_rows()))
        names = homes.filter(pl.col("HomeTable") == name)["Name"]
        one["measures"] = [{"name": m, "expression": measures()[m]} for m in names]
        tables.append(one)
    links = pl.read_csv(EXAMPLES / "model_relationships.csv").rows()
    return dataset(*tables, relationships=[relation(*row[1:5]) for row in links])


def pushed(frame: pl.DataFrame) -> bytes:
    stamps = pl.selectors.datetime().dt.strftime("%Y-%m-%dT%H:%M:%S")
    rows = frame.with_columns(stamps).to_dicts()
    return msgspec.json.Encoder(decimal_format="number").encode({"rows": rows})


@pytest.fixture
def loaded(powerbi: Client) -> tuple[Client, str]:
    identity = powerbi.create(whole_model())
    given = example_rows(EXAMPLES)
    frames = {name: conformed(name, frame) for name, frame in given.items()}
    reversed_ = set(columns().filter(pl.col("UpdateStrategy") == "reverse")["Table"])
    for name, frame in frames.items():
        known = {n: frames.get(n, pl.DataFrame()) for n in columns()["Table"].unique()}
        known |= {n: conformed(n, pl.DataFrame()) for n, f in known.items() if not f.width}
        rows = with_superseded(name, frame, known, 5) if name in reversed_ else frame
        answer = powerbi.rows(identity, name, pushed(rows))
        assert answer.status_code == 200, (name, answer.text)
    return powerbi, identity


def test_worked_numbers_from_pushed_rows(loaded: tuple[Client, str]) -> None:
    powerbi, identity = loaded
    for measure, filters, expected in CASES:
        query = f'EVALUATE ROW ( "v", CALCULATE ( {measure}, {filters} ) )'
        value = powerbi.answer(identity, query)[0]["[v]"]
        assert value == pytest.approx(expected, abs=0.005), measure


def test_control_totals_of_a_reversed_table(loaded: tuple[Client, str]) -> None:
    powerbi, identity = loaded
    net = conformed("JournalLine", example_rows(EXAMPLES)["JournalLine"])
    totals = "\"d\", SUM('JournalLine'[RowDelta]), \"c\", SUM('JournalLine'[DebitBase])"
    answer = powerbi.answer(identity, f"EVALUATE ROW(\"n\", COUNTROWS('JournalLine'), {totals})")
    assert answer[0]["[d]"] == net.height
    assert Decimal(str(answer[0]["[c]"])) == net["DebitBase"].sum()
    assert answer[0]["[n]"] == powerbi.sandbox.rows(identity, "JournalLine").height > net.height


def test_published_limits() -> None:
    limits = Limits()
    assert (limits.rows_per_post, limits.rows_per_hour) == (10_000, 1_000_000)
    assert (limits.posts_per_minute, limits.pending_posts) == (120, 5)
    assert (limits.posts_per_hour_when_large, limits.large_table_rows) == (120, 250_000)
    assert (limits.table_rows, limits.fifo_rows) == (5_000_000, 200_000)
    assert (limits.columns, limits.tables, limits.relationships) == (75, 75, 75)
    assert (limits.query_rows, limits.query_values) == (100_000, 1_000_000)
    assert limits.queries_per_minute == 120
