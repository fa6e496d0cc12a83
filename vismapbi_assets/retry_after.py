"""How long a server asks to wait: the `Retry-After` header in both forms that HTTP allows.

Only reading it; who waits, and when a wait is too long, belongs to the clients of both ends.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def seconds_of(text: str | None, now: datetime) -> float | None:
    """Seconds from `now` (with zone), never negative; None where the text says nothing readable."""
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
