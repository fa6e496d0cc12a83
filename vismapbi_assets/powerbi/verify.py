"""Compares what Power BI says a table holds with what it must hold.

Only judges; asking belongs in `dax.py`, repairing in `publisher.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import polars as pl

from vismapbi_assets.powerbi.dax import Totals
from vismapbi_assets.powerbi.planner import ROW_DELTA
from vismapbi_assets.powerbi.schema import PushTable

_ZERO = Decimal(0)
_PRECISION = Decimal("1e-15")
"""Relative: an exact sum may still have travelled as a double."""


def totals_of(table: PushTable, frames: Iterable[pl.DataFrame], delta: str | None = None) -> Totals:
    """Row count and sums of the additive columns of planned or published rows."""
    rows = 0
    sums = dict.fromkeys(table.additive, _ZERO)
    for frame in frames:
        rows += frame.height
        if frame.is_empty():
            continue
        held = [c for c in table.additive if c in frame.columns]
        found = frame.select(pl.col(held).sum()).row(0, named=True) if held else {}
        if ROW_DELTA in sums and ROW_DELTA not in held:
            found[ROW_DELTA] = int(frame[delta].cast(pl.Int64).sum()) if delta else frame.height
        for name, value in found.items():
            sums[name] += _decimal(value)
    return Totals(rows, sums)


def added(a: Totals, b: Totals) -> Totals:
    """The totals of both together."""
    names = {*a.sums, *b.sums}
    return Totals(a.rows + b.rows, {n: a.sums.get(n, _ZERO) + b.sums.get(n, _ZERO) for n in names})


def differences(table: PushTable, expected: Totals, found: Totals) -> list[str]:
    """What differs, in words; empty when all is as it must be."""
    out = []
    if expected.rows != found.rows:
        out.append(f"{found.rows} rows instead of {expected.rows}")
    for name in table.additive:
        want, got = expected.sums.get(name, _ZERO), found.sums.get(name, _ZERO)
        if abs(want - got) > _tolerance(table, name, want, expected.rows):
            out.append(f"sum of {name} {got:f} instead of {want:f}")
    return out


def as_facts(totals: Totals) -> dict[str, object]:
    """Totals as plain JSON, exact."""
    return {"rows": totals.rows, "sums": {n: f"{v:f}" for n, v in totals.sums.items()}}


def from_facts(facts: Mapping[str, object]) -> Totals:
    """The opposite of `as_facts`."""
    sums = facts["sums"]
    assert isinstance(sums, Mapping)  # noqa: S101 - written by as_facts
    return Totals(int(str(facts["rows"])), {str(n): Decimal(str(v)) for n, v in sums.items()})


def _tolerance(table: PushTable, name: str, value: Decimal, rows: int) -> Decimal:
    kind = table.column(name).data_type
    if kind == "Double":
        return Decimal("1e-6") + abs(value) * Decimal("1e-9") + rows * Decimal("1e-9")
    return abs(value) * _PRECISION if kind == "Decimal" else _ZERO


def _decimal(value: object) -> Decimal:
    if value is None:
        return _ZERO
    return value if isinstance(value, Decimal) else Decimal(str(value))
