"""Measure the store: first load, idle reading, and a small change against small and large tables.

Run it as `python benchmarks/store.py [--lines 2000000]`; it prints one line per measurement and
fails when a bar is missed. What is measured is the store alone, in a temporary folder.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import polars as pl

from vismapbi_assets.store import Store
from vismapbi_assets.store.compaction import compact

LINES_PER_BATCH = 5
SPREAD_SECONDS = 0.6
"""Changes all over a table read its keys once or twice; that grows, slowly, with the table."""
NOW = datetime(2026, 11, 2, tzinfo=UTC)
LINE = pl.Struct(
    {
        "lineNumber": pl.Int64,
        "account_number": pl.String,
        "subaccount_subaccountNumber": pl.String,
        "description": pl.String,
        "debitAmount": pl.Decimal(19, 4),
        "creditAmount": pl.Decimal(19, 4),
        "tranDate": pl.Date,
        "vatCode_id": pl.String,
    }
)


def journals(first: int, count: int, content: str = "a") -> pl.DataFrame:
    """Journal batches with nested lines, as the decoder delivers them."""
    number = pl.int_range(first, first + count, eager=True)
    amount = (number % 100_000).cast(pl.Decimal(19, 4))
    one = (
        pl.DataFrame(
            {
                "lineNumber": number % 7,
                "account_number": (3000 + number % 900).cast(pl.String),
                "subaccount_subaccountNumber": (number % 40).cast(pl.String),
                "description": ("Invoice " + number.cast(pl.String)),
                "debitAmount": amount,
                "creditAmount": amount,
                "tranDate": pl.Series([date(2026, 1, 1)]).new_from_index(0, count),
                "vatCode_id": (number % 5).cast(pl.String),
            }
        )
        .to_struct("line")
        .cast(LINE)
    )
    lines = pl.DataFrame({f"l{n}": one for n in range(LINES_PER_BATCH)}).select(
        pl.concat_list(pl.all()).alias("lines")
    )["lines"]
    return pl.DataFrame(
        {
            "company": pl.Series(["nordvik"]).new_from_index(0, count),
            "key": "GL:" + number.cast(pl.String).str.zfill(9),
            "modified_at": pl.Series([datetime(2026, 1, 1)]).new_from_index(0, count),  # noqa: DTZ001
            "content_hash": content + number.hash().cast(pl.String),
            "batchNumber": number.cast(pl.String).str.zfill(9),
            "module": pl.Series(["ModuleGL"]).new_from_index(0, count),
            "controlTotal": amount,
            "journalTransactionLines": lines,
        }
    )


def ledger_rows(first: int, count: int, value: int = 1) -> pl.DataFrame:
    """Rows of a published fact table."""
    number = pl.int_range(first, first + count, eager=True)
    batch = "nordvik:GL:" + (number // LINES_PER_BATCH).cast(pl.String).str.zfill(9)
    return pl.DataFrame(
        {
            "row_key": batch + ":" + (number % LINES_PER_BATCH).cast(pl.String),
            "parent": batch,
            "row_hash": f"{value}" + number.hash().cast(pl.String),
            "push_batch_id": number // 10_000,
            "Account": "nordvik:" + (3000 + number % 900).cast(pl.String),
            "Text": "Invoice " + number.cast(pl.String),
            "Amount": (number % 100_000 + value).cast(pl.Decimal(19, 4)),
            "Date": pl.Series([date(2026, 1, 1)]).new_from_index(0, count),
        }
    )


def blocks(total: int, size: int) -> Iterator[tuple[int, int]]:
    for first in range(0, total, size):
        yield first, min(size, total - first)


def timed(label: str, lines: int, began: float) -> float:
    seconds = time.perf_counter() - began
    rate = f"{lines / seconds:>12,.0f} lines/s" if lines else ""
    print(f"{label:<58}{seconds * 1000:>10,.0f} ms {rate}")
    return seconds


def load(store: Store, lines: int) -> float:
    """First load of the state in readings of 20,000 batches; returns lines per second."""
    table = store.state("journalTransaction")
    spent = 0.0
    for first, count in blocks(lines // LINES_PER_BATCH, 20_000):
        frame = journals(first, count)
        began = time.perf_counter()
        table.upsert(frame, run_id="load", extracted_at=NOW)
        spent += time.perf_counter() - began
    print(
        f"{f'state: first load of {lines:,} lines':<58}{spent * 1000:>10,.0f} ms "
        f"{lines / spent:>12,.0f} lines/s"
    )
    return lines / spent


def change(store: Store, lines: int, *, spread: bool) -> float:
    """1,000 changed documents: upsert, find them again, publish; returns seconds."""
    total = lines // LINES_PER_BATCH
    step = total // 1000 if spread else 1
    wanted = pl.int_range(0, 1000, eager=True) * step + (0 if spread else total - 1000)
    frame = journals(0, total, "b")[wanted] if spread else journals(total - 1000, 1000, "b")
    ledger = (
        ledger_rows(0, lines, 2)[wanted * LINES_PER_BATCH]
        if spread
        else ledger_rows(lines - 5000, 5000, 2)
    )
    table, published = store.state("journalTransaction"), store.published("Ledger")
    stamped = frame.with_columns(
        pl.col("modified_at") + timedelta(days=1),
        content_hash=pl.lit(str(time.time())) + pl.col("content_hash"),
    )
    sequence = table.sequence()
    began = time.perf_counter()
    done = table.upsert(stamped, run_id="change", extracted_at=NOW)
    moved = table.changed_since(sequence).collect()
    parents = "nordvik:" + moved["key"]
    held = published.lookup_parents(parents)
    plan = published.meta().plan + 1
    published.commit(ledger, pl.Series([], dtype=pl.String), plan=plan, at=NOW, posted=10_000)
    seconds = time.perf_counter() - began
    if done.changed != 1000 or moved.height != 1000 or held.height != 5000:
        raise SystemExit(f"wrong result: {done}, {moved.height} moved, {held.height} held")
    return seconds


def measure(lines: int, small: int) -> list[str]:
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        seconds = {}
        for size in (small, lines):
            store = Store(f"{folder}/{size}")
            rate = load(store, size)
            if size == lines and rate < 300_000:
                failures.append(f"first load {rate:,.0f} lines/s is below 300,000")
            began = time.perf_counter()
            frames = (ledger_rows(first, count) for first, count in blocks(size, 250_000))
            store.published("Ledger").replace(frames, plan=1)
            timed(f"published: replace {size:,} rows", size, began)
            for spread in (False, True):
                best = min(change(store, size, spread=spread) for _ in range(3))
                where = "everywhere" if spread else "recent"
                label = f"1,000 changes ({where}) against {size:,} lines"
                print(f"{label:<58}{best * 1000:>10,.0f} ms")
                seconds[size, spread] = best
            began = time.perf_counter()
            result = compact(store.state("journalTransaction"))
            timed(f"compact: {result}", 0, began)
            began = time.perf_counter()
            store.state("journalTransaction").current(["key"]).select(pl.len()).collect()
            timed(f"current keys of {size:,} lines", 0, began)
        ratio = seconds[lines, False] / seconds[small, False]
        print(f"ratio of 1,000 recent changes, large : small = {ratio:.2f}")
        if ratio > 2:
            failures.append(f"1,000 changes cost {ratio:.2f} times as much against {lines:,}")
        if seconds[lines, True] > SPREAD_SECONDS:
            failures.append(f"1,000 changes all over {lines:,} lines took {seconds[lines, True]} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory, test data included: {peak:,.0f} MB")
    return failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=5_000_000)
    parser.add_argument("--small", type=int, default=100_000)
    options = parser.parse_args()
    failures = measure(options.lines, options.small)
    for failure in failures:
        print(f"missed: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
