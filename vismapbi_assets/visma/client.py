"""One company's Visma.net over HTTP: authorised GET requests and nothing else.

The only layer that retries, waits and counts: callers get an answer or an error of `errors.py` that
is final for now. What an answer means (pages, documents) belongs in `paging.py` and `extract.py`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TypeVar

import requests
from requests.adapters import HTTPAdapter

from vismapbi_assets.retry_after import seconds_of
from vismapbi_assets.settings_shape import Company, Secret, Visma
from vismapbi_assets.visma.auth import Bearer, TokenSource
from vismapbi_assets.visma.clock import Clock, SystemClock
from vismapbi_assets.visma.errors import (
    MalformedPageError,
    PermanentError,
    QuotaExhausted,
    RateLimitedError,
    TimedOutError,
    TransientError,
    WrongTenantError,
    error_of,
)
from vismapbi_assets.visma.gate import Gate
from vismapbi_assets.visma.quota import CallBudget
from vismapbi_assets.visma.retry import retrying_with

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=120)
CONNECT_SECONDS = 10.0
CHUNK_BYTES = 1 << 20
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
UNSTATED_RETRY_AFTER = 60.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: the request, its bytes as received, when it was asked for, its id."""

    path: str
    parameters: Mapping[str, str]
    body: bytes
    request_id: str
    asked_at: datetime
    seconds: float


@dataclass
class Traffic:
    """What a client has caused so far. Tokens are not calls of the API."""

    calls: int = 0
    bytes: int = 0
    retries: int = 0
    refusals: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, **amounts: int) -> None:
        """Count, from any thread."""
        with self._lock:
            for name, amount in amounts.items():
                setattr(self, name, getattr(self, name) + amount)


class VismaClient:
    """Reads one company. Safe to share between the few threads that read its pages."""

    def __init__(
        self,
        visma: Visma,
        company: Company,
        client_id: Secret,
        client_secret: Secret,
        *,
        budget: CallBudget | None = None,
        clock: Clock | None = None,
        patience: timedelta = PATIENCE,
    ) -> None:
        """Prepare a session; nothing is sent before the first `get`."""
        self.company = company.key
        self.clock = clock or SystemClock()
        self.budget = budget or CallBudget(
            company.key, reserve=visma.reserve_calls, clock=self.clock
        )
        self.traffic = Traffic()
        self._url = visma.api_url.rstrip("/")
        self._timeout = (min(CONNECT_SECONDS, visma.timeout_seconds), visma.timeout_seconds)
        self._patience = patience
        self._gate = Gate(self.clock, patience)
        self._tokens = TokenSource(
            visma.token_url,
            client_id,
            client_secret,
            company.tenant_id,
            timeout=min(60.0, visma.timeout_seconds),
            clock=self.clock,
        )
        self._session = requests.Session()
        self._session.mount(self._url, HTTPAdapter(pool_maxsize=8, max_retries=0))
        self._session.headers.update(
            {
                "Accept": "application/json",
                "Accept-Encoding": "gzip, deflate",
                "User-Agent": "vismapbi (read-only extraction to Power BI)",
            }
            | ({"ipp-company-id": company.company_id} if company.company_id else {})
        )

    def __repr__(self) -> str:
        return f"VismaClient({self._url!r}, company {self.company!r})"

    def __enter__(self) -> VismaClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close connections and give unspent calls back to the budget."""
        self.budget.close()
        self._tokens.close()
        self._session.close()

    def get(
        self,
        path: str,
        parameters: Mapping[str, str],
        read: Callable[[Answer], T],
        *,
        headers: Mapping[str, str] = NO_HEADERS,
        expected: int = 200,
    ) -> T:
        """What `read` makes of the answer to this request.

        Transient failures are repeated a few times, and so is an answer on which `read` raises
        `MalformedPageError`. Any status but the expected one is an error.
        """
        retrying = retrying_with(self.clock, lambda: self.traffic.add(retries=1))
        return retrying(lambda: read(self._once(path, parameters, headers, expected)))

    def _once(
        self, path: str, parameters: Mapping[str, str], headers: Mapping[str, str], expected: int
    ) -> Answer:
        with self._gate.passage():
            token = self._tokens.bearer()
            reply = self._send(path, parameters, headers, token)
            if reply.status == 401:
                reply = self._send(path, parameters, headers, self._tokens.renew(token))
        request = f"GET {path}"
        request_id = reply.headers.get("Ipp-Request-Id", "")
        log.debug(
            "%s %s: %s, %d bytes, %.3f s, request %s",
            request, dict(parameters), reply.status, len(reply.body), reply.seconds,
            request_id or "-",
        )  # fmt: skip
        if reply.status == 429:
            raise self._limited(reply, request)
        self._gate.open()
        if reply.status == 401:
            raise WrongTenantError(
                f"{request} for company {self.company}: a token was issued, but the API answers "
                "401. tenant_id must be the company's, not the customer's; a new grant takes up "
                "to 15 minutes"
            )
        if reply.status != expected:
            raise error_of(reply.status, reply.body, request=request, company=self.company)
        if not reply.body:
            raise MalformedPageError(f"{request} for company {self.company}: empty answer")
        return Answer(path, dict(parameters), reply.body, request_id, reply.asked_at, reply.seconds)

    def _take(self) -> None:
        try:
            self.budget.take()
        except QuotaExhausted as spent:
            wait = (spent.resume_at - self.clock.now()).total_seconds() + 1
            if wait > self._patience.total_seconds():
                raise
            self.clock.sleep(wait)
            self.budget.take()

    def _send(
        self, path: str, parameters: Mapping[str, str], headers: Mapping[str, str], token: str
    ) -> _Reply:
        self._take()
        what = f"GET {path} for company {self.company}"
        told: Mapping[str, str] = NO_HEADERS
        asked_at = self.clock.now()
        try:
            with self._session.get(
                self._url + path,
                params=dict(parameters),
                headers=dict(headers),
                auth=Bearer(token),
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                told = response.headers
                body = b"".join(response.iter_content(CHUNK_BYTES))
        except requests.exceptions.SSLError:
            raise PermanentError(
                f"{what}: the certificate was not accepted; check visma.api_url and the proxy"
            ) from None
        except requests.Timeout:
            raise TimedOutError(f"{what}: no answer in {self._timeout[1]:g} s") from None
        except (
            requests.ConnectionError,
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError,
        ) as error:
            raise TransientError(f"{what}: connection lost ({type(error).__name__})") from None
        finally:
            self.traffic.add(calls=1)
            self.budget.settle(told)
        self.traffic.add(bytes=len(body))
        seconds = (self.clock.now() - asked_at).total_seconds()
        return _Reply(response.status_code, told, body, asked_at, seconds)

    def _limited(self, reply: _Reply, request: str) -> RateLimitedError:
        told = seconds_of(reply.headers.get("Retry-After"), self.clock.now())
        seconds = UNSTATED_RETRY_AFTER if told is None else told
        self.traffic.add(refusals=1)
        self._gate.close(seconds)
        log.warning("%s for company %s: 429, retry after %g s", request, self.company, seconds)
        return RateLimitedError(f"{request} for company {self.company}: HTTP 429", seconds)


@dataclass(frozen=True, slots=True)
class _Reply:
    """What came back, whatever the status."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    asked_at: datetime
    seconds: float
