"""A load of 3 M rows over HTTP against the service's real limits, on a clock that runs faster.

Three million rows pass the hourly limit twice, so the load stops and goes on in later runs, as it
would in life. Fails unless it takes the least number of hours and POSTs, and the time that the
first run forecast within 10 %, with no request refused and every row verified.
Run: python benchmarks/long_load.py [rows] [speed]
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection

import polars as pl
import requests
import uvicorn

from vismapbi_assets.powerbi.auth import Principal, TokenSource
from vismapbi_assets.powerbi.client import PowerBIClient
from vismapbi_assets.powerbi.dataset import DatasetKeeper
from vismapbi_assets.powerbi.outcome import Published
from vismapbi_assets.powerbi.publisher import Publisher
from vismapbi_assets.powerbi.quota import QUERIES, Quota
from vismapbi_assets.powerbi.schema import PushColumn, PushModel, PushTable
from vismapbi_assets.sandbox.powerbi.app import build_powerbi_app
from vismapbi_assets.sandbox.powerbi.clock import Clock
from vismapbi_assets.sandbox.powerbi.state import PowerBISandbox
from vismapbi_assets.settings_shape import Secret
from vismapbi_assets.store.store import Store

HOUR = 3600.0
SLICE = 50_000
TABLE = PushTable(
    name="Load",
    columns=(
        PushColumn(name="LineKey", data_type="String"),
        PushColumn(name="Amount", data_type="Decimal", additive=True),
        PushColumn(name="LoadedAt", data_type="DateTime"),
        PushColumn(name="RowDelta", data_type="Int64", additive=True),
        PushColumn(name="PushBatchId", data_type="Int64"),
    ),
    strategy="reverse",
    key=("LineKey",),
)
"""Narrow, so that encoding takes a small share of the shortened hours."""


def serve(pipe: Connection, speed: float) -> None:
    """The simulated service with its published limits, until told to stop."""
    sandbox = PowerBISandbox(clock=Clock(rate=speed))
    config = uvicorn.Config(
        build_powerbi_app(sandbox), host="127.0.0.1", port=0, log_level="error", lifespan="off"
    )
    server = uvicorn.Server(config)
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    pipe.send((sandbox.environ(url), url))
    pipe.recv()


def frames(rows: int) -> Iterator[pl.DataFrame]:
    for start in range(0, rows, SLICE):
        n = pl.int_range(start, min(start + SLICE, rows))
        amount = (n * 7 % 99_991).cast(pl.Decimal(19, 4))
        yield pl.select(LineKey=pl.format("no:GL:{}", n), Amount=amount)


def load(
    env: dict[str, str], rows: int, speed: float, folder: str
) -> tuple[list[Published], float]:
    """The results of all runs until the table is complete, and the hours since the plan stood."""
    origin = time.time()

    def now() -> float:
        return origin + (time.time() - origin) * speed

    principal = Principal(
        env["POWERBI_AUTHORITY_URL"], env["POWERBI_TENANT_ID"], env["POWERBI_CLIENT_ID"],
        "https://analysis.windows.net/powerbi/api/.default",
        secret=Secret(env["POWERBI_CLIENT_SECRET"]),
    )  # fmt: skip
    client = PowerBIClient(
        env["POWERBI_API_URL"], env["POWERBI_WORKSPACE_ID"], TokenSource(principal, clock=now)
    )
    store = Store(folder)
    dataset = DatasetKeeper(client, store.objects).ensure(PushModel(name="B", tables=(TABLE,)))
    done: list[Published] = []
    planned: list[float] = []
    while not done or done[-1].status == "partial":
        if done:
            time.sleep(max(0.0, ((done[-1].resume_at or now()) - now()) / speed))
        run = f"run-{len(done) + 1}"
        publisher = Publisher(
            client,
            dataset.dataset_id,
            store,
            Quota(store.log("quota"), run, clock=now),
            Quota(store.log("queries"), run, QUERIES, clock=now),
            run,
            clock=now,
            sleep=lambda seconds: time.sleep(seconds / speed),
            on_step=lambda step: planned.append(now()) if step == "planned" else None,
        )
        if done:
            nothing = pl.Series([], dtype=pl.String)
            done.append(publisher.publish(TABLE, iter(()), scope_parents=nothing))
        else:
            done.append(publisher.publish(TABLE, frames(rows)))
        print(f"{run}: {done[-1].status} {done[-1].posted:,} rows; {done[-1].reason}", flush=True)
    return done, (now() - planned[0]) / HOUR


def judge(done: list[Published], hours: float, rows: int, url: str) -> list[str]:
    """Prints the figures; what missed its bar."""
    log = requests.get(f"{url}/control/log", timeout=60).json()
    posts = [entry for entry in log if entry["operation"] == "rows.post"]
    refused = [entry for entry in log if entry["status"] == 429]
    forecast = done[0].forecast
    if forecast is None:
        return ["no forecast was made"]
    least_posts, least_hours = -(-rows // 10_000), -(-rows // 1_000_000)
    said = {
        "rows": done[-1].destination,
        "verified": done[-1].verified,
        "runs": len(done),
        "posts": len(posts),
        "posts_forecast": forecast.posts,
        "clock_hours_begun": forecast.hours,
        "hours": round(hours, 3),
        "hours_forecast": round(forecast.seconds / HOUR, 3),
        "refused": len(refused),
    }
    print(json.dumps(said, indent=2))
    wrong = {
        "not every row arrived": done[-1].destination != rows or not done[-1].verified,
        "more POSTs than needed": len(posts) != least_posts or forecast.posts != least_posts,
        "more hours than needed": forecast.hours != least_hours or hours >= least_hours,
        "not as forecast": abs(hours - forecast.seconds / HOUR) > 0.1 * forecast.seconds / HOUR,
        "the service refused requests": bool(refused),
    }
    return [what for what, is_wrong in wrong.items() if is_wrong]


def main(rows: int, speed: float) -> int:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    server = context.Process(target=serve, args=(there, speed), daemon=True)
    server.start()
    env, url = here.recv()
    with tempfile.TemporaryDirectory() as folder:
        failures = judge(*load(env, rows, speed, folder), rows, url)
    here.send("stop")
    server.join(timeout=5)
    for failure in failures:
        print(f"missed: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    numbers = [float(text) for text in sys.argv[1:]]
    sys.exit(main(int(numbers[0]) if numbers else 3_000_000, numbers[1] if numbers[1:] else 20.0))
