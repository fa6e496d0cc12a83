"""Where received rows are kept: cheap to append to, small in memory, readable by column.

A table is a row of sealed blocks (compressed, in order) and the loose frames that came after them.
Nothing here knows HTTP or limits.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence

import polars as pl

BLOCK_ROWS = 250_000


class RowStore:
    """The rows of one table, in the order in which they came.

    Safe to read in one thread while another appends.

    Attributes:
        schema: names and types of the columns.
        height: rows stored, visible or not.
    """

    def __init__(self, schema: dict[str, pl.DataType]) -> None:
        self.schema = dict(schema)
        self.height = 0
        self._blocks: list[bytes] = []
        self._loose: list[tuple[float, pl.DataFrame]] = []
        self._loose_rows = 0
        self._lock = threading.RLock()

    def append(self, frame: pl.DataFrame, visible_at: float = 0.0) -> None:
        """Add rows that queries see from `visible_at` on."""
        if frame.height == 0:
            return
        with self._lock:
            self._loose.append((visible_at, frame.select(list(self.schema))))
            self._loose_rows += frame.height
            self.height += frame.height

    def seal(self, now: float) -> None:
        """Compress loose rows once there are enough of them and all are visible."""
        with self._lock:
            if self._loose_rows < BLOCK_ROWS or any(at > now for at, _ in self._loose):
                return
            block = io.BytesIO()
            frame = pl.concat([frame for _, frame in self._loose])
            frame.write_parquet(block, compression="zstd", compression_level=1, statistics=False)
            self._blocks.append(block.getvalue())
            self._loose, self._loose_rows = [], 0

    def clear(self) -> None:
        """Remove all rows."""
        with self._lock:
            self._blocks, self._loose, self._loose_rows, self.height = [], [], 0, 0

    def replace(self, frame: pl.DataFrame) -> None:
        """Put other rows, and perhaps other columns, in place of the present ones."""
        with self._lock:
            self.clear()
            self.schema = dict(frame.schema)
            for start in range(0, frame.height, BLOCK_ROWS):
                self.append(frame.slice(start, BLOCK_ROWS))
                self.seal(0.0)

    def keep_newest(self, count: int) -> None:
        """Drop the oldest rows beyond `count`."""
        with self._lock:
            if self.height > count:
                self.replace(self.frame().tail(count))

    def frame(
        self,
        columns: Sequence[str] | None = None,
        now: float = float("inf"),
        count: int | None = None,
    ) -> pl.DataFrame:
        """The visible rows, restricted to some columns and to the first `count`."""
        with self._lock:
            names = list(self.schema) if columns is None else list(columns)
            blocks, loose = list(self._blocks), list(self._loose)
        parts = [pl.DataFrame(schema={name: self.schema[name] for name in names})]
        missing = self.height if count is None else count
        for block in blocks:
            if missing > 0:
                parts.append(pl.read_parquet(io.BytesIO(block), columns=names))
                missing -= parts[-1].height
        parts += [frame.select(names) for at, frame in loose if at <= now and missing > 0]
        frame = pl.concat(parts, rechunk=True)
        return frame if count is None else frame.head(count)

    def visible_rows(self, now: float) -> int:
        """How many rows queries see."""
        with self._lock:
            return self.height - sum(frame.height for at, frame in self._loose if at > now)
