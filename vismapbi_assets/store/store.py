"""The door to everything we keep: one `Store` per root.

Only hands out the parts; what each part does is in its own module.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from vismapbi_assets.store.append_log import AppendLog
from vismapbi_assets.store.archive import Archive
from vismapbi_assets.store.documents import Documents
from vismapbi_assets.store.objects import Objects
from vismapbi_assets.store.plans import Plans
from vismapbi_assets.store.published import PublishedTable
from vismapbi_assets.store.quarantine import Quarantine
from vismapbi_assets.store.state import StateTable


class Store:
    """All that is kept below `root`, a folder or a URL; safe to make anew in every process."""

    def __init__(self, root: str, options: Mapping[str, str] | None = None) -> None:
        self.objects = Objects(root, dict(options or {}))

    def __repr__(self) -> str:
        return f"Store({self.objects.root!r})"

    @cached_property
    def archive(self) -> Archive:
        """The response pages as received."""
        return Archive(self.objects)

    @cached_property
    def documents(self) -> Documents:
        """Small named JSON documents."""
        return Documents(self.objects)

    @cached_property
    def plans(self) -> Plans:
        """What is being sent, and what was."""
        return Plans(self.objects)

    def published(self, table: str) -> PublishedTable:
        """The net rows of a table that the destination holds."""
        return PublishedTable(self.objects, table)

    def state(self, entity: str) -> StateTable:
        """What the ERP last said about the documents of an entity."""
        return StateTable(self.objects, entity)

    def quarantine(self, entity: str) -> Quarantine:
        """The rejected documents of an entity."""
        return Quarantine(self.objects, entity)

    def log(self, name: str) -> AppendLog:
        """A log that processes agree through."""
        return AppendLog(self.objects, name)

    def entities(self) -> list[str]:
        """The entities that have a state table."""
        return self.objects.names("state")

    def tables(self) -> list[str]:
        """The tables that have published rows."""
        return self.objects.names("published")

    def quarantined(self) -> list[str]:
        """The entities that ever had a rejected document."""
        return self.objects.names("quarantine")
