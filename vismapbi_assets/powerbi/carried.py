"""How far a plan came, and what is noted of the answers on the way.

Plain values between the poster, the session and the publisher.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vismapbi_assets.powerbi.errors import PowerBIError
from vismapbi_assets.powerbi.wire import Reply

SETTLING = (0.0, 0.1, 0.2, 0.3, 0.4)
"""Shares of the settle time that pass before each question."""
PATIENCE = (1.0, 2.0, 2.0)
"""Shares that pass on top while rows are still missing and none is too many: rows that are seen
late are no reason to clear a table."""


@dataclass(frozen=True, slots=True)
class Carried:
    """How far a plan came: `sent` whole, `partial` (goes on later), `dirty` or `refused`."""

    status: Literal["sent", "partial", "dirty", "refused"]
    reason: str = ""
    resume_at: float | None = None


def facts_of(answer: Reply | PowerBIError) -> dict[str, object]:
    """What the ledger keeps of an answer: status, request id, time or error."""
    if isinstance(answer, Reply):
        return {
            "http_status": answer.status,
            "request_id": answer.request_id,
            "seconds": round(answer.seconds, 3),
        }
    a = answer.answer
    return {"http_status": a.status, "request_id": a.request_id, "error": str(answer)}
