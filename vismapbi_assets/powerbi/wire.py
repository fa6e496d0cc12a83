"""Bodies as they travel: JSON of requests, values of answers, rows of query results.

Reads whatever the service sends without trusting its casing; requests and retries belong in
`client.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from vismapbi_assets.powerbi.errors import QueryFailed


@dataclass(slots=True)
class Usage:
    """What has been sent by one client."""

    calls: int = 0
    posts: int = 0
    queries: int = 0
    bytes_sent: int = 0
    rows_sent: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer; `data` has lower-case keys."""

    status: int
    data: Any
    request_id: str
    seconds: float
    headers: Mapping[str, str] = field(default_factory=dict)


def is_refusal(content: bytes) -> bool:
    """Whether a 200 carries the refusal that is sent while the tenant setting is off."""
    return len(content) < 1_000 and b"not accessible for application" in content


def json_of(body: Mapping[str, Any]) -> bytes:
    """A body as compact JSON."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def body_of(content: bytes, *, lower: bool) -> Any:
    """An answer as values: exact decimals, lower-case keys if wanted, empty when unreadable."""
    if not content:
        return {}
    try:
        data = json.loads(content, parse_float=Decimal)
    except ValueError:
        return {}
    return lower_keys(data) if lower else data


def lower_keys(data: Any) -> Any:
    """The same with lower-case keys throughout."""
    if isinstance(data, dict):
        return {str(k).lower(): lower_keys(v) for k, v in data.items()}
    return [lower_keys(v) for v in data] if isinstance(data, list) else data


def result_rows(data: Any) -> list[dict[str, Any]]:
    """The rows of the one table; an error may sit at any of three levels of a 200."""
    level = data
    for name in ("results", "tables"):
        refuse_error(level)
        inner = level.get(name) if isinstance(level, dict) else None
        if not inner:
            raise QueryFailed("query", detail=f"the answer has no {name}")
        level = inner[0]
    refuse_error(level)
    return list(level.get("rows") or [])


def refuse_error(level: Any) -> None:
    """Raises `QueryFailed` if this level of an answer carries an error."""
    if isinstance(level, dict) and level.get("error"):
        raise QueryFailed("query", detail=json.dumps(level["error"], default=str)[:400])
