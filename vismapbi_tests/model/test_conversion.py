"""Exchange rates: which ones count, which day's, and exact base amounts."""

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from vismapbi_assets.model.conversion import rates, with_base
from vismapbi_assets.model.inputs import CompanyInfo, Inputs

from .states import inputs, rate

NORDVIK = CompanyInfo("no", "Nordvik AS", "NOK")
SOLBERG = CompanyInfo("so", "Solberg AS", "NOK")


def converted(given: Inputs, amount: str, currency: str | None, on: str) -> Decimal | None:
    rows = pl.DataFrame(
        {
            "Amount": [Decimal(amount)],
            "CurrencyId": [currency],
            "Day": [date.fromisoformat(on)],
            "Base": ["NOK"],
        },
        schema={
            "Amount": pl.Decimal(19, 4),
            "CurrencyId": pl.String,
            "Day": pl.Date,
            "Base": pl.String,
        },
    )
    base = with_base(
        rows, given, {"InBase": "Amount"}, currency="CurrencyId", day="Day", base_currency="Base"
    )
    return base["InBase"].item()  # type: ignore[no-any-return]


TWO = [rate("EUR", "2026-10-01", "11.5"), rate("EUR", "2026-10-10", "11.7")]


@pytest.mark.parametrize(
    ("on", "base"),
    [
        ("2026-10-01", "1150"),
        ("2026-10-09", "1150"),  # the last one known
        ("2026-12-24", "1170"),
        ("2026-09-01", "1150"),  # before any: the first one after
    ],
)
def test_the_rate_of_the_day(on: str, base: str) -> None:
    assert converted(inputs(currencyRate=TWO), "100", "EUR", on) == Decimal(base)


def test_base_currency_needs_no_rate_and_an_unknown_currency_stays_unknown() -> None:
    given = inputs(currencyRate=TWO)
    assert converted(given, "12.3456", "NOK", "2026-10-01") == Decimal("12.3456")
    assert converted(given, "12.3456", None, "2026-10-01") == Decimal("12.3456")
    assert converted(given, "5", "USD", "2026-10-01") is None


def test_amounts_are_exact_and_halves_go_away_from_zero() -> None:
    given = inputs(currencyRate=[rate("EUR", "2026-10-01", "1.005")])
    assert converted(given, "1", "EUR", "2026-10-01") == Decimal("1.01")
    assert converted(given, "-1", "EUR", "2026-10-01") == Decimal("-1.01")
    large = inputs(currencyRate=[rate("EUR", "2026-10-01", "11.3333333333")])
    assert converted(large, "999999999.99", "EUR", "2026-10-01") == Decimal("11333333333.19")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"multDiv": "Multiply"}, "0.5"),
        ({"multDiv": "M"}, "0.5"),
        ({"multDiv": None}, "0.5"),
        ({"multDiv": "Divide"}, "2"),
        ({"multDiv": "D"}, "2"),
    ],
)
def test_the_direction_of_a_rate(more: dict[str, Any], expected: str) -> None:
    given = inputs(currencyRate=[rate("SEK", "2026-10-01", "0.5", **more)])
    assert rates(given)["Rate"].to_list() == [Decimal(expected)]


def test_one_company_and_one_rate_type_count() -> None:
    given = inputs(
        companies=(NORDVIK, SOLBERG),
        currencyRate=[
            rate("EUR", "2026-10-01", "9", company="so"),
            rate("EUR", "2026-10-01", "12", rateType="AVERAGE"),
            rate("EUR", "2026-10-02", "12", rateType="AVERAGE"),
            rate("EUR", "2026-10-01", "11.5"),
            rate("EUR", "2026-10-03", "0"),
            rate("NOK", "2026-10-01", "1"),
            rate("EUR", "2026-10-04", "0.09", toCurrencyId="SEK"),
        ],
    )
    found = rates(given).select("CurrencyId", "RateType", "Rate").rows()
    assert found == [("EUR", "SPOT", Decimal("11.5"))]


def test_a_company_that_keeps_no_rates_is_passed_over() -> None:
    given = inputs(
        companies=(NORDVIK, SOLBERG), currencyRate=[rate("EUR", "2026-10-01", "9", company="so")]
    )
    assert rates(given)["Rate"].to_list() == [Decimal(9)]


def test_of_two_rates_of_a_day_the_later_one_counts() -> None:
    given = inputs(
        currencyRate=[
            rate("EUR", "2026-10-01", "11.5", id=7),
            rate("EUR", "2026-10-01", "11.6", id=8),
        ]
    )
    assert rates(given)["Rate"].to_list() == [Decimal("11.6")]
