"""Dagster's own processes on a sandbox, driven over GraphQL as the UI does it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Any

import psutil
import requests

from vismapbi_assets.cli.instance import prepare_storage
from vismapbi_assets.cli.processes import free_port, module, running, wait_for, wait_until

LAUNCH = """mutation($p: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $p) {
  __typename ... on LaunchBackfillSuccess { backfillId }
  ... on PythonError { message } } }"""
BACKFILL = """query($id: String!) { partitionBackfillOrError(backfillId: $id) {
  ... on PartitionBackfill { status error { message }
  runs(limit: 50) { runId status tags { key value } } } } }"""
RUNS = """query { runsOrError(limit: 50) { ... on Runs { results {
  runId status jobName tags { key value } } } } }"""
FAILURES = """query($id: ID!) { logsForRun(runId: $id) { ... on EventConnection { events {
  __typename ... on ExecutionStepFailureEvent { stepKey error { message causes { message } } }
  ... on RunFailureEvent { message } } } } }"""
LIMIT = """mutation($pool: String!, $limit: Int!) {
  setConcurrencyLimit(concurrencyKey: $pool, limit: $limit) }"""
LOCATIONS = """query { workspaceOrError { ... on Workspace { locationEntries {
  name loadStatus locationOrLoadError { __typename ... on PythonError { message } } } } } }"""


@dataclass
class Services:
    """A webserver and a daemon, and how to ask them."""

    url: str
    environ: dict[str, str]
    folder: Path
    children: dict[str, Popen[bytes]] = field(default_factory=dict)

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a GraphQL query; errors raise."""
        answer = requests.post(
            f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=60
        ).json()
        assert not answer.get("errors"), answer
        data: dict[str, Any] = answer["data"]
        return data

    def backfill(self, assets: Sequence[str], partitions: Sequence[str]) -> str:
        """Start a backfill and give its id."""
        told = self.ask(
            LAUNCH,
            p={
                "assetSelection": [{"path": a.split("/")} for a in assets],
                "partitionNames": list(partitions),
            },
        )["launchPartitionBackfill"]
        assert told["__typename"] == "LaunchBackfillSuccess", told
        return str(told["backfillId"])

    def state_of(self, backfill: str) -> dict[str, Any]:
        """Status and runs of a backfill."""
        found: dict[str, Any] = self.ask(BACKFILL, id=backfill)["partitionBackfillOrError"]
        return found

    def runs(self) -> list[dict[str, Any]]:
        """All runs, newest first, with their tags as a mapping."""
        found = self.ask(RUNS)["runsOrError"]["results"]
        return [{**r, "tags": {t["key"]: t["value"] for t in r["tags"]}} for r in found]

    def limit(self, pool: str, most: int) -> None:
        """Let so many runs of a pool work at a time; none keeps them in the queue."""
        assert self.ask(LIMIT, pool=pool, limit=most)["setConcurrencyLimit"]

    def failures(self) -> list[dict[str, Any]]:
        """Why runs failed, for messages."""
        found = []
        for run in self.runs():
            events = self.ask(FAILURES, id=run["runId"])["logsForRun"]["events"]
            found += [
                e
                for e in events
                if e["__typename"] in ("ExecutionStepFailureEvent", "RunFailureEvent")
            ]
        return found

    def has_said(self, service: str, text: str) -> bool:
        """Whether the log of a service holds this text."""
        return text in (self.folder / f"{service}.log").read_text("utf-8", errors="replace")

    def logs(self) -> str:
        """The ends of all logs, for messages."""
        texts = [
            f"--- {path.name}\n{path.read_text('utf-8', errors='replace')[-2500:]}"
            for path in sorted(self.folder.glob("*.log"))
        ]
        return "\n".join(texts)

    def wait(self, what: str, condition: Callable[[], Any], seconds: float = 120) -> Any:
        """Wait for something to be true and give it."""
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < deadline, f"{what}: not within {seconds} s\n{self.logs()}"
            time.sleep(0.5)
        return found


@contextmanager
def running_services(
    folder: Path, environ: Mapping[str, str], location: Sequence[str]
) -> Iterator[Services]:
    """Webserver and daemon for a code location, until the block ends."""
    port = free_port()
    services = Services(f"http://127.0.0.1:{port}", dict(environ), folder)
    commands = {
        "webserver": module("dagster_webserver", *location, "-h", "127.0.0.1", "-p", str(port)),
        "daemon": module("dagster._daemon", "run", *location),
    }
    prepare_storage(services.environ)
    with ExitStack() as stack:
        for name, command in commands.items():
            log = folder / f"{name}.log"
            services.children[name] = stack.enter_context(
                running(command, environ=services.environ, log=log)
            )
        web = services.children["webserver"]
        wait_for(f"{services.url}/server_info", web, seconds=120, log=folder / "webserver.log")
        services.wait("the code location loads", lambda: _is_loaded(services))
        yield services


def _is_loaded(services: Services) -> bool:
    entries = services.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]
    failed = [e for e in entries if e["locationOrLoadError"]["__typename"] == "PythonError"]
    assert not failed, failed
    return all(e["loadStatus"] == "LOADED" for e in entries)


@contextmanager
def running_code_server(
    folder: Path, environ: Mapping[str, str], port: int
) -> Iterator[Popen[bytes]]:
    """The code server as it is deployed: on its own, reached over the network."""
    command = module(
        "dagster",
        "api",
        "grpc",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
        "-m",
        "vismapbi_assets.definitions",
        "--location-name",
        "vismapbi",
    )
    log = folder / "code-server.log"
    with running(command, environ=environ, log=log) as child:
        wait_until(lambda: _listens(port), child, seconds=120, what="the code server", log=log)
        yield child


def _listens(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def run_workers(code_server: Popen[bytes]) -> list[psutil.Process]:
    """The processes that execute runs for this code server."""
    children = psutil.Process(code_server.pid).children(recursive=True)
    return [c for c in children if "spawn_main" in " ".join(c.cmdline())]
