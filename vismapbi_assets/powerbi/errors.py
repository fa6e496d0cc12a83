# ruff: noqa: N818 - these names read as what has happened
"""What can go wrong when talking to Power BI, as one small taxonomy.

`classify` reads an answer defensively: the service has four error envelopes and sends 403 and 404
interchangeably. What to do about an error is decided by the callers.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from vismapbi_assets.retry_after import seconds_of


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of one HTTP answer."""

    status: int
    code: str = ""
    message: str = ""
    request_id: str = ""
    retry_after: float | None = None


class PowerBIError(Exception):
    """Base of all; the text names the operation, the answer and the next step."""

    next_step = ""

    def __init__(self, operation: str, answer: Answer | None = None, detail: str = "") -> None:
        self.operation = operation
        self.answer = answer or Answer(0)
        self.detail = detail
        super().__init__(self._text())

    @property
    def fact(self) -> str:
        """What happened, without the advice, which is for the operation by itself."""
        return str(self).removesuffix(f". {self.next_step}")

    def _text(self) -> str:
        a = self.answer
        parts = [f"Power BI: {self.operation}"]
        if a.status:
            parts.append(f"answered {a.status}" + (f" {a.code}" if a.code else ""))
        if said := (self.detail or a.message):
            parts.append(said[:400])
        if a.request_id:
            parts.append(f"RequestId {a.request_id}")
        text = "; ".join(parts)
        return f"{text}. {self.next_step}" if self.next_step else text


class Transient(PowerBIError):
    """A repeatable request failed every time it was tried."""

    next_step = "The service is not reachable or failing; run again later."


class Throttled(PowerBIError):
    """429: not carried out; `retry_after` seconds to wait."""

    next_step = "A quota is spent; the next run goes on."

    @property
    def retry_after(self) -> float:
        """Seconds that the service asks for, a minute where it names none."""
        return 60.0 if self.answer.retry_after is None else self.answer.retry_after


class OutcomeUnknown(PowerBIError):
    """The request may or may not have been carried out; it must be settled, never repeated."""

    next_step = "The outcome is settled by asking the destination before anything is sent again."


class Permanent(PowerBIError):
    """Repeating the request cannot help."""


class NotAuthorized(Permanent):
    """The principal may not do this, or is not who it says."""

    next_step = (
        "Check client id, secret or certificate, and that the service principal is Contributor of "
        "the workspace; changes of roles take up to 30 minutes."
    )


class TenantSettingOff(Permanent):
    """The tenant does not let service principals call the API."""

    next_step = (
        "Ask the Fabric administrator for the tenant setting 'Service principals can call Fabric "
        "public APIs' (and 'Dataset Execute Queries REST API' for checks) for the group of this "
        "principal."
    )


class WorkspaceUnknown(Permanent):
    """The workspace does not exist or is not visible to the principal."""

    next_step = "Check POWERBI_WORKSPACE_ID and the principal's role in that workspace."


class DatasetMissing(Permanent):
    """No dataset of this id, or no permission to see it."""

    next_step = (
        "The dataset is gone or the principal lost its role; nothing is created in its place. "
        "Check the role first; only if the dataset was really deleted: vismapbi dataset forget."
    )


class NotPushDataset(Permanent):
    """The dataset exists but takes no rows."""

    next_step = "Look at it with: vismapbi dataset show. Choose another: vismapbi dataset pin ID."


class TableMissing(Permanent):
    """The dataset has no such table."""

    next_step = "Tables cannot be added to a push dataset; compare it with the model."


class CreationBlocked(Permanent):
    """The service refuses to create push datasets."""

    next_step = (
        "Choices: ask Microsoft support to allow creation for the tenant, create the dataset in a "
        "workspace on a capacity, or publish to another destination."
    )


class BadRequest(Permanent):
    """The service refuses the request as wrong."""


class BadRows(BadRequest):
    """The service refuses rows; none of the request's rows are stored."""

    next_step = "The rows of this batch are not stored."


class QueryFailed(Permanent):
    """A DAX query was answered with an error."""


class RefreshRefused(Permanent):
    """The dataset cannot be refreshed."""


class RefreshRunning(Permanent):
    """A refresh is running already."""


def parse(status: int, body: bytes, headers: Any) -> Answer:
    """Code and message from whichever envelope the answer has."""
    code = message = ""
    try:
        data = json.loads(body) if body else {}
    except ValueError:
        data, message = {}, body[:200].decode("utf-8", "replace")
    if isinstance(data, dict):
        low = {str(k).lower(): v for k, v in data.items()}
        error = low.get("error")
        if isinstance(error, dict):
            code = str(error.get("code") or "")
            inner = error.get("pbi.error")
            details = error.get("details") or (inner or {}).get("details") or []
            message = str(error.get("message") or "") or _details(details)
            if error.get("message") and details:
                message = f"{message} ({_details(details)})"
        elif isinstance(error, str):
            code, message = error, str(low.get("error_description") or "")
        else:
            message = str(low.get("message") or message)
    return Answer(
        status=status,
        code=code,
        message=re.sub(r"</?pi>", "", message),
        request_id=headers.get("RequestId") or headers.get("x-ms-request-id") or "",
        retry_after=seconds_of(headers.get("Retry-After"), datetime.now(UTC)),
    )


def _details(details: Any) -> str:
    texts = []
    for d in details if isinstance(details, list) else []:
        if isinstance(d, dict):
            value = d.get("detail")
            said = value.get("value") if isinstance(value, dict) else d.get("message")
            texts.append(" ".join(str(x) for x in (d.get("code"), d.get("target"), said) if x))
    return "; ".join(texts)


def classify(operation: str, answer: Answer, *, kind: str = "") -> PowerBIError:
    """The error for an answer that is no success, by status and code, never by its wording.

    `kind` is what was asked for: rows, table, create, query, refresh, or nothing special.
    """
    status, code = answer.status, answer.code.lower()
    found: type[PowerBIError] = Permanent
    if status == 429:
        found = Throttled
    elif status < 400 or (status in (401, 403) and not code and answer.message):
        found = TenantSettingOff
    elif status == 408 or status >= 500:
        found = OutcomeUnknown if kind in ("rows", "create") else Transient
    elif code == "powerbinotauthorizedexception":
        found = WorkspaceUnknown
    elif code == "featuredeprecatederror" or (kind == "create" and status == 400 and not code):
        found = CreationBlocked
    elif kind == "refresh":
        found = _refresh_error(status, code)
    elif code == "itemnotfound":
        found = TableMissing if kind in ("rows", "table") else NotPushDataset
    elif code == "powerbientitynotfound" or status == 404:
        found = DatasetMissing
    elif status in (401, 403):
        found = NotAuthorized
    elif kind == "query":
        found = QueryFailed
    elif kind == "rows":
        found = BadRows
    elif status == 400:
        found = BadRequest
    return found(operation, answer)


def _refresh_error(status: int, code: str) -> type[PowerBIError]:
    if status == 409 or (status == 400 and code == "invalidrequest"):
        return RefreshRunning
    if status == 404:
        return DatasetMissing
    return NotAuthorized if status in (401, 403) else RefreshRefused
