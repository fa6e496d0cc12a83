"""What is proved about the published rows: reconciliation per table and the finance checks.

Verdicts are read as they were noted; a finance check runs again only where its tables have moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import polars as pl

from vismapbi_assets.model.semantic_model import TABLES
from vismapbi_assets.pipeline.finance import finance_results
from vismapbi_assets.pipeline.inputs import published_frame
from vismapbi_assets.pipeline.publication import last_outcome
from vismapbi_assets.pipeline.workbench import Workbench


@dataclass(frozen=True, slots=True)
class TableVerdict:
    """How a table's last publication ended."""

    table: str
    sound: bool
    status: str
    rows: int
    rows_in_power_bi: int | None
    rejected: int
    control_total: Decimal | None
    at: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class CheckVerdict:
    """The answer of a finance check; while one that forbids fails, nothing counts as verified."""

    name: str
    passed: bool
    forbids: bool
    text: str
    numbers: Mapping[str, str]


def table_verdicts(bench: Workbench) -> tuple[TableVerdict, ...]:
    """The last outcome of every table, in the model's order."""
    return tuple(_table(bench, table.name) for table in TABLES if table.strategy != "none")


def check_verdicts(bench: Workbench) -> tuple[CheckVerdict, ...]:
    """The answers of all finance checks over the whole dataset."""
    return tuple(
        CheckVerdict(found.name, found.passed, found.forbids, found.text, found.numbers)
        for found in finance_results(bench).values()
    )


def verified_at(bench: Workbench) -> datetime | None:
    """When a state was last logged as verified; None before the first time."""
    at = (
        published_frame(bench.store, "RefreshLog")
        .select(pl.col("PublishedAt").max())
        .collect()
        .item()
    )
    return at.replace(tzinfo=UTC) if isinstance(at, datetime) else None


def _table(bench: Workbench, name: str) -> TableVerdict:
    outcome = last_outcome(bench, name)
    if outcome is None:
        return TableVerdict(name, False, "unknown", 0, None, 0, None, None, "never published")
    return TableVerdict(
        name,
        outcome.is_sound,
        outcome.status,
        outcome.rows,
        outcome.numbers.get("rows_in_destination"),
        outcome.rejected,
        Decimal(outcome.control_total) if outcome.control_total else None,
        outcome.at,
        outcome.checks.get("reconciled", {}).get("text", outcome.reason),
    )
