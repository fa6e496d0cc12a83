"""A publisher that is killed for good (SIGKILL) is taken over at once and finished."""

import os
import signal
import subprocess
import sys

import pytest

from vismapbi_assets.powerbi.outcome import PublishOptions
from vismapbi_assets.powerbi.publisher import Publisher
from vismapbi_assets.powerbi.quota import QUERIES, Quota
from vismapbi_assets.store.store import Store
from vismapbi_tests.powerbi.conftest import FACT, client_of, many, same

ROWS = 25_000


def publisher_for(url: str, store: Store, env: dict[str, str], on_step=lambda _: None):
    return Publisher(
        client_of(env),
        env["DATASET"],
        store,
        Quota(store.log("quota"), "x"),
        Quota(store.log("queries"), "x", QUERIES),
        f"process-{os.getpid()}",
        options=PublishOptions(settle_seconds=0.5),
        on_step=on_step,
    )


def main(url: str, root: str, step: str, nth: int) -> None:
    count = 0

    def kill(name: str) -> None:
        nonlocal count
        count += name == step
        if count == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    publisher_for(url, Store(root), dict(os.environ), kill).publish(FACT, many(ROWS))


@pytest.mark.parametrize(
    ("step", "nth"), [("before post", 2), ("after post", 2), ("verified", 1), ("committed", 1)]
)
def test_a_killed_process_is_taken_over_at_once(bench, step, nth):
    bench.publisher()
    root = bench.store.objects.root
    env = {**bench.sandbox.environ(bench.url), "DATASET": bench.dataset_id}
    child = subprocess.run(
        [sys.executable, "-m", "vismapbi_tests.powerbi.test_kill", bench.url, root, step, str(nth)],
        env={**os.environ, **env},
        check=False,
        timeout=60,
    )
    assert child.returncode == -signal.SIGKILL
    done = publisher_for(bench.url, bench.store, env).publish(FACT, many(ROWS))
    assert (done.status, done.verified) == ("ok", True)
    assert bench.rows().height == ROWS
    same(bench.net(), many(ROWS))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
