"""The financial periods with their closed flags.

One row per `YYYYPP` for all companies together. The days that belong to a period are the calendar's
business.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import LABEL_LIMIT, distinct_label, text
from vismapbi_assets.model.members import Use, missing_name, used_keys, with_none
from vismapbi_assets.model.periods import period, periods

PERIOD_USES = (Use("generalLedgerBalance", "financialPeriod"),)
PERIOD_FACTS = ("JournalLine", "Budget")

FLAGS = {
    "ClosedInGeneralLedger": "closedInGeneralLedger",
    "ClosedInSupplierLedger": "closedInSupplierLedger",
    "ClosedInCustomerLedger": "closedInCustomerLedger",
    "ClosedInCashManagement": "closedInCashManagement",
    "ClosedInInventory": "closedInInventoryManagement",
    "ClosedInFixedAssets": "closedInFixedAssets",
}


def financial_period(inputs: Inputs) -> pl.DataFrame:
    """One row per period; a module counts as closed when every company has closed it."""
    flags = (
        inputs.entity("financialPeriod")
        .group_by(
            period(
                pl.format("{}{}", "year", pl.col("period").str.strip_chars().str.zfill(2))
            ).alias("period")
        )
        .agg(
            pl.col("active").fill_null(value=False).any().alias("IsActive"),
            *(
                pl.col(source).fill_null(value=False).all().alias(name)
                for name, source in FLAGS.items()
            ),
        )
        .collect()
    )
    known = periods(inputs)
    used = (
        pl.concat(
            [
                used_keys(inputs, PERIOD_USES).select(period=period("number")),
                *(inputs.table(fact).select(period="FinancialPeriodKey") for fact in PERIOD_FACTS),
            ]
        )
        .unique()
        .filter(pl.col("period").str.contains(r"^\d{6}$"))
        .collect()
        .join(known, on="period", how="anti")
        .with_columns(
            pl.col("period").str.slice(0, 4).cast(pl.Int64).alias("year"),
            pl.col("period").str.slice(4).cast(pl.Int64).alias("number"),
            missing_name("period").alias("description"),
            (pl.col("period").str.slice(4) == "13").alias("adjustment"),
        )
    )
    rows = (
        pl.concat([known, used], how="diagonal")
        .sort("period")
        .with_columns(pl.col("index").forward_fill().fill_null(0))
        .join(flags, on="period", how="left", maintain_order="left")
        .with_columns(
            text("description", LABEL_LIMIT).alias("description"),
            pl.col("IsActive", *FLAGS).fill_null(value=False),
        )
        .with_columns(distinct_label("description", "period").alias("description"))
        .select(
            FinancialPeriodKey="period",
            FinancialPeriod=pl.col("period"),
            FinancialPeriodIndex="index",
            FinancialYear="year",
            PeriodNumber="number",
            Description="description",
            StartDate="start",
            EndDate="end",
            IsAdjustmentPeriod="adjustment",
            IsActive="IsActive",
            **{name: pl.col(name) for name in FLAGS},
        )
    )
    return with_none(rows, "FinancialPeriod", "Description", FinancialPeriodIndex=0)
