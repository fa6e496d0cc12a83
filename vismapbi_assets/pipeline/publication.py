"""From state to verified rows in Power BI, one table at a time.

Decides whether a table has to be computed, computes it, splits off rows that break its schema,
publishes and writes down the outcome. How rows are posted exactly once belongs in
`powerbi/publisher.py`, what must hold between tables in `finance.py`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import polars as pl

from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.schema import validate
from vismapbi_assets.model.table import RowWise, Table
from vismapbi_assets.pipeline.inputs import (
    build_inputs,
    fingerprint,
    moved_slices,
)
from vismapbi_assets.pipeline.slices import document_slices
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.powerbi.outcome import Published
from vismapbi_assets.settings import Settings
from vismapbi_assets.store.quarantine import Rejected

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one table, as it is also kept beside the data.

    `moved_by` is the run that last posted rows of it; a later run may find nothing to do.
    """

    table: str
    run_id: str
    at: datetime
    status: str
    action: str
    reason: str
    verified: bool
    rows: int
    rows_posted: int
    posts: int
    rejected: int
    control_total: str | None
    batches: tuple[int, ...] = ()
    resume_at: str | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    numbers: Mapping[str, Any] = field(default_factory=dict)
    checks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    moved_by: str = ""

    @property
    def is_sound(self) -> bool:
        """Complete, with no more rows kept back than allowed, and confirmed as the settings ask."""
        return self.status in ("ok", "repaired") and all(
            c["passed"] or not c["error"] for c in self.checks.values()
        )


def outcome_name(table: str) -> str:
    """The name of the document that keeps a table's last outcome."""
    return f"tables/{table}"


def publish_table(bench: Workbench, table: Table, *, run_id: str, force: bool = False) -> Outcome:
    """Bring one table in Power BI to what state says, and verify it.

    `force` computes the table even when nothing that it is made from has moved.
    """
    store, settings = bench.store, bench.settings
    publisher = bench.publisher(run_id)
    push = bench.model.table(table.name)
    as_of = bench.as_of(run_id)
    meta = store.published(table.name).meta()
    sources = _sources(bench, table, run_id)
    began = time.perf_counter()
    digest = fingerprint(settings, None if table.row_wise else as_of)
    known = meta.lookup_hash or ""
    trusted = meta.plan > 0 and not meta.dirty and known.partition(":")[0] == digest and not force
    rejects: list[pl.DataFrame] = []
    if trusted and meta.sources == sources:
        nothing = pl.Series([], dtype=pl.String)
        published = publisher.publish(push, iter(()), scope_parents=nothing)
    elif table.row_wise is not None:
        inputs = build_inputs(store, settings, table, as_of)
        lookup = f"{digest}:{_lookup_hash(table.row_wise, inputs)}"
        scope = _parents(bench, table, meta.sources) if trusted and known == lookup else None
        since = meta.sources if scope is not None else {}
        published = publisher.publish(
            push,
            _row_wise_frames(bench, table, inputs, since, rejects, whole=scope is None),
            scope_parents=scope,
            parent=table.row_wise.parent,
            sources=sources,
            lookup_hash=lookup,
        )
    else:
        inputs = build_inputs(store, settings, table, as_of)
        published = publisher.publish(
            push,
            _checked(table, table.compute(inputs), rejects),
            sources=sources,
            lookup_hash=digest,
        )
    computed = time.perf_counter() - began
    rejects.append(published.rejected)
    rejected = pl.concat(
        [r for r in rejects if r.height] or [pl.DataFrame()], how="diagonal_relaxed"
    )
    _set_aside(bench, table, rejected, run_id)
    outcome = Outcome(
        table=table.name,
        run_id=run_id,
        at=datetime.now(UTC),
        status=published.status,
        action=published.action,
        reason="; ".join([published.reason, *published.notes]),
        verified=published.verified,
        rows=published.net,
        rows_posted=published.posted,
        posts=published.posts,
        rejected=rejected.height,
        control_total=published.totals.get(table.control or ""),
        batches=tuple(published.batches),
        resume_at=_time(published.resume_at),
        seconds={"total": round(computed, 3), "publish": round(published.seconds, 3)},
        numbers={
            "rows_in_destination": published.destination,
            "rows_added": published.added,
            "rows_changed": published.changed,
            "rows_vanished": published.vanished,
            "empty_seconds": round(published.empty_seconds, 3),
        },
        checks=_checks(published, rejected, settings),
        moved_by=run_id if published.posts else _moved_by(bench, table.name),
    )
    keep_outcome(bench, outcome)
    return outcome


def last_outcome(bench: Workbench, table: str) -> Outcome | None:
    """The last outcome of a table as written down; None before the first."""
    found = bench.store.documents.get(outcome_name(table))
    if found is None:
        return None
    return Outcome(
        **{**found, "at": datetime.fromisoformat(found["at"]), "batches": tuple(found["batches"])}
    )


