"""Processes that write to a store until they are done or killed; run as a module by the tests.

Each prints a line after every commit that it believes to have made.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from vismapbi_assets.store import Store
from vismapbi_assets.store.compaction import compact
from vismapbi_tests.store.frames import NOW, documents, rows

ROOT = Path(__file__).parents[2]
BATCH = 10


def start(name: str, root: str, *args: object) -> subprocess.Popen[str]:
    """Run one of the functions below in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "vismapbi_tests.store.workers", name, root, *map(str, args)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def say(word: object) -> None:
    print(word, flush=True)


def upsert(root: str, who: str, count: str) -> None:
    """Own documents and one that everybody writes."""
    table = Store(root).state("entity")
    for n in range(int(count)):
        frame = documents((f"{who}-{n}", 1, "x"), ("shared", None, f"{who}-{n}"))
        say(table.upsert(frame, run_id=who, extracted_at=NOW).sequence)


def upsert_for_ever(root: str) -> None:
    """Commit number n writes a whole set of documents and a counter."""
    table = Store(root).state("entity")
    say("ready")
    n = table.sequence()
    while True:
        n += 1
        frame = documents(*((f"{n}-{k}", 1, str(n)) for k in range(BATCH)), ("count", n, str(n)))
        table.upsert(frame, run_id="run", extracted_at=NOW)
        if n % 7 == 0:
            compact(table, whole=n % 2 == 0)
        say(n)


def publish_for_ever(root: str) -> None:
    """Plan n changes one row and adds one; every third plan replaces everything."""
    table = Store(root).published("Table")
    say("ready")
    plan = table.meta().plan
    while True:
        plan += 1
        if plan % 3 == 0:
            frames: Iterator[pl.DataFrame] = (
                rows(*(f"r:{part}:{k}" for k in range(BATCH)), "count", value=plan)
                for part in ["only"]
            )
            table.replace(frames, plan=plan, sources={"entity": plan})
        else:
            added = rows("count", f"p:{plan}", value=plan)
            removed = pl.Series(["r:only:0"])
            table.commit(added, removed, plan=plan, at=NOW, posted=3, sources={"entity": plan})
        say(plan)


def append(root: str, who: str, count: str) -> None:
    """Count up in a log."""
    log = Store(root).log("counter")
    for _ in range(int(count)):
        entry = log.update(lambda last: str(int(last or b"0") + 1).encode())
        say(f"{entry.number} {entry.data.decode()} {who}")


def hold(root: str, table: str) -> None:
    """Claim a table and never let go."""
    lease = Store(root).plans.claim(table, run_id="holder")
    say("held" if lease else "refused")
    sys.stdin.read()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
