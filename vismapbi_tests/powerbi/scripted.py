"""A transport that answers from a script, for tests of the client alone."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from vismapbi_assets.powerbi.client import PowerBIClient


@dataclass
class Clock:
    """A clock that moves only when somebody sleeps."""

    now: float = 1_800_000_000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class FixedTokens:
    """Tokens "t1", "t2", ...: a new one only when renewal is asked for."""

    number: int = 1

    def token(self, *, renew: bool = False) -> str:
        self.number += renew
        return f"t{self.number}"


def answer(status: int, data: Any = None, headers: dict[str, str] | None = None):
    body = data if isinstance(data, bytes) else b"" if data is None else json.dumps(data).encode()
    return status, body, headers or {}


class Script(BaseAdapter):
    """Gives the answers in order and keeps the requests; an exception is raised instead."""

    def __init__(self, *answers: Any) -> None:
        super().__init__()
        self.answers = list(answers)
        self.requests: list[requests.PreparedRequest] = []

    def send(self, request, **_: Any) -> requests.Response:
        self.requests.append(request)
        step = self.answers.pop(0)
        if isinstance(step, Callable):
            step = step(request)
        if isinstance(step, BaseException):
            raise step
        status, body, headers = step
        raw = HTTPResponse(
            body=io.BytesIO(body), headers=headers, status=status, preload_content=False
        )
        response = requests.Response()
        response.status_code = status
        response.headers.update(headers)
        response.raw = raw
        response.request = request
        response.url = request.url
        return response

    def close(self) -> None:
        pass


def scripted_client(*answers: Any, **options: Any) -> tuple[PowerBIClient, Script, Clock]:
    script, clock = Script(*answers), Clock()
    session = requests.Session()
    session.mount("https://", script)
    client = PowerBIClient(
        "https://powerbi.test/v1.0/myorg",
        "w1",
        FixedTokens(),
        session=session,
        clock=clock,
        sleep=clock.sleep,
        **options,
    )
    return client, script, clock
