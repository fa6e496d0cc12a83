"""What is left of a reading that had to stop: the pages it has already archived.

The next run of the same question takes those pages from the archive and asks only for the rest, so
that a list larger than an hour's calls is read over several hours. Changes in between are found by
the same proof as changes during a reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from vismapbi_assets.store.store import Store


@dataclass(frozen=True, slots=True)
class Progress:
    """An interrupted reading.

    Attributes:
        began: when its first page was asked for.
        read_from: sequence of the state when it began.
        pages: archive addresses by position of the list and page number.
    """

    began: datetime
    read_from: int
    pages: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProgressNote:
    """Where the progress of one question is noted; `question` tells questions apart."""

    store: Store
    name: str
    question: Mapping[str, str]

    def find(self, now: datetime, hours: float) -> Progress | None:
        """The interrupted reading of this very question, unless it is too old."""
        document = self.store.documents.get(self.name)
        if not document or document["question"] != dict(self.question):
            return None
        began = datetime.fromisoformat(document["began"]).astimezone(UTC)
        if now - began > timedelta(hours=hours):
            return None
        return Progress(began, document["read_from"], document["pages"])

    def save(self, progress: Progress) -> None:
        """Note where to go on."""
        self.store.documents.put(
            self.name,
            {
                "question": dict(self.question),
                "began": progress.began.isoformat(),
                "read_from": progress.read_from,
                "pages": dict(progress.pages),
            },
        )

    def clear(self) -> None:
        """Forget it: the reading came to its end."""
        if self.store.documents.get(self.name):
            self.store.documents.put(self.name, {})
