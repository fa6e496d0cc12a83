"""The calendar: its span, its periods beyond the ERP's, and the same day a year earlier."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from vismapbi_assets.model.calendar import regular_periods
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.periods import periods
from vismapbi_assets.model.semantic_model import TABLE
from vismapbi_assets.model.transforms.dates import FACT_DATES

from .computing import rows
from .states import calendar_years, inputs

AS_OF = date(2026, 11, 15)


def calendar(
    fact_days: dict[str, dict[str, list[date]]] | None = None,
    financial_periods: list[Any] | None = None,
    as_of: date = AS_OF,
    **tables: pl.DataFrame,
) -> pl.DataFrame:
    """Dates for facts that have these days."""
    facts = {}
    for name, columns in FACT_DATES.items():
        days = (fact_days or {}).get(name, {})
        count = max((len(given) for given in days.values()), default=0)
        facts[name] = pl.DataFrame(
            {column: days.get(column, [None] * count) for column in columns},
            schema=dict.fromkeys(columns, pl.Date()),
        )
    given = inputs(
        tables={**facts, **tables},
        as_of=as_of,
        financialPeriod=calendar_years(2025, 2026)
        if financial_periods is None
        else financial_periods,
    )
    return rows("Dates", given)


def on(days: pl.DataFrame, day: date) -> dict[str, Any]:
    return days.row(by_predicate=pl.col("Date") == day, named=True)


def test_it_reaches_from_the_current_year_to_the_end_of_the_next() -> None:
    days = calendar()["Date"]
    assert (days.min(), days.max()) == (date(2026, 1, 1), date(2027, 12, 31))
    assert days.is_sorted()
    assert days.len() == 730


@pytest.mark.parametrize(
    ("table", "column"), [(t, c) for t, columns in FACT_DATES.items() for c in columns]
)
def test_every_day_that_a_fact_uses_is_in_it(table: str, column: str) -> None:
    days = calendar({table: {column: [date(2019, 5, 5), date(2031, 5, 5)]}})["Date"]
    assert (days.min(), days.max()) == (date(2019, 1, 1), date(2031, 12, 31))


def test_fact_days_are_the_related_columns_and_those_that_age_or_settle() -> None:
    from vismapbi_assets.model.semantic_model import RELATIONSHIPS

    related = {(r.from_table, r.from_column) for r in RELATIONSHIPS if r.to_table == "Dates"}
    listed = {(table, column) for table, columns in FACT_DATES.items() for column in columns}
    assert related <= listed
    assert {column for _, column in listed - related} == {"AgingDate", "SettledDate"}
    assert set(TABLE["Dates"].tables) == set(FACT_DATES)


def test_days_that_are_typing_errors_do_not_stretch_it() -> None:
    days = calendar({"ApLedger": {"EntryDate": [date(1026, 1, 1), date(2206, 1, 1)]}})["Date"]
    assert (days.min(), days.max()) == (date(2026, 1, 1), date(2027, 12, 31))


def test_it_never_shrinks_while_superseded_rows_may_use_its_days() -> None:
    before = calendar({"ApLedger": {"EntryDate": [date(2018, 3, 3)]}})
    assert calendar(Dates=before)["Date"].min() == date(2018, 1, 1)


def test_periods_beyond_the_erps_go_on_without_a_gap() -> None:
    days = calendar({"JournalLine": {"PostingDate": [date(2023, 12, 31)]}})
    assert on(days, date(2023, 2, 14))["FinancialPeriod"] == "202302"
    assert on(days, date(2027, 2, 14))["FinancialPeriod"] == "202702"
    index = days.select("FinancialPeriod", "FinancialPeriodIndex").unique().sort("FinancialPeriod")
    assert index["FinancialPeriodIndex"].diff().drop_nulls().unique().to_list() == [1]
    # The ERP's own periods keep the numbers that the period dimension gives them.
    own = periods(inputs()).filter(~pl.col("adjustment")).select("period", "index")
    found = own.join(index, left_on="period", right_on="FinancialPeriod")
    assert found["index"].to_list() == found["FinancialPeriodIndex"].to_list()


def test_the_closing_period_owns_no_day() -> None:
    last = on(calendar(), date(2026, 12, 31))
    assert (last["FinancialPeriod"], last["FinancialPeriodNumber"]) == ("202612", 12)
    assert last["IsLastDayOfPeriod"]


@pytest.mark.parametrize(
    ("day", "earlier"),
    [
        (date(2025, 2, 28), date(2024, 2, 29)),  # last day to last day
        (date(2024, 2, 28), date(2023, 2, 28)),
        (date(2024, 2, 29), date(2023, 2, 28)),
        (date(2025, 2, 27), date(2024, 2, 27)),
        (date(2026, 7, 15), date(2025, 7, 15)),
        (date(2023, 7, 15), None),  # the year before is not in the calendar
    ],
)
def test_the_same_day_a_year_earlier(day: date, earlier: date | None) -> None:
    days = calendar({"ApLedger": {"EntryDate": [date(2023, 1, 1)]}})
    assert on(days, day)["PriorYearDate"] == earlier


def test_a_broken_year_is_continued_as_a_broken_year() -> None:
    starts = [date(2025, 7, 1), *(date(2025, m, 1) for m in range(8, 13))]
    starts += [date(2026, m, 1) for m in range(1, 7)]
    ends = [*starts[1:], date(2026, 7, 1)]
    broken = [
        {
            "year": 2026,
            "period": f"{n:02}",
            "startDate": start,
            "endDate": date.fromordinal(end.toordinal() - 1),
        }
        for n, (start, end) in enumerate(zip(starts, ends, strict=True), 1)
    ]
    days = calendar({"ApLedger": {"EntryDate": [date(2025, 5, 9)]}}, broken, date(2026, 1, 5))
    assert (days["Date"].min(), days["Date"].max()) == (date(2024, 7, 1), date(2027, 6, 30))
    may = on(days, date(2025, 5, 9))
    assert (may["FinancialPeriod"], may["FinancialYear"]) == ("202511", 2025)
    assert on(days, date(2026, 5, 9))["PriorYearDate"] == date(2025, 5, 9)
    assert on(days, date(2026, 7, 1))["DayOfFinancialYear"] == 1


def test_a_pattern_of_weeks_is_continued_in_weeks() -> None:
    known = pl.DataFrame(
        {
            "period": ["202601", "202602", "202603", "202604"],
            "year": [2026] * 4,
            "number": [1, 2, 3, 4],
            "start": [date(2026, 1, 5), date(2026, 4, 6), date(2026, 7, 6), date(2026, 10, 5)],
            "end": [date(2026, 4, 5), date(2026, 7, 5), date(2026, 10, 4), date(2027, 1, 3)],
            "adjustment": [False] * 4,
            "index": [1, 2, 3, 4],
        }
    )
    found = regular_periods(known, date(2025, 12, 1), date(2027, 2, 1))
    assert found["start"].to_list()[0] == date(2025, 1, 6)
    assert found["end"].to_list()[-1] == date(2028, 1, 2)
    gaps = (found["start"] - found["end"].shift(1)).drop_nulls().dt.total_days().unique()
    assert gaps.to_list() == [1]


def test_a_missing_year_between_two_is_filled_in() -> None:
    holes = [*calendar_years(2023, 2023), *calendar_years(2025, 2026)]
    days = calendar({"ApLedger": {"EntryDate": [date(2023, 1, 1)]}}, holes)
    assert on(days, date(2024, 2, 29))["FinancialPeriod"] == "202402"
    assert days["FinancialPeriod"].null_count() == 0


def test_without_any_period_of_the_erp_months_are_periods() -> None:
    days = calendar(financial_periods=[])
    assert on(days, date(2026, 11, 15))["FinancialPeriod"] == "202611"


def test_calendar_columns() -> None:
    day = on(calendar(), date(2026, 11, 1))
    expected = {
        "Year": 2026,
        "Quarter": "2026 Q4",
        "QuarterIndex": 2026 * 4 + 3,
        "Month": "2026-11",
        "MonthIndex": 2026 * 12 + 10,
        "MonthName": "Nov",
        "MonthNumber": 11,
        "IsoYearWeek": "2026-W44",
        "DayOfWeek": "Sun",
        "DayOfWeekNumber": 7,
        "DayOfFinancialPeriod": 1,
        "DayOfFinancialYear": 305,
        "IsLastDayOfPeriod": False,
        "IsWorkingDay": False,
    }
    assert {name: day[name] for name in expected} == expected
    monday = on(calendar(), date(2026, 11, 2))
    assert monday["IsoWeekIndex"] == day["IsoWeekIndex"] + 1
    assert monday["IsWorkingDay"]


def test_the_transform_needs_no_table_of_its_own() -> None:
    facts = {n: pl.DataFrame(schema=dict.fromkeys(c, pl.Date())) for n, c in FACT_DATES.items()}
    given = inputs(tables=facts)
    assert "Dates" not in given.tables
    assert isinstance(given, Inputs)
    assert rows("Dates", given).height == 730
