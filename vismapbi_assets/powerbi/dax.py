"""The only DAX texts sent to the service, and how their answers are read.

Counting a batch, totals of a table, totals by one column, a few rows. What the numbers are
compared with belongs in `verify.py` and `reconcile.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from vismapbi_assets.powerbi.client import PowerBIClient
from vismapbi_assets.powerbi.schema import PushTable

ROW_DELTA = "RowDelta"
BATCH_ID = "PushBatchId"


@dataclass(frozen=True, slots=True)
class Totals:
    """What a table holds: rows, net rows where it has `RowDelta`, sums of additive columns."""

    rows: int
    sums: Mapping[str, Decimal]

    @property
    def net(self) -> int | None:
        """Net rows, None for a table without `RowDelta`."""
        return int(self.sums[ROW_DELTA]) if ROW_DELTA in self.sums else None


def batch_count(table: str, batch_id: int) -> str:
    """How many rows carry a batch id."""
    return (
        f'EVALUATE ROW("n", COUNTROWS(FILTER({_table(table)},'
        f"{_column(table, BATCH_ID)}={batch_id})))"
    )


def totals(table: str, columns: Sequence[str]) -> str:
    """Row count and the sums of the columns."""
    return f"EVALUATE ROW({_measures(table, columns)})"


def totals_by(table: str, group: str, columns: Sequence[str]) -> str:
    """Row count and sums for each value of one column."""
    return f"EVALUATE SUMMARIZECOLUMNS({_column(table, group)}, {_measures(table, columns)})"


def some_rows(table: str, count: int = 5) -> str:
    """A few rows."""
    return f"EVALUATE TOPN({count},{_table(table)})"


def ask_batch(client: PowerBIClient, dataset_id: str, table: str, batch_id: int) -> int:
    """The number of rows of a batch that are stored."""
    rows = client.query(dataset_id, batch_count(table, batch_id))
    return int(rows[0].get("[n]") or 0) if rows else 0


def ask_totals(client: PowerBIClient, dataset_id: str, table: PushTable) -> Totals:
    """Row count and control totals of a table."""
    rows = client.query(dataset_id, totals(table.name, table.additive))
    return _read(rows[0] if rows else {}, table.additive)


def ask_totals_by(
    client: PowerBIClient, dataset_id: str, table: PushTable, group: str
) -> dict[Any, Totals]:
    """Row count and control totals for each value of a column."""
    rows = client.query(dataset_id, totals_by(table.name, group, table.additive))
    name = f"{table.name}[{group}]"
    return {row.get(name): _read(row, table.additive) for row in rows}


def _read(row: Mapping[str, Any], columns: Sequence[str]) -> Totals:
    sums = {c: Decimal(row.get(f"[c{i}]") or 0) for i, c in enumerate(columns)}
    return Totals(int(row.get("[n]") or 0), sums)


def _measures(table: str, columns: Sequence[str]) -> str:
    sums = [f'"c{i}", SUM({_column(table, c)})' for i, c in enumerate(columns)]
    return ", ".join([f'"n", COUNTROWS({_table(table)})', *sums])


def _table(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def _column(table: str, name: str) -> str:
    return f"{_table(table)}[{name.replace(']', ']]')}]"
