"""The bodies of a plan's batches, each made while the one before it is on its way.

Reads and encodes only: what stops here has sent nothing. Sending belongs in `poster.py`.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from vismapbi_assets.powerbi.encode import encode_rows
from vismapbi_assets.powerbi.planner import stamped
from vismapbi_assets.powerbi.rows import DELTA
from vismapbi_assets.powerbi.schema import PushTable
from vismapbi_assets.store.drafts import Batch, Plan


@dataclass
class Bodies:
    """Gives the body of one batch after the other; at most one more is held."""

    plan: Plan
    table: PushTable
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=1))
    _ahead: dict[int, Future[bytes]] = field(default_factory=dict)

    def __enter__(self) -> Bodies:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def of(self, batch: Batch) -> bytes:
        """The body of a batch, as bytes of JSON; that of the next one is begun.

        Raises FileNotFoundError and PlanConflictError as `Plan.read` does.
        """
        ready = self._ahead.pop(batch.push_batch_id, None)
        body = ready.result() if ready else self._made(batch)
        at = self.plan.batches.index(batch) + 1
        for following in self.plan.batches[at : at + 1]:
            number = following.push_batch_id
            held = self._ahead.get(number) or self._pool.submit(self._made, following)
            self._ahead = {number: held}
        return body

    def _made(self, batch: Batch) -> bytes:
        return encode_rows(
            stamped(
                self.table,
                self.plan.read(batch),
                batch_id=batch.push_batch_id,
                loaded_at=self.plan.created_at,
                delta=DELTA,
            )
        )
