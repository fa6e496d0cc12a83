"""From a run's partitions to an extraction, its verdicts, and the note of how far was read.

How a window is read and proved belongs in `visma/extract.py`; showing the report, in orchestration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from vismapbi_assets.pipeline.inputs import reading_name
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.extract import extract
from vismapbi_assets.visma.extraction import Extraction, Options
from vismapbi_assets.visma.open_documents import reread_open
from vismapbi_assets.visma.window import window_of

COUNTS = (
    "read",
    "new",
    "changed",
    "unchanged",
    "stale",
    "revived",
    "deleted",
    "quarantined",
    "held",
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of one check."""

    passed: bool
    is_error: bool
    text: str
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExtractionReport:
    """An extraction with what a reader of the audit log wants to know beside it."""

    extraction: Extraction
    waiting: int
    limit: int
    rows: int
    rows_by_day: Mapping[date, int]

    def metadata(self) -> dict[str, Any]:
        """What is kept with the materialization."""
        e = self.extraction
        found: dict[str, Any] = {
            "dagster/row_count": self.rows,
            "window": e.window,
            "calls": e.calls,
            "pages": e.pages,
            "bytes": e.bytes,
            **{f"rows_{name}": getattr(e, name) for name in COUNTS},
            "server_count": e.total,
            "distinct": e.distinct,
            "readings": e.readings,
            "complete": e.complete,
            "began": e.began.isoformat(timespec="seconds"),
            "watermark": e.watermark.isoformat() if e.watermark else None,
            "archive": e.archive,
            "seconds": round(e.seconds, 3),
            "sequence": e.sequence,
            **{f"sum {name}": str(total) for name, total in e.totals.items()},
        }
        return {name: value for name, value in found.items() if value is not None}

    def check(self, name: str) -> Verdict:
        """The verdict of one of the checks of an extract asset."""
        return {
            "schema": self._schema,
            "complete": self._complete,
            "drift": self._drift,
            "quarantine": self._quarantine,
        }[name]()

    def _schema(self) -> Verdict:
        e = self.extraction
        numbers = {"quarantined": e.quarantined, "held": e.held, "limit": self.limit}
        if not e.quarantined and not e.held:
            return Verdict(True, False, f"{e.read} documents met the contract", numbers)
        text = (
            f"{e.quarantined} documents rejected and {e.held} journal batches held back in this "
            f"run. See them with: vismapbi quarantine list --entity {e.entity}"
        )
        return Verdict(False, e.quarantined > self.limit, text, numbers)

    def _complete(self) -> Verdict:
        e = self.extraction
        numbers = {"distinct": e.distinct, "server_count": e.total, "readings": e.readings}
        if not e.complete:
            return Verdict(False, True, f"not proved complete: {e.reason}", numbers)
        if e.deletion_refused:
            text = (
                f"complete, but deletions were refused: {e.deletion_refused}. If they are right: "
                "vismapbi sync --full --allow-deletions"
            )
            return Verdict(False, True, text, numbers)
        stated = e.total if e.total is not None else "no count stated"
        return Verdict(True, False, f"{e.distinct} distinct, server says {stated}", numbers)

    def _drift(self) -> Verdict:
        found = dict(self.extraction.drift)
        if not found:
            return Verdict(True, False, "answers have the members and values of the contract")
        text = "not in the contract: " + ", ".join(f"{k} ({v})" for k, v in list(found.items())[:8])
        return Verdict(False, False, text, {"kinds": len(found)})

    def _quarantine(self) -> Verdict:
        numbers = {"waiting": self.waiting}
        if not self.waiting:
            return Verdict(True, False, "nothing waits", numbers)
        text = (
            f"{self.waiting} documents wait in quarantine. See them with: vismapbi quarantine list "
            f"--entity {self.extraction.entity}"
        )
        return Verdict(False, self.waiting > self.limit, text, numbers)


def read_entity(
    bench: Workbench,
    entity: Entity,
    company: str,
    days: tuple[date, ...],
    *,
    run_id: str,
    open_documents: bool = False,
    allow_deletions: bool = False,
) -> ExtractionReport:
    """Read the window of `days` (or only the open documents) and bring state up to date."""
    settings, store = bench.settings, bench.store
    client = bench.visma(company)
    options = Options.of(settings)
    if open_documents:
        done = reread_open(
            entity, company, client=client, store=store, run_id=run_id, options=options
        )
    else:
        window = window_of(days[0], first_day=settings.first_day, overlap=settings.overlap)
        done = extract(
            entity,
            company,
            window,
            client=client,
            store=store,
            run_id=run_id,
            options=options,
            allow_mass_deletion=allow_deletions,
        )
        _note_reading(bench, done, days[0])
    rows, by_day = _rows_by_day(bench, entity, company, days)
    waiting = store.quarantine(entity.name).waiting()
    return ExtractionReport(
        extraction=done,
        waiting=waiting.height,
        limit=settings.visma.quarantine_limit,
        rows=rows,
        rows_by_day=by_day,
    )


def _note_reading(bench: Workbench, done: Extraction, first: date) -> None:
    """Keep how far proved readings have come without a gap; an unproved one changes nothing."""
    if not done.complete:
        return
    zone = ZoneInfo(bench.settings.time_zone)

    def change(held: dict[str, Any] | None) -> dict[str, Any]:
        known = dict(held or {})
        read_at = known.get("read_at")
        joins = read_at and first <= datetime.fromisoformat(read_at).astimezone(zone).date()
        if done.whole or joins:
            known["read_at"] = max(done.began.isoformat(), read_at or "")
        if done.whole:
            known["whole_at"] = done.began.isoformat()
        stamps = [known.get("watermark"), done.watermark.isoformat() if done.watermark else None]
        known["watermark"] = max((s for s in stamps if s), default=None)
        known["run_id"] = done.run_id
        known["window"] = done.window
        known["rows_read"] = done.read
        return known

    bench.store.documents.update(reading_name(done.company, done.entity), change)


def _rows_by_day(
    bench: Workbench, entity: Entity, company: str, days: tuple[date, ...]
) -> tuple[int, dict[date, int]]:
    state = bench.store.state(entity.name)
    if not state.exists():
        return 0, dict.fromkeys(days, 0)
    live = state.current(["company", "modified_at"]).filter(pl.col("company") == company)
    counts = live.group_by(pl.col("modified_at").dt.date().alias("day")).len().collect()
    found = dict.fromkeys(days, 0)
    for day, rows in counts.iter_rows():
        chosen = days[0] if day is None or day <= days[0] else day
        if chosen in found and (
            day is None or day >= days[0] or days[0] <= bench.settings.first_day
        ):
            found[chosen] += rows
    return int(counts["len"].sum()), found
