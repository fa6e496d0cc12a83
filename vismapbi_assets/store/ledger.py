"""What became of the batches of a plan: every attempt, its outcome, and when.

Append-only objects whose names carry the state, so that a listing answers "what is left to do".
An attempt is written down before its request is sent, by put-if-absent: of two senders only one
sends it. Telling stored from unknown belongs to `powerbi`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from vismapbi_assets.store.errors import PlanConflictError
from vismapbi_assets.store.objects import Objects

Outcome = Literal["stored", "refused", "unknown", "absent"]
"""`stored` and `refused` are the destination's word; `unknown` is open; `absent` is an unknown
that was found not to be stored."""


@dataclass(frozen=True, slots=True)
class BatchState:
    """Where a batch stands: `pending` (never sent), `sent` (no outcome known) or an outcome."""

    push_batch_id: int
    attempts: int
    status: Literal["pending", "sent", "stored", "refused", "unknown", "absent"]

    @property
    def is_stored(self) -> bool:
        """Whether the destination holds the batch."""
        return self.status == "stored"

    @property
    def is_unsettled(self) -> bool:
        """Whether the destination must be asked before anything is sent again."""
        return self.status in ("sent", "unknown")


@dataclass(frozen=True)
class BatchLedger:
    """The attempts of one plan, below `plans/<table>/<number>/attempts/`."""

    objects: Objects
    table: str
    number: int

    @property
    def _folder(self) -> str:
        return f"plans/{self.table}/{self.number:09d}/attempts"

    def begin(self, push_batch_id: int, attempt: int, *, run_id: str, at: datetime) -> None:
        """Note that the batch is about to be sent, before it is sent.

        Raises PlanConflictError when that attempt was begun before: then its outcome must be
        found out first.
        """
        before = ("absent", "refused")
        if attempt > 1 and not any(self._has(push_batch_id, attempt - 1, w) for w in before):
            raise PlanConflictError(
                f"attempt {attempt - 1} of batch {push_batch_id} ({self.table}, plan "
                f"{self.number}) is not known to have failed; it must not be sent again"
            )
        data = json.dumps({"run_id": run_id, "at": at.isoformat()}).encode()
        if not self.objects.put_if_absent(self._path(push_batch_id, attempt, "sent"), data):
            raise PlanConflictError(
                f"attempt {attempt} of batch {push_batch_id} ({self.table}, plan {self.number}) "
                "was begun by another sender; its outcome must be settled before it is sent again"
            )

    def end(
        self,
        push_batch_id: int,
        attempt: int,
        outcome: Outcome,
        *,
        at: datetime,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Note an outcome; an unknown one is followed by `stored` or `absent` once settled."""
        data = json.dumps({"at": at.isoformat(), **(facts or {})}, default=str).encode()
        self.objects.put_if_absent(self._path(push_batch_id, attempt, outcome), data)

    def states(self) -> dict[int, BatchState]:
        """Where the batches that were ever sent stand, by one listing."""
        found: dict[int, dict[int, set[str]]] = {}
        for info in self.objects.list(self._folder):
            batch, attempt, word, _ = info.path.rsplit("/", 1)[-1].split(".")
            found.setdefault(int(batch), {}).setdefault(int(attempt), set()).add(word)
        return {
            batch: BatchState(batch, max(attempts), _status(attempts[max(attempts)]))
            for batch, attempts in found.items()
        }

    def state(self, push_batch_id: int) -> BatchState:
        """Where one batch stands."""
        pending = BatchState(push_batch_id, 0, "pending")
        return self.states().get(push_batch_id, pending)

    def attempts(self, push_batch_id: int | None = None) -> list[dict[str, Any]]:
        """Every note in its order: batch, attempt, word (`sent`, then outcomes), at and facts."""
        notes = []
        for info in self.objects.list(self._folder):
            batch, attempt, word, _ = info.path.rsplit("/", 1)[-1].split(".")
            if push_batch_id is not None and int(batch) != push_batch_id:
                continue
            data = self.objects.get(info.path)
            about = json.loads(data) if data else {}
            notes.append(
                {"push_batch_id": int(batch), "attempt": int(attempt), "word": word, **about}
            )
        order = {"sent": 0, "unknown": 1}
        return sorted(
            notes, key=lambda n: (n["push_batch_id"], n["attempt"], order.get(n["word"], 2))
        )

    def _has(self, push_batch_id: int, attempt: int, word: str) -> bool:
        return self.objects.info(self._path(push_batch_id, attempt, word)) is not None

    def _path(self, push_batch_id: int, attempt: int, word: str) -> str:
        return f"{self._folder}/{push_batch_id:016d}.{attempt:04d}.{word}.json"


def _status(words: set[str]) -> Literal["sent", "stored", "refused", "unknown", "absent"]:
    for word in ("stored", "refused", "absent", "unknown"):
        if word in words:
            return word
    return "sent"