def _moved_by(bench: Workbench, table: str) -> str:
    earlier = last_outcome(bench, table)
    return earlier.moved_by if earlier else ""


def keep_outcome(bench: Workbench, outcome: Outcome) -> None:
    """Write the outcome beside the data: deleting a run in Dagster deletes its history."""
    document = {**asdict(outcome), "at": outcome.at.isoformat(), "batches": list(outcome.batches)}
    bench.store.documents.put(outcome_name(outcome.table), document)


def _sources(bench: Workbench, table: Table, run_id: str) -> dict[str, int]:
    """Commit numbers of everything that the rows are made from: state and other tables."""
    found = {name: bench.sequence(name, run_id) for name in table.sources}
    for name in table.tables:
        found[f"table:{name}"] = bench.store.published(name).meta().plan
    return found


def _lookup_hash(row_wise: RowWise, inputs: Inputs) -> str:
    if row_wise.lookup is None:
        return ""
    frame = row_wise.lookup(inputs)
    return f"{frame.hash_rows(seed=7).sort().implode().hash(seed=7).item():x}"


def _parents(bench: Workbench, table: Table, since: Mapping[str, int]) -> pl.Series:
    row_wise = table.row_wise
    if row_wise is None:
        return pl.Series([], dtype=pl.String)
    found = [
        row_wise.parents(name, frame)
        for moved in moved_slices(bench.store, table, since)
        for name, frame in moved.frames.items()
    ]
    return pl.concat(found).unique() if found else pl.Series([], dtype=pl.String)


def _row_wise_frames(
    bench: Workbench,
    table: Table,
    inputs: Inputs,
    since: Mapping[str, int],
    rejects: list[pl.DataFrame],
    *,
    whole: bool,
) -> Iterator[pl.DataFrame]:
    """The rows of the moved documents, slice by slice; with `whole` also those of no document."""
    row_wise = table.row_wise
    if row_wise is None or table.transform is None:
        return
    for frames in document_slices(bench.store, table, since):
        yield _checked(table, table.transform(inputs.narrowed(**frames)), rejects)
    if whole and row_wise.rest is not None:
        yield _checked(table, row_wise.rest(inputs), rejects)


def _checked(table: Table, frame: pl.DataFrame, rejects: list[pl.DataFrame]) -> pl.DataFrame:
    good, failures = validate(table, frame)
    if failures.height:
        rejects.append(failures)
    return good


def _time(epoch: float | None) -> str | None:
    return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="seconds") if epoch else None


def may_stay_unasked(published: Published, settings: Settings) -> bool:
    """Whether the settings take what Power BI cannot be asked for as delivered."""
    return published.unasked and settings.dataset.verification == "where possible"


def _checks(
    published: Published, rejected: pl.DataFrame, settings: Settings
) -> dict[str, dict[str, Any]]:
    limit = settings.visma.quarantine_limit
    schema = {
        "passed": rejected.height == 0,
        "error": rejected.height > limit,
        "text": "every row met the schema"
        if rejected.height == 0
        else f"{rejected.height} rows were kept back: "
        + ", ".join(rejected["reason"].unique().head(3).to_list())
        + f". See them with: vismapbi quarantine list --entity table-{published.table}",
        "numbers": {"rows_rejected": rejected.height, "limit": limit},
    }
    reconciled = {
        "passed": published.verified,
        "error": published.status != "partial" and not may_stay_unasked(published, settings),
        "text": _verdict(published),
        "numbers": {
            "rows": published.net,
            "rows_in_destination": published.destination,
            **{f"sum {name}": value for name, value in published.totals.items()},
        },
    }
    return {"schema": schema, "reconciled": reconciled}


def _verdict(published: Published) -> str:
    if published.verified:
        return f"Power BI holds {published.destination} rows and the totals as published"
    if published.status == "partial":
        return f"not complete yet: {published.reason}"
    return "; ".join(["not verified", published.reason, *published.notes])


def _set_aside(bench: Workbench, table: Table, rejected: pl.DataFrame, run_id: str) -> None:
    """Keep rows that break the schema where people find rejected documents."""
    if rejected.is_empty():
        return
    records = [
        Rejected(
            company=str(row.get("key") or "").partition(":")[0],
            key=row.get("key"),
            rule=", ".join(row.get("rules") or ["schema"]),
            reason=str(row.get("reason") or ""),
            raw=str(row.get("raw") or ""),
        )
        for row in rejected.iter_rows(named=True)
    ]
    at = datetime.now(UTC)
    bench.store.quarantine(f"table-{table.name}").add(records, run_id=run_id, at=at)
