"""Refreshes import models that read the push model or the store, and waits for the end.

Classic refreshes work everywhere but at most eight times a day; enhanced ones need a capacity.
Push datasets are never refreshed: their rows are live.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from vismapbi_assets.powerbi.client import PowerBIClient
from vismapbi_assets.powerbi.errors import (
    OutcomeUnknown,
    RefreshRefused,
    RefreshRunning,
    Transient,
)

PER_DAY = 8
_ENDED = {"Completed", "Failed", "Disabled", "Cancelled", "TimedOut"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """How a refresh ended; `joined` when it had been started by somebody else."""

    dataset_id: str
    refresh_id: str
    status: Literal["completed", "failed", "cancelled", "disabled", "timed out"]
    message: str = ""
    started_at: str = ""
    ended_at: str = ""
    joined: bool = False
    seconds: float = 0.0


def refresh_model(
    client: PowerBIClient,
    dataset_id: str,
    *,
    kind: Literal["classic", "enhanced"] = "classic",
    timeout_seconds: float = 3_600.0,
    poll_seconds: float = 10.0,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Refreshed:
    """Starts a refresh, or joins the one that runs, and waits until it has ended."""
    started = clock()
    if client.dataset(dataset_id).get("addrowsapienabled"):
        raise RefreshRefused(
            "refresh", detail=f"{dataset_id} is a push dataset; its rows are live without refresh"
        )
    before = client.refreshes(dataset_id, top=60)
    joined = False
    refresh_id = ""
    if _running(before):
        refresh_id, joined = str(_running(before).get("requestid")), True
    else:
        if kind == "classic":
            _within_the_day(before, clock())
        body = {"notifyOption": "NoNotification"} if kind == "classic" else {"type": "Full"}
        try:
            reply = client.start_refresh(dataset_id, body)
            refresh_id = _id_of(reply.headers) if kind == "enhanced" else ""
        except RefreshRunning as error:
            if not _running(client.refreshes(dataset_id, top=1)):
                raise RefreshRefused("start refresh", error.answer) from None
            joined = True
        except (OutcomeUnknown, Transient):
            sleep(poll_seconds)
    known = set() if joined else {str(r.get("requestid")) for r in before}
    while True:
        found = _look(client, dataset_id, refresh_id, known, kind)
        if found:
            refresh_id = str(found.get("requestid") or refresh_id)
            status = str(found.get("extendedstatus") or found.get("status") or "")
            if status in _ENDED:
                return _ended(dataset_id, refresh_id, status, found, joined, clock() - started)
        if clock() - started > timeout_seconds:
            said = "it still runs" if found else "it never appeared in the history"
            return Refreshed(
                dataset_id=dataset_id,
                refresh_id=refresh_id,
                status="timed out",
                message=f"no end after {timeout_seconds:.0f} s: {said}",
                joined=joined,
                seconds=clock() - started,
            )
        sleep(poll_seconds)


def _within_the_day(history: list[dict[str, Any]], now: float) -> None:
    """Refuses the ninth classic refresh within a day, scheduled ones included."""
    since = (datetime.fromtimestamp(now, UTC) - timedelta(days=1)).isoformat()
    recent = [r for r in history if str(r.get("starttime") or "") >= since[:19]]
    if len(recent) >= PER_DAY:
        raise RefreshRefused(
            "refresh",
            detail=(
                f"{len(recent)} refreshes in the last 24 hours; without a capacity {PER_DAY} are "
                'allowed. Put the workspace on a capacity and set kind = "enhanced", or refresh '
                "less often"
            ),
        )


def _running(history: list[dict[str, Any]]) -> dict[str, Any]:
    newest = history[0] if history else {}
    return newest if newest.get("status") == "Unknown" else {}


def _look(
    client: PowerBIClient, dataset_id: str, refresh_id: str, known: set[str], kind: str
) -> dict[str, Any]:
    """Our refresh as the service shows it now; empty while it is not shown."""
    if kind == "enhanced" and refresh_id:
        return {"requestid": refresh_id, **client.refresh(dataset_id, refresh_id).data}
    for entry in client.refreshes(dataset_id, top=10):
        request_id = str(entry.get("requestid"))
        if request_id == refresh_id or (not refresh_id and request_id not in known):
            return entry
    return {}


def _ended(
    dataset_id: str,
    refresh_id: str,
    status: str,
    found: Mapping[str, Any],
    joined: bool,
    seconds: float,
) -> Refreshed:
    messages = [
        " ".join(str(m[k]) for k in ("type", "code", "message") if m.get(k))
        for m in found.get("messages") or []
    ]
    said = "; ".join([*messages, str(found.get("serviceexceptionjson") or "")]).strip("; ")
    names: dict[str, Literal["completed", "failed", "cancelled", "disabled", "timed out"]] = {
        "Completed": "completed",
        "Failed": "failed",
        "Cancelled": "cancelled",
        "Disabled": "disabled",
        "TimedOut": "timed out",
    }
    return Refreshed(
        dataset_id=dataset_id,
        refresh_id=refresh_id,
        status=names[status],
        message=said,
        started_at=str(found.get("starttime") or ""),
        ended_at=str(found.get("endtime") or ""),
        joined=joined,
        seconds=seconds,
    )


def _id_of(headers: Mapping[str, str]) -> str:
    location = headers.get("Location") or ""
    return headers.get("x-ms-request-id") or location.rstrip("/").rsplit("/", 1)[-1]
