"""What a transform may see: state frames, rows of other model tables, companies and the data date.

Frames come in from outside as lazy frames; nothing here reads a file or asks a service. What
several tables of one run need alike is computed once through `shared`. How a single table is
computed belongs in `transforms/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from vismapbi_assets.model.mapping import AccountMapping


class MissingInputError(LookupError):
    """A transform asked for a frame that was not supplied."""


@dataclass(frozen=True, slots=True)
class CompanyInfo:
    """A company of the dataset as the settings name it.

    Attributes:
        default_branch: branch number for rows whose source names none; None means the main branch.
        mapping: the company's own account mapping; None means the default one.
    """

    key: str
    name: str
    base_currency: str
    default_branch: str | None = None
    mapping: AccountMapping | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything a transform reads.

    Attributes:
        entities: live state rows per Visma entity, all companies together; an entity without
            rows is an empty frame with its full schema.
        tables: net rows of other model tables, by table name.
        as_of: the data date.
        zone: the time zone that the companies' days are counted in.
    """

    entities: Mapping[str, pl.LazyFrame]
    tables: Mapping[str, pl.LazyFrame]
    companies: tuple[CompanyInfo, ...]
    as_of: date
    zone: str
    _memo: dict[str, pl.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    def entity(self, name: str) -> pl.LazyFrame:
        """The live rows of a Visma entity."""
        try:
            return self.entities[name]
        except KeyError:
            raise MissingInputError(
                f"The entity {name!r} was not supplied. Name it in the table's `sources`."
            ) from None

    def table(self, name: str) -> pl.LazyFrame:
        """The net rows of another model table."""
        try:
            return self.tables[name]
        except KeyError:
            raise MissingInputError(
                f"The table {name!r} was not supplied. Name it in the table's `tables`."
            ) from None

    def shared(self, name: str, build: Callable[[Inputs], pl.DataFrame]) -> pl.DataFrame:
        """A frame that several transforms need, built at most once per Inputs."""
        if name not in self._memo:
            self._memo[name] = build(self)
        return self._memo[name]

    def narrowed(self, **frames: pl.LazyFrame) -> Inputs:
        """The same inputs with the documents of some entities narrowed, for row-wise tables.

        What has been shared so far is kept, so that a row-wise transform sees the same lookups
        for every slice.
        """
        return replace(self, entities={**self.entities, **frames})
