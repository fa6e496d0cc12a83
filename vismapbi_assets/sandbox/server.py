"""Runs the simulated Visma.net and Power BI side by side on this machine.

Belongs here: starting and stopping both servers, and the environment that points a process at
them. Does not belong here: how either behaves.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import uvicorn
from starlette.applications import Starlette

from .visma.app import build_visma_app
from .visma.history import START, build_group
from .visma.profiles import load_document
from .visma.service import VismaSandbox
from .visma.settings import ServiceSettings

_START_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Both simulated services, running."""

    visma: VismaSandbox
    powerbi: Any
    visma_url: str
    powerbi_url: str
    environ: dict[str, str] = field(repr=False)


@contextmanager
def running_sandbox(
    *,
    scale: float = 1.0,
    seed: int = 2026,
    visma_port: int = 0,
    powerbi_port: int = 0,
    start: datetime = START,
    speed: float = 0.0,
    journal_lines: int = 0,
    **options: Any,
) -> Iterator[Sandbox]:
    """Run both services until the block ends; port 0 takes any free one.

    `start` is the business time (UTC) at which the sample companies stand, `speed` how fast it
    passes (0: only with changes), `journal_lines` the least number of journal lines, `options`
    switches of the simulated Visma.net.
    """
    from .powerbi.app import build_powerbi_app
    from .powerbi.state import PowerBISandbox

    settings = ServiceSettings()
    settings.update(options)
    group = build_group(scale=scale, seed=seed, start=start, journal_lines=journal_lines)
    visma = VismaSandbox(group, settings)
    visma.set_clock(speed=speed)
    if journal_lines:
        visma.prepare("journalTransaction")
    powerbi = PowerBISandbox()
    with serving(build_visma_app(visma), visma_port) as visma_url:
        visma.host = visma_url
        with serving(build_powerbi_app(powerbi), powerbi_port) as powerbi_url:
            yield Sandbox(
                visma,
                powerbi,
                visma_url,
                powerbi_url,
                {**visma_environ(visma_url), **powerbi.environ(powerbi_url)},
            )


def visma_environ(url: str) -> dict[str, str]:
    """The environment that points a fresh process at the simulated Visma.net."""
    secrets = load_document()["secrets"]
    return {
        "VISMA_API_URL": url,
        "VISMA_TOKEN_URL": f"{url}/connect/token",
        "VISMA_CLIENT_ID": secrets["VISMA_CLIENT_ID"],
        "VISMA_CLIENT_SECRET": secrets["VISMA_CLIENT_SECRET"],
    }


@contextmanager
def serving(app: Starlette, port: int) -> Iterator[str]:
    """Serve an application from a thread of its own."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="off", timeout_keep_alive=60
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name=f"sandbox {url}", daemon=True
    )
    thread.start()
    try:
        _wait_until_started(server, thread, url)
        yield url
    finally:
        server.should_exit = True
        thread.join(timeout=_START_SECONDS)
        listener.close()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread, url: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError(f"the sandbox did not start at {url}; is the port in use?")
        time.sleep(0.01)
