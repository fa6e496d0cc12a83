"""Child processes of commands: started in their own session, always ended with the command."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

GRACE_SECONDS = 10.0


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    arguments: Sequence[str], *, environ: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A child that runs until the block ends; its output goes to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(  # noqa: S603 - arguments are our own commands
            list(arguments), env=dict(environ), stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield child
    finally:
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
        except ProcessLookupError:
            break
        try:
            child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
    child.wait()


def module(*arguments: str) -> list[str]:
    """A command line of this Python: `module("vismapbi_assets.cli", "sync")`."""
    return [sys.executable, "-m", *arguments]


def wait_for(url: str, child: subprocess.Popen[bytes], *, seconds: float, log: Path) -> None:
    """Wait until `url` answers; raises with the end of the log when the child gives up."""

    def answers() -> bool:
        try:
            return requests.get(url, timeout=2).status_code < 500
        except requests.RequestException:
            return False

    wait_until(answers, child, seconds=seconds, what=url, log=log)


def wait_until(
    condition: Callable[[], bool],
    child: subprocess.Popen[bytes],
    *,
    seconds: float,
    what: str,
    log: Path,
) -> None:
    """Wait until the condition holds while the child lives."""
    deadline = time.monotonic() + seconds
    while not condition():
        if child.poll() is not None or time.monotonic() > deadline:
            tail = log.read_text("utf-8", errors="replace")[-1500:] if log.exists() else ""
            raise RuntimeError(f"{what} did not come up within {seconds:.0f} s.\n{tail}")
        time.sleep(0.1)
