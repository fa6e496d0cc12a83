"""Proves that a table in Power BI is what was published, and names what differs.

Asks row count and control totals; where they differ, asks them again by date and by key until
the groups are named. Repairing is the publisher's work, comparing with the ERP the checks'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import polars as pl

from vismapbi_assets.powerbi import dax
from vismapbi_assets.powerbi.dax import Totals
from vismapbi_assets.powerbi.errors import Permanent
from vismapbi_assets.powerbi.outcome import Published
from vismapbi_assets.powerbi.planner import ROW_DELTA
from vismapbi_assets.powerbi.publisher import Publisher
from vismapbi_assets.powerbi.rows import computed
from vismapbi_assets.powerbi.schema import PushTable
from vismapbi_assets.powerbi.verify import differences, totals_of

MAX_GROUPS = 90_000
"""Groups that one query may give back, below the 100,000 rows of the service."""


@dataclass(frozen=True, slots=True)
class GroupDifference:
    """One value of a column under which destination and published rows differ."""

    column: str
    value: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """The outcome for one table; `unknown` when Power BI cannot be asked."""

    table: str
    status: Literal["equal", "different", "unknown", "unpublished"]
    published: Totals
    found: Totals | None = None
    differences: tuple[str, ...] = ()
    groups: tuple[GroupDifference, ...] = ()
    repaired: Published | None = None
    notes: tuple[str, ...] = field(default=())


def reconcile(
    publisher: Publisher, table: PushTable, *, repair: bool = False, most_groups: int = 20
) -> Reconciliation:
    """Compares a table with what was published, names differences, repairs them if asked."""
    published = publisher.store.published(table.name)
    meta = published.meta()
    if not meta.plan:
        return Reconciliation(table=table.name, status="unpublished", published=Totals(0, {}))
    known = publisher.known_totals(table)
    found = publisher.destination.totals(table)
    if found is None:
        return Reconciliation(
            table=table.name,
            status="unknown",
            published=known,
            notes=("Power BI cannot be queried for this dataset",),
        )
    differs = differences(table, known, found)
    held = [c for c in computed(table) if c in published.schema]
    frames = published.current(held).collect_batches(chunk_size=20_000, engine="streaming")
    net = totals_of(table, frames)
    differs += [f"the store itself: {said}" for said in differences(table, _net(known, net), net)]
    if not differs:
        return Reconciliation(table=table.name, status="equal", published=known, found=found)
    groups = narrow(publisher, table, most_groups)
    done = publisher.replace(table, "repair: " + "; ".join(differs)) if repair else None
    return Reconciliation(
        table=table.name,
        status="different",
        published=known,
        found=found,
        differences=tuple(differs),
        groups=groups,
        repaired=done,
    )


def narrow(publisher: Publisher, table: PushTable, most: int = 20) -> tuple[GroupDifference, ...]:
    """The values of a date and of a key column under which the table differs."""
    published = publisher.store.published(table.name)
    out: list[GroupDifference] = []
    for column in _columns(publisher, table):
        known = published.current([column, *_summed(table, published.schema)]).collect()
        wanted = {
            _text(group[0]): totals_of(table, [rows]) for group, rows in known.group_by([column])
        }
        try:
            asked = publisher.destination.totals_by(table, column)
        except Permanent:
            return tuple(out)
        is_date = published.schema[column] in (pl.Date, pl.Datetime)
        there = {
            _day(value) if is_date else _text(value): totals for value, totals in asked.items()
        }
        empty = Totals(0, dict.fromkeys(table.additive, Decimal(0)))
        named = []
        for value in sorted({*wanted, *there}):
            want, got = wanted.get(value, empty), there.get(value, empty)
            if ROW_DELTA in want.sums or ROW_DELTA in got.sums:
                want, got = _by_delta(want), _by_delta(got)
            if said := differences(table, want, got):
                named.append(GroupDifference(column, value, "; ".join(said)))
        out += named[:most]
    return tuple(out)


def _columns(publisher: Publisher, table: PushTable) -> list[str]:
    """The first date column and the finest text column that fits into one answer."""
    published = publisher.store.published(table.name)
    held = [c for c in table.columns if c.name in published.schema]
    dates = [c.name for c in held if c.data_type == "DateTime"][:1]
    texts = [c.name for c in held if c.data_type == "String"]
    keys = [c for c in table.key if c in texts] + [c for c in texts if c not in table.key]
    counts = published.current(keys).select(pl.all().n_unique()).collect() if keys else None
    fitting = [k for k in keys if counts is not None and counts[k].item() <= MAX_GROUPS]
    return dates + fitting[:1]


def _summed(table: PushTable, held: Any) -> Sequence[str]:
    return [c for c in table.additive if c in held]


def _by_delta(totals: Totals) -> Totals:
    """Totals whose row count is the net count, since reversals cancel out within a group."""
    return Totals(int(totals.sums.get(ROW_DELTA, Decimal(0))), totals.sums)


def _net(known: Totals, net: Totals) -> Totals:
    """What the facts say of the net rows: the same sums, the net count."""
    return Totals(known.net if known.net is not None else known.rows, known.sums) if net else known


def _text(value: Any) -> str:
    if value is None:
        return "(blank)"
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(timespec="seconds")
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00"
    return str(value)


def _day(value: Any) -> str:
    """A date of an answer, whichever form of ISO 8601 the service chose."""
    try:
        return _text(datetime.fromisoformat(value) if isinstance(value, str) else value)
    except ValueError:
        return str(value)


def evidence(result: Reconciliation) -> dict[str, Any]:
    """The figures of a reconciliation as plain values, for metadata and files."""
    found = result.found or dax.Totals(0, {})
    return {
        "status": result.status,
        "rows": {"published": result.published.rows, "power_bi": found.rows},
        "sums": {
            name: {"published": f"{value:f}", "power_bi": f"{found.sums.get(name, Decimal(0)):f}"}
            for name, value in result.published.sums.items()
        },
        "differences": list(result.differences),
        "groups": [f"{g.column} {g.value}: {g.said}" for g in result.groups],
    }
