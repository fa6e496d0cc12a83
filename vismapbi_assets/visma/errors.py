"""What can go wrong between us and Visma.net, and how an answer is told apart.

One taxonomy for every caller: transient (try again), permanent (a person must act) and an exhausted
quota (go on at a known time). Messages name what happened and the next step; they never carry a
token, a form body or more than the first words of an answer. Retrying belongs in `client.py`.
"""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

EXCERPT_LENGTH = 200

_SECRET_LIKE = re.compile(
    r"(?i)(bearer\s+\S+|eyJ[\w-]{8,}(?:\.[\w-]+)*"
    r"|(?:client_secret|client_id|access_token|authorization|password)[\"']?\s*[=:]\s*\S+)"
)
_TAGS = re.compile(r"(?s)<(script|style)\b.*?</\1>|<[^>]*>")
_MESSAGE_MEMBERS = ("message", "Message", "ExceptionMessage", "error_description", "error")

LICENCE_FAULT = "12027"
COMPANY_FAULT = "12002"


class VismaError(Exception):
    """Base of everything that reading Visma.net raises on purpose."""


class TransientError(VismaError):
    """The same request may succeed later: time-outs, resets, 5xx, pages cut short."""


class TimedOutError(TransientError):
    """No answer in time, from us or from the gateway, which cuts requests after four minutes."""


class MalformedPageError(TransientError):
    """A page arrived with status 200 but cannot be read as one."""


class RateLimitedError(TransientError):
    """Status 429. `retry_after` is what the server asks us to wait, in seconds."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PermanentError(VismaError):
    """Repeating the request cannot help; the message says what does."""


class AuthenticationError(PermanentError):
    """The token service refused the client, the secret, the scope or the tenant."""


class WrongTenantError(AuthenticationError):
    """A token was issued, but the API refuses it."""


class PermissionDeniedError(PermanentError):
    """The company lacks the licence, or the application the role, for what was asked."""


class NotFoundError(PermanentError):
    """The address or the record does not exist."""


class BadRequestError(PermanentError):
    """Visma.net refuses the request as it was put."""


class QuotaExhausted(VismaError):  # noqa: N818 - nothing failed: the run goes on at `resume_at`
    """The calls of this hour are spent, up to the reserve. Go on at `resume_at` (UTC)."""

    def __init__(self, resume_at: datetime, reason: str) -> None:
        super().__init__(f"{reason}; go on after {resume_at:%Y-%m-%d %H:%M:%S} UTC")
        self.resume_at = resume_at


def excerpt(body: bytes | str) -> str:
    """The telling words of an answer: its message member or plain text, redacted and cut."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    try:
        content = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError):
        content = None
    if isinstance(content, dict):
        fault = content.get("ExceptionFaultCode")
        found = next((str(content[m]) for m in _MESSAGE_MEMBERS if content.get(m)), "")
        text = f"{fault}: {found}" if fault and found else found
    words = " ".join(_TAGS.sub(" ", text).split())
    return redact(words)[:EXCERPT_LENGTH]


def redact(text: str) -> str:
    """`text` without anything that looks like a token or a secret."""
    return _SECRET_LIKE.sub("***", text)


def error_of(status: int, body: bytes, *, request: str, company: str) -> VismaError:
    """The error that an unsuccessful answer means; 401 and 429 are settled by the client."""
    said = excerpt(body)
    what = f"{request} for company {company}: HTTP {status}" + (f": {said}" if said else "")
    if LICENCE_FAULT in said or "No license" in said:
        return PermissionDeniedError(
            f"{what}. The company has no licence for this, or tenant_id names another company; "
            "check tenant_id, or add the entity to visma.exclude"
        )
    if COMPANY_FAULT in said:
        return BadRequestError(f"{what}. Check company_id of company {company} in the settings")
    if status == 403:
        return PermissionDeniedError(
            f"{what}. Grant the application the scope vismanet_erp_service_api:read and its role "
            "in this company, or add the entity to visma.exclude"
        )
    if status in (404, 410):
        return NotFoundError(
            f"{what}. The address does not exist; check visma.api_url and its path prefix"
        )
    if 300 <= status < 400:
        return PermanentError(
            f"{what}. The redirect was not followed, because the token is for the configured host "
            "only; set visma.api_url to the address that answers"
        )
    if status == 504:
        return TimedOutError(what)
    if status in (408, 425) or status >= 500:
        return TransientError(what)
    return BadRequestError(f"{what}. Visma.net refuses the request; see the message it gave")
