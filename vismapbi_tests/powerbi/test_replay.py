"""Replay and compaction: back from the store alone, never twice."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from vismapbi_assets.powerbi.quota import Quota
from vismapbi_assets.powerbi.quota_ledger import Limits
from vismapbi_assets.powerbi.replay import (
    NothingToReplay,
    compact,
    replay_all,
    replay_batch,
    replay_day,
    replay_table,
)
from vismapbi_tests.powerbi.conftest import DIMENSION, FACT, LOG, MODEL, facts, same
from vismapbi_tests.powerbi.test_publisher import parties

BASE = {f"k{i}": i for i in range(20)}
WANTED = {**BASE, "k3": 333, "new": 5}
TABLES = {t.name: t for t in MODEL.tables}


@pytest.fixture
def filled(bench):
    bench.publisher().publish(FACT, facts(BASE))
    bench.last = bench.publisher().publish(FACT, facts(WANTED))
    bench.publisher().publish(DIMENSION, parties(V1="A"))
    return bench


def test_a_batch_that_is_there_is_not_sent_again(filled):
    posts = len(filled.log("rows.post"))
    done = replay_batch(filled.publisher(), TABLES, filled.last.batches[0])
    assert (done.action, done.verified) == ("nothing", True)
    assert str(filled.last.batches[0]) in done.reason
    assert len(filled.log("rows.post")) == posts


def test_a_batch_that_is_missing_comes_back(filled):
    filled.sandbox.tamper(filled.dataset_id, "Faktura", drop=3)
    done = replay_batch(filled.publisher(), TABLES, filled.last.batches[0])
    assert (done.status, done.verified) == ("repaired", True)
    same(filled.net(), facts(WANTED))


def test_a_table_can_be_forced(filled):
    done = replay_table(filled.publisher(), FACT, force=True)
    assert (done.action, done.destination, done.reason) == ("replace", 21, "replay")
    same(filled.net(), facts(WANTED))


def test_a_day_replays_what_was_posted_on_it(filled):
    filled.sandbox.tamper(filled.dataset_id, "Faktura", clear=True)
    day = datetime.fromtimestamp(filled.sandbox.clock.now(), UTC).date()
    done = {d.table: d for d in replay_day(filled.publisher(), TABLES, day)}
    assert (done["Faktura"].status, done["Party"].action) == ("repaired", "nothing")
    same(filled.net(), facts(WANTED))
    with pytest.raises(NothingToReplay, match="2001"):
        list(replay_day(filled.publisher(), TABLES, day.replace(year=2001)))


def test_everything_comes_back_small_tables_first(filled):
    for name in ("Faktura", "Party"):
        filled.sandbox.tamper(filled.dataset_id, name, clear=True)
    done = list(replay_all(filled.publisher(), TABLES))
    assert [d.table for d in done] == ["Party", "Faktura"]
    same(filled.net(), facts(WANTED))
    same(filled.net(DIMENSION), parties(V1="A"), DIMENSION)


def test_a_table_that_was_never_published_cannot_be_replayed(bench):
    with pytest.raises(NothingToReplay, match="run sync first"):
        replay_table(bench.publisher(), LOG)


def test_only_tables_over_the_share_are_compacted_and_keep_their_answers(filled):
    assert list(compact(filled.publisher(), TABLES, share=0.25)) == []
    before = filled.net()
    (done,) = compact(filled.publisher(), TABLES, share=0.05)
    assert (done.table, done.action, done.destination) == ("Faktura", "replace", 21)
    assert done.reason == "compaction: 2 of 23 rows cancel out"
    assert filled.net().equals(before)


def test_a_table_that_the_hour_cannot_hold_is_not_compacted(filled):
    publisher = filled.publisher()
    publisher.quota = Quota(
        filled.store.log("small"), "x", replace(Limits(), rows_per_hour=20), publisher.clock
    )
    assert list(compact(publisher, TABLES, share=0.05)) == []
