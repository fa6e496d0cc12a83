"""Snapshots that readers share: opened again after every commit, whoever made it; never moved."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from deltalake.exceptions import CommitFailedError

from vismapbi_assets.store import Store
from vismapbi_assets.store.compaction import compact, vacuum
from vismapbi_assets.store.delta import Delta

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)


def _write(store: Store, *keys: str, text: str = "a") -> int:
    frame = pl.DataFrame(
        {
            "company": ["no"] * len(keys),
            "key": keys,
            "modified_at": [AT.replace(tzinfo=None)] * len(keys),
            "content_hash": [f"{key}{text}" for key in keys],
        }
    ).with_columns(pl.col("modified_at").cast(pl.Datetime("us")))
    return store.state("thing").upsert(frame, run_id="r", extracted_at=AT).sequence


def _keys(store: Store) -> list[str]:
    return sorted(store.state("thing").current(["key"]).collect()["key"].to_list())


@pytest.fixture
def stores(tmp_path: Path) -> tuple[Store, Store]:
    """Two processes' views of one store."""
    return Store(str(tmp_path)), Store(str(tmp_path))


def test_it_is_opened_once_until_a_commit(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = stores
    _write(here, "1")
    opened = []
    actual = Delta.open
    monkeypatch.setattr(Delta, "open", lambda self: opened.append(self) or actual(self))
    for _ in range(3):
        assert here.state("thing").exists()
        assert here.state("thing").sequence() == 1
        assert _keys(here) == ["1"]
    assert len(opened) == 1
    _write(there, "2")
    opened.clear()
    assert [_keys(here), _keys(here)] == [["1", "2"]] * 2
    assert len(opened) == 1


def test_every_commit_is_seen(stores: tuple[Store, Store]) -> None:
    for number in range(60):  # past checkpoints
        writer, reader = stores[number % 2], stores[(number + 1) % 2]
        _write(writer, f"{number:02d}")
        assert len(_keys(reader)) == len(_keys(writer)) == number + 1
    compact(stores[0].state("thing"))
    vacuum(stores[0].state("thing"))
    assert len(_keys(stores[1])) == 60


def test_a_commit_does_not_move_what_others_hold(stores: tuple[Store, Store]) -> None:
    here, _ = stores
    _write(here, "1")
    held = here.state("thing").snapshot()
    gone = here.state("thing").tombstone(
        "no", pl.Series(["2"]), run_id="r", at=AT, max_share=1, allow=True
    )
    assert gone.deleted == 1
    assert held.table is not None
    assert held.table.version() < here.state("thing").snapshot().table.version()  # type: ignore[union-attr]
    assert held.current(["key"]).collect()["key"].to_list() == ["1"]


def test_two_that_hold_the_same_snapshot_do_not_both_commit(stores: tuple[Store, Store]) -> None:
    here, _ = stores
    _write(here, "1", "2")
    table = here.state("thing")
    first, second = table.snapshot(), table.snapshot()
    assert first.table is second.table
    for held, lives in ((first, True), (second, False)):
        rows = held.heads({"company": pl.Series(["no"]), "key": pl.Series(["1"])})
        versions = rows.with_columns(sequence=pl.lit(held.sequence + 1, pl.Int64))
        if lives:
            table._commit(held, versions)
        else:
            with pytest.raises(CommitFailedError):
                table._commit(held, versions)
    assert table.sequence() == 2


def test_a_store_that_was_wiped_or_put_back_is_seen(
    stores: tuple[Store, Store], tmp_path: Path
) -> None:
    here, there = stores
    _write(here, "1")
    shutil.copytree(tmp_path / "state", tmp_path / "backup")
    _write(here, "2")
    assert _keys(here) == ["1", "2"]
    shutil.rmtree(tmp_path / "state")
    assert not here.state("thing").exists()
    shutil.copytree(tmp_path / "backup", tmp_path / "state")
    assert _keys(here) == ["1"]
    _write(there, "3")
    assert _keys(here) == ["1", "3"]
