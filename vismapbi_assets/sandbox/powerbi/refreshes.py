"""Refreshes of a model-based dataset: classic and enhanced, on the simulated clock.

Push datasets have none; the handlers refuse them before they come here.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vismapbi_assets.sandbox.powerbi.clock import Clock
from vismapbi_assets.sandbox.powerbi.errors import (
    bad_request,
    entity_not_found,
    invalid_request,
    refuse,
)

DAY = 86_400.0
TYPES = {"Full", "ClearValues", "Calculate", "DataOnly", "Automatic", "Defragment"}
NOTIFY = {"NoNotification", "MailOnFailure", "MailOnCompletion"}
ENHANCED = {
    "type", "commitMode", "maxParallelism", "retryCount", "objects",
    "applyRefreshPolicy", "effectiveDate", "timeout",
}  # fmt: skip


@dataclass(slots=True)
class RefreshPlan:
    """How the refreshes of a dataset go.

    Attributes:
        seconds: how long one takes on the simulated clock.
        failures: how many of the next ones fail.
        error: error code of a failed one.
    """

    seconds: float = 30.0
    failures: int = 0
    error: str = "ModelRefreshFailed_CredentialsNotSpecified"


@dataclass(slots=True)
class Refresh:
    """One refresh."""

    id: str
    kind: str
    request: Mapping[str, Any]
    started: float
    ends: float
    fails: bool
    cancelled_at: float | None = None


@dataclass(slots=True)
class Refreshes:
    """The refresh history of one dataset, newest first on the wire."""

    clock: Clock
    plan: RefreshPlan
    history: list[Refresh] = field(default_factory=list)

    def start(self, body: Any, *, dedicated: bool, per_day: int) -> Refresh:
        """Begin a refresh, or refuse it."""
        body = self._checked(body)
        now = self.clock.now()
        enhanced = bool(set(body) & ENHANCED)
        if enhanced and not dedicated:
            raise invalid_request("Enhanced refresh is not supported on shared capacity")
        running = self.history and self._status(self.history[-1]) == "Unknown"
        if running and enhanced:
            raise refuse(409, "Conflict", "Another refresh request is already executing")
        if running:
            raise invalid_request("Another refresh request is already executing")
        today = sum(1 for refresh in self.history if refresh.started > now - DAY)
        if not dedicated and today >= per_day:
            raise invalid_request("The daily limit of refreshes is reached")
        fails = self.plan.failures > 0
        self.plan.failures -= int(fails)
        kind = "ViaEnhancedApi" if enhanced else "ViaApi"
        identity = str(uuid.uuid4())
        refresh = Refresh(identity, kind, body, now, now + self.plan.seconds, fails)
        self.history.append(refresh)
        return refresh

    def _checked(self, body: Any) -> Mapping[str, Any]:
        if body is None:
            return {}
        if not isinstance(body, Mapping):
            raise bad_request("An object is expected.")
        unknown = set(body) - ENHANCED - {"notifyOption"}
        if unknown:
            raise bad_request(*(f"Property '{name}' is not known." for name in sorted(unknown)))
        if "notifyOption" in body:
            if set(body) & ENHANCED:
                raise invalid_request("notifyOption is not allowed in an enhanced refresh")
            if body["notifyOption"] not in NOTIFY:
                raise bad_request("Property 'notifyOption' has an unknown value.")
            if body["notifyOption"] != "NoNotification":
                raise invalid_request("Mail options need a user")
        if body.get("type", "Full") not in TYPES:
            raise bad_request("Property 'type' has an unknown value.")
        commit_mode = body.get("commitMode", "Transactional")
        if commit_mode not in {"Transactional", "PartialBatch"}:
            raise bad_request("Property 'commitMode' has an unknown value.")
        if commit_mode == "PartialBatch" and body.get("applyRefreshPolicy"):
            raise invalid_request("applyRefreshPolicy is not allowed with PartialBatch")
        return body

    def _status(self, refresh: Refresh) -> str:
        if refresh.cancelled_at is not None:
            return "Cancelled"
        if self.clock.now() < refresh.ends:
            return "Unknown"
        return "Failed" if refresh.fails else "Completed"

    def list(self, top: int) -> list[dict[str, Any]]:
        """The newest refreshes as the history shows them."""
        return [self._summary(refresh) for refresh in reversed(self.history)][:top]

    def _summary(self, refresh: Refresh) -> dict[str, Any]:
        status = self._status(refresh)
        summary: dict[str, Any] = {
            "requestId": refresh.id,
            "refreshType": refresh.kind,
            "startTime": self.clock.stamp(refresh.started),
            "status": status,
            "refreshAttempts": [],
        }
        if status != "Unknown":
            summary["endTime"] = self.clock.stamp(refresh.cancelled_at or refresh.ends)
        if status == "Failed":
            summary["serviceExceptionJson"] = f'{{"errorCode":"{self.plan.error}"}}'
        return summary

    def _find(self, refresh_id: str) -> Refresh:
        for refresh in self.history:
            if refresh.id == refresh_id and refresh.kind == "ViaEnhancedApi":
                return refresh
        raise entity_not_found()

    def detail(self, refresh_id: str) -> tuple[int, dict[str, Any]]:
        """Status and body of one enhanced refresh: 202 while it runs, 200 afterwards."""
        refresh = self._find(refresh_id)
        status = self._status(refresh)
        kind = refresh.request.get("type", "Full")
        detail: dict[str, Any] = {
            "startTime": self.clock.stamp(refresh.started),
            "type": kind,
            "commitMode": refresh.request.get("commitMode", "Transactional"),
            "status": "Unknown" if status == "Cancelled" else status,
            "extendedStatus": "InProgress" if status == "Unknown" else status,
            "currentRefreshType": kind,
            "numberOfAttempts": 1,
            "objects": list(refresh.request.get("objects") or []),
            "messages": [],
            "refreshAttempts": [],
        }
        if status != "Unknown":
            detail["endTime"] = self.clock.stamp(refresh.cancelled_at or refresh.ends)
        if status == "Failed":
            detail["messages"] = [
                {"code": self.plan.error, "message": "Refresh failed", "type": "Error"}
            ]
        return (202 if status == "Unknown" else 200), detail

    def cancel(self, refresh_id: str) -> None:
        """Stop a running enhanced refresh."""
        refresh = self._find(refresh_id)
        if self._status(refresh) == "Unknown":
            refresh.cancelled_at = self.clock.now()
