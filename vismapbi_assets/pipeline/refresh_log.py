"""The rows of `RefreshLog`: written last, only for what is verified.

Reports take the data date from here, so a row says: up to this day the source was read, and Power
BI was found equal to it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from vismapbi_assets.model.semantic_model import TABLE, TABLES
from vismapbi_assets.pipeline.finance import finance_results
from vismapbi_assets.pipeline.inputs import data_date
from vismapbi_assets.pipeline.publication import (
    Outcome,
    keep_outcome,
    last_outcome,
    may_stay_unasked,
)
from vismapbi_assets.pipeline.workbench import Workbench

LOG = "RefreshLog"
VERIFIED = "verified"


def publish_refresh_log(bench: Workbench, *, run_id: str) -> Outcome:
    """Append one row for each table that moved or whose data date moved, if everything is sound."""
    store = bench.store
    as_of = data_date(store, bench.settings)
    outcomes = {
        t.name: last_outcome(bench, t.name)
        for t in TABLES
        if t.strategy != "none" and t.name != LOG
    }
    unsound = sorted(name for name, o in outcomes.items() if o is None or not o.is_sound)
    if not unsound:
        unsound = [r.name for r in finance_results(bench).values() if r.forbids and not r.passed]
    known = store.documents.get(VERIFIED) or {}
    rows: list[dict[str, Any]] = []
    if not unsound and as_of is not None:
        for name, outcome in outcomes.items():
            if outcome is not None and _is_news(known.get(name), outcome, as_of):
                rows.append(_row(bench, name, outcome, as_of, run_id))
    table = TABLE[LOG]
    computed = table.schema
    fresh = pl.DataFrame(rows, schema=computed, orient="row")
    published = bench.publisher(run_id).publish(
        bench.model.table(LOG),
        fresh,
    )
    unasked = may_stay_unasked(published, bench.settings)
    if rows and (published.verified or unasked):
        logged = {r["TableName"] for r in rows}
        store.documents.put(
            VERIFIED,
            known
            | {
                name: {"run": outcome.moved_by, "as_of": str(as_of)}
                for name, outcome in outcomes.items()
                if outcome is not None and name in logged
            },
        )
    text = (
        "every table is verified"
        if not unsound
        else f"not sound: {', '.join(unsound)}; the data date stays where it is"
    )
    if not unsound and unasked:
        text = "every table is delivered; Power BI cannot be queried, so not all is verified"
    elif not unsound and not published.verified:
        text = f"the log itself is not verified: {'; '.join([published.reason, *published.notes])}"
    if as_of is None:
        text = "not every entity of every company has been read; there is no data date yet"
    result = Outcome(
        table=LOG,
        run_id=run_id,
        at=datetime.now(UTC),
        status=published.status,
        action=published.action,
        reason=text,
        verified=published.verified,
        rows=published.net,
        rows_posted=published.posted,
        posts=published.posts,
        rejected=0,
        control_total=None,
        batches=tuple(published.batches),
        numbers={"data_as_of": str(as_of) if as_of else None, "tables_logged": len(rows)},
        checks={
            "schema": {"passed": True, "error": True, "text": "made by the platform"},
            "reconciled": {
                "passed": published.verified and not unsound and as_of is not None,
                "error": not (unasked and not unsound and as_of is not None),
                "text": text,
                "numbers": {"unsound_tables": len(unsound)},
            },
        },
    )
    keep_outcome(bench, result)
    return result


def _is_news(known: dict[str, Any] | None, outcome: Outcome, as_of: date) -> bool:
    logged = (known or {}).get("as_of"), (known or {}).get("run")
    return logged != (str(as_of), outcome.moved_by)


def _row(bench: Workbench, name: str, outcome: Outcome, as_of: date, run_id: str) -> dict[str, Any]:
    published_now = outcome.run_id == run_id
    return {
        "TableName": name,
        "RunId": run_id,
        "PublishedAt": outcome.at.astimezone(UTC).replace(tzinfo=None),
        "DataAsOfDate": as_of,
        "RowsPushed": outcome.rows_posted if published_now else 0,
        "ControlTotal": Decimal(outcome.control_total) if outcome.control_total else None,
        "SourceWatermark": _watermark(bench, name),
        "Status": outcome.status,
    }


def _watermark(bench: Workbench, name: str) -> datetime | None:
    stamps = []
    for source in TABLE[name].sources:
        for company in bench.settings.companies:
            record = bench.store.documents.get(f"readings/{company.key}/{source}") or {}
            if record.get("watermark"):
                stamps.append(datetime.fromisoformat(record["watermark"]))
    return max(stamps, default=None)
