"""One company over HTTP: tokens, retries, refusals and what never leaves the process."""

import logging
from datetime import timedelta
from email.utils import format_datetime
from itertools import count
from urllib.parse import parse_qs

import pytest

from vismapbi_assets.visma import errors
from vismapbi_assets.visma.client import Answer
from vismapbi_tests.visma.doubles import (
    CLIENT_SECRET,
    TENANT,
    Call,
    Reply,
    TestClock,
    client_of,
    limits,
    serving,
)


def body(answer: Answer) -> bytes:
    return answer.body


def one_after_another(*replies: Reply):
    """Answers in order; the last one again and again."""
    turn = count()
    return lambda call: replies[min(next(turn), len(replies) - 1)]


def test_a_request_carries_token_company_and_preferences_and_only_get_is_used():
    with serving(lambda call: Reply([])) as server, client_of(server) as client:
        client.get("/v1/supplier", {"pageNumber": "1", "x": ">="}, body)
    [call] = server.calls
    assert call.headers["Authorization"] == "Bearer t1"
    assert call.headers["Accept"] == "application/json"
    assert call.headers["Accept-Encoding"] == "gzip, deflate"
    assert call.headers["ipp-company-id"] == "1234567"
    assert call.headers["User-Agent"].startswith("vismapbi")
    assert call.query == {"pageNumber": "1", "x": ">="}
    form = parse_qs(server.tokens[0].body)
    assert form["grant_type"] == ["client_credentials"]
    assert form["tenant_id"] == [TENANT]
    assert form["scope"] == ["vismanet_erp_service_api:read"]
    assert form["client_secret"] == [CLIENT_SECRET]


def test_one_token_serves_many_calls_and_is_renewed_a_minute_before_it_ends():
    clock = TestClock()
    with serving(lambda call: Reply([])) as server, client_of(server, clock) as client:
        client.get("/v1/supplier", {}, body)
        clock.sleep(3539)
        client.get("/v1/supplier", {}, body)
        assert len(server.tokens) == 1
        clock.sleep(1)
        client.get("/v1/supplier", {}, body)
    assert [call.headers["Authorization"] for call in server.calls] == [
        "Bearer t1", "Bearer t1", "Bearer t2",
    ]  # fmt: skip


def test_a_refused_token_is_renewed_once_and_then_the_tenant_is_blamed():
    def only_second(call: Call) -> Reply:
        return Reply([1]) if call.headers["Authorization"] == "Bearer t2" else Reply(b"", 401)

    with serving(only_second) as server, client_of(server) as client:
        assert client.get("/v1/supplier", {}, body) == b"[1]"
        assert len(server.tokens) == 2
    with serving(lambda call: Reply(b"", 401)) as server, client_of(server) as client:
        with pytest.raises(errors.WrongTenantError, match="not the customer's"):
            client.get("/v1/supplier", {}, body)
        assert len(server.calls) == 2
        assert len(server.tokens) == 2


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("invalid_client", "VISMA_CLIENT_SECRET"),
        ("invalid_tenant", "tenant_id"),
        ("invalid_scope", "vismanet_erp_service_api:read"),
        ("invalid_grant", "15 minutes"),
    ],
)
def test_a_refusal_of_the_token_service_says_what_to_check(code, advice):
    with (
        serving(token=lambda call: Reply({"error": code}, 400)) as server,
        client_of(server) as client,
    ):
        with pytest.raises(errors.AuthenticationError, match=advice) as caught:
            client.get("/v1/supplier", {}, body)
        assert CLIENT_SECRET not in repr(caught.value)
        assert server.calls == []


def test_the_token_service_is_asked_again_when_it_stumbles():
    answers = one_after_another(
        Reply(b"<html>busy</html>", 503), Reply({"access_token": "good", "expires_in": 3600})
    )
    with serving(lambda call: Reply([]), token=answers) as server, client_of(server) as client:
        client.get("/v1/supplier", {}, body)
        assert server.calls[0].headers["Authorization"] == "Bearer good"


@pytest.mark.parametrize(
    "fault",
    [
        Reply(b"<html>Bad gateway</html>", 502),
        Reply(b"<html>Unavailable</html>", 503),
        Reply(b"", 504),
        Reply({"message": "VismaId: 1. Something broke"}, 500),
        Reply(b"", reset=True),
        Reply(b"[" + b"1," * 5000 + b"1]", cut=100),
    ],
)
def test_passing_faults_are_repeated_with_growing_pauses(fault):
    clock = TestClock()
    with (
        serving(one_after_another(fault, fault, Reply([1]))) as server,
        client_of(server, clock) as client,
    ):
        assert client.get("/v1/supplier", {}, body) == b"[1]"
        assert len(server.calls) == 3
        assert client.traffic.retries == 2
        assert client.traffic.calls == 3
    assert len(clock.slept) == 2


def test_a_lasting_fault_ends_after_a_few_attempts_and_says_which():
    with serving(lambda call: Reply({"message": "broken"}, 500)) as server:
        said = r"GET /v1/x .* no: HTTP 500: broken"
        with client_of(server) as client, pytest.raises(errors.TransientError, match=said):
            client.get("/v1/x", {}, body)
        assert len(server.calls) == 5


def test_time_outs_count_as_passing_faults():
    from time import sleep

    def slow(call: Call) -> Reply:
        sleep(0.3)
        return Reply([])

    with serving(slow) as server, client_of(server, timeout_seconds=0.05) as client:
        with pytest.raises(errors.TransientError, match=r"no answer in 0\.05 s"):
            client.get("/v1/x", {}, body)
        assert client.traffic.calls == 5


