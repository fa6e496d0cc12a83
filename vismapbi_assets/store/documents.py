"""Small JSON documents with a name: pins, registries, settings found out at run time.

Every change appends a version, so that concurrent changes never lose each other and the history
can be read. Not for data that grows with the business.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vismapbi_assets.store.append_log import AppendLog
from vismapbi_assets.store.objects import Objects

Document = dict[str, Any]


@dataclass(frozen=True)
class Documents:
    """The documents of the store, by name."""

    objects: Objects

    def _log(self, name: str) -> AppendLog:
        return AppendLog(self.objects, f"documents/{name}")

    def get(self, name: str) -> Document | None:
        """The document as last written, or None."""
        last = self._log(name).last()
        return _load(last.data) if last else None

    def create(self, name: str, document: Document) -> bool:
        """Write the first version; False when somebody else has, whose document then stands."""
        return self._log(name).append(1, _dump(document))

    def put(self, name: str, document: Document) -> None:
        """Write the next version; nothing when it equals the last."""
        if self.get(name) != document:
            self._log(name).update(lambda _: _dump(document))

    def update(self, name: str, change: Callable[[Document | None], Document]) -> Document:
        """Write what `change` makes of the document, with no other change in between."""
        entry = self._log(name).update(
            lambda data: _dump(change(_load(data) if data is not None else None))
        )
        return _load(entry.data)

    def versions(self, name: str) -> list[Document]:
        """Every kept version, oldest first."""
        return [_load(entry.data) for entry in self._log(name).entries()]


def _dump(document: Document) -> bytes:
    return json.dumps(document, sort_keys=True, ensure_ascii=False).encode()


def _load(data: bytes) -> Document:
    document: Document = json.loads(data)
    return document
