"""Alerts over real channels: a webhook and a mail server on this machine."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import dagster as dg
import pytest

from vismapbi_assets.orchestration.alerts import Alert, send
from vismapbi_assets.pipeline.inputs import reading_name
from vismapbi_assets.visma.entities.catalogue import CATALOGUE

from .conftest import World

RUNBOOK = "https://wiki.example.com/vismapbi"


@contextmanager
def webhook(status: int = 200) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """An address that takes messages as Teams and Slack do."""
    received: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/secret-path", received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def mail_server() -> Iterator[tuple[int, list[str]]]:
    """A mail server that takes one message after the other."""
    messages: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                word = line[:4].upper().strip()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = []
                    while (text := self.rfile.readline()) != b".\r\n":
                        lines.append(text.decode())
                    messages.append("".join(lines))
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                if word == b"QUIT":
                    return

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], messages
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def configured(world: World, port: int) -> None:
    """Invoices only, with alerts by mail."""
    world.configure(
        exclude=[n for n in CATALOGUE if n != "supplierInvoice"],
        more=f"""
[alerts]
smtp_host = "127.0.0.1"
smtp_port = {port}
mail_from = "vismapbi@example.com"
mail_to = ["finance@example.com"]
runbook_url = "{RUNBOOK}"
""",
    )


def failed_run(world: World, **tags: str) -> dg.ExecuteInProcessResult:
    """A run that fails because the application may not read invoices."""
    world.sandbox.visma.configure(forbidden={"nordvik": ["supplierInvoice"]})
    return world.run("visma/supplierInvoice", partition_key=world.key())


def alarm(world: World, done: dg.ExecuteInProcessResult) -> None:
    """Let the failure sensor see the run."""
    (event,) = [e for e in done.all_events if e.event_type == dg.DagsterEventType.RUN_FAILURE]
    context = dg.build_run_status_sensor_context(
        sensor_name="failure_sensor",
        dagster_instance=world.instance,
        dagster_run=done.dagster_run,
        dagster_event=event,
    ).for_run_failure()
    world.definitions.resolve_sensor_def("failure_sensor")(context)


def test_a_failure_reaches_webhook_and_mailbox(world: World) -> None:
    with webhook() as (address, received), mail_server() as (port, messages):
        world.monkeypatch.setenv("VISMAPBI_ALERT_WEBHOOK", address)
        configured(world, port)
        done = failed_run(world)
        alarm(world, done)
    (text,) = [message["text"] for message in received]
    assert "What: visma/supplierInvoice" in text
    assert f"Partition: {world.key()}" in text
    assert "HTTP 403" in text
    assert "visma.exclude" in text
    assert "Next step: " in text
    assert f"Runbook: {RUNBOOK}" in text
    assert done.run_id in text
    (mail,) = messages
    assert "To: finance@example.com" in mail
    assert "visma/supplierInvoice" in mail


@pytest.mark.parametrize("status", [500, 404])
def test_a_channel_that_fails_is_named_without_its_address(world: World, status: int) -> None:
    with webhook(status) as (address, _):
        world.monkeypatch.setenv("VISMAPBI_ALERT_WEBHOOK", address)
        configured(world, 1)
        failures = send(Alert("t", "s", "p", "c", "n", "r"), world.settings)
    assert failures == [f"webhook: HTTP {status}", "mail: ConnectionRefusedError"]
    assert "secret-path" not in str(failures)


def stale_tick(world: World, cursor: str | None) -> str | None:
    """Let the sensor for what is stale look once."""
    definitions = world.definitions
    with dg.build_sensor_context(
        instance=world.instance,
        cursor=cursor,
        repository_def=definitions.get_repository_def(),
        resources=definitions.resources,
    ) as context:
        return definitions.resolve_sensor_def("stale_sensor").evaluate_tick(context).cursor


def hours_ago(hours: int) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat()


def test_people_are_told_once_a_day_that_nothing_comes(world: World) -> None:
    name = reading_name("nordvik", "supplierInvoice")
    with webhook() as (address, received), mail_server() as (port, messages):
        world.monkeypatch.setenv("VISMAPBI_ALERT_WEBHOOK", address)
        configured(world, port)
        read = {"whole_at": hours_ago(40), "read_at": hours_ago(2)}
        world.bench.store.documents.put(name, read)
        cursor = stale_tick(world, None)
        assert received == []

        world.bench.store.documents.put(name, {**read, "read_at": hours_ago(40)})
        cursor = stale_tick(world, cursor)
        assert stale_tick(world, cursor) == cursor
        assert len(received) == len(messages) == 1
        stale_tick(world, json.dumps({"company nordvik": hours_ago(25)}))
        assert len(received) == 2, "it lasts, so people are told again"

        world.bench.store.documents.put(name, {**read, "read_at": hours_ago(1)})
        assert stale_tick(world, cursor) == "{}"
    text = received[0]["text"]
    assert "vismapbi: company nordvik is stale" in text
    assert "40 hours ago" in text
    assert f"Runbook: {RUNBOOK}" in text
    assert "Run:" not in text


def test_an_alert_that_did_not_arrive_is_sent_again(world: World) -> None:
    read = {"whole_at": hours_ago(40), "read_at": hours_ago(40)}
    with webhook(500) as (address, received):
        world.monkeypatch.setenv("VISMAPBI_ALERT_WEBHOOK", address)
        world.configure(exclude=[n for n in CATALOGUE if n != "supplierInvoice"])
        world.bench.store.documents.put(reading_name("nordvik", "supplierInvoice"), read)
        assert stale_tick(world, stale_tick(world, None)) == "{}"
    assert len(received) == 2
