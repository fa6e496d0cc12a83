"""The client: one request per operation, repeated only where repeating is harmless."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

import pytest
import requests

from vismapbi_assets.powerbi.errors import (
    BadRows,
    CreationBlocked,
    DatasetMissing,
    NotAuthorized,
    NotPushDataset,
    OutcomeUnknown,
    PowerBIError,
    QueryFailed,
    RefreshRefused,
    RefreshRunning,
    TableMissing,
    TenantSettingOff,
    Throttled,
    Transient,
    WorkspaceUnknown,
)
from vismapbi_tests.powerbi.scripted import answer, scripted_client

ROWS = b'{"rows":[{"A":1}]}'


def error(code: str, message: str = "") -> dict:
    return {"error": {"code": code, "message": message}}


def post(client):
    return client.post_rows("d1", "T", ROWS, rows=1)


@pytest.mark.parametrize(
    "step",
    [
        requests.ConnectionError("reset"),
        requests.ReadTimeout("slow"),
        answer(500),
        answer(502, b"<html>"),
        answer(503, headers={"Retry-After": "1"}),
        answer(408),
    ],
)
def test_a_post_of_rows_without_a_clear_answer_is_unknown_and_sent_once(step):
    client, script, clock = scripted_client(step)
    with pytest.raises(OutcomeUnknown):
        post(client)
    assert len(script.requests) == 1
    assert clock.slept == []


def test_creation_without_a_clear_answer_is_unknown_and_sent_once():
    client, script, _ = scripted_client(requests.ConnectionError())
    with pytest.raises(OutcomeUnknown):
        client.create_dataset({"name": "x"})
    assert len(script.requests) == 1


def test_repeatable_requests_are_repeated_until_they_succeed():
    client, script, clock = scripted_client(
        requests.ConnectionError(), answer(500), answer(408), answer(200)
    )
    client.delete_rows("d1", "T")
    assert [r.method for r in script.requests] == ["DELETE"] * 4
    assert len(clock.slept) == 3


def test_a_repeatable_request_gives_up_after_its_attempts():
    client, script, _ = scripted_client(*[answer(500)] * 3, attempts=3)
    with pytest.raises(Transient):
        client.dataset("d1")
    assert len(script.requests) == 3


def test_throttling_of_a_repeatable_request_waits_as_long_as_asked():
    client, _, clock = scripted_client(
        answer(429, headers={"Retry-After": "17"}), answer(503, headers={"Retry-After": "3"}),
        answer(200, {"value": []}),
    )  # fmt: skip
    assert client.datasets() == []
    assert clock.slept == [17.0, 3.0]


def test_a_long_retry_after_is_handed_to_the_caller_at_once():
    client, script, clock = scripted_client(answer(429, headers={"Retry-After": "1800"}))
    with pytest.raises(Throttled) as caught:
        client.delete_rows("d1", "T")
    assert caught.value.retry_after == 1800
    assert (len(script.requests), clock.slept) == (1, [])


def test_a_retry_after_may_be_a_date():
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=1_800), usegmt=True)
    client, _, _ = scripted_client(answer(429, headers={"Retry-After": later}))
    with pytest.raises(Throttled) as caught:
        client.delete_rows("d1", "T")
    assert 1_750 < caught.value.retry_after <= 1_800


def test_a_throttled_post_of_rows_is_not_repeated_by_the_client():
    client, script, _ = scripted_client(answer(429, headers={"Retry-After": "30"}))
    with pytest.raises(Throttled) as caught:
        post(client)
    assert caught.value.retry_after == 30
    assert len(script.requests) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_an_expired_token_is_renewed_once_and_the_request_sent_again(status):
    client, script, _ = scripted_client(answer(status, error("TokenExpired")), answer(200))
    post(client)
    sent = [r.headers["Authorization"] for r in script.requests]
    assert sent == ["Bearer t1", "Bearer t2"]


def test_a_second_refusal_of_the_token_is_final():
    client, script, _ = scripted_client(*[answer(401, error("Unauthorized"))] * 2)
    with pytest.raises(NotAuthorized):
        post(client)
    assert len(script.requests) == 2


PBI = {
    "error": {
        "code": "FeatureDeprecatedError",
        "pbi.error": {
            "code": "FeatureDeprecatedError",
            "details": [{"code": "LearnMoreLink", "detail": {"type": 1, "value": "https://x"}}],
        },
    }
}


@pytest.mark.parametrize(
    ("call", "step", "expected"),
    [
        (post, answer(400, error("BadRequest", "no such column")), BadRows),
        (post, answer(404, error("ItemNotFound", "table <pi>T</pi>")), TableMissing),
        (post, answer(404, error("PowerBIEntityNotFound")), DatasetMissing),
        (lambda c: c.tables("d1"), answer(404, error("ItemNotFound")), NotPushDataset),
        (post, answer(413, b"{broken"), BadRows),
        (
            lambda c: c.datasets(),
            answer(403, error("PowerBINotAuthorizedException", "for the group")),
            WorkspaceUnknown,
        ),
        (
            lambda c: c.datasets(),
            answer(403, {"Message": "API is not accessible for application"}),
            TenantSettingOff,
        ),
        (
            lambda c: c.datasets(),
            answer(200, {"Message": "API is not accessible for application"}),
            TenantSettingOff,
        ),
        (lambda c: c.create_dataset({}), answer(400, PBI), CreationBlocked),
        (lambda c: c.create_dataset({}), answer(400), CreationBlocked),
        (lambda c: c.refreshes("d1"), answer(415, error("InvalidRequest")), RefreshRefused),
        (lambda c: c.start_refresh("d1", {}), answer(409), RefreshRunning),
        (
            lambda c: c.start_refresh("d1", {}),
            answer(400, error("InvalidRequest", "Another refresh is running")),
            RefreshRunning,
        ),
    ],
)
def test_every_answer_becomes_its_own_error(call, step, expected):
    client, script, _ = scripted_client(step)
    with pytest.raises(expected) as caught:
        call(client)
    assert type(caught.value) is expected
    assert len(script.requests) == 1


def test_errors_tell_code_request_id_and_next_step_but_no_token():
    client, _, _ = scripted_client(
        answer(404, error("PowerBIEntityNotFound"), {"RequestId": "r-1"})
    )
    with pytest.raises(PowerBIError) as caught:
        client.dataset("d1")
    text = str(caught.value)
    assert "PowerBIEntityNotFound" in text
    assert "r-1" in text
    assert "role" in text
    assert "t1" not in text.replace("r-1", "")


def test_keys_are_read_whatever_their_case():
    client, _, _ = scripted_client(answer(200, {"Id": "d1", "AddRowsAPIEnabled": True}))
    assert client.dataset("d1") == {"id": "d1", "addrowsapienabled": True}


def test_query_values_are_exact_decimals():
    body = b'{"results":[{"tables":[{"rows":[{"[s]":123456789012345.6789,"[n]":null}]}]}]}'
    client, script, _ = scripted_client(answer(200, body))
    assert client.query("d1", "EVALUATE X") == [
        {"[s]": Decimal("123456789012345.6789"), "[n]": None}
    ]
    sent = json.loads(script.requests[0].body)
    assert sent == {
        "queries": [{"query": "EVALUATE X"}],
        "serializerSettings": {"includeNulls": True},
    }


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": "x"}, "results": []},
        {"results": [{"error": {"code": "x"}, "tables": [{"rows": [{}]}]}]},
        {"results": [{"tables": [{"rows": [{}], "error": {"code": "x"}}]}]},
        {"results": [{"tables": []}]},
    ],
)
def test_an_error_inside_a_200_of_a_query_is_an_error(body):
    client, _, _ = scripted_client(answer(200, body))
    with pytest.raises(QueryFailed):
        client.query("d1", "EVALUATE X")


def test_names_are_percent_encoded_and_usage_is_counted():
    client, script, _ = scripted_client(answer(200))
    client.post_rows("d1", "GL Measures/æ", ROWS, rows=1, sequence=7)
    request = script.requests[0]
    assert request.path_url.endswith("/groups/w1/datasets/d1/tables/GL%20Measures%2F%C3%A6/rows")
    assert request.headers["X-PowerBI-PushData-SequenceNumber"] == "7"
    assert (client.usage.calls, client.usage.posts, client.usage.rows_sent) == (1, 1, 1)
    assert client.usage.bytes_sent == len(ROWS)
