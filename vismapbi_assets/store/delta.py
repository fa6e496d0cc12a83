"""A Delta table whose data files we write ourselves and whose commits carry an application number.

Opening, committing with conflict detection, reading the files of a snapshot. What the rows mean
(versions of a key, tombstones) belongs to `versions`.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import polars as pl
from deltalake import (
    CommitProperties,
    DeltaTable,
    PostCommitHookProperties,
    Schema,
    TableFeatures,
    Transaction,
)
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction
from deltalake.writer import write_deltalake

from vismapbi_assets.store.errors import StoreBusyError
from vismapbi_assets.store.objects import ObjectInfo, Objects
from vismapbi_assets.store.schemas import merged, polars_schema

ROW_GROUP = 16_384
REWRITE = "rewrite"
"""The application transaction of commits that remove files."""
_ATTEMPTS = 60
_CONFIGURATION = {
    "delta.checkpointInterval": "25",
    "delta.logRetentionDuration": "interval 7 days",
    "delta.deletedFileRetentionDuration": "interval 1 days",
}

Stats = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DataFile:
    """A data file of a snapshot: its path in the table, rows, bytes and column statistics."""

    path: str
    rows: int
    size: int
    low: Stats
    high: Stats
    nulls: Stats

    def may_hold(self, column: str, low: Any, high: Any) -> bool:
        """False only when the statistics exclude every value from `low` to `high`."""
        if column not in self.low or self.low[column] is None:
            return True
        return not (self.low[column] > high or self.high[column] < low)

    def only_null(self, column: str) -> bool:
        """Whether the statistics say that the column holds no value at all."""
        return self.nulls.get(column) == self.rows


@dataclass(frozen=True)
class Seen:
    """A snapshot that readers share until the next commit, and what they have made of it."""

    table: DeltaTable
    made: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Delta:
    """The Delta table below `folder`; `statistics` are the columns with statistics per file."""

    objects: Objects
    folder: str
    statistics: tuple[str, ...]

    @property
    def uri(self) -> str:
        """Where the table is."""
        return self.objects.address(self.folder)

    def open(self) -> DeltaTable | None:
        """The newest snapshot, or None before the first commit."""
        try:
            return DeltaTable(self.uri, storage_options=self.objects.storage_options)
        except TableNotFoundError:
            return None

    def look(self) -> Seen | None:
        """The newest snapshot as `open` gives it, but opened again only after a commit.

        A commit is a file whose number follows the last, so two looks tell that there was none.
        """
        if self.folder in self.objects.seen:
            commit, kept = self.objects.seen[self.folder]
            held: Seen = kept
            same = self.objects.info(commit.path) == commit
            if same and self._commit_file(held.table.version() + 1) is None:
                return held
        table = self.open()
        if table is None:
            return None
        seen = Seen(table)
        if (last := self._commit_file(table.version())) is not None:
            self.objects.seen[self.folder] = (last, seen)
        return seen

    def _commit_file(self, version: int) -> ObjectInfo | None:
        return self.objects.info(f"{self.folder}/_delta_log/{version:020d}.json")

    def open_or_create(self, schema: Mapping[str, pl.DataType]) -> DeltaTable:
        """The newest snapshot; an empty table with that schema is made when there is none."""
        if (table := self.open()) is not None:
            return table
        try:
            return DeltaTable.create(
                self.uri,
                schema=Schema.from_arrow(pl.Schema(schema)),
                mode="error",
                configuration={
                    **_CONFIGURATION,
                    "delta.dataSkippingStatsColumns": ",".join(self.statistics),
                },
                storage_options=self.objects.storage_options,
            )
        except DeltaError:
            if (table := self.open()) is not None:
                return table
            raise

    def widen(self, table: DeltaTable, schema: Mapping[str, pl.DataType]) -> DeltaTable:
        """The snapshot after the columns and struct fields that `schema` adds; never narrows."""
        held = polars_schema(table)
        wanted = {name: merged(name, held.get(name), dtype) for name, dtype in schema.items()}
        if all(held.get(name) == dtype for name, dtype in wanted.items()):
            return table
        write_deltalake(
            table,
            pl.DataFrame(schema={**held, **wanted}),
            mode="append",
            schema_mode="merge",
        )
        return DeltaTable(self.uri, storage_options=self.objects.storage_options)

    def admit(self, table: DeltaTable, schema: Mapping[str, pl.DataType]) -> DeltaTable:
        """The snapshot after the table may hold the types of `schema`, its columns untouched."""
        zoneless = any(_is_zoneless(dtype) for dtype in schema.values())
        if not zoneless or "timestampNtz" in (table.protocol().reader_features or ()):
            return table
        table.alter.add_feature(
            TableFeatures.TimestampWithoutTimezone, allow_protocol_versions_increase=True
        )
        return DeltaTable(self.uri, storage_options=self.objects.storage_options)

    def write(self, frame: pl.DataFrame, stem: str, level: int = 1) -> AddAction:
        """Write one data file; it is no part of the table before a commit names it."""
        path = f"{stem}-{uuid.uuid4().hex}.parquet"
        address = self.objects.address(f"{self.folder}/{path}")
        options = self.objects.storage_options if self.objects.folder is None else None
        frame.write_parquet(
            address,
            compression="zstd",
            compression_level=level,
            row_group_size=ROW_GROUP,
            mkdir=self.objects.folder is not None,
            storage_options=options,
        )
        return self.added(path, file_statistics(frame, self.statistics))

    def added(self, path: str, stats: Mapping[str, Any], *, data_change: bool = True) -> AddAction:
        """The action that brings a file that is already written into the table."""
        info = self.objects.info(f"{self.folder}/{path}")
        if info is None:
            raise FileNotFoundError(f"{self.folder}/{path} was not written")
        return AddAction(
            path=path,
            size=info.size,
            partition_values={},
            modification_time=int(time.time() * 1000),
            data_change=data_change,
            stats=json.dumps(stats),
        )

    def commit(
        self,
        table: DeltaTable,
        actions: Sequence[AddAction | RemoveAction],
        numbers: Mapping[str, int],
        *,
        whole: Mapping[str, pl.DataType] | None = None,
        note: Mapping[str, Any] | None = None,
    ) -> None:
        """One atomic commit on top of `table`, carrying `numbers` as application transactions.

        With `whole` the files take the place of all that the table holds, and their columns that
        of the table's; such a commit also conflicts with a compaction, which would otherwise
        bring the old rows back.
        Raises CommitFailedError when somebody else committed one of the same numbers meanwhile.
        """
        # A commit moves the snapshot that it is made on, which others may be reading.
        table = DeltaTable(
            self.uri, version=table.version(), storage_options=self.objects.storage_options
        )
        if whole is not None:
            numbers = {**numbers, REWRITE: (table.transaction_version(REWRITE) or 0) + 1}
        table.create_write_transaction(
            list(actions),
            "append" if whole is None else "overwrite",
            Schema.from_arrow(pl.Schema(whole)) if whole else table.schema(),
            commit_properties=CommitProperties(
                app_transactions=[Transaction(name, number) for name, number in numbers.items()],
                custom_metadata=dict(note) if note else None,
            ),
            post_commithook_properties=PostCommitHookProperties(
                create_checkpoint=True, cleanup_expired_logs=False
            ),
        )

    def retried(self, attempt: Callable[[], T]) -> T:
        """Run `attempt` (read, decide, commit) again from the start until it does not conflict."""
        for number in range(_ATTEMPTS):
            try:
                return attempt()
            except CommitFailedError as error:
                if number == _ATTEMPTS - 1:
                    raise StoreBusyError(
                        f"{self.folder}: {_ATTEMPTS} commits in a row were refused "
                        f"({error}). Are other runs writing the same table? Run again later."
                    ) from error
            time.sleep(random.uniform(0.002, 0.02) * min(number + 1, 20))  # noqa: S311
        raise AssertionError("unreachable")

    def files(self, table: DeltaTable) -> list[DataFile]:
        """The data files of the snapshot with their statistics, oldest first."""
        frame = pl.DataFrame(table.get_add_actions(flatten=True)).sort("path")
        return [
            DataFile(
                path=row["path"],
                rows=row["num_records"],
                size=row["size_bytes"],
                low={name: row.get(f"min.{name}") for name in self.statistics},
                high={name: row.get(f"max.{name}") for name in self.statistics},
                nulls={name: row.get(f"null_count.{name}") for name in self.statistics},
            )
            for row in frame.iter_rows(named=True)
        ]

    def scan(self, schema: Mapping[str, pl.DataType], files: Iterable[DataFile]) -> pl.LazyFrame:
        """The rows of the files, lazily, under one schema (members that a file lacks are null)."""
        addresses = [self.objects.address(f"{self.folder}/{file.path}") for file in files]
        if not addresses:
            return pl.LazyFrame(schema=schema)
        return pl.scan_parquet(
            addresses,
            schema=pl.Schema(schema),
            missing_columns="insert",
            cast_options=pl.ScanCastOptions(missing_struct_fields="insert"),
            storage_options=self.objects.storage_options if self.objects.folder is None else None,
        )


def file_statistics(frame: pl.DataFrame, columns: Sequence[str]) -> dict[str, Any]:
    """Row count, least and greatest value and null count of the columns, as Delta writes them."""
    held = [name for name in columns if name in frame.columns]
    nulls = {name: frame.height for name in columns if name not in held}
    low = frame.select(pl.col(held).min()).row(0, named=True) if held else {}
    high = frame.select(pl.col(held).max()).row(0, named=True) if held else {}
    counts = frame.select(pl.col(held).null_count()).row(0, named=True) if held else {}
    return {
        "numRecords": frame.height,
        "minValues": {name: value for name, value in low.items() if value is not None},
        "maxValues": {name: value for name, value in high.items() if value is not None},
        "nullCount": {**nulls, **counts},
    }


def _is_zoneless(dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.Datetime) and dtype.time_zone is None
