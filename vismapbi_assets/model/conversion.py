"""Exchange rates, and amounts in another currency turned into base currency.

One rate per currency and day for the whole dataset, exact decimals throughout. Base amounts that
the ERP delivers are never recomputed; only payments, receipts and cash entries come without one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import polars as pl

from vismapbi_assets.model.companies import base_currency
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import part
from vismapbi_assets.model.table import MONEY

RATE = pl.Decimal(28, 10)
WIDE = pl.Decimal(38, 10)
PREFERRED_TYPE = "SPOT"


def rates(inputs: Inputs) -> pl.DataFrame:
    """CurrencyId, RateDate, RateType and Rate: base units for one unit of the currency.

    Read from the first company in the settings that keeps rates, and of one rate type: SPOT where
    it exists, else the one with most rates.
    """
    return inputs.shared("rates", _rates)


def with_base(
    rows: pl.DataFrame,
    inputs: Inputs,
    amounts: Mapping[str, str],
    *,
    currency: str,
    day: str,
    base_currency: str,
    otherwise: pl.DataFrame | None = None,
    rate: str | None = None,
) -> pl.DataFrame:
    """Adds base amounts at the rate of the day: the last one known, else the first one after it.

    Args:
        rows: any rows; their order is kept.
        inputs: where the rates come from.
        amounts: new column to the column it converts.
        currency: column with the currency of the amounts; empty means base currency.
        day: column with the day whose rate counts.
        base_currency: column with the base currency of the row's company.
        otherwise: CurrencyId, RateDate and Rate for currencies that have no rate at all.
        rate: name of a further column for the rate itself, null in base currency.

    Returns:
        The rows with the new columns, null where no rate of the currency is known.
    """
    is_base = pl.col(currency).is_null() | (pl.col(currency) == pl.col(base_currency))
    numbered = rows.with_row_index("_row")
    foreign = (
        numbered.filter(~is_base)
        .select("_row", _currency=currency, _day=day)
        .drop_nulls("_day")
        .sort("_day")
    )
    found = foreign.select(
        "_row",
        _rate=pl.coalesce(
            found
            for known in (rates(inputs), otherwise)
            if known is not None
            for found in (_nearest(foreign, known, "backward"), _nearest(foreign, known, "forward"))
        ),
    )
    return (
        numbered.join(found, on="_row", how="left", maintain_order="left")
        .with_columns(
            pl.when(is_base).then(pl.col(amount)).otherwise(rated(amount, "_rate")).alias(name)
            for name, amount in amounts.items()
        )
        .with_columns([pl.col("_rate").alias(rate)] if rate else [])
        .drop("_row", "_rate")
    )


def with_twins(
    documents: pl.LazyFrame, inputs: Inputs, *groups: Sequence[str], currency: str = "currencyId"
) -> pl.LazyFrame:
    """Documents in base currency with both amounts, whichever of the two was delivered.

    Args:
        documents: rows with `company`, the currency and the amounts.
        inputs: which currency a company keeps its books in.
        groups: amounts whose twin bears the ending `InCurrency`; those of a group are parts of one
            sum, so that all of them stand in or none.
        currency: column with the currency of a document; empty means base currency.
    """
    base = base_currency(inputs)
    in_base = pl.coalesce(part(currency), base) == base
    filled = []
    for group in groups:
        twins = [f"{name}InCurrency" for name in group]
        for own, other in ((group, twins), (twins, group)):
            absent = pl.all_horizontal(pl.col(name).is_null() for name in own)
            filled += [
                pl.when(in_base & absent).then(pl.col(there)).otherwise(pl.col(here)).alias(here)
                for here, there in zip(own, other, strict=True)
            ]
    return documents.with_columns(filled)


def implied_rates(documents: pl.DataFrame) -> pl.DataFrame:
    """CurrencyId, RateDate and Rate that documents with both amounts were booked at."""
    gross = pl.col("GrossCurrency").cast(WIDE)
    return (
        documents.filter(pl.col("GrossCurrency") != 0, pl.col("GrossBase") != 0)
        .select(
            "CurrencyId",
            RateDate="DocumentDate",
            Rate=(pl.col("GrossBase").cast(WIDE) / pl.when(gross != 0).then(gross)).cast(RATE),
        )
        .drop_nulls()
        .sort("CurrencyId", "RateDate", "Rate")
        .unique(["CurrencyId", "RateDate"], keep="last", maintain_order=True)
    )


def _nearest(
    foreign: pl.DataFrame, known: pl.DataFrame, strategy: Literal["backward", "forward"]
) -> pl.Series:
    return foreign.join_asof(
        known.select(_currency="CurrencyId", _day="RateDate", _rate="Rate").sort("_day"),
        on="_day",
        by="_currency",
        strategy=strategy,
        check_sortedness=False,
    )["_rate"]


def rated(amount: str, rate: str) -> pl.Expr:
    """An amount times a rate, rounded to cents, halves away from zero as the ERP does."""
    product = pl.col(amount).cast(WIDE) * pl.col(rate).cast(WIDE)
    return product.round(2, mode="half_away_from_zero").cast(MONEY)


def _rates(inputs: Inputs) -> pl.DataFrame:
    base = {company.key: company.base_currency for company in inputs.companies}
    order = {company.key: place for place, company in enumerate(inputs.companies)}
    one = pl.lit(1).cast(WIDE)
    rate = pl.col("rate").cast(WIDE)
    divides = part("multDiv").str.to_uppercase().str.starts_with("D").fill_null(value=False)
    usable = (
        inputs.entity("currencyRate")
        .filter(
            pl.col("toCurrencyId")
            == pl.col("company").replace_strict(base, default=None, return_dtype=pl.String),
            pl.col("fromCurrencyId") != pl.col("toCurrencyId"),
            pl.col("rate") > 0,
            pl.col("effectiveDate").is_not_null(),
        )
        .select(
            Place=pl.col("company").replace_strict(order, default=len(order)),
            CurrencyId=part("fromCurrencyId"),
            RateDate="effectiveDate",
            RateType=part("rateType"),
            Rate=pl.when(divides)
            .then(one / pl.when(rate > 0).then(rate))
            .otherwise(rate)
            .cast(RATE),
            Id="id",
        )
        .collect()
        .filter(pl.col("Place") == pl.col("Place").min())
    )
    chosen = (
        usable.group_by("RateType")
        .len("Rates")
        .sort(
            pl.col("RateType").str.to_uppercase().ne_missing(PREFERRED_TYPE),
            pl.col("Rates").cast(pl.Int64).neg(),
            "RateType",
        )
        .head(1)
    )
    return (
        usable.join(chosen, on="RateType", how="semi", nulls_equal=True)
        .sort("CurrencyId", "RateDate", "Id")
        .unique(["CurrencyId", "RateDate"], keep="last", maintain_order=True)
        .select("CurrencyId", "RateDate", "RateType", "Rate")
    )
