"""Makes a table in Power BI equal to the wanted rows, exactly once: plan, post, verify, commit.

Finishes what an earlier run left open, then finds what changed, plans it, sends it, asks the
destination and only then remembers it. The single steps belong in the modules imported here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from vismapbi_assets.powerbi.carried import Carried
from vismapbi_assets.powerbi.changes import Changes
from vismapbi_assets.powerbi.client import PowerBIClient
from vismapbi_assets.powerbi.dax import Totals
from vismapbi_assets.powerbi.destination import Destination
from vismapbi_assets.powerbi.drafting import write_plan
from vismapbi_assets.powerbi.errors import Throttled, Transient
from vismapbi_assets.powerbi.outcome import Published, PublishOptions
from vismapbi_assets.powerbi.planner import Choice, choose
from vismapbi_assets.powerbi.poster import Poster
from vismapbi_assets.powerbi.quota import Quota
from vismapbi_assets.powerbi.schema import PushTable
from vismapbi_assets.powerbi.session import Session, known_totals
from vismapbi_assets.store.drafts import Plan
from vismapbi_assets.store.leases import Lease
from vismapbi_assets.store.plans import Plans
from vismapbi_assets.store.published import PublishedTable
from vismapbi_assets.store.store import Store

__all__ = ["PublishOptions", "Published", "Publisher"]


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

    @property
    def destination(self) -> Destination:
        """The dataset as it can be asked."""
        return Destination(self.client, self.dataset_id, self.queries, self.sleep)

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
        return self._publish(table, iter(()), _nothing_new(table), None, reason)

    def restore(self, table: PushTable) -> Published:
        """Replaces the table from the published rows if it differs from them."""
        return self._publish(table, iter(()), _nothing_new(table), None, None)

    def known_totals(self, table: PushTable) -> Totals:
        """What the store says that the destination holds."""
        published = self.store.published(table.name)
        return known_totals(published, published.meta(), table)

    def _publish(
        self,
        table: PushTable,
        frames: Iterator[pl.DataFrame],
        compare: Callable[[PublishedTable], Changes],
        facts: Mapping[str, object] | None,
        replace_reason: str | None,
    ) -> Published:
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
        session = self._session(table, plans, lease)
        try:
            with lease:
                held = session.recover()
                if held is not None:
                    return session.result("recover", held)
                with compare(session.published) as changes:
                    changes.take(frames)
                    return self._bring(session, changes, facts, replace_reason)
        except (Throttled, Transient) as error:
            return session.result("nothing", Carried("partial", str(error), self.clock() + 60))
        finally:
            self.quota.release()
            self.queries.release()

    def _bring(
        self,
        session: Session,
        changes: Changes,
        facts: Mapping[str, object] | None,
        replace_reason: str | None,
    ) -> Published:
        """Decides, plans and sends; a plan that does not come out right is repaired."""
        meta = session.published.meta()
        distrust = session.distrust(meta)
        if distrust and meta.plan and not self.options.repair and replace_reason is None:
            session.published.mark_dirty(distrust)
            said = f"{distrust}; automatic repair is switched off"
            return session.result("nothing", Carried("refused", said), changes)
        wanted = distrust or replace_reason
        if changes.only_replaceable and session.table.strategy != "replace":
            wanted = wanted or "reversals would cost more than half of the table"
        about = facts
        if about is None:
            about = {"sources": meta.sources, "lookup_hash": meta.lookup_hash}
        carried, choice = Carried("sent"), Choice("nothing", "")
        for _ in range(self.options.repairs):
            choice = choose(
                session.table,
                changes.counts(meta.net, meta.rows),
                distrust=wanted,
                replace_share=self.options.replace_share,
                max_rows=self.options.max_rows,
            )
            if choice.action == "nothing":
                session.note_sources(about)
                return session.result("nothing", Carried("sent", choice.reason), changes)
            carried = session.finish(self._plan(session, changes, choice, about))
            if carried.status != "dirty":
                break
            wanted, session.repaired = carried.reason, True
        said = carried.reason or choice.reason
        return session.result(
            choice.action, Carried(carried.status, said, carried.resume_at), changes
        )

    def _plan(
        self, session: Session, changes: Changes, choice: Choice, facts: Mapping[str, object]
    ) -> Plan:
        meta = session.published.meta()
        counts = changes.counts(meta.net, meta.rows)
        replacing = choice.action == "replace"
        plan = write_plan(
            session.plans,
            session.lease,
            session.table,
            choice.action,
            changes.complete() if replacing else changes.appended(),
            before=known_totals(session.published, meta, session.table),
            expected_rows=counts.wanted if replacing else counts.posted_by_append,
            facts={**facts, "reason": choice.reason, "dataset_id": self.dataset_id},
            max_rows=self.options.chunk_rows,
            max_bytes=self.options.chunk_bytes,
        )
        after = plan.rows if replacing else meta.rows + plan.rows
        session.forecast = self.quota.forecast(plan.rows, len(plan.batches), table_rows=after)
        self.on_step("planned")
        return plan

    def _session(self, table: PushTable, plans: Plans, lease: Lease) -> Session:
        destination = self.destination
        poster = Poster(
            destination,
            self.quota,
            self.run_id,
            clock=self.clock,
            sleep=self.sleep,
            settle_seconds=self.options.settle_seconds,
            wait_seconds=self.options.wait_seconds,
            use_sequence=self.options.use_sequence,
            on_step=self.on_step,
        )
        return Session(
            table,
            self.store.published(table.name),
            plans,
            lease,
            poster,
            destination,
            self.options.settle_seconds,
            self.clock,
            self.sleep,
            self.on_step,
            self.clock(),
            self.options.created_here,
        )


def _nothing_new(table: PushTable) -> Callable[[PublishedTable], Changes]:
    return lambda published: Changes(table, published, additions_only=True)
