"""Faults around the commit: what the client sees, and what is stored all the same."""

import time
from typing import Any

import pytest
import requests

from vismapbi_tests.sandbox.powerbi_client import Client, dataset, table

MODEL = dataset(table("T", Key="String"), table("U", Key="String"))
ROWS = [{"Key": "a"}, {"Key": "b"}]


def outcome(powerbi: Client, identity: str, name: str = "T", **options: Any) -> Any:
    try:
        return powerbi.rows(identity, name, ROWS, **options).status_code
    except requests.Timeout:
        return "timeout"
    except requests.ConnectionError:
        return "lost"


@pytest.mark.parametrize(
    ("fault", "seen", "stored"),
    [
        ({"kind": "refuse", "status": 503}, 503, 0),
        ({"kind": "refuse", "status": 429}, 429, 0),
        ({"kind": "drop_before"}, "lost", 0),
        ({"kind": "drop_after"}, "lost", 2),
        ({"kind": "error_after", "status": 500}, 500, 2),
        ({"kind": "half", "status": 500}, 500, 1),
        ({"kind": "slow", "seconds": 0.4}, "timeout", 2),
        ({"kind": "late", "seconds": 0.4}, "timeout", 0),
    ],
)
def test_outcomes(powerbi: Client, fault: dict[str, Any], seen: Any, stored: int) -> None:
    identity = powerbi.create(MODEL)
    powerbi.session.post(f"{powerbi.url}/control/faults", json={"operation": "rows.post", **fault})
    assert outcome(powerbi, identity, timeout=0.2) == seen
    assert powerbi.sandbox.rows(identity, "T").height == stored
    assert powerbi.sandbox.log.entries(operation="rows.post")[-1].fault == fault["kind"]
    if fault["kind"] == "late":
        time.sleep(0.5)
        assert powerbi.sandbox.rows(identity, "T").height == 2
    assert outcome(powerbi, identity) == 200


def test_retry_after_of_a_refusal(powerbi: Client) -> None:
    identity = powerbi.create(MODEL)
    powerbi.sandbox.add_fault("refuse", table="T", status=429, retry_after=7)
    assert powerbi.rows(identity, "T", ROWS).headers["Retry-After"] == "7"


def test_answers_that_are_no_json(powerbi: Client) -> None:
    powerbi.sandbox.add_fault("refuse", status=500, body='{"error":{"code":"Unk')
    answer = powerbi.group("GET", "/datasets")
    assert (answer.status_code, answer.text) == (500, '{"error":{"code":"Unk')


def test_addressing_by_table_count_and_method(powerbi: Client) -> None:
    identity = powerbi.create(MODEL)
    powerbi.sandbox.add_fault("refuse", method="POST", table="T", skip=1, times=2, status=500)
    seen = [(outcome(powerbi, identity, "T"), outcome(powerbi, identity, "U")) for _ in range(4)]
    assert seen == [(200, 200), (500, 200), (500, 200), (200, 200)]


def test_storm_until_cleared(powerbi: Client) -> None:
    powerbi.sandbox.add_fault("refuse", times=None, status=503)
    assert {powerbi.group("GET", "/datasets").status_code for _ in range(5)} == {503}
    powerbi.session.delete(f"{powerbi.url}/control/faults")
    assert powerbi.group("GET", "/datasets").status_code == 200


def test_other_operations_are_struck_too(powerbi: Client) -> None:
    identity = powerbi.create(MODEL)
    powerbi.rows(identity, "T", ROWS)
    powerbi.sandbox.add_fault("drop_after", operation="rows.delete")
    with pytest.raises(requests.ConnectionError):
        powerbi.group("DELETE", f"/datasets/{identity}/tables/T/rows")
    assert powerbi.sandbox.rows(identity, "T").height == 0
    powerbi.sandbox.add_fault("refuse", operation="token", status=500)
    assert powerbi.token().status_code == 500
    assert powerbi.token().status_code == 200


def test_unknown_fault_is_refused(powerbi: Client) -> None:
    answer = powerbi.session.post(f"{powerbi.url}/control/faults", json={"kind": "meteor"})
    assert answer.status_code == 400
    assert "meteor" in answer.text
