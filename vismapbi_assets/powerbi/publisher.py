"""Makes a table in Power BI equal to the wanted rows, exactly once: plan, post, verify, commit.

Finishes what an earlier run left open, then finds what changed, plans it, sends it, asks the
destination and only then remembers it. The single steps belong in the modules imported here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

import polars as pl

from vismapbi_assets.powerbi import dax
from vismapbi_assets.powerbi.changes import Changes, computed
from vismapbi_assets.powerbi.client import PowerBIClient
from vismapbi_assets.powerbi.dax import Totals
from vismapbi_assets.powerbi.drafting import commit_plan, write_plan
from vismapbi_assets.powerbi.encode import MAX_BYTES, MAX_ROWS
from vismapbi_assets.powerbi.errors import DatasetMissing, Permanent, Throttled, Transient
from vismapbi_assets.powerbi.planner import Choice, choose
from vismapbi_assets.powerbi.poster import Carried, Poster
from vismapbi_assets.powerbi.quota import Forecast, Quota
from vismapbi_assets.powerbi.schema import PushTable
from vismapbi_assets.powerbi.verify import as_facts, differences, from_facts, totals_of
from vismapbi_assets.store.drafts import Plan
from vismapbi_assets.store.leases import Lease
from vismapbi_assets.store.plans import Plans
from vismapbi_assets.store.published import PublishedTable
from vismapbi_assets.store.published_meta import PublishedMeta
from vismapbi_assets.store.store import Store

Status = Literal["ok", "repaired", "partial", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishOptions:
    """What can be tuned.

    Attributes:
        settle_seconds: how long an unknown outcome is asked for.
        wait_seconds: how long a run waits for quota before it stops and says when to go on.
        repair: replace a table that differs from what was published, or only say so.
        replace_share: share of the table from which reversals cost too much.
        repairs: how often one run replaces a table that does not come out right.
    """

    settle_seconds: float = 10.0
    wait_seconds: float = 300.0
    repair: bool = True
    replace_share: float = 0.5
    max_rows: int = 5_000_000
    chunk_rows: int = MAX_ROWS
    chunk_bytes: int = MAX_BYTES
    repairs: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What publishing a table did.

    Attributes:
        posted: rows posted, reversals included.
        net: rows that count, one per key.
        destination: rows in the table, reversals included.
        totals: sums of the additive columns after the run.
        verified: the destination itself confirmed rows and totals.
        empty_seconds: how long a replaced table was empty or incomplete.
    """

    table: str
    action: str
    reason: str
    status: Status
    posted: int = 0
    posts: int = 0
    batches: tuple[int, ...] = ()
    net: int = 0
    destination: int = 0
    totals: Mapping[str, str] = field(default_factory=dict)
    verified: bool = False
    added: int = 0
    changed: int = 0
    vanished: int = 0
    ignored: int = 0
    rejected: pl.DataFrame = field(default_factory=pl.DataFrame)
    notes: tuple[str, ...] = ()
    forecast: Forecast | None = None
    resume_at: float | None = None
    empty_seconds: float = 0.0
    seconds: float = 0.0


@dataclass(slots=True)
class _Run:
    """What one call has gathered."""

    started: float
    notes: list[str] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    repaired: bool = False
    verified: bool = False
    forecast: Forecast | None = None


