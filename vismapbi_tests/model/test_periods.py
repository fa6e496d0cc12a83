"""Reading financial periods (traps 8.7 and 8.8)."""

import csv
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vismapbi_assets.model.periods import (
    PeriodTextError,
    first_period,
    month_end,
    parse_period,
    period,
    periods,
)
from vismapbi_tests.model.states import inputs

PERIODS = st.builds("{:04d}{:02d}".format, st.integers(1990, 2100), st.integers(1, 13))


def _read(*sources: str | None) -> list[str | None]:
    frame = pl.DataFrame({"source": sources}, schema={"source": pl.String})
    return frame.select(period("source")).to_series().to_list()


def test_worked_examples(finance_examples: Path) -> None:
    with (finance_examples / "period_parsing.csv").open(encoding="utf-8") as file:
        cases = list(csv.DictReader(file))
    assert len(cases) == 6
    for case in cases:
        assert parse_period(case["SourceText"]) == case["ExpectedPeriod"], case["Case"]
        assert _read(case["SourceText"]) == [case["ExpectedPeriod"]], case["Case"]


@given(PERIODS)
def test_both_spellings_of_a_period_are_read(expected: str) -> None:
    assert parse_period(expected) == expected
    turned = expected[4:] + expected[:4]
    if not 1990 <= int(turned[:4]) <= 2100:
        assert parse_period(turned) == expected


@given(st.text(alphabet="0123456789-/. ", max_size=9))
def test_expression_and_function_agree(source: str) -> None:
    try:
        expected: str | None = parse_period(source)
    except PeriodTextError:
        expected = source if source.strip() else None
    assert _read(source) == [expected]


@pytest.mark.parametrize("source", ["", "2026", "202614", "142026", "198912", "abcdef"])
def test_anything_else_fails_loudly(source: str) -> None:
    with pytest.raises(PeriodTextError, match="no financial period"):
        parse_period(source)


def test_unreadable_text_is_kept_for_the_schema_to_refuse() -> None:
    assert _read("20261", None, " ") == ["20261", None, None]


def test_financial_period_is_preferred_over_post_period() -> None:
    frame = pl.DataFrame({"f": ["202610", None], "p": ["112026", "112026"]})
    assert frame.select(first_period("f", "p")).to_series().to_list() == ["202610", "202611"]


def test_adjustment_period_shares_the_index_of_the_last_regular_one() -> None:
    found = periods(inputs())
    assert found.filter(pl.col("period") == "202612")["index"].item() == 24
    assert found.filter(pl.col("period") == "202613").select("index", "adjustment").row(0) == (
        24,
        True,
    )
    assert found["index"].max() == 24


def test_where_companies_differ_the_first_in_the_settings_decides() -> None:
    from vismapbi_assets.model.inputs import CompanyInfo

    companies = (CompanyInfo("se", "B", "NOK"), CompanyInfo("no", "A", "NOK"))
    shape = {"year": 2026, "period": "01", "startDate": date(2026, 1, 1)}
    found = periods(
        inputs(
            companies=companies,
            financialPeriod=[
                {"company": "no", "endDate": date(2026, 1, 31), **shape},
                {"company": "se", "endDate": date(2026, 1, 30), **shape},
            ],
        )
    )
    assert found["end"].to_list() == [date(2026, 1, 30)]


def test_month_end_of_a_period_that_no_calendar_knows() -> None:
    frame = pl.DataFrame({"p": ["202602", "202613", "-"]})
    assert frame.select(month_end("p")).to_series().to_list() == [
        date(2026, 2, 28),
        date(2026, 12, 31),
        None,
    ]
