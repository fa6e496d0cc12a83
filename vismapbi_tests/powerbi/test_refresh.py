"""Refreshing import models: waited for, joined, limited, and never done to push datasets."""

import pytest

from vismapbi_assets.powerbi.errors import RefreshRefused
from vismapbi_assets.powerbi.refresh import refresh_model


def refresh(bench, dataset_id, **options):
    clock = bench.sandbox.clock
    return refresh_model(
        bench.client(), dataset_id, clock=clock.now, sleep=clock.advance, **options
    )


@pytest.mark.parametrize("kind", ["classic", "enhanced"])
def test_a_refresh_is_waited_for_until_it_has_completed(bench, kind):
    model = bench.sandbox.add_model("Board", seconds=95.0)
    done = refresh(bench, model.id, kind=kind)
    assert (done.status, done.joined) == ("completed", False)
    assert 90 < done.seconds < 120
    assert done.refresh_id
    assert len(bench.log("refreshes.start")) == 1


@pytest.mark.parametrize("kind", ["classic", "enhanced"])
def test_a_failed_refresh_tells_the_message_of_the_service(bench, kind):
    model = bench.sandbox.add_model("Board", failures=1, error="CredentialsNotSpecified")
    done = refresh(bench, model.id, kind=kind)
    assert done.status == "failed"
    assert "CredentialsNotSpecified" in done.message


def test_a_refresh_that_runs_already_is_joined(bench):
    model = bench.sandbox.add_model("Board", seconds=60.0)
    bench.client().start_refresh(model.id, {"notifyOption": "NoNotification"})
    done = refresh(bench, model.id)
    assert (done.status, done.joined) == ("completed", True)
    assert len(bench.log("refreshes.start")) == 1


def test_a_refresh_that_takes_too_long_is_reported(bench):
    model = bench.sandbox.add_model("Board", seconds=10_000.0)
    done = refresh(bench, model.id, timeout_seconds=300)
    assert done.status == "timed out"
    assert "still runs" in done.message


def test_the_ninth_classic_refresh_of_a_day_is_not_asked_for(bench):
    model = bench.sandbox.add_model("Board", seconds=1.0)
    for _ in range(8):
        assert refresh(bench, model.id).status == "completed"
    with pytest.raises(RefreshRefused, match="8 refreshes in the last 24 hours"):
        refresh(bench, model.id)
    assert len(bench.log("refreshes.start")) == 8
    bench.sandbox.clock.advance(86_500)
    assert refresh(bench, model.id).status == "completed"


@pytest.mark.parametrize("kind", ["classic", "enhanced"])
def test_a_start_without_an_answer_is_looked_for_and_not_repeated(bench, kind):
    model = bench.sandbox.add_model("Board", seconds=40.0)
    bench.sandbox.add_fault("drop_after", operation="refreshes.start")
    assert refresh(bench, model.id, kind=kind).status == "completed"
    assert len(bench.log("refreshes.start")) == 1


def test_a_push_dataset_is_never_refreshed(bench):
    bench.publisher()
    with pytest.raises(RefreshRefused, match="live without refresh"):
        refresh(bench, bench.dataset_id)
    assert bench.log("refreshes.start") == []
