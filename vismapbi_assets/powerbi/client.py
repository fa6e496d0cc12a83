"""The Power BI REST API: one method per operation, nothing in between.

Repeatable requests are retried here. POST of rows and of datasets is sent exactly once: its
outcome, when unknown, is settled by whoever sent it. Quotas, plans and decisions belong elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests
import tenacity

from vismapbi_assets.powerbi.auth import Tokens
from vismapbi_assets.powerbi.errors import (
    OutcomeUnknown,
    Throttled,
    Transient,
    classify,
    parse,
)
from vismapbi_assets.powerbi.wire import Reply, Usage, body_of, is_refusal, json_of, result_rows

SEQUENCE_HEADER = "X-PowerBI-PushData-SequenceNumber"


@dataclass(slots=True)
class PowerBIClient:
    """Speaks to one workspace.

    Attributes:
        attempts: how often a repeatable request is tried.
        longest_wait: seconds; a longer Retry-After is handed to the caller at once.
    """

    api_url: str
    workspace_id: str
    tokens: Tokens
    timeout: float = 120.0
    attempts: int = 5
    longest_wait: float = 90.0
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    session: requests.Session = field(default_factory=requests.Session, repr=False)
    usage: Usage = field(default_factory=Usage)

    def workspaces(self) -> list[dict[str, Any]]:
        """The workspaces that the principal belongs to."""
        return self._values(self._repeatable("list workspaces", "GET", "/groups", group=False))

    def datasets(self) -> list[dict[str, Any]]:
        """All datasets of the workspace; names are not unique."""
        return self._values(self._repeatable("list datasets", "GET", "/datasets"))

    def dataset(self, dataset_id: str) -> dict[str, Any]:
        """One dataset, or `DatasetMissing`."""
        reply = self._repeatable("read dataset", "GET", f"/datasets/{dataset_id}")
        return dict(reply.data)

    def create_dataset(self, body: Mapping[str, Any], *, retention: str = "None") -> Reply:
        """Creates a dataset, sent once: 201 with the id, or 202 while it is being made."""
        path = f"/datasets?defaultRetentionPolicy={retention}"
        return self._once("create dataset", "POST", path, json_of(body), kind="create")

    def delete_dataset(self, dataset_id: str) -> Reply:
        """Deletes a dataset; no publishing path calls this."""
        return self._repeatable("delete dataset", "DELETE", f"/datasets/{dataset_id}")

    def tables(self, dataset_id: str) -> list[str]:
        """Names of the tables of a push dataset; the service tells no more."""
        path = f"/datasets/{dataset_id}/tables"
        values = self._values(self._repeatable("list tables", "GET", path))
        return [str(v["name"]) for v in values]

    def put_table(self, dataset_id: str, table: str, body: Mapping[str, Any]) -> Reply:
        """Replaces schema and measures of an existing table."""
        path = f"/datasets/{dataset_id}/tables/{quote(table, safe='')}"
        return self._repeatable(f"change table {table!r}", "PUT", path, json_of(body), kind="table")

    def post_rows(
        self, dataset_id: str, table: str, body: bytes, *, rows: int, sequence: int | None = None
    ) -> Reply:
        """Appends rows, sent once. Returns only for 200; raises `OutcomeUnknown` when in doubt."""
        headers = {} if sequence is None else {SEQUENCE_HEADER: str(sequence)}
        self.usage.posts += 1
        self.usage.rows_sent += rows
        path = self._rows(dataset_id, table)
        operation = f"post {rows} rows to {table!r}"
        return self._once(operation, "POST", path, body, kind="rows", headers=headers)

    def delete_rows(self, dataset_id: str, table: str) -> Reply:
        """Deletes all rows of a table."""
        path = self._rows(dataset_id, table)
        return self._repeatable(f"clear table {table!r}", "DELETE", path, kind="table")

    def sequence_number(self, dataset_id: str, table: str) -> int:
        """The last sequence number that the service knows for a table, 0 for none."""
        path = f"/datasets/{dataset_id}/tables/{quote(table, safe='')}/sequenceNumbers"
        values = self._values(self._repeatable("read sequence numbers", "GET", path))
        return max((int(v.get("sequencenumber") or 0) for v in values), default=0)

    def query(self, dataset_id: str, dax: str) -> list[dict[str, Any]]:
        """The rows of one DAX query; decimals are exact, names as the service gives them."""
        body = {"queries": [{"query": dax}], "serializerSettings": {"includeNulls": True}}
        self.usage.queries += 1
        path = f"/datasets/{dataset_id}/executeQueries"
        reply = self._repeatable("query", "POST", path, json_of(body), kind="query", lower=False)
        return result_rows(reply.data)

    def start_refresh(self, dataset_id: str, body: Mapping[str, Any]) -> Reply:
        """Starts a refresh of an import model, sent once."""
        path = f"/datasets/{dataset_id}/refreshes"
        return self._once("start refresh", "POST", path, json_of(body), kind="refresh")

    def refreshes(self, dataset_id: str, top: int = 10) -> list[dict[str, Any]]:
        """The refresh history, newest first."""
        path = f"/datasets/{dataset_id}/refreshes?$top={top}"
        return self._values(self._repeatable("list refreshes", "GET", path, kind="refresh"))

    def refresh(self, dataset_id: str, refresh_id: str) -> Reply:
        """One enhanced refresh: status 202 while it runs."""
        path = f"/datasets/{dataset_id}/refreshes/{refresh_id}"
        return self._repeatable("read refresh", "GET", path, kind="refresh")

    def cancel_refresh(self, dataset_id: str, refresh_id: str) -> Reply:
        """Cancels an enhanced refresh."""
        path = f"/datasets/{dataset_id}/refreshes/{refresh_id}"
        return self._repeatable("cancel refresh", "DELETE", path, kind="refresh")

    def _rows(self, dataset_id: str, table: str) -> str:
        return f"/datasets/{dataset_id}/tables/{quote(table, safe='')}/rows"

    def _values(self, reply: Reply) -> list[dict[str, Any]]:
        values = reply.data.get("value") if isinstance(reply.data, dict) else None
        return list(values or [])

    def _repeatable(
        self,
        operation: str,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        kind: str = "",
        group: bool = True,
        lower: bool = True,
    ) -> Reply:
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.attempts),
            wait=self._wait,
            retry=tenacity.retry_if_exception(self._worth_repeating),
            sleep=self.sleep,
            reraise=True,
        )
        reply: Reply = retrying(
            self._once, operation, method, path, body, kind=kind, group=group, lower=lower
        )
        return reply

    def _worth_repeating(self, error: BaseException) -> bool:
        if isinstance(error, Throttled):
            return error.retry_after <= self.longest_wait
        return isinstance(error, Transient)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.answer.retry_after if isinstance(error, (Throttled, Transient)) else None
        if asked is None and isinstance(error, Throttled):
            asked = error.retry_after
        return min(asked or 0.5 * 2.0**state.attempt_number, self.longest_wait)

    def _once(
        self,
        operation: str,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        kind: str = "",
        group: bool = True,
        lower: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        prefix = f"/groups/{self.workspace_id}" if group else ""
        url = f"{self.api_url.rstrip('/')}{prefix}{path}"
        renewed = False
        while True:
            token = self.tokens.token(renew=renewed)
            started = self.clock()
            self.usage.calls += 1
            self.usage.bytes_sent += len(body or b"")
            try:
                response = self.session.request(
                    method,
                    url,
                    data=body,
                    headers={
                        **(headers or {}),
                        "Authorization": f"Bearer {token}",
                        "Content-Type": "application/json",
                    },
                    timeout=(min(10.0, self.timeout), self.timeout),
                    allow_redirects=False,
                )
            except requests.RequestException as error:
                found = OutcomeUnknown if kind in ("rows", "create") else Transient
                raise found(operation, detail=f"no answer ({type(error).__name__})") from None
            if 200 <= response.status_code < 300 and not is_refusal(response.content):
                return Reply(
                    status=response.status_code,
                    data=body_of(response.content, lower=lower),
                    request_id=response.headers.get("RequestId", ""),
                    seconds=self.clock() - started,
                    headers=response.headers,
                )
            answer = parse(response.status_code, response.content, response.headers)
            expired = answer.status == 401 or answer.code.lower() == "tokenexpired"
            if not expired or renewed or answer.status >= 500:
                raise classify(operation, answer, kind=kind)
            renewed = True
