"""One table in the hands of one run: finishing a plan and judging the destination.

Holds the claim on the table and what the run has gathered. What to plan is decided in
`publisher.py`; sending belongs in `poster.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

import polars as pl

from vismapbi_assets.powerbi.carried import PATIENCE, SETTLING, Carried
from vismapbi_assets.powerbi.changes import Changes
from vismapbi_assets.powerbi.dax import Totals
from vismapbi_assets.powerbi.destination import Destination
from vismapbi_assets.powerbi.drafting import commit_plan
from vismapbi_assets.powerbi.errors import Throttled, Transient
from vismapbi_assets.powerbi.outcome import Published, Status
from vismapbi_assets.powerbi.poster import Poster
from vismapbi_assets.powerbi.quota_ledger import Forecast
from vismapbi_assets.powerbi.rows import computed
from vismapbi_assets.powerbi.schema import PushTable
from vismapbi_assets.powerbi.verify import as_facts, differences, from_facts, totals_of
from vismapbi_assets.store.drafts import Plan
from vismapbi_assets.store.leases import Lease
from vismapbi_assets.store.plans import Plans
from vismapbi_assets.store.published import PublishedTable
from vismapbi_assets.store.published_meta import PublishedMeta

UNASKED = "Power BI cannot be queried: not verified"


def known_totals(published: PublishedTable, meta: PublishedMeta, table: PushTable) -> Totals:
    """What the store says that the destination holds."""
    kept = meta.facts.get("totals")
    if kept and int(kept["rows"]) == meta.rows:
        known = from_facts(kept)
        zero = dict.fromkeys(table.additive, Decimal(0))
        return Totals(known.rows, zero | dict(known.sums))
    if not meta.plan:
        return Totals(0, {})
    held = [c for c in computed(table) if c in published.schema]
    frames = published.current(held).collect_batches(chunk_size=20_000, engine="streaming")
    return replace(totals_of(table, frames), rows=meta.rows)


@dataclass(slots=True)
class Session:
    """What one call of the publisher works with and has gathered."""

    table: PushTable
    published: PublishedTable
    plans: Plans
    lease: Lease
    poster: Poster
    destination: Destination
    settle_seconds: float
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    on_step: Callable[[str], None]
    started: float
    created_here: bool = False
    notes: list[str] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    repaired: bool = False
    verified: bool = False
    unasked: bool = False
    forecast: Forecast | None = None

    def recover(self) -> Carried | None:
        """Finishes the open plan of an earlier run; how it was held up, if it was."""
        plan = self.plans.open_plan(self.table.name)
        if plan is None:
            return None
        self.notes.append(f"went on with plan {plan.number} that run {plan.run_id} left open")
        carried = self.finish(plan)
        return carried if carried.status == "partial" else None

    def finish(self, plan: Plan) -> Carried:
        """Sends, verifies and commits a plan; an untrustworthy one is abandoned as dirty."""
        if self.published.meta().plan >= plan.number:
            self.plans.close(plan, "committed")
            return Carried("sent")
        if plan.facts.get("dataset_id") != self.destination.dataset_id:
            return self._abandon(plan, Carried("dirty", "the plan belongs to another dataset"))
        self.batches += [b.push_batch_id for b in plan.batches]
        before = from_facts(plan.facts["before"]).rows
        carried = self.poster.carry(plan, self.table, self.lease, before)
        if carried.status == "sent":
            self.on_step("sent")
            carried = self._verify(plan)
        if carried.status in ("dirty", "refused"):
            return self._abandon(plan, carried)
        if carried.status == "sent":
            self.on_step("verified")
            self.lease.ensure()
            commit_plan(plan, self.published, self.table)
            self.on_step("committed")
            self.plans.close(plan, "committed")
        return carried

    def distrust(self, meta: PublishedMeta) -> str | None:
        """Why the destination is not what the store says, None when it is."""
        if not meta.plan and self.created_here:
            return "first load"
        found = self.destination.totals(self.table)
        if not meta.plan:
            if found and found.rows:
                self.repaired = True
                return f"the table holds {found.rows} rows that this store does not know"
            return "first load"
        holder = meta.facts.get("dataset_id")
        if holder and holder != self.destination.dataset_id:
            self.repaired = True
            return f"the rows were published to another dataset ({holder})"
        if meta.dirty:
            self.repaired = True
            return meta.dirty
        if found is None:
            self._note_unasked()
            return None
        known = known_totals(self.published, meta, self.table)
        differs = differences(self.table, known, found)
        self.verified = not differs
        if differs:
            self.repaired = True
            return "the table is not as it was published: " + "; ".join(differs)
        return None

    def _note_unasked(self) -> None:
        self.verified, self.unasked = False, True
        if UNASKED not in self.notes:
            self.notes.append(UNASKED)

    def _abandon(self, plan: Plan, carried: Carried) -> Carried:
        """Marks the table as dirty, so that only a replacement can follow."""
        self.lease.ensure()
        self.published.mark_dirty(carried.reason)
        self.on_step("marked dirty")
        self.plans.close(plan, "abandoned", reason=carried.reason)
        self.notes.append(f"plan {plan.number} abandoned: {carried.reason}")
        return carried

    def _verify(self, plan: Plan) -> Carried:
        """Asks rows and totals until they are as planned or the settle time is over."""
        expected = from_facts(plan.facts["after"])
        differs: list[str] = []
        for share in (*SETTLING, *PATIENCE):
            self.sleep(self.settle_seconds * share)
            try:
                found = self.destination.totals(self.table)
            except (Throttled, Transient) as error:
                return Carried("partial", f"the plan cannot be verified now: {error}", self.clock())
            if found is None:
                self._note_unasked()
                return Carried("sent")
            differs = differences(self.table, expected, found)
            if not differs:
                self.verified = True
                return Carried("sent")
            if share == SETTLING[-1] and found.rows >= expected.rows:
                break
        return Carried("dirty", "after the plan the table differs: " + "; ".join(differs))

    def note_sources(self, facts: Mapping[str, object]) -> None:
        """Remembers that sources moved without moving a row."""
        meta = self.published.meta()
        sources, lookup = facts.get("sources") or {}, facts.get("lookup_hash")
        assert isinstance(sources, dict)  # noqa: S101 - made by publish
        moved = {k: v for k, v in sources.items() if meta.sources.get(k) != v}
        if moved or (lookup and lookup != meta.lookup_hash):
            self.published.note(sources=sources, lookup_hash=str(lookup) if lookup else None)

    def result(self, action: str, carried: Carried, changes: Changes | None = None) -> Published:
        """What the call did, in the words of the audit log."""
        meta = self.published.meta()
        status: Status = "repaired" if self.repaired else "ok"
        if carried.status == "partial":
            status = "partial"
        elif carried.status in ("dirty", "refused"):
            status = "failed"
        totals = as_facts(known_totals(self.published, meta, self.table))["sums"]
        assert isinstance(totals, dict)  # noqa: S101 - written by as_facts
        rejected = changes.rejected if changes else []
        return Published(
            table=self.table.name,
            action=action,
            reason=carried.reason,
            status=status,
            posted=self.poster.rows,
            posts=self.poster.posts,
            batches=tuple(self.batches),
            net=meta.net,
            destination=meta.rows,
            totals=totals,
            verified=self.verified and status in ("ok", "repaired"),
            unasked=self.unasked,
            added=changes.added if changes else 0,
            changed=changes.changed if changes else 0,
            vanished=len(changes.vanished) if changes else 0,
            ignored=changes.ignored if changes else 0,
            rejected=pl.concat(rejected, how="diagonal_relaxed") if rejected else pl.DataFrame(),
            notes=tuple(self.notes),
            forecast=self.forecast,
            resume_at=carried.resume_at,
            empty_seconds=self.poster.empty_seconds,
            seconds=self.clock() - self.started,
        )