@dataclass(slots=True)
class Publisher:
    """Publishes the tables of one dataset, one table at a time."""

    client: PowerBIClient
    dataset_id: str
    store: Store
    quota: Quota
    queries: Quota
    run_id: str
    options: PublishOptions = field(default_factory=PublishOptions)
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    on_step: Callable[[str], None] = field(default=lambda _: None)

    def publish(
        self,
        table: PushTable,
        rows: pl.DataFrame | Iterable[pl.DataFrame],
        *,
        sources: Mapping[str, int] | None = None,
        scope_parents: pl.Series | None = None,
        parent: pl.Expr | None = None,
        lookup_hash: str | None = None,
        replace_reason: str | None = None,
    ) -> Published:
        """Brings the wanted rows to Power BI.

        `rows` are all rows of the table, or with `scope_parents` all rows of these parents, or
        for a table of strategy append the new ones. `sources` and `lookup_hash` are remembered
        with the rows. With `replace_reason` the table is replaced whatever has changed.
        """
        frames = iter([rows]) if isinstance(rows, pl.DataFrame) else iter(rows)
        facts = {"sources": dict(sources or {}), "lookup_hash": lookup_hash}

        def compare(published: PublishedTable) -> Changes:
            return Changes(
                table,
                published,
                parent=parent,
                parents=scope_parents,
                additions_only=table.strategy == "append" and replace_reason is None,
                replace_share=self.options.replace_share,
            )

        return self._publish(table, frames, compare, facts, replace_reason)

    def replace(self, table: PushTable, reason: str) -> Published:
        """Clears the table and posts the published rows again: compaction, repair, replay."""

        def compare(published: PublishedTable) -> Changes:
            return Changes(table, published, additions_only=True)

        return self._publish(table, iter(()), compare, {}, reason)

    def restore(self, table: PushTable) -> Published:
        """Replaces the table from the published rows if it differs from them."""

        def compare(published: PublishedTable) -> Changes:
            return Changes(table, published, additions_only=True)

        return self._publish(table, iter(()), compare, {}, None)

    def ask(self, table: PushTable) -> Totals | None:
        """What the destination holds, None when it cannot be queried."""
        self._book_query()
        try:
            return dax.ask_totals(self.client, self.dataset_id, table)
        except DatasetMissing:
            self.client.dataset(self.dataset_id)
            return None
        except Permanent:
            return None

    def ask_by(self, table: PushTable, column: str) -> dict[Any, Totals]:
        """What the destination holds for each value of a column."""
        self._book_query()
        return dax.ask_totals_by(self.client, self.dataset_id, table, column)

    def known_totals(self, table: PushTable) -> Totals:
        """What the store says that the destination holds."""
        return self._known_totals(table, self.store.published(table.name).meta())

    def _book_query(self) -> None:
        while wait := self.queries.take():
            self.sleep(wait)

    def _publish(
        self,
        table: PushTable,
        frames: Iterator[pl.DataFrame],
        compare: Callable[[PublishedTable], Changes],
        facts: Mapping[str, object],
        replace_reason: str | None,
    ) -> Published:
        run = _Run(self.clock())
        plans = Plans(self.store.objects, self.clock)
        seconds = 3 * self.client.timeout + self.options.settle_seconds + 60
        lease = plans.claim(table.name, run_id=self.run_id, seconds=seconds)
        if lease is None:
            return Published(
                table=table.name,
                action="nothing",
                reason="another run is publishing this table",
                status="partial",
                resume_at=self.clock() + 60,
            )
        poster = self._poster()
        try:
            with lease:
                held = self._recover(table, plans, lease, poster, run)
                if held is not None:
                    return self._result(table, "recover", held, poster, run)
                published = self.store.published(table.name)
                with compare(published) as changes:
                    changes.take(frames)
                    return self._bring(
                        table, changes, facts, replace_reason, plans, lease, poster, run
                    )
        except (Throttled, Transient) as error:
            held = Carried("partial", str(error), self.clock() + 60)
            return self._result(table, "nothing", held, poster, run)
        finally:
            self.quota.release()
            self.queries.release()

    def _recover(
        self, table: PushTable, plans: Plans, lease: Lease, poster: Poster, run: _Run
    ) -> Carried | None:
        """Finishes the open plan of an earlier run; the way it was held up, if it was."""
        plan = plans.open_plan(table.name)
        if plan is None:
            return None
        run.notes.append(f"finished plan {plan.number} that run {plan.run_id} left open")
        carried = self._finish(table, plan, plans, lease, poster, run)
        return carried if carried.status == "partial" else None

    def _bring(
        self,
        table: PushTable,
        changes: Changes,
        facts: Mapping[str, object],
        replace_reason: str | None,
        plans: Plans,
        lease: Lease,
        poster: Poster,
        run: _Run,
    ) -> Published:
        """Decides, plans and sends; a plan that does not come out right is repaired."""
        published = self.store.published(table.name)
        distrust = self._distrust(table, published.meta(), run)
        if distrust and not self.options.repair and published.meta().plan:
            published.mark_dirty(distrust)
            held = Carried("refused", f"{distrust}; automatic repair is switched off")
            return self._result(table, "nothing", held, poster, run, changes)
        wanted = distrust or replace_reason
        if changes.only_replaceable and table.strategy != "replace":
            wanted = wanted or "reversals would cost more than half of the table"
        carried, choice = Carried("sent"), Choice("nothing", "")
        for _ in range(self.options.repairs):
            meta = published.meta()
            choice = choose(
                table,
                changes.counts(meta.net, meta.rows),
                distrust=wanted,
                replace_share=self.options.replace_share,
                max_rows=self.options.max_rows,
            )
            if choice.action == "nothing":
                self._note_sources(published, facts)
                return self._result(
                    table, "nothing", Carried("sent", choice.reason), poster, run, changes
                )
            plan = self._plan(table, changes, choice, meta, facts, plans, lease)
            run.forecast = self.quota.forecast(plan.rows, len(plan.batches), table_rows=meta.rows)
            carried = self._finish(table, plan, plans, lease, poster, run)
            if carried.status != "dirty":
                break
            wanted, run.repaired = carried.reason, True
        said = Carried(carried.status, carried.reason or choice.reason, carried.resume_at)
        return self._result(table, choice.action, said, poster, run, changes)

    def _plan(
        self,
        table: PushTable,
        changes: Changes,
        choice: Choice,
        meta: PublishedMeta,
        facts: Mapping[str, object],
        plans: Plans,
        lease: Lease,
    ) -> Plan:
        counts = changes.counts(meta.net, meta.rows)
        replacing = choice.action == "replace"
        plan = write_plan(
            plans,
            lease,
            table,
            choice.action,
            changes.complete() if replacing else changes.appended(),
            before=self._known_totals(table, meta),
            expected_rows=counts.wanted if replacing else counts.posted_by_append,
            facts={**facts, "reason": choice.reason, "dataset_id": self.dataset_id},
            max_rows=self.options.chunk_rows,
            max_bytes=self.options.chunk_bytes,
        )
        self.on_step("planned")
        return plan

    def _finish(
        self, table: PushTable, plan: Plan, plans: Plans, lease: Lease, poster: Poster, run: _Run
    ) -> Carried:
        """Sends, verifies and commits a plan; an untrustworthy one is abandoned as dirty."""
        published = self.store.published(table.name)
        if published.meta().plan >= plan.number:
            plans.close(plan, "committed")
            return Carried("sent")
        if plan.facts.get("dataset_id") != self.dataset_id:
            published.mark_dirty("an open plan belonged to another dataset")
            plans.close(plan, "abandoned", reason="another dataset")
            return Carried("dirty", "an open plan belonged to another dataset")
        run.batches += [b.push_batch_id for b in plan.batches]
        before = from_facts(plan.facts["before"]).rows
        carried = poster.carry(plan, table, lease, before)
        if carried.status == "sent":
            self.on_step("sent")
            carried = self._verify(table, plan, run)
        if carried.status in ("dirty", "refused"):
            lease.ensure()
            published.mark_dirty(carried.reason)
            self.on_step("marked dirty")
            plans.close(plan, "abandoned", reason=carried.reason)
            run.notes.append(f"plan {plan.number} abandoned: {carried.reason}")
        elif carried.status == "sent":
            self.on_step("verified")
            lease.ensure()
            commit_plan(plan, published, table)
            self.on_step("committed")
            plans.close(plan, "committed")
        return carried

    def _verify(self, table: PushTable, plan: Plan, run: _Run) -> Carried:
        """Asks rows and totals until they are as planned or the settle time is over."""
        expected = from_facts(plan.facts["after"])
        differs: list[str] = []
        for share in (0.0, 0.1, 0.2, 0.3, 0.4):
            self.sleep(self.options.settle_seconds * share)
            try:
                found = self.ask(table)
            except (Throttled, Transient) as error:
                return Carried("partial", f"the plan cannot be verified now: {error}", self.clock())
            if found is None:
                run.notes.append("Power BI cannot be queried: not verified")
                run.verified = False
                return Carried("sent")
            differs = differences(table, expected, found)
            if not differs:
                run.verified = True
                return Carried("sent")
        return Carried("dirty", "after the plan the table differs: " + "; ".join(differs))

    def _distrust(self, table: PushTable, meta: PublishedMeta, run: _Run) -> str | None:
        """Why the destination is not what the store says, None when it is."""
        found = self.ask(table)
        if not meta.plan:
            if found and found.rows:
                run.repaired = True
                return f"the table holds {found.rows} rows that this store does not know"
            return "first load"
        if meta.dirty:
            run.repaired = True
            return meta.dirty
        if found is None:
            run.notes.append("Power BI cannot be queried: not verified")
            return None
        differs = differences(table, self._known_totals(table, meta), found)
        run.verified = not differs
        if differs:
            run.repaired = True
            return "the table is not as it was published: " + "; ".join(differs)
        return None

    def _known_totals(self, table: PushTable, meta: PublishedMeta) -> Totals:
        """What the store says that the destination holds."""
        kept = meta.facts.get("totals")
        if kept and int(kept["rows"]) == meta.rows:
            known = from_facts(kept)
            zero = dict.fromkeys(table.additive, Decimal(0))
            return Totals(known.rows, zero | dict(known.sums))
        if not meta.plan:
            return Totals(0, {})
        published = self.store.published(table.name)
        held = [c for c in computed(table) if c in published.schema]
        frames = published.current(held).collect_batches(chunk_size=50_000, engine="streaming")
        return replace(totals_of(table, frames), rows=meta.rows)

    def _note_sources(self, published: PublishedTable, facts: Mapping[str, object]) -> None:
        meta = published.meta()
        sources, lookup = facts.get("sources") or {}, facts.get("lookup_hash")
        assert isinstance(sources, dict)  # noqa: S101 - made by publish
        moved = {k: v for k, v in sources.items() if meta.sources.get(k) != v}
        if moved or (lookup and lookup != meta.lookup_hash):
            published.note(sources=sources, lookup_hash=str(lookup) if lookup else None)

    def _poster(self) -> Poster:
        return Poster(
            self.client,
            self.dataset_id,
            self.quota,
            self.queries,
            self.run_id,
            clock=self.clock,
            sleep=self.sleep,
            settle_seconds=self.options.settle_seconds,
            wait_seconds=self.options.wait_seconds,
            on_step=self.on_step,
        )

    def _result(
        self,
        table: PushTable,
        action: str,
        carried: Carried,
        poster: Poster,
        run: _Run,
        changes: Changes | None = None,
    ) -> Published:
        meta = self.store.published(table.name).meta()
        status: Status = "repaired" if run.repaired else "ok"
        if carried.status == "partial":
            status = "partial"
        elif carried.status in ("dirty", "refused"):
            status = "failed"
        totals = as_facts(self._known_totals(table, meta))["sums"]
        assert isinstance(totals, dict)  # noqa: S101 - written by as_facts
        rejected = changes.rejected if changes else []
        return Published(
            table=table.name,
            action=action,
            reason=carried.reason,
            status=status,
            posted=poster.rows,
            posts=poster.posts,
            batches=tuple(run.batches),
            net=meta.net,
            destination=meta.rows,
            totals=totals,
            verified=run.verified and status in ("ok", "repaired"),
            added=changes.added if changes else 0,
            changed=changes.changed if changes else 0,
            vanished=len(changes.vanished()) if changes else 0,
            ignored=changes.ignored if changes else 0,
            rejected=pl.concat(rejected, how="diagonal_relaxed") if rejected else pl.DataFrame(),
            notes=tuple(run.notes),
            forecast=run.forecast,
            resume_at=carried.resume_at,
            empty_seconds=poster.empty_seconds,
            seconds=self.clock() - run.started,
        )
