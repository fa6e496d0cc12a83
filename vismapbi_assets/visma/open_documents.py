"""Reads open documents again, because a balance may move without a new stamp.

Meant for the night, for documents that have a status and are paid. What changed with a stamp is
found by `extract`; what a reading costs and proves is the same here as there.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from vismapbi_assets.store.store import Store
from vismapbi_assets.visma.client import VismaClient
from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.errors import QuotaExhausted
from vismapbi_assets.visma.evidence import Evidence
from vismapbi_assets.visma.extract import Meter, extract
from vismapbi_assets.visma.extraction import Extraction, Options
from vismapbi_assets.visma.scope import requests_of
from vismapbi_assets.visma.window import WHOLE, changed_since

OPEN = "Open"
OVERLAP = timedelta(hours=2)
WORDS = "open documents"


def has_open_documents(entity: Entity) -> bool:
    """Whether the entity's documents are open until they are paid."""
    return (
        entity.domain in ("payables", "receivables")
        and entity.paging == "document"
        and "status" in entity.schema
        and len(entity.key) > 1
    )


def reread_open(
    entity: Entity,
    company: str,
    *,
    client: VismaClient,
    store: Store,
    run_id: str,
    options: Options,
) -> Extraction:
    """Read every open document again.

    First comes what changed with a stamp. A document that is then open in state but not among the
    open ones was closed or removed without a stamp: everything is read. That the server obeyed the
    status filter is proved by the rows.
    """
    watermark = _watermark(entity, company, store)
    if watermark is None:
        return extract(
            entity, company, WHOLE, client=client, store=store, run_id=run_id, options=options
        )
    meter = Meter.start(entity, company, client, store, run_id, options)
    requests = requests_of(entity, company, store)
    evidence = Evidence(meter.began)
    try:
        for filters in (changed_since(entity.delta, watermark - OVERLAP), {"status": OPEN}):
            evidence = meter.run.begin()
            meter.run.read(requests, filters, evidence)
            evidence, doubt = meter.run.settle(requests, filters, evidence)
            if doubt is not None:
                return meter.report(WORDS, False, evidence, doubt)
    except QuotaExhausted as spent:
        return meter.report(WORDS, False, evidence, str(spent), resume_at=spent.resume_at)
    state = store.state(entity.name).current(["company", "key", "status"])
    ours = state.filter(pl.col("company") == company).collect()
    among = pl.col("key").is_in(evidence.keys().implode())
    strangers = ours.filter(among, pl.col("status") != OPEN)["key"]
    if len(strangers):
        doubt = (
            f"Visma.net did not obey the filter status={OPEN}: {len(strangers)} of "
            f"{evidence.distinct()} documents are not open, such as {', '.join(strangers.head(3))}"
        )
    elif not ours.filter(~among, pl.col("status") == OPEN).is_empty():
        return extract(
            entity, company, WHOLE, client=client, store=store, run_id=run_id, options=options
        )
    return meter.report(WORDS, False, evidence, doubt)


def _watermark(entity: Entity, company: str, store: Store) -> datetime | None:
    state = store.state(entity.name)
    if not state.exists():
        return None
    ours = state.current(["company", "modified_at"]).filter(pl.col("company") == company)
    newest = ours.select(pl.col("modified_at").max()).collect().item()
    return newest if isinstance(newest, datetime) else None
