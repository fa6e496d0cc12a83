"""The state table against a dictionary, over random sequences of readings and sweeps."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from vismapbi_assets.store import Store
from vismapbi_assets.store.compaction import compact
from vismapbi_tests.store.frames import NOW, documents, stamp

KEYS = st.sampled_from([f"K{n}" for n in range(8)])
COMPANIES = st.sampled_from(["nordvik", "solberg"])
ROWS = st.lists(
    st.tuples(KEYS, st.one_of(st.none(), st.integers(0, 9)), st.sampled_from("abc")), max_size=8
)


@dataclass
class Held:
    content: str
    modified: datetime | None
    sequence: int
    deleted: datetime | None


class StateAgainstDictionary(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.mkdtemp()
        self.table = Store(self.folder).state("entity")
        self.held: dict[tuple[str, str], Held] = {}
        self.sequence = 0
        self.clock = NOW

    def teardown(self) -> None:
        shutil.rmtree(getattr(self, "folder", ""), ignore_errors=True)

    @rule(company=COMPANIES, rows=ROWS, late=st.booleans())
    def read(self, company: str, rows: list[tuple[str, int | None, str]], late: bool) -> None:
        self.clock += timedelta(minutes=1)
        at = self.clock - timedelta(minutes=10) if late else self.clock
        done = self.table.upsert(documents(*rows, company=company), run_id="run", extracted_at=at)
        counts = dict.fromkeys(("new", "changed", "unchanged", "stale", "revived"), 0)
        written = {}
        last = {key: (stamp(minute), content) for key, minute, content in winners(rows)}
        for key, (modified, content) in last.items():
            held = self.held.get((company, key))
            if held is None:
                word = "new"
            elif held.deleted is not None:
                word = "stale" if held.deleted > at else "revived"
            elif held.content == content:
                word = "unchanged"
            elif modified and held.modified and modified < held.modified:
                word = "stale"
            else:
                word = "changed"
            counts[word] += 1
            if word in ("new", "changed", "revived"):
                written[company, key] = (modified, content)
        self.sequence += bool(written)
        for key, (modified, content) in written.items():
            self.held[key] = Held(content, modified, self.sequence, None)
        assert {name: getattr(done, name) for name in counts} == counts
        assert done.sequence == self.sequence

    @rule(company=COMPANIES, present=st.sets(KEYS), allow=st.booleans())
    def sweep(self, company: str, present: set[str], allow: bool) -> None:
        self.clock += timedelta(minutes=1)
        live = {k for (c, k), held in self.held.items() if c == company and not held.deleted}
        gone = live - present
        refused = not allow and bool(gone) and (not present or len(gone) > 0.5 * len(live))
        done = self.table.tombstone(
            company,
            pl.Series(sorted(present), dtype=pl.String),
            run_id="sweep",
            at=self.clock,
            max_share=0.5,
            allow=allow,
        )
        assert (done.refused_reason is not None) == refused
        if gone and not refused:
            self.sequence += 1
            for key in gone:
                held = self.held[company, key]
                held.sequence, held.deleted = self.sequence, self.clock
        assert done.sequence == self.sequence

    @precondition(lambda self: self.sequence)
    @rule(whole=st.booleans())
    def compact(self, whole: bool) -> None:
        compact(self.table, whole=whole)

    @invariant()
    def live_rows_agree(self) -> None:
        found = self.table.current(["company", "key", "content_hash"]).collect().rows()
        wanted = [(*k, held.content) for k, held in self.held.items() if not held.deleted]
        assert sorted(found) == sorted(wanted)

    @invariant()
    def changes_agree(self) -> None:
        since = self.sequence // 2
        found = self.table.changed_since(since, ["company", "key", "sequence"]).collect().rows()
        wanted = [(*k, h.sequence) for k, h in self.held.items() if h.sequence > since]
        assert sorted(found) == sorted(wanted)


def winners(rows: list[tuple[str, int | None, str]]) -> list[tuple[str, int | None, str]]:
    """Of every key the newest row, the last of equals; a row without a stamp counts as newest
    where it stands."""
    ranked: dict[str, tuple[int, int | None, str]] = {}
    running: dict[str, int] = {}
    for key, minute, content in rows:
        rank = running.get(key, -1) if minute is None else minute
        running[key] = rank
        if key not in ranked or rank >= ranked[key][0]:
            ranked[key] = (rank, minute, content)
    return [(key, minute, content) for key, (_, minute, content) in ranked.items()]


StateAgainstDictionary.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestState = StateAgainstDictionary.TestCase
