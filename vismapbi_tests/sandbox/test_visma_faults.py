"""Points 13 to 15: the window of calls, faults on demand, background requests."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from .visma_http import Service, service

__all__ = ["service"]


def test_13_window_counts_down_and_refuses(service: Service) -> None:
    service.post("settings", rate_limit=3)
    left = [service.get("/v1/branch").headers["X-RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    refused = service.get("/v1/ledger")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert refused.headers["X-RateLimit-Reset"] == refused.headers["Retry-After"]
    assert refused.headers["X-RateLimit-Limit"] == "3"
    assert refused.headers["X-RateLimit-Policy"] == "4-fixed-window"
    service.login("solberg")
    assert service.get("/v1/branch").status_code == 200, "each company has its own window"
    service.login("nordvik")
    assert service.get("/v1/branch").status_code == 429, "a fresh token does not help"
    service.post("clock", gateway_advance=int(refused.headers["Retry-After"]) + 1)
    service.login("nordvik")
    assert service.get("/v1/branch").status_code == 200


def test_13_parallel_clients_share_the_window(service: Service) -> None:
    service.post("settings", rate_limit=10)
    marks = {"Authorization": f"Bearer {service.token}"}
    with ThreadPoolExecutor(4) as pool:
        codes = list(
            pool.map(
                lambda _: (
                    requests.get(f"{service.url}/v1/branch", headers=marks, timeout=20).status_code
                ),
                range(16),
            )
        )
    assert sorted(codes) == [200] * 10 + [429] * 6


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("error_message", 500, "VismaId"),
        ("error_exception", 500, "IPPException"),
        ("html", 503, "<html>"),
        ("html_ok", 200, "<html>"),
        ("unauthorized", 401, ""),
        ("too_many", 429, ""),
        ("empty", 200, ""),
        ("timeout", 504, "upstream"),
    ],
)
def test_14_answers_that_fail(service: Service, kind: str, status: int, text: str) -> None:
    service.post("fault", kind=kind, entity="supplier")
    assert service.get("/v1/branch").status_code == 200, "only the addressed entity fails"
    answer = service.get("/v1/supplier")
    assert (answer.status_code, text in answer.text) == (status, True)
    assert bool(answer.content) == bool(text)
    assert service.get("/v1/supplier").status_code == 200, "a fault happens once"
    assert len(service.rows("/v1/supplier")) > 0


def test_14_counted_delayed_and_by_path(service: Service) -> None:
    service.post("fault", kind="html", path="/v1/cust", count=2, after=1, status=502)
    codes = [service.get("/v1/customer").status_code for _ in range(4)]
    assert codes == [200, 502, 502, 200]
    service.post("fault", kind="slow", entity="branch", seconds=0.3)
    began = time.monotonic()
    assert service.get("/v1/branch").status_code == 200
    assert time.monotonic() - began >= 0.3
    service.post("fault", kind="html", entity="branch", count=50)
    service.post("fault", clear=True)
    assert service.get("/v1/branch").status_code == 200


def test_14_storm_lasts_on_the_gateway_clock(service: Service) -> None:
    service.post("fault", kind="too_many", lasting=120, retry_after=20)
    assert [service.get("/v1/branch").status_code for _ in range(3)] == [429] * 3
    service.post("clock", gateway_advance=121)
    assert service.get("/v1/branch").status_code == 200


def test_14_broken_bodies_and_connections(service: Service) -> None:
    service.post("fault", kind="truncated", entity="supplier")
    answer = service.get("/v1/supplier")
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.content)
    service.post("fault", kind="reset", entity="supplier")
    with pytest.raises(requests.ConnectionError):
        service.get("/v1/supplier")
    service.post("fault", kind="cut", entity="supplier")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        service.get("/v1/supplier")
    assert service.get("/v1/supplier").status_code == 200


def test_14_malformed_documents(service: Service) -> None:
    first = service.rows("/v1/supplierInvoice")[0]
    for member, value in (("balance", "tolv kroner"), ("documentType", "NewType2027")):
        service.post("fault", kind="member", entity="supplierInvoice", member=member, value=value)
        assert service.rows("/v1/supplierInvoice")[0][member] == value
    nested = {"member": "invoiceLines.0.account.number", "value": None, "index": 1}
    service.post("fault", kind="member", entity="supplierInvoice", **nested)
    changed = service.rows("/v1/supplierInvoice")[1]
    assert changed["invoiceLines"][0]["account"]["number"] is None
    service.post("fault", kind="missing_member", entity="supplierInvoice", member="referenceNumber")
    assert "referenceNumber" not in service.rows("/v1/supplierInvoice")[0]
    assert service.rows("/v1/supplierInvoice")[0] == first


def test_14_corrupting_a_member_leaves_every_other_number_as_it_was(service: Service) -> None:
    clean = service.rows("/v1/supplierPayment")
    service.post("fault", kind="member", entity="supplierPayment", member="status", value="Odd")
    marked = service.rows("/v1/supplierPayment")
    marked[0]["status"] = clean[0]["status"]
    assert marked == clean


def test_15_background_job(service: Service) -> None:
    plain = service.get("/v1/supplier").json()
    accepted = service.get("/v1/supplier", headers={"erp-api-background": "none"})
    assert accepted.status_code == 202
    place = accepted.json()["stateLocation"].removeprefix(service.url)
    assert accepted.headers["Location"].endswith(accepted.json()["id"])
    assert service.get(f"{place}/content").status_code == 404
    started = service.get(place).json()
    assert (started["status"], started["statusCode"]) == ("Started", 0)
    finished = service.get(place).json()
    assert (finished["status"], finished["statusCode"]) == ("Finished", 200)
    assert finished["receivedUtc"].endswith("+01:00")
    assert not finished["contentLocation"].startswith(service.url)
    assert service.get(f"{place}/content").json() == plain


def test_15_finished_is_not_success_and_jobs_fail(service: Service) -> None:
    background = {"erp-api-background": "none"}
    service.post("settings", background_polls=0)
    accepted = service.get("/v2/journaltransaction", headers=background)
    state = service.get(accepted.json()["stateLocation"].removeprefix(service.url)).json()
    assert (state["status"], state["statusCode"]) == ("Finished", 400)
    service.post("settings", background_fails=True)
    accepted = service.get("/v1/supplier", headers=background)
    state = service.get(accepted.json()["stateLocation"].removeprefix(service.url)).json()
    assert (state["status"], state["statusCode"]) == ("Failed", 500)
    service.login("solberg")
    foreign = accepted.json()["stateLocation"].removeprefix(service.url)
    assert service.get(foreign).status_code == 404


def test_log_names_every_call_without_secrets(service: Service) -> None:
    service.get("/v1/supplier", pageSize=4)
    log = service.session.get(f"{service.url}/control/log", timeout=20)
    last = log.json()[-1]
    assert (last["entity"], last["status"], last["rows"]) == ("supplier", 200, 4)
    assert last["query"] == {"pageSize": "4"}
    assert service.token not in log.text
    assert "sandbox-visma-secret" not in log.text
    service.session.delete(f"{service.url}/control/log", timeout=20)
    assert service.session.get(f"{service.url}/control/log", timeout=20).json() == []


def test_unknown_control_values_are_refused_by_name(service: Service) -> None:
    for action, wanted in (
        ("fault", {"kind": "meteor"}),
        ("settings", {"nothing": 1}),
        ("settings", {"zone": "Mars"}),
        ("mutate", {"company": "nobody", "verb": "work"}),
    ):
        answer = service.session.post(f"{service.url}/control/{action}", json=wanted, timeout=20)
        assert answer.status_code == 400
        assert "known are" in answer.json()["message"] or "one of" in answer.json()["message"]
