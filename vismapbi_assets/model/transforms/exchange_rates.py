"""The exchange rates as published: one per currency and day.

Which company's and which type of rate that is, and what is converted with it, belongs in
`conversion`.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.conversion import rates
from vismapbi_assets.model.inputs import Inputs


def exchange_rate(inputs: Inputs) -> pl.DataFrame:
    """One row per currency and day: base units for one unit of the currency."""
    return rates(inputs).select(
        "CurrencyId", "RateDate", RateToBase=pl.col("Rate").cast(pl.Float64), RateType="RateType"
    )
