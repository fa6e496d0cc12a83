"""Which requests an entity takes: one for most, a loop over known values for the others.

The values come from state that earlier extractions brought; without them there is nothing to ask
for, and the error names the entity to read first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

import polars as pl

from vismapbi_assets.store.store import Store
from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.errors import PermanentError


@dataclass(frozen=True, slots=True)
class Request:
    """One list or one element to read: its path, its own parameters, columns it stands for."""

    path: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the values of a looped parameter are."""

    entity: str
    column: str


SOURCES: Mapping[str, _Source] = {
    "branch": _Source("branch", "number"),
    "ledger": _Source("ledger", "number"),
    "financialYear": _Source("financialPeriod", "year"),
}


def requests_of(entity: Entity, company: str, store: Store) -> list[Request]:
    """The requests that together read the entity."""
    if not entity.loop:
        return [Request(entity.path, entity.parameters)]
    values = [_values(entity, name, company, store) for name in entity.loop]
    return [
        Request(
            entity.path,
            {**entity.parameters, **dict(zip(entity.loop, chosen, strict=True))},
            {name: value for name, value in zip(entity.loop, chosen, strict=True)
             if name in entity.requested},
        )
        for chosen in product(*values)
    ]  # fmt: skip


def _values(entity: Entity, parameter: str, company: str, store: Store) -> list[str]:
    source = SOURCES[parameter]
    state = store.state(source.entity)
    known = (
        state.current(["company", source.column])
        .filter(pl.col("company") == company)
        .head(1)
        .collect()
        .height
        if state.exists()
        else 0
    )
    if not known:
        raise PermanentError(
            f"{entity.name} is read per {parameter}, and no {source.entity} of company {company} "
            f"is in the store; read {source.entity} first"
        )
    frame = state.current().filter(pl.col("company") == company)
    if parameter == "ledger":
        budget = pl.col("balanceType") == "Budget"
        frame = frame.filter(budget if "financialYear" in entity.loop else ~budget)
    found = frame.select(pl.col(source.column).cast(pl.String)).collect().to_series()
    return sorted(found.drop_nulls().unique().to_list())
