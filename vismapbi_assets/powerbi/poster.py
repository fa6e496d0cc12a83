"""Carries out one plan: clears, posts batch after batch, settles unknown outcomes.

A batch whose outcome is not known is never sent again before the destination has been asked. What
is planned belongs in `planner.py`, checking and committing afterwards in `publisher.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from vismapbi_assets.powerbi.bodies import Bodies
from vismapbi_assets.powerbi.carried import SETTLING, Carried, facts_of
from vismapbi_assets.powerbi.destination import Destination
from vismapbi_assets.powerbi.errors import (
    BadRows,
    OutcomeUnknown,
    Permanent,
    PowerBIError,
    Throttled,
    Transient,
)
from vismapbi_assets.powerbi.planner import BATCH_ID
from vismapbi_assets.powerbi.quota import Quota
from vismapbi_assets.powerbi.schema import PushTable
from vismapbi_assets.powerbi.sequence import SequenceNumbers
from vismapbi_assets.store.drafts import Batch, Plan
from vismapbi_assets.store.leases import Lease
from vismapbi_assets.store.ledger import BatchState

CLEARING = 0
"""The number under which the ledger keeps the clearing of a replaced table."""


@dataclass(slots=True)
class Poster:
    """Sends plans of one dataset.

    `on_step` is told every point between two steps that outlast the process; what stops there is
    finished by the next run.
    """

    destination: Destination
    quota: Quota
    run_id: str
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    settle_seconds: float = 10.0
    wait_seconds: float = 300.0
    posts: int = 0
    rows: int = 0
    empty_from: float | None = None
    empty_seconds: float = 0.0
    use_sequence: bool = False
    on_step: Callable[[str], None] = field(default=lambda _: None)
    _numbers: SequenceNumbers | None = None

    def carry(self, plan: Plan, table: PushTable, lease: Lease, destination: int) -> Carried:
        """Brings the plan as far as quota and service allow; safe to repeat at any point.

        `destination` is how many rows the table held before the plan.
        """
        states = plan.ledger.states()
        if plan.kind == "replace":
            cleared = states.get(CLEARING)
            if cleared is None or not cleared.is_stored:
                try:
                    self._clear(plan, lease, cleared)
                except (Throttled, Transient) as error:
                    return Carried(
                        "partial", f"the table cannot be cleared now: {error}", self.clock() + 60
                    )
            destination = 0
        to = self.destination
        self._numbers = SequenceNumbers(
            to.client, to.dataset_id, table.name, is_off=not self.use_sequence
        )
        with Bodies(plan, table) as bodies:
            held = self._send(plan, table, lease, destination, states, bodies)
        if held:
            return held
        if self.empty_from is not None:
            self.empty_seconds += self.clock() - self.empty_from
            self.empty_from = None
        return Carried("sent")

    def _send(
        self,
        plan: Plan,
        table: PushTable,
        lease: Lease,
        destination: int,
        states: Mapping[int, BatchState],
        bodies: Bodies,
    ) -> Carried | None:
        """Sends what is not stored yet, batch after batch; why it stopped, None at the end."""
        stored = [b for b in plan.batches if (s := states.get(b.push_batch_id)) and s.is_stored]
        done = sum(b.rows for b in stored)
        left_rows, left_posts = plan.rows - done, len(plan.batches) - len(stored)
        for batch in plan.batches:
            state = states.get(batch.push_batch_id)
            if state and state.is_stored:
                continue
            attempt = state.attempts if state else 0
            if state and state.is_unsettled:
                settled = self._settle(plan, table, batch, attempt, destination + done, None)
                if isinstance(settled, Carried):
                    return settled
                if settled:
                    done, left_rows, left_posts = _moved(done, left_rows, left_posts, batch)
                    continue
            while True:
                wait = self.quota.take(batch.rows, left_posts=left_posts, left_rows=left_rows)
                if wait and (held := self._wait(wait, "the quota of the dataset is spent")):
                    return held
                if wait:
                    continue
                attempt += 1
                body = bodies.of(batch)
                ended = self._post(plan, table, batch, body, attempt, lease, destination + done)
                if isinstance(ended, Carried):
                    return ended
                if ended:
                    break
            done, left_rows, left_posts = _moved(done, left_rows, left_posts, batch)
            self.quota.sized(table.name, destination + done)
        return None

    def _clear(self, plan: Plan, lease: Lease, state: BatchState | None) -> None:
        """Deletes all rows; repeated when in doubt, since no batch has been sent before it."""
        lease.ensure(self.destination.client.timeout)
        attempt = 1 + (state.attempts if state else 0)
        if state and state.is_unsettled:
            doubt = {"settled": "clearing is repeated"}
            plan.ledger.end(CLEARING, state.attempts, "absent", at=self._now(), facts=doubt)
        plan.ledger.begin(CLEARING, attempt, run_id=self.run_id, at=self._now())
        self.on_step("clearing")
        self.empty_from = self.clock()
        reply = self.destination.client.delete_rows(self.destination.dataset_id, plan.table)
        self.on_step("cleared")
        plan.ledger.end(CLEARING, attempt, "stored", at=self._now(), facts=facts_of(reply))
        self.quota.sized(plan.table, 0)

    def _post(
        self,
        plan: Plan,
        table: PushTable,
        batch: Batch,
        body: bytes,
        attempt: int,
        lease: Lease,
        before: int,
    ) -> Carried | bool:
        """Sends one batch once: True when stored, False when it may be sent again."""
        about = {
            "bytes": len(body),
            "hash": batch.digest,
            "run_id": self.run_id,
        }
        lease.ensure(self.destination.client.timeout + self.settle_seconds)
        self.on_step("before attempt")
        plan.ledger.begin(batch.push_batch_id, attempt, run_id=self.run_id, at=self._now())
        self.on_step("before post")
        self.posts += 1
        to = self.destination
        number = self._numbers.following() if self._numbers else None
        try:
            reply = to.client.post_rows(
                to.dataset_id, table.name, body, rows=batch.rows, sequence=number
            )
        except OutcomeUnknown as error:
            self._end(plan, batch, attempt, "unknown", about | facts_of(error))
            settled = self._settle(plan, table, batch, attempt, before, number)
            if self._numbers:
                self._numbers.last = None
            if settled is True:
                self.rows += batch.rows
            return settled
        except Throttled as error:
            self._end(plan, batch, attempt, "refused", about | facts_of(error))
            self.quota.throttled(error.retry_after)
            return self._wait(error.retry_after, "Power BI asked to wait") or False
        except PowerBIError as error:
            self._end(plan, batch, attempt, "refused", about | facts_of(error))
            if isinstance(error, BadRows):
                return Carried("refused", str(error))
            raise
        self.on_step("after post")
        self.rows += batch.rows
        self._end(plan, batch, attempt, "stored", about | facts_of(reply))
        if self._numbers:
            self._numbers.acknowledged(number)
        self.on_step("after outcome")
        return True

    def _settle(
        self,
        plan: Plan,
        table: PushTable,
        batch: Batch,
        attempt: int,
        before: int,
        number: int | None,
    ) -> Carried | bool:
        """Asks whether a batch is stored until the settle time is over; True when it is.

        Tables without `PushBatchId` are only ever replaced, so all their rows are counted.
        """
        found, how = -1, "counted"
        for share in SETTLING:
            self.sleep(self.settle_seconds * share)
            try:
                if table.has(BATCH_ID):
                    found = self.destination.batch_rows(table, batch.push_batch_id)
                else:
                    found = self.destination.totals_or_error(table).rows - before
            except (Throttled, Transient) as error:
                said = f"an outcome cannot be settled now: {error}"
                return Carried("partial", said, self.clock())
            except Permanent as error:
                stored = self._numbers.is_stored(number) if self._numbers else None
                if stored is None:
                    said = f"the outcome of batch {batch.push_batch_id} is unknown and counting"
                    return Carried("dirty", f"{said} is impossible: {error.fact}")
                found, how = (batch.rows if stored else 0), "sequence number"
            if found == batch.rows:
                self._end(plan, batch, attempt, "stored", {"settled": how})
                return True
        if found == 0:
            self._end(plan, batch, attempt, "absent", {"settled": how})
            return False
        return Carried(
            "dirty", f"batch {batch.push_batch_id} has {found} rows instead of {batch.rows}"
        )

    def _wait(self, seconds: float, reason: str) -> Carried | None:
        """Waits if it is short, else ends the run with the time to go on."""
        if seconds > self.wait_seconds:
            return Carried("partial", reason, self.clock() + seconds)
        self.sleep(seconds)
        return None

    def _end(
        self, plan: Plan, batch: Batch, attempt: int, outcome: str, facts: dict[str, object]
    ) -> None:
        plan.ledger.end(
            batch.push_batch_id,
            attempt,
            outcome,  # type: ignore[arg-type]
            at=self._now(),
            facts=facts,
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)


def _moved(done: int, left_rows: int, left_posts: int, batch: Batch) -> tuple[int, int, int]:
    return done + batch.rows, left_rows - batch.rows, left_posts - 1
