"""What a simulated tenant consists of: switches, workspaces, datasets and their tables.

Plain state; who changes it and when is not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from vismapbi_assets.sandbox.powerbi.limits import Meter
from vismapbi_assets.sandbox.powerbi.refreshes import Refreshes
from vismapbi_assets.sandbox.powerbi.rows import RowDecoder
from vismapbi_assets.sandbox.powerbi.schema import RelationshipDef, TableDef
from vismapbi_assets.sandbox.powerbi.storage import RowStore

Role = Literal["None", "Viewer", "Contributor", "Member", "Admin"]
SequencePolicy = Literal["ignored", "replay_noop", "replay_error", "unsupported"]


@dataclass(slots=True)
class Switches:
    """Behaviours of the service that are unknown, rare or set by an administrator.

    Attributes:
        service_principals_disabled: every call answers with the bare `Message`.
        expired_token_status: 403 (`TokenExpired`) or 401.
        create_accepted_seconds: above 0, a create answers 202 and the dataset appears later.
        creation_blocked: a create answers `FeatureDeprecatedError`.
        create_400_without_error_info: a create answers 400 with an empty body.
        put_rows: what a PUT of a table does to its rows: "keep" them (new columns null),
            "null_fill" (changed columns lose their values, too) or "clear".
        long_strings: "refuse" or "truncate".
        unknown_columns: "refuse" or "ignore".
        sequence_numbers: what becomes of the sequence number header and endpoint.
        sequence_reset_on_delete: whether DELETE rows forgets the numbers.
        queries: "available", "not_for_push" or "setting_off".
        visibility_delay: seconds until stored rows are seen by queries.
        dedicated_capacity: whether the workspaces are on a capacity (enhanced refresh).
    """

    service_principals_disabled: bool = False
    expired_token_status: int = 403
    create_accepted_seconds: float = 0.0
    creation_blocked: bool = False
    create_400_without_error_info: bool = False
    put_rows: Literal["keep", "null_fill", "clear"] = "keep"
    long_strings: Literal["refuse", "truncate"] = "refuse"
    unknown_columns: Literal["refuse", "ignore"] = "refuse"
    sequence_numbers: SequencePolicy = "ignored"
    sequence_reset_on_delete: bool = False
    queries: Literal["available", "not_for_push", "setting_off"] = "available"
    visibility_delay: float = 0.0
    dedicated_capacity: bool = True


@dataclass(slots=True)
class Workspace:
    """A workspace and who may do what in it (object id to role)."""

    id: str
    name: str
    roles: dict[str, Role] = field(default_factory=dict)
    principal_types: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class PushTable:
    """A table of a push dataset."""

    definition: TableDef
    decoder: RowDecoder
    rows: RowStore
    sequence: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, definition: TableDef) -> PushTable:
        """An empty table."""
        decoder = RowDecoder(definition.columns)
        return cls(definition, decoder, RowStore(decoder.schema))


@dataclass(slots=True)
class Dataset:
    """A dataset, either pushed to or model-based."""

    id: str
    name: str
    workspace_id: str
    configured_by: str
    created_at: float
    visible_at: float = 0.0
    mode: str = "Push"
    retention: str = "None"
    tables: dict[str, PushTable] = field(default_factory=dict)
    relationships: tuple[RelationshipDef, ...] = ()
    meter: Meter = field(default_factory=Meter)
    refreshes: Refreshes | None = None
    schedule: dict[str, Any] = field(default_factory=dict)
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    storage_mode: str = "Abf"

    @property
    def is_push(self) -> bool:
        """Whether rows can be posted."""
        return self.refreshes is None

    @property
    def largest_table(self) -> int:
        """Rows of the fullest table."""
        return max((table.rows.height for table in self.tables.values()), default=0)
