"""Reads one entity of one company for a window and brings state up to date, with proof.

A run may die at any point and be repeated: pages are archived, documents committed in whole chunks,
and nothing is marked as gone before a complete whole reading has shown it. The steps live beside:
`passes` (read again until proved), `reading` (pages), `sink` (state), `progress` (going on).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from vismapbi_assets.store.state import Tombstones
from vismapbi_assets.store.store import Store
from vismapbi_assets.visma.client import VismaClient
from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.errors import QuotaExhausted, TransientError
from vismapbi_assets.visma.evidence import Evidence
from vismapbi_assets.visma.extraction import Extraction, Options
from vismapbi_assets.visma.passes import Run
from vismapbi_assets.visma.progress import Progress, ProgressNote
from vismapbi_assets.visma.scope import requests_of
from vismapbi_assets.visma.window import Window, changed_since

COUNTED = ("read", "new", "changed", "unchanged", "stale", "revived", "quarantined", "held")
NOTHING_GONE = Tombstones()


def extract(
    entity: Entity,
    company: str,
    window: Window,
    *,
    client: VismaClient,
    store: Store,
    run_id: str,
    options: Options,
    sweep: bool = False,
    allow_mass_deletion: bool = False,
) -> Extraction:
    """Read what the window asks for and write what differs.

    `sweep` reads everything whatever the window. Running out of calls is no error: the report says
    when to go on, and the same call then goes on. Errors of `errors.py` leave what is committed.
    """
    whole = sweep or window.whole or entity.whole
    filters = {} if entity.whole else changed_since(entity.delta, None if whole else window.since)
    meter = Meter.start(entity, company, client, store, run_id, options)
    run, began = meter.run, meter.began
    note = ProgressNote(
        store, f"interrupted/{entity.name}/{company}", {**filters, "size": str(run.reader.size)}
    )
    resumable = entity.paging in ("document", "line")
    earlier = note.find(began, options.resume_hours) if resumable else None
    started = earlier or Progress(began, store.state(entity.name).sequence())
    evidence = Evidence(started.began, read_from=started.read_from)
    tombstones = NOTHING_GONE

    def stopped() -> None:
        if resumable and run.reader.reading == 1:
            note.save(Progress(started.began, started.read_from, run.reader.trail))

    try:
        requests = requests_of(entity, company, store)
        run.reader.archived = started.pages
        run.read(requests, filters, evidence)
        run.reader.archived = {}
        if earlier:
            note.clear()
        evidence, doubt = run.settle(requests, filters, evidence)
        if whole and doubt is None:
            tombstones = run.bury(requests, filters, evidence, allow=allow_mass_deletion)
    except QuotaExhausted as spent:
        stopped()
        reason = f"{spent}; {run.reader.pages} of {run.reader.expected} pages are read"
        return meter.report(str(window), whole, evidence, reason, resume_at=spent.resume_at)
    except TransientError:
        stopped()
        raise
    return meter.report(
        "everything" if whole else str(window), whole, evidence, doubt, tombstones=tombstones
    )


@dataclass(frozen=True)
class Meter:
    """A run and what the client had caused before it."""

    run: Run
    company: str
    began: datetime
    calls: int
    bytes: int

    @classmethod
    def start(
        cls,
        entity: Entity,
        company: str,
        client: VismaClient,
        store: Store,
        run_id: str,
        options: Options,
    ) -> Meter:
        """Begin a run for the company, which must be the client's."""
        if client.company != company:
            raise ValueError(f"the client reads company {client.company}, not {company}")
        run = Run.of(entity, client, store, run_id, options)
        return cls(run, company, client.clock.now(), client.traffic.calls, client.traffic.bytes)

    def report(
        self,
        window: str,
        whole: bool,
        evidence: Evidence,
        doubt: str | None,
        *,
        tombstones: Tombstones = NOTHING_GONE,
        resume_at: datetime | None = None,
    ) -> Extraction:
        """What was asked, found and done."""
        run = self.run
        return Extraction(
            entity=run.entity.name,
            company=self.company,
            run_id=run.run_id,
            window=window,
            whole=whole,
            began=self.began,
            seconds=(run.client.clock.now() - self.began).total_seconds(),
            calls=run.client.traffic.calls - self.calls,
            pages=run.reader.pages,
            bytes=run.client.traffic.bytes - self.bytes,
            **{name: run.sink.counts[name] for name in COUNTED},
            deleted=tombstones.deleted,
            deletion_refused=tombstones.refused_reason,
            unkeyed=evidence.unkeyed,
            distinct=evidence.distinct(),
            total=evidence.total,
            readings=run.reader.reading,
            complete=doubt is None,
            reason=doubt,
            resume_at=resume_at,
            watermark=evidence.newest,
            drift=dict(run.loader.drift),
            totals=dict(run.sink.totals),
            archive=f"archive/{run.entity.name}/{run.run_id}/{self.company}-",
            sequence=run.store.state(run.entity.name).sequence(),
        )
