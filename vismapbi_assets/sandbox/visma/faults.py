"""Faults on demand: wrong answers of every kind that the real service is known to give.

Belongs here: choosing the fault for a call and what it does to the answer. Does not belong here:
sending. A fault is addressed by entity or path and company, waits `after` calls, happens `count`
times, and may corrupt chosen members of documents instead of failing the call.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from .wire.common import ENCODER

HTML = b"<html><head><title>%s</title></head><body><h1>%s</h1></body></html>"
_TRACE = UUID(int=0x6E2A06A876D84E9ABCE8A5818D60A388)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back: `cut` sends only that many bytes of the promised body."""

    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    cut: int | None = None
    reset: bool = False
    rows: int = 0
    entity: str | None = None
    company: str | None = None


@dataclass(slots=True)
class Fault:
    """A fault waiting to happen."""

    kind: str
    entity: str | None = None
    path: str | None = None
    company: str | None = None
    count: int = 1
    after: int = 0
    seconds: float = 0.0
    retry_after: int = 30
    status: int = 503
    member: str | None = None
    value: Any = None
    index: int = 0
    until: float | None = None
    happened: int = 0

    def fits(self, path: str, entity: str | None, company: str | None) -> bool:
        """Whether a call is one that this fault is meant for."""
        return (
            (self.entity is None or self.entity == entity)
            and (self.path is None or self.path.lower() in path.lower())
            and (self.company is None or self.company == company)
        )


def _message(fault: Fault, answer: Answer) -> Answer:
    text = f"VismaId: {_TRACE}. Object reference not set to an instance of an object."
    return replace(answer, status=500, body=_json({"message": text}), rows=0)


def _exception(fault: Fault, answer: Answer) -> Answer:
    return replace(answer, status=500, body=exception_body("12010", "Internal error."), rows=0)


def _html(fault: Fault, answer: Answer) -> Answer:
    title = str(fault.status).encode()
    return replace(
        answer, status=fault.status, body=HTML % (title, title), content_type="text/html", rows=0
    )


def _html_ok(fault: Fault, answer: Answer) -> Answer:
    return replace(answer, body=HTML % (b"Visma", b"Maintenance"), content_type="text/html", rows=0)


def _timeout(fault: Fault, answer: Answer) -> Answer:
    return replace(
        answer,
        status=504,
        body=b"upstream timed out",
        content_type="text/plain",
        delay=fault.seconds,
        rows=0,
    )


def _unauthorized(fault: Fault, answer: Answer) -> Answer:
    return replace(answer, status=401, body=b"", rows=0)


def _slow(fault: Fault, answer: Answer) -> Answer:
    return replace(answer, delay=fault.seconds)


def _truncated(fault: Fault, answer: Answer) -> Answer:
    return replace(answer, body=answer.body[: max(1, len(answer.body) * 2 // 3)])


def _cut(fault: Fault, answer: Answer) -> Answer:
    return replace(answer, cut=len(answer.body) // 2)


def _empty(fault: Fault, answer: Answer) -> Answer:
    return replace(answer, body=b"", rows=0)


def _reset(fault: Fault, answer: Answer) -> Answer:
    return replace(answer, reset=True, rows=0)


def _too_many(fault: Fault, answer: Answer) -> Answer:
    headers = (*answer.headers, ("Retry-After", str(fault.retry_after)))
    return replace(answer, status=429, body=b"", headers=headers, rows=0)


def _document(fault: Fault, answer: Answer) -> Answer:
    """Corrupt one member of the n-th element of a list; without member, rewrite its last part."""
    elements = json.loads(answer.body, parse_float=Decimal)
    if not isinstance(elements, list) or len(elements) <= fault.index or fault.member is None:
        return answer
    *outer, last = fault.member.split(".")
    target = elements[fault.index]
    for name in outer:
        target = target[int(name)] if isinstance(target, list) else target[name]
    if fault.kind == "missing_member":
        target.pop(last, None)
    else:
        target[last] = fault.value
    return replace(answer, body=ENCODER.encode(elements))


FAULTS = {
    "error_message": _message,
    "error_exception": _exception,
    "html": _html,
    "html_ok": _html_ok,
    "timeout": _timeout,
    "unauthorized": _unauthorized,
    "slow": _slow,
    "truncated": _truncated,
    "cut": _cut,
    "empty": _empty,
    "reset": _reset,
    "too_many": _too_many,
    "member": _document,
    "missing_member": _document,
}


class FaultBook:
    """The faults that wait, in the order they were asked for."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, **wanted: Any) -> Fault:
        """Ask for a fault; an unknown kind is refused."""
        fault = Fault(**wanted)
        if fault.kind not in FAULTS:
            raise LookupError(f"unknown fault '{fault.kind}'; known are {sorted(FAULTS)}")
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Forget every waiting fault."""
        self._faults.clear()

    def strike(
        self, path: str, entity: str | None, company: str | None, answer: Answer, now: float
    ) -> Answer:
        """The answer after the first fault that fits, if any."""
        for fault in list(self._faults):
            if not fault.fits(path, entity, company):
                continue
            if fault.until is not None and now > fault.until:
                self._faults.remove(fault)
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            fault.happened += 1
            fault.count -= 1
            if fault.count <= 0 and fault.until is None:
                self._faults.remove(fault)
            return FAULTS[fault.kind](fault, answer)
        return answer


def exception_body(code: str, text: str) -> bytes:
    """The five-member body of the gateway."""
    return _json(
        {
            "ExceptionType": "IPPException",
            "ExceptionMessage": text,
            "ExceptionFaultCode": code,
            "ExceptionMessageID": f"{code}_{_TRACE}",
            "ExceptionDetails": "",
        }
    )


def message_body(text: str) -> bytes:
    """The application's own error body."""
    return _json({"message": text})


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
