"""Faults that strike around the commit of a request.

A fault names the requests it meets and what happens to them; the list is asked once per request.
What a fault does to a connection is the application's business.
"""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Kind = Literal["refuse", "drop_before", "drop_after", "error_after", "slow", "late", "half"]

KINDS: dict[str, str] = {
    "refuse": "answers `status` without doing anything",
    "drop_before": "closes the connection without doing anything",
    "drop_after": "does it, then closes the connection",
    "error_after": "does it, then answers `status`",
    "slow": "does it, then answers after `seconds`",
    "late": "waits `seconds`, then does it and answers",
    "half": "stores the first half of the rows, then answers `status`",
}


@dataclass(kw_only=True, slots=True)
class Fault:
    """One kind of trouble for the requests that match.

    Attributes:
        kind: what happens, see `KINDS`.
        operation: operation such as `rows.post` or `queries.execute`; None for any.
        method: HTTP method; None for any.
        table: table name; None for any.
        dataset: dataset id; None for any.
        skip: matching requests that pass untouched first.
        times: matching requests that are struck then; None for all of them.
        status: HTTP status of `refuse`, `error_after` and `half`.
        retry_after: seconds in the header `Retry-After` of `refuse`; None for no header.
        seconds: real seconds of delay for `slow` and `late`.
        body: text to answer with `status` instead of the usual JSON.
    """

    kind: Kind
    operation: str | None = None
    method: str | None = None
    table: str | None = None
    dataset: str | None = None
    skip: int = 0
    times: int | None = 1
    status: int = 503
    retry_after: int | None = None
    seconds: float = 0.0
    body: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"unknown fault {self.kind!r}; known: {', '.join(KINDS)}")

    def matches(self, operation: str, method: str, table: str | None, dataset: str | None) -> bool:
        """Whether the request is one that this fault is about."""
        wanted = (self.operation, self.method, self.table, self.dataset)
        given = (operation, method, table, dataset)
        return all(w is None or w == g for w, g in zip(wanted, given, strict=True))


class Faults:
    """The faults that wait for their requests, oldest first."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Let a fault wait."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[dict[str, Any]]:
        """The faults that may still strike."""
        with self._lock:
            return [asdict(fault) for fault in self._waiting]

    def take(
        self, operation: str, method: str, table: str | None, dataset: str | None
    ) -> Fault | None:
        """The fault that strikes this request, if any."""
        with self._lock:
            for fault in self._waiting:
                if not fault.matches(operation, method, table, dataset):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                return fault
        return None
