"""Microsoft's Tabular Object Model, asked through its modelling server when a developer has it.

The npm package `@microsoft/powerbi-modeling-mcp` is for development only: it is looked for, never
installed, and its absence skips the tests that ask for it.
"""

import json
import os
import platform
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

PACKAGE = "@microsoft/powerbi-modeling-mcp"
VARIABLE = "VISMAPBI_TOM"
BESIDE = Path(__file__).parents[3]
PATIENCE = 60.0


class RefusedError(Exception):
    """The object model refuses what it was given; the text is its own."""


def server_program() -> Path:
    """The server's program, or a skip with the reason."""
    named = os.environ.get(VARIABLE)
    folder = Path(named) if named else BESIDE
    programs = sorted((folder / "node_modules").glob(f"{PACKAGE}-*/dist/powerbi-modeling-mcp*"))
    if programs:
        return programs[0]
    if named:
        pytest.fail(
            f"{VARIABLE} is {named}, but {folder / 'node_modules'} has no {PACKAGE} for this "
            f"machine ({platform.system()} {platform.machine()})"
        )
    pytest.skip(
        f"Microsoft's object model is not here: npm package {PACKAGE}, in node_modules beside the "
        f"project or in the folder that {VARIABLE} names (docs/verify-live.md)"
    )


class ObjectModel:
    """A running server; calls go one after another over its standard input and output."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            [program, "--start", "--read-only"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        self._alarm = threading.Timer(PATIENCE, self._process.kill)
        self._alarm.daemon = True
        self._alarm.start()
        self._calls = 0

    def __enter__(self) -> Self:
        about = {"name": "vismapbi", "version": "0"}
        self._call(
            "initialize",
            {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": about},
        )
        self._send({"method": "notifications/initialized"})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._alarm.cancel()
        self._process.kill()
        self._process.communicate()

    def ask(self, subject: str, operation: str, **more: Any) -> dict[str, Any]:
        """The answer to one operation, for example `ask("model", "GetStats")`."""
        request = {"operation": operation, **more}
        called = {"name": f"{subject}_operations", "arguments": {"request": request}}
        result = self._call("tools/call", called)
        text = result["content"][0]["text"]
        if result.get("isError"):
            raise RefusedError(text)
        answer: dict[str, Any] = json.loads(text)
        return answer

    def _call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self._calls += 1
        self._send({"id": self._calls, "method": method, "params": params})
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = json.loads(line)
            if message.get("id") == self._calls:
                if "error" in message:
                    raise RefusedError(str(message["error"]))
                result: dict[str, Any] = message["result"]
                return result
        raise RuntimeError(f"the modelling server ended or said nothing for {PATIENCE:.0f} seconds")

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self._process.stdin.flush()
