"""Refusals in the envelopes of the real service, no more helpful than it is.

Which situation earns which refusal is decided where the situation is noticed; here is only the
wording and the shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Refusal(Exception):  # noqa: N818 - the service refuses; the sandbox has no error
    """An answer other than success.

    Attributes:
        status: HTTP status.
        body: JSON body, None for an empty one.
        headers: further response headers.
    """

    def __init__(
        self, status: int, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def refuse(status: int, code: str, message: str = "") -> Refusal:
    """The usual envelope, with a message only where one is known."""
    error: dict[str, Any] = {"code": code}
    if message:
        error["message"] = message
    return Refusal(status, {"error": error})


def bad_request(*details: str, target: str = "requestParameters") -> Refusal:
    """400 `BadRequest` that names the offending properties."""
    return Refusal(
        400,
        {
            "error": {
                "code": "BadRequest",
                "message": "Bad Request",
                "details": [{"message": text, "target": target} for text in details],
            }
        },
    )


def invalid_request(message: str) -> Refusal:
    """400 `InvalidRequest`."""
    return refuse(400, "InvalidRequest", message)


def bare_message(status: int, message: str) -> Refusal:
    """The gateway's form: only a `Message`."""
    return Refusal(status, {"Message": message})


def item_not_found(dataset: str, table: str) -> Refusal:
    """404 for a table that the dataset does not hold, names in the service's markers."""
    return pbi_error(
        404,
        "ItemNotFound",
        [("ErrorMessage", f"Table <pi>{table}</pi> not found in dataset <pi>{dataset}</pi>")],
    )


def entity_not_found() -> Refusal:
    """404 for a wrong id or a missing permission: the service does not say which."""
    return pbi_error(404, "PowerBIEntityNotFound", [])


def not_authorized(status: int) -> Refusal:
    """The principal has no business in the workspace."""
    return pbi_error(status, "PowerBINotAuthorizedException", [])


def pbi_error(status: int, code: str, details: Sequence[tuple[str, str]]) -> Refusal:
    """The newer envelope: `pbi.error` and no message."""
    inner = {
        "code": code,
        "parameters": {},
        "details": [
            {"code": name, "detail": {"type": 1, "value": value}} for name, value in details
        ],
        "exceptionCulprit": 1,
    }
    return Refusal(status, {"error": {"code": code, "pbi.error": inner}})


def throttled(seconds: int, message: str = "Too many requests") -> Refusal:
    """429 with the whole seconds to wait."""
    return Refusal(
        429,
        {"error": {"code": "TooManyRequests", "message": message}},
        {"Retry-After": str(seconds)},
    )
