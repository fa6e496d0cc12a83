"""A tiny scripted Visma.net on loopback and a clock that never waits, for tests of the client."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from vismapbi_assets.settings_shape import Company, Secret, Visma
from vismapbi_assets.visma.client import VismaClient
from vismapbi_assets.visma.quota import CallBudget

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT_ID = "client-of-tests"
CLIENT_SECRET = "secret-of-tests"


class TestClock:
    """Time that passes only by sleeping, and is remembered."""

    __test__ = False

    def __init__(self, start: datetime = START) -> None:
        self.time = start
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.time += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Call:
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str = ""


@dataclass(frozen=True)
class Reply:
    body: Any = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None  # announce the whole length, send only so much, close
    reset: bool = False

    @property
    def bytes(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Answerer = Callable[[Call], Reply]


@dataclass
class Server:
    """Answers with `answer`; issues tokens t1, t2, ... and records every call."""

    answer: Answerer = lambda call: Reply()
    token: Answerer | None = None
    expires_in: int = 3600
    calls: list[Call] = field(default_factory=list)
    tokens: list[Call] = field(default_factory=list)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def paths(self) -> list[str]:
        return [call.path for call in self.calls]

    def visma(self, **options: Any) -> Visma:
        return Visma(
            api_url=self.url,
            token_url=f"{self.url}/connect/token",
            **{"timeout_seconds": 5.0} | options,
        )

    def respond(self, call: Call) -> Reply:
        if call.path != "/connect/token":
            with self.lock:
                self.calls.append(call)
            return self.answer(call)
        with self.lock:
            self.tokens.append(call)
        if self.token is not None:
            return self.token(call)
        return Reply(
            {
                "access_token": f"t{len(self.tokens)}",
                "expires_in": self.expires_in,
                "token_type": "Bearer",
            }
        )


@contextmanager
def serving(answer: Answerer | None = None, **options: Any) -> Iterator[Server]:
    server = Server(**({"answer": answer} if answer else {}), **options)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: Any) -> None:
            return

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            parts = urlsplit(self.path)
            call = Call(
                parts.path,
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                dict(self.headers),
                self.rfile.read(length).decode(),
            )
            reply = server.respond(call)
            if reply.reset:
                self.close_connection = True
                self.connection.close()
                return
            data = reply.bytes
            self.send_response(reply.status)
            self.send_header("Content-Length", str(len(data)))
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data if reply.cut is None else data[: reply.cut])
            if reply.cut is not None:
                self.wfile.flush()
                self.close_connection = True

        do_GET = do_POST = handle_any  # noqa: N815 - http.server calls them so

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (ValueError, ConnectionError):
                self.close_connection = True

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    httpd.block_on_close = False
    server.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    thread = threading.Thread(
        target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield server
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


def company(key: str = "no", **options: Any) -> Company:
    values = {
        "name": "Nordvik AS",
        "tenant_id": TENANT,
        "company_id": "1234567",
        "base_currency": "NOK",
    }
    return Company(key=key, **values | options)


@contextmanager
def client_of(
    server: Server,
    clock: TestClock | None = None,
    *,
    budget: CallBudget | None = None,
    of: Company | None = None,
    **options: Any,
) -> Iterator[VismaClient]:
    visma = server.visma(**{"reserve_calls": 0} | options)
    with VismaClient(
        visma,
        of or company(),
        Secret(CLIENT_ID),
        Secret(CLIENT_SECRET),
        budget=budget,
        clock=clock or TestClock(),
    ) as client:
        yield client


def limits(remaining: int, *, limit: int = 500, reset: int = 1800) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(reset),
        "X-RateLimit-Policy": "4-fixed-window",
    }
