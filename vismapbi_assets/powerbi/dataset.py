"""The life of the dataset: created once, pinned by id, verified each run, changed only by PUT.

Never guesses between two datasets of one name and never creates one in place of another. Rows
belong in `publisher.py`, the comparison of models in `schema_diff.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from vismapbi_assets.powerbi.client import PowerBIClient
from vismapbi_assets.powerbi.errors import (
    NotPushDataset,
    OutcomeUnknown,
    Permanent,
    QueryFailed,
    TableMissing,
    Throttled,
)
from vismapbi_assets.powerbi.registry import (
    AmbiguousDataset,
    CreationRunning,
    Dataset,
    Pinned,
    Registry,
    SchemaRefused,
)
from vismapbi_assets.powerbi.schema import (
    PushModel,
    check_model,
    create_request,
    fingerprint,
    table_request,
)
from vismapbi_assets.powerbi.schema_diff import SchemaDiff, compare
from vismapbi_assets.powerbi.wire import Reply
from vismapbi_assets.store.objects import Objects

__all__ = [
    "AmbiguousDataset",
    "CreationRunning",
    "Dataset",
    "DatasetKeeper",
    "Pinned",
    "SchemaRefused",
]


CREATING = "powerbi/creating.json"
CREATION_LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class DatasetKeeper:
    """Gives the one dataset of a workspace that belongs to a model."""

    client: PowerBIClient
    objects: Objects
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    polls: int = 30
    poll_seconds: float = 2.0
    doubt: Callable[[str, str], None] = lambda _table, _reason: None
    """Told of a table whose rows may have gone with a PUT and cannot be counted, and why."""

    @property
    def registry(self) -> Registry:
        """What the store remembers."""
        return Registry(self.objects, self.client.workspace_id, self.clock)

    def pinned(self) -> Pinned | None:
        """The dataset as remembered, None before the first run."""
        return self.registry.pinned()

    def ensure(self, model: PushModel) -> Dataset:
        """The dataset of this model: found, created or changed, and verified."""
        check_model(model)
        pinned = self.pinned()
        if pinned is None:
            pinned = self._adopt(model) or self._create(model)
        if pinned.workspace_id != self.client.workspace_id:
            raise AmbiguousDataset(
                "verify dataset",
                detail=(
                    f"the store belongs to workspace {pinned.workspace_id}, the settings name "
                    f"{self.client.workspace_id}; use another store for another workspace"
                ),
            )
        self._verify(pinned, model)
        changed, notes = self._change(pinned, model)
        return Dataset(
            dataset_id=pinned.dataset_id,
            fingerprint=fingerprint(model),
            origin=pinned.origin,
            changed=changed,
            notes=notes,
        )

    def _named(self, name: str) -> list[str]:
        return [str(d["id"]) for d in self.client.datasets() if d.get("name") == name]

    def _only(self, name: str) -> str | None:
        found = self._named(name)
        if len(found) > 1:
            raise AmbiguousDataset(
                "find dataset",
                detail=(
                    f"{len(found)} datasets are called {name!r}: {', '.join(found)}. Choices: "
                    "delete the wrong ones, or choose one with: vismapbi dataset pin ID"
                ),
            )
        return found[0] if found else None

    def _adopt(self, model: PushModel) -> Pinned | None:
        """The only dataset of the name, if there is one."""
        found = self._only(model.name)
        return self.adopt(found, model) if found else None

    def adopt(self, dataset_id: str, model: PushModel) -> Pinned:
        """Make a dataset ours that has exactly the model's tables.

        The service does not tell columns, so every table is PUT once to make sure of them.
        """
        if not self.client.dataset(dataset_id).get("addrowsapienabled"):
            raise NotPushDataset(
                "adopt dataset", detail=f"{model.name!r} ({dataset_id}) takes no rows"
            )
        names, wanted = set(self.client.tables(dataset_id)), {t.name for t in model.tables}
        if names != wanted:
            raise AmbiguousDataset(
                "adopt dataset",
                detail=(
                    f"{model.name!r} ({dataset_id}) is not ours: tables only there "
                    f"{sorted(names - wanted)}, only in the model {sorted(wanted - names)}. "
                    "Choices: give the dataset of this project another name, or delete that one"
                ),
            )
        for table in model.tables:
            self.client.put_table(dataset_id, table.name, table_request(table))
            self._rows_after_put(dataset_id, table.name)
        self.objects.delete(CREATING)
        return self.registry.pin(dataset_id, model, "adopted")

    def _create(self, model: PushModel) -> Pinned:
        if not self._claim_creation():
            return self._await_other()
        if (pinned := self.pinned()) is not None:
            self.objects.delete(CREATING)
            return pinned
        try:
            reply = self.client.create_dataset(create_request(model))
        except OutcomeUnknown:
            found = self._await(model.name)
            if found is None:
                raise
            return self._created(found, model)
        except (Permanent, Throttled):
            self.objects.delete(CREATING)
            raise
        return self._created(self._id_of(reply, model.name), model)

    def _claim_creation(self) -> bool:
        """Lets one run at a time create; a claim left by a crash holds for ten minutes."""
        now = datetime.fromtimestamp(self.clock(), UTC)
        mine = msgspec.json.encode(now)
        if self.objects.put_if_absent(CREATING, mine):
            return True
        data = self.objects.get(CREATING)
        if data and now - msgspec.json.decode(data, type=datetime) < CREATION_LEASE:
            return False
        self.objects.put(CREATING, mine)
        return True

    def _await_other(self) -> Pinned:
        """The dataset that another run is creating now."""
        for _ in range(self.polls):
            if (pinned := self.pinned()) is not None:
                return pinned
            self.sleep(self.poll_seconds)
        raise CreationRunning("create dataset")

    def _created(self, dataset_id: str, model: PushModel) -> Pinned:
        pinned = self.registry.pin(dataset_id, model, "created")
        self.objects.delete(CREATING)
        return pinned

    def _id_of(self, reply: Reply, name: str) -> str:
        said = str(reply.data.get("id") or "")
        if reply.status == 201 and said:
            return said
        found = self._await(name)
        if found is None:
            raise CreationRunning("create dataset", detail="accepted (202) but not listed yet")
        return found

    def _await(self, name: str) -> str | None:
        for _ in range(self.polls):
            if found := self._only(name):
                return found
            self.sleep(self.poll_seconds)
        return None

    def _verify(self, pinned: Pinned, model: PushModel) -> None:
        shown = self.client.dataset(pinned.dataset_id)
        if not shown.get("addrowsapienabled"):
            raise NotPushDataset("verify dataset", detail=f"{pinned.dataset_id} takes no rows")
        there = set(self.client.tables(pinned.dataset_id))
        missing = [t.name for t in pinned.model.tables if t.name not in there]
        if missing:
            raise TableMissing("verify dataset", detail=f"the dataset lacks {', '.join(missing)}")

    def _change(self, pinned: Pinned, model: PushModel) -> tuple[tuple[str, ...], tuple[str, ...]]:
        diff = compare(pinned.model, model)
        if diff.is_empty:
            return (), ()
        self._refuse(diff, pinned)
        notes: list[str] = []
        for change in diff.tables:
            before = self._count(pinned.dataset_id, change.table) if change.touches_rows else None
            body = table_request(model.table(change.table))
            self.client.put_table(pinned.dataset_id, change.table, body)
            if not change.touches_rows:
                continue
            after = self._rows_after_put(pinned.dataset_id, change.table)
            added = ", ".join(change.columns_added)
            notes.append(
                f"{change.table}: columns added: {added}; rows before {_said(before)}, "
                f"after {_said(after)}"
            )
        self.registry.pin(pinned.dataset_id, model, pinned.origin)
        return tuple(c.table for c in diff.tables), tuple(notes)

    def _refuse(self, diff: SchemaDiff, pinned: Pinned) -> None:
        if diff.obstacles:
            raise SchemaRefused(
                "change dataset",
                detail=(
                    "the dataset cannot follow the model: " + "; ".join(diff.obstacles) + ". "
                    "Choices: keep the old model; add the new things under new names of columns; "
                    f"or create a second dataset under another name than {pinned.model.name!r} "
                    "and rebind the reports. The dataset is never dropped"
                ),
            )

    def _rows_after_put(self, dataset_id: str, table: str) -> int | None:
        """Rows of a table after a PUT; where nobody can tell, the table is doubted."""
        count = self._count(dataset_id, table)
        if count is None:
            self.doubt(table, "a PUT may have touched its rows, and they cannot be counted")
        return count

    def _count(self, dataset_id: str, table: str) -> int | None:
        try:
            rows = self.client.query(dataset_id, f"EVALUATE ROW(\"n\", COUNTROWS('{table}'))")
        except QueryFailed:
            return None
        return int(rows[0].get("[n]") or 0)


def _said(count: int | None) -> str:
    return "unknown" if count is None else str(count)
