"""Plans: what will be sent to a destination table, fixed before the first byte is sent.

A plan is a manifest (an entry in the table's append log, so the number and the plan are one
thing) and the parquet files that it names. Immutable once it exists; one open plan per table.
What was sent of it is in `ledger`; what to send is decided in `powerbi`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from vismapbi_assets.store.append_log import AppendLog, Entry
from vismapbi_assets.store.drafts import Batch, Draft, Plan
from vismapbi_assets.store.errors import PlanConflictError
from vismapbi_assets.store.leases import Clock, Lease, claim
from vismapbi_assets.store.objects import Objects


@dataclass(frozen=True)
class Plans:
    """The plans of all tables."""

    objects: Objects
    clock: Clock = time.time

    def _log(self, table: str) -> AppendLog:
        return AppendLog(self.objects, f"plans/{table}")

    def claim(self, table: str, *, run_id: str, seconds: float = 120.0) -> Lease | None:
        """The right to plan and publish the table, or None while another run has it."""
        log = AppendLog(self.objects, f"claims/{table}")
        return claim(log, run_id, seconds=seconds, clock=self.clock)

    def allocate(self, count: int = 1) -> range:
        """That many new `PushBatchId`s: unique and increasing over all tables and runs.

        They never fall behind the clock (milliseconds), so that a store that was wiped does not
        use an id again that the destination already holds.
        """
        now = int(self.clock() * 1000)

        def take(last: bytes | None) -> bytes:
            return str(max(int(last) if last else 0, now) + count).encode()

        end = int(AppendLog(self.objects, "push-batch-ids").update(take).data)
        return range(end - count + 1, end + 1)

    def draft(self, table: str) -> Draft:
        """Begin to write a plan."""
        return Draft(self.objects, table)

    def finish(
        self, draft: Draft, lease: Lease, *, kind: str, facts: Mapping[str, Any] | None = None
    ) -> Plan:
        """Make the draft the table's open plan; from here on it is carried out or abandoned."""
        log = self._log(draft.table)
        if (open_plan := self.open_plan(draft.table)) is not None:
            raise PlanConflictError(
                f"plan {open_plan.number} of {draft.table} is still open; finish it first"
            )
        lease.ensure()
        manifest = {
            "kind": kind,
            "run_id": lease.run_id,
            "created_at": datetime.fromtimestamp(self.clock(), UTC).isoformat(),
            "facts": dict(facts or {}),
            **draft.content(),
        }
        number = log.tail() + 1
        if not log.append(number, json.dumps(manifest, default=str).encode()):
            raise PlanConflictError(f"another run made plan {number} of {draft.table} meanwhile")
        return self.plan(draft.table, number)

    def plan(self, table: str, number: int) -> Plan:
        """The plan with that number."""
        entry = self._log(table).entry(number)
        if entry is None:
            raise FileNotFoundError(f"there is no plan {number} of {table}")
        return self._plan(table, entry)

    def _plan(self, table: str, entry: Entry) -> Plan:
        content = json.loads(entry.data)
        return Plan(
            table=table,
            number=entry.number,
            kind=content["kind"],
            run_id=content["run_id"],
            created_at=datetime.fromisoformat(content["created_at"]),
            batches=tuple(Batch(**batch) for batch in content["batches"]),
            parts={name: tuple(paths) for name, paths in content["parts"].items()},
            facts=content["facts"],
            folder=content["folder"],
            objects=self.objects,
        )

    def open_plan(self, table: str) -> Plan | None:
        """The plan that is neither committed nor abandoned, if there is one."""
        last = self._log(table).last()
        if last is None or self.objects.info(_closing(table, last.number)) is not None:
            return None
        return self._plan(table, last)

    def close(self, plan: Plan, outcome: str, **facts: Any) -> bool:
        """Say how the plan ended ("committed", "abandoned"); the first word stands."""
        at = datetime.fromtimestamp(self.clock(), UTC).isoformat()
        closing = {"outcome": outcome, "at": at, **facts}
        data = json.dumps(closing, default=str).encode()
        return self.objects.put_if_absent(_closing(plan.table, plan.number), data)

    def closing(self, plan: Plan) -> dict[str, Any] | None:
        """How and when the plan ended, or None while it is open."""
        data = self.objects.get(_closing(plan.table, plan.number))
        return None if data is None else dict(json.loads(data))

    def tables(self) -> list[str]:
        """The tables that ever had a plan."""
        return self.objects.names("log/plans")

    def newest(self, table: str) -> Iterator[Plan]:
        """The kept plans of a table, newest first."""
        log = self._log(table)
        for number in range(log.tail(), 0, -1):
            if (entry := log.entry(number)) is None:
                return
            yield self._plan(table, entry)

    def purge(self, older_than: datetime) -> int:
        """Drop plans made before that time with their files; the last of a table stays.

        Files of drafts that never became a plan go with them. Returns how many files went.
        """
        dropped = 0
        for table in self.tables():
            self._log(table).prune(older_than)
            plans = list(self.newest(table))
            kept = {f"{plan.number:09d}" for plan in plans} | {plan.folder for plan in plans}
            old = [
                info.path
                for info in self.objects.list(f"plans/{table}")
                if info.path.split("/")[2] not in kept and info.modified < older_than
            ]
            self.objects.delete(*old)
            dropped += len(old)
        return dropped


def _closing(table: str, number: int) -> str:
    return f"plans/{table}/{number:09d}/closed.json"