@pytest.mark.parametrize(
    ("reply", "kind", "text"),
    [
        (Reply({"message": "VismaId: 1. Bad filter"}, 400), errors.BadRequestError, "Bad filter"),
        (Reply({"Message": "no"}, 403), errors.PermissionDeniedError, "scope"),
        (Reply(b"", 404), errors.NotFoundError, r"visma\.api_url"),
        (Reply(b"", 410), errors.NotFoundError, "does not exist"),
        (Reply(b"", 302, {"Location": "http://127.0.0.1:9/x"}), errors.PermanentError, "redirect"),
        (
            Reply({"ExceptionType": "IPPException", "ExceptionMessage": "No license for this",
                   "ExceptionFaultCode": "12027"}, 500),
            errors.PermissionDeniedError, "licence",
        ),
        (
            Reply({"ExceptionMessage": "Invalid parameter exception: ipp-company-id",
                   "ExceptionFaultCode": "12002"}, 400),
            errors.BadRequestError, "company_id",
        ),
    ],
)  # fmt: skip
def test_permanent_refusals_are_not_repeated_and_say_what_to_do(reply, kind, text):
    with serving(lambda call: reply) as server, client_of(server) as client:
        with pytest.raises(kind, match=text):
            client.get("/v1/supplier", {}, body)
        assert len(server.calls) == 1


def test_a_redirect_never_takes_the_token_to_another_host():
    with (
        serving(lambda call: Reply([])) as other,
        serving(lambda call: Reply(b"", 307, {"Location": f"{other.url}/v1/supplier"})) as server,
        client_of(server) as client,
    ):
        with pytest.raises(errors.PermanentError, match="not followed"):
            client.get("/v1/supplier", {}, body)
        assert other.calls == []


def test_an_answer_that_cannot_be_read_is_asked_for_again_and_then_fails_clearly():
    def read(answer: Answer) -> bytes:
        if answer.body != b"[1]":
            raise errors.MalformedPageError("cut short")
        return answer.body

    answers = one_after_another(Reply(b"[1,"), Reply(b""), Reply([1]))
    with serving(answers) as server, client_of(server) as client:
        assert client.get("/v1/x", {}, read) == b"[1]"
    with serving(lambda call: Reply(b"[1,")) as server, client_of(server) as client:
        with pytest.raises(errors.MalformedPageError, match="cut short"):
            client.get("/v1/x", {}, read)
        assert len(server.calls) == 5


def test_retry_after_is_obeyed_to_the_second():
    clock = TestClock()
    with serving(one_after_another(Reply(b"", 429, {"Retry-After": "40"}), Reply([]))) as server:
        with client_of(server, clock) as client:
            client.get("/v1/x", {}, body)
            assert client.traffic.refusals == 1
        assert len(server.calls) == 2
    assert sum(clock.slept) >= 40


def test_a_long_retry_after_ends_the_run_with_the_time_to_go_on():
    clock = TestClock()
    with serving(lambda call: Reply(b"", 429, {"Retry-After": "1500"})) as server:
        with client_of(server, clock) as client:
            with pytest.raises(errors.QuotaExhausted) as caught:
                client.get("/v1/x", {}, body)
            with pytest.raises(errors.QuotaExhausted):
                client.get("/v1/x", {}, body)
        assert len(server.calls) == 1, "a closed window is met once"
    assert 1500 <= (caught.value.resume_at - clock.now()).total_seconds() <= 1502
    assert sum(clock.slept) == 0


def test_a_retry_after_may_be_a_date():
    clock = TestClock()
    later = format_datetime(clock.now() + timedelta(seconds=1_500), usegmt=True)
    with serving(lambda call: Reply(b"", 429, {"Retry-After": later})) as server:
        with client_of(server, clock) as client, pytest.raises(errors.QuotaExhausted) as caught:
            client.get("/v1/x", {}, body)
        assert len(server.calls) == 1
    assert 1_499 <= (caught.value.resume_at - clock.now()).total_seconds() <= 1_502


def test_a_storm_of_refusals_ends_the_run():
    with serving(lambda call: Reply(b"", 429, {"Retry-After": "20"})) as server:
        with client_of(server) as client, pytest.raises(errors.QuotaExhausted):
            client.get("/v1/x", {}, body)
        assert len(server.calls) == 5


def test_the_headers_are_recorded_and_nothing_secret_is_logged(caplog):
    caplog.set_level(logging.DEBUG)
    reply = Reply([], 200, {**limits(321), "Ipp-Request-Id": "req-7"})
    with serving(lambda call: reply) as server, client_of(server) as client:
        client.get("/v1/x", {}, body)
        assert client.budget.affordable() == 321
        text = repr(client) + caplog.text
    assert "req-7" in caplog.text
    assert CLIENT_SECRET not in text
    assert "Bearer" not in text


def test_messages_hold_no_secret_and_little_of_the_answer():
    said = b'{"message": "Bearer abc.def client_secret=hush ' + b"x" * 5000 + b'"}'
    assert "hush" not in errors.excerpt(said)
    assert "abc.def" not in errors.excerpt(said)
    assert len(errors.excerpt(said)) <= errors.EXCERPT_LENGTH
    assert errors.excerpt(b"<html><style>p{}</style><b>Busy</b> now</html>") == "Busy now"
