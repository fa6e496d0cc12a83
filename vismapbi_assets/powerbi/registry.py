"""What the store remembers of the dataset: its id, its model, how it came to be ours.

Plain values and their file. Finding, creating and changing the dataset belongs in `dataset.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from vismapbi_assets.powerbi.errors import Permanent
from vismapbi_assets.powerbi.schema import PushModel
from vismapbi_assets.store.objects import Objects

REGISTRY = "powerbi/dataset.json"


class AmbiguousDataset(Permanent):
    """Several datasets, or a foreign one, carry the name; the choice is left to a person."""


class CreationRunning(Permanent):
    """Another run has begun to create the dataset and it has not appeared yet."""

    next_step = "Wait ten minutes and run again; nothing was created twice."


class SchemaRefused(Permanent):
    """The wanted model differs from the dataset in a way that no PUT can bring about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """What the store remembers of the dataset."""

    dataset_id: str
    workspace_id: str
    model: PushModel
    pinned_at: datetime
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """The verified dataset and what had to be done to get it."""

    dataset_id: str
    fingerprint: str
    origin: str
    changed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Registry:
    """The one dataset that a store belongs to."""

    objects: Objects
    workspace_id: str
    clock: Callable[[], float] = time.time

    def pinned(self) -> Pinned | None:
        """What is remembered, None before the first run."""
        data = self.objects.get(REGISTRY)
        return msgspec.json.decode(data, type=Pinned) if data else None

    def pin(self, dataset_id: str, model: PushModel, origin: str) -> Pinned:
        """Remembers a dataset; also the way to choose one by hand."""
        found = Pinned(
            dataset_id=dataset_id,
            workspace_id=self.workspace_id,
            model=model,
            pinned_at=datetime.fromtimestamp(self.clock(), UTC),
            origin=origin,
        )
        self.objects.put(REGISTRY, msgspec.json.encode(found))
        return found

    def unpin(self) -> None:
        """Forgets the dataset; the next run looks for it by name or creates it."""
        self.objects.delete(REGISTRY)
