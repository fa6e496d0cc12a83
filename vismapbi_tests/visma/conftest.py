"""A desk to extract from: scripted books, a client of company `no`, a store, a clock."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from vismapbi_assets.store.store import Store
from vismapbi_assets.visma.client import VismaClient
from vismapbi_assets.visma.entities.catalogue import CATALOGUE
from vismapbi_assets.visma.extract import extract
from vismapbi_assets.visma.extraction import Extraction, Options
from vismapbi_assets.visma.open_documents import reread_open
from vismapbi_assets.visma.window import WHOLE, Window
from vismapbi_tests.visma.books import Books
from vismapbi_tests.visma.doubles import Server, TestClock, client_of, serving


class Desk:
    """Runs extractions the way the pipeline does, against scripted books."""

    def __init__(self, store: Store, books: Books, server: Server, clock: TestClock) -> None:
        self.store, self.books, self.server, self.clock = store, books, server, clock
        self.runs = count(1)
        self.client: VismaClient

    def extract(self, name: str, window: Window = WHOLE, **more: Any) -> Extraction:
        """One run; its calls are the only ones in `books.asked` afterwards."""
        self.books.asked.clear()
        flags = {k: more.pop(k) for k in ("sweep", "allow_mass_deletion") if k in more}
        client = more.pop("client", self.client)
        return extract(
            CATALOGUE[name], client.company, window, client=client, store=self.store,
            run_id=f"run-{next(self.runs)}", options=self.options(**more), **flags,
        )  # fmt: skip

    def reread_open(self, name: str, **more: Any) -> Extraction:
        self.books.asked.clear()
        return reread_open(
            CATALOGUE[name], "no", client=self.client, store=self.store,
            run_id=f"run-{next(self.runs)}", options=self.options(**more),
        )  # fmt: skip

    def options(self, **more: Any) -> Options:
        return Options(**{"zone": "Europe/Oslo", "page_size": 10, "journal_page_size": 10} | more)

    def state(self, name: str, *columns: str) -> pl.DataFrame:
        return (
            self.store.state(name)
            .current()
            .collect()
            .sort("company", "key")
            .select(*(columns or ("key",)))
        )

    def keys(self, name: str) -> list[str]:
        return self.state(name)["key"].to_list() if self.store.state(name).exists() else []

    def waiting(self, name: str) -> pl.DataFrame:
        return self.store.quarantine(name).waiting()

    def new_client(self, **options: Any) -> Iterator[VismaClient]:
        return client_of(self.server, self.clock, **options)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    books, clock = Books(), TestClock()
    with serving(books) as server:
        found = Desk(Store(str(tmp_path / "store")), books, server, clock)
        with client_of(server, clock) as client:
            found.client = client
            yield found
