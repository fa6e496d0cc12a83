"""Asks the destination what it holds, within the quota of queries.

The DAX texts belong in `dax.py`; judging the answers in `verify.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vismapbi_assets.powerbi import dax
from vismapbi_assets.powerbi.client import PowerBIClient
from vismapbi_assets.powerbi.dax import Totals
from vismapbi_assets.powerbi.errors import DatasetMissing, Permanent
from vismapbi_assets.powerbi.quota import Quota
from vismapbi_assets.powerbi.schema import PushTable


@dataclass(frozen=True, slots=True)
class Destination:
    """One dataset as it can be asked."""

    client: PowerBIClient
    dataset_id: str
    queries: Quota
    sleep: Callable[[float], None] = time.sleep

    def totals(self, table: PushTable) -> Totals | None:
        """Rows and control totals of a table, None when the dataset cannot be queried."""
        try:
            return self.totals_or_error(table)
        except DatasetMissing:
            self.client.dataset(self.dataset_id)
            return None
        except Permanent:
            return None

    def totals_or_error(self, table: PushTable) -> Totals:
        """Rows and control totals of a table."""
        self._book()
        return dax.ask_totals(self.client, self.dataset_id, table)

    def totals_by(self, table: PushTable, column: str) -> dict[Any, Totals]:
        """Rows and control totals for each value of a column."""
        self._book()
        return dax.ask_totals_by(self.client, self.dataset_id, table, column)

    def batch_rows(self, table: PushTable, push_batch_id: int) -> int:
        """How many rows carry a batch id."""
        self._book()
        return dax.ask_batch(self.client, self.dataset_id, table.name, push_batch_id)

    def _book(self) -> None:
        while wait := self.queries.take():
            self.sleep(wait)
