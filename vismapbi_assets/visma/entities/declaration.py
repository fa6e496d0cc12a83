"""What the platform knows about one Visma.net entity before it asks for it.

The declaration is data: where the list is, how it is paged and filtered, what identifies a
document and which members are loaded. Schemas are derived here; decoding, validation and requests
read the declaration elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from vismapbi_assets.visma.entities.shape import SERVER_TIME, Column, Shape, columns
from vismapbi_assets.visma.entities.wire import Decoders, struct

if TYPE_CHECKING:
    from pandera.polars import DataFrameSchema

Domain = Literal["reference", "ledger", "payables", "receivables", "purchasing", "cash", "projects"]
Paging = Literal["document", "line", "none", "short"]
Delta = Literal["pair", "floor", "none"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold for every document beside names and types.

    `holds` is null or true where the rule is kept; `says` completes "the document ...".
    """

    name: str
    holds: pl.Expr
    says: str


STATE_COLUMNS: Mapping[str, pl.DataType] = {
    "company": pl.String(),
    "key": pl.String(),
    "modified_at": SERVER_TIME,
    "content_hash": pl.Binary(),
}
"""Columns that every state frame has beside the document's own."""


@dataclass(frozen=True, eq=False)
class Entity:
    """One list of the API.

    Attributes:
        name: the entity's name, camelCase.
        path: the list below the API's base URL.
        domain: the part of the business it belongs to.
        key: columns that identify a document inside a company.
        shape: the members that are loaded, and those that are known and not loaded.
        description: one sentence for people who read the asset.
        modified: the column of the server's change stamp, None where there is none.
        paging: what a page counts: documents, `line`s of documents, `none` for one unpaged
            answer, `short` for pages without metadata (the last is shorter than others, or empty).
        delta: `pair` takes a stamp and a condition, `floor` a stamp alone, `none` neither.
        parameters: query parameters sent with every request.
        loop: query parameters that must be given and are looped over.
        detail: path of one element where the list holds only ids; `{id}` stands for the id.
        requested: columns that are not in the answer and are taken from the request.
        lines: the main array of the document.
        line_key: the field that numbers the lines of a document split over pages.
        optional_key: key columns that may be absent.
        key_prefix: text removed from the front of the first key column.
        rules: what must hold beside what follows from the shape.
        in_sync: whether the regular runs read it.
    """

    name: str
    path: str
    domain: Domain
    key: tuple[str, ...]
    shape: Shape
    description: str
    modified: str | None = "lastModifiedDateTime"
    paging: Paging = "document"
    delta: Delta = "pair"
    parameters: Mapping[str, str] = field(default_factory=dict)
    loop: tuple[str, ...] = ()
    detail: str | None = None
    requested: tuple[str, ...] = ()
    lines: str | None = None
    line_key: str | None = None
    optional_key: tuple[str, ...] = ()
    key_prefix: str = ""
    rules: tuple[Rule, ...] = ()
    in_sync: bool = True

    @property
    def whole(self) -> bool:
        """Whether every reading returns all documents, so that deletions show each time."""
        return self.paging == "none"

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The document's columns in order of declaration."""
        return tuple(columns(self.shape))

    @cached_property
    def schema(self) -> dict[str, pl.DataType]:
        """Name and type of the document's columns, requested ones last."""
        return {c.name: c.dtype for c in self.columns} | {
            name: pl.String() for name in self.requested
        }

    @cached_property
    def state_schema(self) -> dict[str, pl.DataType]:
        """Name and type of all columns of a state frame before the store adds its own."""
        return {**STATE_COLUMNS, **self.schema}

    @cached_property
    def descriptions(self) -> dict[str, str]:
        """What each column holds."""
        return (
            {
                "company": "key of the company in the settings",
                "key": f"business key: {', '.join(self.key)} joined with a colon",
                "modified_at": f"{self.modified or 'no stamp'}, server time without zone",
                "content_hash": "BLAKE2b-128 over all columns but the server's stamps",
            }
            | {c.name: c.description for c in self.columns}
            | {name: f"{name} asked for in the request" for name in self.requested}
        )

    @cached_property
    def paths(self) -> dict[str, tuple[str, ...]]:
        """Where each column's value is in a document."""
        return {c.name: c.path for c in self.columns}

    @cached_property
    def strict(self) -> Decoders:
        """Decoders that refuse members the contract does not have."""
        return Decoders.of(self.shape, strict=True)

    @cached_property
    def lenient(self) -> Decoders:
        """Decoders that skip such members."""
        return Decoders.of(self.shape, strict=False)

    def contract(self) -> DataFrameSchema:
        """The pandera schema of the entity's state frames."""
        from vismapbi_assets.visma.contract import contract  # it is built from this declaration

        return contract(self)

    @property
    def struct(self) -> type[Any]:
        """The msgspec struct of one document."""
        return struct(self.shape, strict=False)
