"""The whole state of the simulated service, and the switches that tests flip in process.

Holds the tenant, its tokens, meters, faults and the request log. It decides nothing about HTTP; the
handlers do.
"""

from __future__ import annotations

import random
import tomllib
import uuid
from collections.abc import Mapping
from importlib import resources
from typing import Any

import msgspec
import polars as pl

from vismapbi_assets.sandbox.powerbi.clock import Clock
from vismapbi_assets.sandbox.powerbi.entra import Application, Directory
from vismapbi_assets.sandbox.powerbi.faults import Fault, Faults
from vismapbi_assets.sandbox.powerbi.limits import Limits, Window
from vismapbi_assets.sandbox.powerbi.log import RequestLog
from vismapbi_assets.sandbox.powerbi.refreshes import Refreshes, RefreshPlan
from vismapbi_assets.sandbox.powerbi.rows import RowRules
from vismapbi_assets.sandbox.powerbi.schema import DatasetDef
from vismapbi_assets.sandbox.powerbi.tenant import (
    Dataset,
    PushTable,
    Role,
    Switches,
    Workspace,
)


class PowerBISandbox:
    """The simulated tenant: one directory, a few workspaces, any datasets.

    Args:
        seed: makes ids reproducible; those of the principal are in `companies.toml`.
        clock: the simulated clock; real speed when left out.
    """

    def __init__(self, *, seed: int = 2026, clock: Clock | None = None) -> None:
        numbers = random.Random(f"powerbi:{seed}")

        def identity() -> str:
            return str(uuid.UUID(int=numbers.getrandbits(128), version=4))

        self.clock = clock or Clock()
        self.limits = Limits()
        self.switches = Switches()
        self.faults = Faults()
        self.log = RequestLog(self.clock)
        published = _published()
        self.tenant_id: str = published["settings"]["powerbi"]["tenant_id"]
        self.client_id: str = published["settings"]["powerbi"]["client_id"]
        self.object_id = identity()
        self.client_secret: str = published["secrets"]["POWERBI_CLIENT_SECRET"]
        self.directory = Directory(self.tenant_id, self.clock)
        self.directory.add(Application(self.client_id, self.object_id, {self.client_secret}))
        self.workspaces: dict[str, Workspace] = {}
        own = published["settings"]["powerbi"]["workspace_id"]
        self.workspace_id = self.add_workspace("Finance", "Contributor", own).id
        self.viewer_workspace_id = self.add_workspace("Board reports", "Viewer", identity()).id
        self.foreign_workspace_id = self.add_workspace("Human resources", None, identity()).id
        self.datasets: dict[str, Dataset] = {}
        self.queries: dict[str, Window] = {}

    def environ(self, url: str) -> dict[str, str]:
        """Environment that points a client at this service, reachable at `url`."""
        return {
            "POWERBI_API_URL": f"{url}/v1.0/myorg",
            "POWERBI_AUTHORITY_URL": url,
            "POWERBI_TENANT_ID": self.tenant_id,
            "POWERBI_CLIENT_ID": self.client_id,
            "POWERBI_CLIENT_SECRET": self.client_secret,
            "POWERBI_WORKSPACE_ID": self.workspace_id,
        }

    def add_workspace(self, name: str, role: Role | None, id: str | None = None) -> Workspace:
        """Create a workspace in which the client's principal has a role, or is absent."""
        workspace = Workspace(id or str(uuid.uuid4()), name)
        if role is not None:
            workspace.roles[self.object_id] = role
            workspace.principal_types[self.object_id] = "App"
        self.workspaces[workspace.id] = workspace
        return workspace

    def set_switches(self, **values: Any) -> None:
        """Flip switches by name."""
        _assign(self.switches, values)

    def set_limits(self, **values: int) -> None:
        """Change limits by name."""
        _assign(self.limits, values)

    def add_fault(self, kind: Any, **matching: Any) -> None:
        """Let a fault wait for its requests, see `Fault`."""
        self.faults.add(Fault(kind=kind, **matching))

    def add_dataset(
        self, definition: DatasetDef, workspace_id: str, configured_by: str, retention: str
    ) -> Dataset:
        """Store a checked create request."""
        now = self.clock.now()
        dataset = Dataset(
            id=str(uuid.uuid4()),
            name=definition.name,
            workspace_id=workspace_id,
            configured_by=configured_by,
            created_at=now,
            visible_at=now + self.switches.create_accepted_seconds,
            mode=definition.mode,
            retention=retention,
            tables={table.name: PushTable.of(table) for table in definition.tables},
            relationships=definition.relationships,
        )
        self.datasets[dataset.id] = dataset
        return dataset

    def add_model(self, name: str, workspace_id: str | None = None, **plan: Any) -> Dataset:
        """Publish a model-based dataset, as somebody with Desktop would.

        Args:
            name: name of the dataset.
            workspace_id: workspace; the client's own when left out.
            plan: how its refreshes go, see `RefreshPlan`.
        """
        dataset = Dataset(
            id=str(uuid.uuid4()),
            name=name,
            workspace_id=workspace_id or self.workspace_id,
            configured_by="somebody@example.com",
            created_at=self.clock.now(),
            mode="Model",
            refreshes=Refreshes(self.clock, RefreshPlan(**plan)),
        )
        self.datasets[dataset.id] = dataset
        return dataset

    def table(self, dataset_id: str, table: str) -> PushTable:
        """A table by dataset id and name; KeyError when there is none."""
        return self.datasets[dataset_id].tables[table]

    def rows(self, dataset_id: str, table: str) -> pl.DataFrame:
        """All rows stored in a table, visible to queries or not."""
        return self.table(dataset_id, table).rows.frame()

    def tamper(
        self,
        dataset_id: str,
        table: str,
        *,
        drop: int | None = None,
        clear: bool = False,
        add: list[Mapping[str, Any]] | None = None,
    ) -> int:
        """Change rows behind the client's back; returns how many are left.

        Args:
            dataset_id: the dataset.
            table: name of the table.
            drop: remove that many of the newest rows.
            clear: remove all rows.
            add: rows to add, by column name.
        """
        target = self.table(dataset_id, table)
        store = target.rows
        if clear:
            store.clear()
        if drop:
            store.replace(store.frame().head(max(store.height - drop, 0)))
        if add:
            body = msgspec.json.encode({"rows": [dict(row) for row in add]})
            store.append(target.decoder.decode(body, RowRules(), self.limits))
        return store.height

    def reset(self) -> None:
        """Forget datasets, faults, switches and the log; identities stay."""
        self.datasets.clear()
        self.queries.clear()
        self.faults.clear()
        self.log.clear()
        self.switches, self.limits = Switches(), Limits()


def _assign(target: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name not in target.__dataclass_fields__:
            known = ", ".join(target.__dataclass_fields__)
            raise ValueError(f"unknown name {name!r}; known: {known}")
        setattr(target, name, value)


def _published() -> dict[str, Any]:
    text = resources.files("vismapbi_assets.sandbox").joinpath("companies.toml").read_text("utf-8")
    return tomllib.loads(text)
