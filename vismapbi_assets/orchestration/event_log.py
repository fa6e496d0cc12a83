"""Dagster's event log on SQLite with connections that stay open: same files, less work per event.

Dagster opens a database, compiles its statement and waits for the disk once for every event, three
times for those of assets and checks. Here is decided only how the files are reached; what is in
them is Dagster's, and any other process may read and write them in Dagster's own way.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from vismapbi_assets.settings import dagster_home

KEPT_OPEN = 8
"""Databases that stay open: the index of all runs and the runs that were used last."""
MIRRORED = ASSET_EVENTS | ASSET_CHECK_EVENTS
"""Events that Dagster writes into the index too."""


def event_log_folder(home: Path) -> Path:
    """Where Dagster keeps the event log of a home."""
    return home / "history" / "runs"


class OpenEventLog(SqliteEventLogStorage):
    """The event log of one machine: one transaction for each event and database."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        """Use the databases below `base_dir`, where Dagster keeps them."""
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._held: dict[str, Connection] = {}
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)
        self._db_lock = threading.RLock()  # type: ignore[assignment]

    @classmethod
    def config_type(cls) -> dict[str, dg.Field]:
        """Where the databases are; below the Dagster home of the process unless told."""
        return {"base_dir": dg.Field(dg.StringSource, is_required=False)}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Any
    ) -> OpenEventLog:
        """The storage as the configuration of the instance describes it."""
        base_dir = config_value.get("base_dir") or str(event_log_folder(dagster_home()))
        return cls(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        """A connection in a transaction; the one that is open already, within another."""
        with self._db_lock:
            if shard in self._held:
                yield self._held[shard]
                return
            with self._engine(shard).connect() as connection, connection.begin():
                self._held[shard] = connection
                try:
                    yield connection
                finally:
                    del self._held[shard]

    def _engine(self, shard: str) -> Engine:
        if shard not in self._engines:
            engine = create_engine(
                self.conn_string_for_shard(shard),
                poolclass=QueuePool,
                pool_size=1,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS},
            )
            event.listen(engine, "connect", _spare_the_disk)
            self._initdb(engine)
            self._engines[shard] = engine
        self._engines.move_to_end(shard)
        idle = [name for name in self._engines if name not in self._held]
        for name in idle[: max(len(self._engines) - KEPT_OPEN, 0)]:
            if name != shard:
                self._engines.pop(name).dispose()
        return self._engines[shard]

    def has_table(self, table_name: str) -> bool:
        """Whether the index has this table; asked once, because none is ever taken away."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def store_event(self, event: EventLogEntry) -> None:
        """Write the event into the run's database and, where it belongs there, into the index."""
        mirrored = event.is_dagster_event and event.dagster_event_type in MIRRORED
        with self.index_connection() if mirrored else nullcontext():
            super().store_event(event)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Write the events of a batch, all or none."""
        with ExitStack() as stack:
            stack.enter_context(self.index_connection())
            for run_id in sorted({entry.run_id for entry in events}):
                stack.enter_context(self.run_connection(run_id))
            for entry in events:
                self.store_event(entry)

    def wipe(self) -> None:
        """Remove everything; what is open would keep the removed files."""
        self._close()
        super().wipe()

    def dispose(self) -> None:
        """Close what is open."""
        super().dispose()
        self._close()

    def _close(self) -> None:
        with self._db_lock:
            for engine in self._engines.values():
                engine.dispose()
            self._engines.clear()


def _spare_the_disk(connection: Any, _: object) -> None:
    """With a write-ahead log a killed process loses nothing; a power cut, the last seconds."""
    connection.execute("PRAGMA synchronous=NORMAL")
