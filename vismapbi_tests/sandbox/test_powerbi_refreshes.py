"""Refreshes: refused for push datasets, the full cycle for model-based ones."""

from collections.abc import Iterator
from typing import Any

import pytest

from vismapbi_tests.sandbox.powerbi_client import Client, dataset, table


@pytest.fixture
def frozen(powerbi: Client) -> Iterator[Client]:
    powerbi.sandbox.clock.set_rate(0)
    yield powerbi
    powerbi.sandbox.clock.set_rate(1)


def model(powerbi: Client, **plan: Any) -> str:
    body = {"name": "Imported", **plan}
    answer = powerbi.session.post(f"{powerbi.url}/control/models", json=body)
    return answer.json()["id"]


def start(powerbi: Client, identity: str, **body: Any) -> Any:
    return powerbi.group("POST", f"/datasets/{identity}/refreshes", json=body)


def history(powerbi: Client, identity: str, **query: Any) -> list[dict[str, Any]]:
    return powerbi.group("GET", f"/datasets/{identity}/refreshes", params=query).json()["value"]


def test_push_datasets_answer_415(powerbi: Client) -> None:
    identity = powerbi.create(dataset(table("T", Key="String")))
    for answer in (
        start(powerbi, identity, notifyOption="NoNotification"),
        powerbi.group("GET", f"/datasets/{identity}/refreshes"),
        powerbi.group("GET", f"/datasets/{identity}/refreshSchedule"),
    ):
        assert answer.status_code == 415
        assert answer.json()["error"]["code"] == "InvalidRequest"


def test_models_take_no_rows(powerbi: Client) -> None:
    identity = model(powerbi)
    shown = powerbi.group("GET", f"/datasets/{identity}").json()
    assert (shown["addRowsAPIEnabled"], shown["isRefreshable"]) == (False, True)
    answer = powerbi.rows(identity, "T", [])
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ItemNotFound")


def test_classic_cycle(frozen: Client) -> None:
    identity = model(frozen, seconds=40)
    assert start(frozen, identity, notifyOption="NoNotification").status_code == 202
    running = history(frozen, identity)[0]
    assert (running["status"], running["refreshType"]) == ("Unknown", "ViaApi")
    assert "endTime" not in running
    assert start(frozen, identity).status_code == 400
    frozen.sandbox.clock.advance(41)
    assert history(frozen, identity)[0]["status"] == "Completed"
    assert start(frozen, identity).status_code == 202
    assert [one["status"] for one in history(frozen, identity)] == ["Unknown", "Completed"]
    assert len(history(frozen, identity, **{"$top": 1})) == 1


def test_failures(frozen: Client) -> None:
    identity = model(frozen, seconds=10, failures=1)
    start(frozen, identity)
    frozen.sandbox.clock.advance(11)
    failed = history(frozen, identity)[0]
    assert failed["status"] == "Failed"
    assert "errorCode" in failed["serviceExceptionJson"]


def test_enhanced_cycle_and_cancel(frozen: Client) -> None:
    identity = model(frozen, seconds=40)
    started = start(frozen, identity, type="Full", objects=[{"table": "T"}])
    assert started.status_code == 202
    refresh = started.headers["x-ms-request-id"]
    assert started.headers["Location"].endswith(f"/refreshes/{refresh}")
    path = f"/datasets/{identity}/refreshes/{refresh}"
    running = frozen.group("GET", path)
    assert (running.status_code, running.json()["extendedStatus"]) == (202, "InProgress")
    assert start(frozen, identity, type="Full").status_code == 409
    frozen.sandbox.clock.advance(41)
    done = frozen.group("GET", path)
    assert (done.status_code, done.json()["status"]) == (200, "Completed")
    second = start(frozen, identity, type="Full").headers["x-ms-request-id"]
    path = f"/datasets/{identity}/refreshes/{second}"
    assert frozen.group("DELETE", path).status_code == 200
    assert frozen.group("GET", path).json()["extendedStatus"] == "Cancelled"
    assert frozen.group("GET", path[:-1]).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"notifyOption": "NoNotification", "type": "Full"},
        {"notifyOption": "MailOnFailure"},
        {"notifyOption": "Never"},
        {"type": "Everything"},
        {"commitMode": "PartialBatch", "applyRefreshPolicy": True},
        {"kind": "Full"},
    ],
)
def test_malformed_requests(powerbi: Client, body: dict[str, Any]) -> None:
    identity = model(powerbi)
    assert start(powerbi, identity, **body).status_code == 400
    assert history(powerbi, identity) == []


def test_shared_capacity(frozen: Client) -> None:
    identity = model(frozen, seconds=1)
    frozen.sandbox.set_switches(dedicated_capacity=False)
    assert start(frozen, identity, type="Full").status_code == 400
    for _ in range(8):
        assert start(frozen, identity).status_code == 202
        frozen.sandbox.clock.advance(60)
    assert start(frozen, identity).status_code == 400
    frozen.sandbox.clock.advance(86_400)
    frozen.authorise()
    assert start(frozen, identity).status_code == 202
