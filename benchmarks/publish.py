"""Publishing speed and memory: first load, idle run, and a small change on a large table.

The simulated service runs in its own process, so that the peak is the publisher's.
Run: python benchmarks/publish.py [rows]
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection

import vismapbi_assets  # noqa: F401 - sets up the allocator before polars is loaded

# isort: split
import polars as pl
from encode import journal_lines

from vismapbi_assets.powerbi.auth import Principal, TokenSource
from vismapbi_assets.powerbi.client import PowerBIClient
from vismapbi_assets.powerbi.dataset import DatasetKeeper
from vismapbi_assets.powerbi.publisher import Publisher
from vismapbi_assets.powerbi.quota import Quota
from vismapbi_assets.powerbi.quota_ledger import QUERIES, Limits
from vismapbi_assets.powerbi.schema import PushColumn, PushModel, PushTable
from vismapbi_assets.settings_shape import Secret
from vismapbi_assets.store.store import Store

TYPES = {
    pl.String: "String", pl.Decimal: "Decimal", pl.Date: "DateTime", pl.Int64: "Int64",
    pl.Boolean: "Boolean", pl.Float64: "Double",
}  # fmt: skip
SLICE = 20_000


def serve(pipe: Connection) -> None:
    """The simulated service with its limits lifted, until told to stop."""
    import uvicorn

    from vismapbi_assets.sandbox.powerbi.app import build_powerbi_app
    from vismapbi_assets.sandbox.powerbi.state import PowerBISandbox

    sandbox = PowerBISandbox()
    sandbox.set_limits(rows_per_hour=10**9, posts_per_minute=10**6, large_table_rows=10**9)
    config = uvicorn.Config(
        build_powerbi_app(sandbox), host="127.0.0.1", port=0, log_level="error", lifespan="off"
    )
    server = uvicorn.Server(config)
    server.config.load()
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    pipe.send(sandbox.environ(f"http://127.0.0.1:{port}"))
    pipe.recv()


def table() -> PushTable:
    schema = journal_lines(1).schema
    columns = [
        PushColumn(name=n, data_type=TYPES[t.base_type()], additive=n.startswith("Amount"))
        for n, t in schema.items()
    ]
    columns += [
        PushColumn(name="LoadedAt", data_type="DateTime"),
        PushColumn(name="RowDelta", data_type="Int64", additive=True),
        PushColumn(name="PushBatchId", data_type="Int64"),
    ]
    return PushTable(
        name="JournalLine", columns=tuple(columns), strategy="reverse", key=("LineKey",)
    )


def frames(rows: int, changed: int = 0) -> Iterator[pl.DataFrame]:
    for start in range(0, rows, SLICE):
        frame = journal_lines(min(SLICE, rows - start), start)
        if start < changed:
            touched = pl.int_range(pl.len()) < changed - start
            more = (pl.col("Amount0Base") + 1).cast(pl.Decimal(19, 4))
            frame = frame.with_columns(
                pl.when(touched).then(more).otherwise("Amount0Base").alias("Amount0Base")
            )
        yield frame


def main(rows: int) -> None:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there,), daemon=True)
    process.start()
    env = here.recv()
    secret = Secret(env["POWERBI_CLIENT_SECRET"])
    principal = Principal(
        env["POWERBI_AUTHORITY_URL"], env["POWERBI_TENANT_ID"], env["POWERBI_CLIENT_ID"],
        "https://analysis.windows.net/powerbi/api/.default", secret=secret,
    )  # fmt: skip
    client = PowerBIClient(
        env["POWERBI_API_URL"], env["POWERBI_WORKSPACE_ID"], TokenSource(principal)
    )
    target = table()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        dataset = DatasetKeeper(client, store.objects).ensure(PushModel(name="B", tables=(target,)))
        limits = Limits(
            per_minute=10**6, rows_per_hour=10**9, large_table=10**9, per_hour_when_large=None
        )
        for name, changed in (("first load", 0), ("idle", 0), ("10,000 changes", 10_000)):
            publisher = Publisher(
                client,
                dataset.dataset_id,
                store,
                Quota(store.log("quota"), "bench", limits),
                Quota(store.log("queries"), "bench", QUERIES),
                name,
            )
            wall, cpu = time.perf_counter(), time.process_time()
            done = publisher.publish(target, frames(rows, changed))
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{name}: {done.action} {done.posted:,} rows in {done.posts} POSTs, {done.status}, "
                f"verified {done.verified}; {wall:.1f} s ({rows / wall:,.0f} rows/s), "
                f"{cpu / rows * 1e6:.1f} CPU s per million rows, peak {peak:.0f} MiB"
            )
    here.send("stop")
    process.join(timeout=5)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300_000)
