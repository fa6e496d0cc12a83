"""Lists that take too long are read as background jobs, from our own host only."""

import pytest

from vismapbi_assets.visma import errors
from vismapbi_tests.visma.books import PAST
from vismapbi_tests.visma.doubles import Reply

LEDGERS = [
    {"number": f"{n}", "description": "L", "balanceType": "Actual", "lastModifiedDateTime": PAST}
    for n in range(3)
]


def job(*states, content=LEDGERS):
    """A list that answers 504 unless it is asked for in the background."""
    left = list(states)

    def before(call):
        if call.path == "/v1/ledger":
            if call.headers.get("erp-api-background") != "none":
                return Reply(b"upstream timed out", 504)
            place = "https://integration.invalid/API/controller/api/v1/background/7"
            return Reply({"id": "7", "stateLocation": place}, 202, {"Location": place})
        if call.path == "/v1/background/7":
            state = {"contentLocation": "https://integration.invalid/content"}
            return Reply(state | (left.pop(0) if len(left) > 1 else left[0]))
        return Reply(content) if call.path == "/v1/background/7/content" else Reply(b"", 404)

    return before


def test_a_list_that_takes_too_long_is_read_in_the_background(desk):
    desk.books.before = job(
        {"status": "Started"}, {"status": "Started"}, {"status": "Finished", "statusCode": 200}
    )
    done = desk.extract("ledger")
    assert (done.complete, done.new) == (True, 3)
    assert [path for path, _ in desk.books.asked[-5:]] == [
        "/v1/ledger", *["/v1/background/7"] * 3, "/v1/background/7/content",
    ]  # fmt: skip
    [page] = desk.store.archive.addresses("ledger")
    assert desk.store.archive.read_meta(page)["path"] == "/v1/ledger"


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ({"status": "Finished", "statusCode": 400, "errorMessage": "bad"}, errors.BadRequestError),
        ({"status": "Failed", "statusCode": 500, "errorMessage": "bad"}, errors.TransientError),
    ],
)
def test_finished_is_not_success(desk, state, kind):
    desk.books.before = job(state)
    with pytest.raises(kind, match=r"in the background.*bad"):
        desk.extract("ledger")


def test_a_job_that_never_ends_is_given_up(desk):
    desk.books.before = job({"status": "Started"})
    with pytest.raises(errors.TransientError, match="not finished within 1:00:00"):
        desk.extract("ledger")
