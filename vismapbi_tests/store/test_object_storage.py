"""The same store on an S3 endpoint: conditional puts, Delta commits, scans, compaction, plans."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

from vismapbi_assets.store import Store
from vismapbi_assets.store.compaction import compact, vacuum
from vismapbi_tests.store.frames import NOW, documents, rows
from vismapbi_tests.store.s3 import Bucket, running_bucket


@pytest.fixture
def bucket_and_store() -> Iterator[tuple[Bucket, Store]]:
    with running_bucket() as (bucket, options):
        yield bucket, Store("s3://b/some/prefix", options)


def test_state_lives_on_object_storage(bucket_and_store):
    bucket, store = bucket_and_store
    table = store.state("entity")
    for n in range(9):
        done = table.upsert(
            documents((f"{n}", 1, "a"), ("shared", n, str(n))), run_id="run", extracted_at=NOW
        )
    assert done.sequence == 9
    assert table.current(["key"]).collect().height == 10
    assert table.changed_since(8).collect()["key"].sort().to_list() == ["8", "shared"]
    assert compact(table, whole=True).files_after == 1
    assert vacuum(table) == 0
    assert table.rows("nordvik", pl.Series(["shared"]))["content_hash"].to_list() == ["8"]
    assert all(key.startswith("some/prefix/") for key in bucket.objects)
    assert store.entities() == ["entity"]


def test_writers_on_object_storage_lose_nothing(bucket_and_store):
    bucket, store = bucket_and_store

    def write(who: int) -> None:
        for n in range(4):
            frame = documents((f"{who}-{n}", 1, "x"), ("shared", None, f"{who}-{n}"))
            store.state("entity").upsert(frame, run_id=str(who), extracted_at=NOW)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(write, range(3)))
    table = store.state("entity")
    assert table.sequence() == 12
    assert table.current(["key"]).collect().height == 13
    before = bucket.refused_puts
    assert store.objects.put_if_absent("contended", b"first")
    assert not store.objects.put_if_absent("contended", b"second")
    assert bucket.refused_puts > before


def test_files_logs_and_archive_live_on_object_storage(bucket_and_store):
    _, store = bucket_and_store
    assert store.objects.put_if_absent("a/1", b"1")
    assert not store.objects.put_if_absent("a/1", b"2")
    assert store.objects.get("a/1") == b"1"
    assert store.objects.get("a/2") is None
    for n in range(20):
        store.log("x").append(n + 1, str(n).encode())
    assert store.log("x").tail() == 20
    assert len(store.log("x").entries()) == 20
    assert not store.log("x").append(20, b"late")
    address = store.archive.write_page("run", "account", "nordvik", 1, b"body", {})
    assert store.archive.read_page(address)[0] == b"body"
    store.objects.delete("a/1", "a/never")
    assert store.objects.info("a/1") is None


def test_publishing_lives_on_object_storage(bucket_and_store):
    _, store = bucket_and_store
    with store.plans.claim("Table", run_id="run") as lease:
        assert store.plans.claim("Table", run_id="other") is None
        draft = store.plans.draft("Table")
        (number,) = store.plans.allocate()
        draft.batch(number, rows("a:1", "a:2"))
        plan = store.plans.finish(draft, lease, kind="replace")
        plan.ledger.begin(number, 1, run_id="run", at=NOW)
        plan.ledger.end(number, 1, "stored", at=NOW)
        assert plan.ledger.state(number).is_stored
        published = store.published("Table")
        frames = (plan.read(batch) for batch in plan.batches)
        assert published.replace(frames, plan=plan.number, sources={"entity": 9})
        store.plans.close(plan, "committed")
    assert published.lookup_parents(pl.Series(["a"])).height == 2
    assert published.meta().sources == {"entity": 9}
    assert store.plans.open_plan("Table") is None
