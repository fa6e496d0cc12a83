"""A writer is killed at a random moment: the table is readable and holds whole commits only."""

from __future__ import annotations

import random
import time

import polars as pl
import pytest

from vismapbi_assets.store import Store
from vismapbi_tests.store.workers import BATCH, start


def killed(name: str, store: Store, after: float) -> int:
    """Start the worker, kill it some time after its first sign of life; its last word."""
    process = start(name, store.objects.root)
    assert process.stdout.readline() == "ready\n"
    time.sleep(after)
    process.kill()
    out, _ = process.communicate(timeout=30)
    return max((int(word) for word in out.split()), default=0)


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_upsert_leaves_a_prefix_of_its_commits(store, seed):
    chance = random.Random(seed)
    for _ in range(2):
        said = killed("upsert_for_ever", store, chance.uniform(0.0, 0.5))
        table = store.state("entity")
        if not table.exists():
            continue
        held = table.current(["key", "content_hash"]).collect()
        counts = held.filter(pl.col("key") == "count")["content_hash"].cast(pl.Int64).to_list()
        reached = max(counts, default=0)
        assert len(counts) == (reached > 0)
        assert reached >= said
        assert table.sequence() == reached
        wanted = {f"{n}-{k}" for n in range(1, reached + 1) for k in range(BATCH)}
        assert set(held["key"]) - {"count"} == wanted
        assert held.height == len(wanted) + len(counts)


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_publisher_leaves_rows_and_facts_of_one_plan(store, seed):
    chance = random.Random(seed)
    for _ in range(2):
        said = killed("publish_for_ever", store, chance.uniform(0.0, 0.5))
        table = store.published("Table")
        meta = table.meta()
        assert meta.plan >= said
        held = table.current(["row_key", "Amount", "sequence"]).collect()
        assert held.height == meta.net
        if meta.plan == 0:
            continue
        assert meta.sources == {"entity": meta.plan}
        count = held.filter(pl.col("row_key") == "count")
        assert count["sequence"].to_list() == [meta.plan]
        assert count["Amount"].to_list() == [meta.plan]
        last = meta.plan - meta.plan % 3
        since = {f"p:{plan}" for plan in range(last + 1, meta.plan + 1)}
        assert {key for key in held["row_key"] if key.startswith("p:")} == since
        kept = BATCH - (1 if meta.plan % 3 else 0) if last else 0
        assert sum(key.startswith("r:") for key in held["row_key"]) == kept
