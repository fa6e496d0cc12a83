"""Small pictures for the run log: rows and amounts per period, ageing.

Each is a PNG within a line of Markdown, drawn from published rows. The page's own charts are in
`page`.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import date

import polars as pl

from vismapbi_assets.model import figures
from vismapbi_assets.model.keys import NONE
from vismapbi_assets.pipeline.inputs import published_frame
from vismapbi_assets.report.charts import BLUE, ORANGE, Draw, Series, bars, png
from vismapbi_assets.store import Store

PERIODS = 13
AMOUNTS = {
    "JournalLine": "DebitBase",
    "SupplierInvoice": "GrossBase",
    "CustomerInvoice": "GrossBase",
}
"""Facts that are drawn by period, and the amount that is drawn."""

LEDGERS = ("ApLedger", "ArLedger")


def per_period(store: Store, table: str, amount: str) -> dict[str, str]:
    """Rows and amounts of the last periods of a fact."""
    found = (
        published_frame(store, table)
        .filter(pl.col("FinancialPeriodKey") != NONE)
        .group_by(Period=pl.col("FinancialPeriodKey"))
        .agg(Rows=pl.len(), Amount=pl.col(amount).sum().cast(pl.Float64))
        .sort("Period")
        .collect()
        .tail(PERIODS)
    )
    labels = found["Period"].to_list()
    pictures = {
        "rows_per_period": (f"{table}: rows per period", "Rows", BLUE),
        "amount_per_period": (f"{table}: {amount} per period", "Amount", ORANGE),
    }
    return {
        name: markdown(title, bars(labels, [Series(column, found[column].to_list(), color)]))
        for name, (title, column, color) in pictures.items()
    }


def ageing(store: Store, table: str, as_of: date) -> dict[str, str]:
    """Open amounts of a sub-ledger by days overdue."""
    columns = ("EntryDate", "AgingDate", "IsPrepayment", "AmountBase")
    found = figures.aging(published_frame(store, table).select(columns), as_of)
    amounts = found["AmountBase"].cast(pl.Float64).to_list()
    title = f"{table}: open amount by days overdue on {as_of}"
    return {
        "ageing": markdown(title, bars(found["Bucket"].to_list(), [Series("Open", amounts, BLUE)]))
    }


def markdown(title: str, draw: Draw) -> str:
    """The picture as Markdown, its data within the address."""
    data = b64encode(png(title, draw)).decode()
    return f"![{title}](data:image/png;base64,{data})"


def plots_of(store: Store, table: str, as_of: date) -> dict[str, str]:
    """The pictures of a table by name; none for most."""
    if table in AMOUNTS:
        return per_period(store, table, AMOUNTS[table])
    return ageing(store, table, as_of) if table in LEDGERS else {}
