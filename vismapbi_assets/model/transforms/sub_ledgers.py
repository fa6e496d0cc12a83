"""The published rows of the two event ledgers.

Only names and columns are settled here; which rows there are, their amounts and days belong in
`model.ledgers`.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.ledgers.payables import ap_entries
from vismapbi_assets.model.ledgers.receivables import ar_entries


def ap_ledger(inputs: Inputs) -> pl.DataFrame:
    """One row per change of the open amount of a released supplier document."""
    return ap_entries(inputs).rename({"PartyKey": "SupplierKey"})


def ar_ledger(inputs: Inputs) -> pl.DataFrame:
    """One row per change of the open amount of a released customer document."""
    return ar_entries(inputs).rename({"PartyKey": "CustomerKey"})
