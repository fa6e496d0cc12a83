"""Keeps fragments of journal batches until the rest of them has come.

A few stay in memory; past a limit they go to a temporary folder, divided by key, so that any number
of them comes back in parts that fit. What makes a batch whole is decided in `journal.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

SHARES = 32
"""In how many parts the keys on disk come back."""


@dataclass
class Fragments:
    """Rows with `key`, and `came`: how many lines each has. `limit` is how many stay in memory."""

    limit: int
    _here: pl.DataFrame | None = None
    _gone: list[pl.Series] = field(default_factory=list)
    _folder: TemporaryDirectory[str] | None = None

    def put(self, frame: pl.DataFrame) -> None:
        """Keep the rows."""
        if frame.is_empty():
            return
        self._here = frame if self._here is None else pl.concat([self._here, frame])
        if int(self._here["came"].sum()) > self.limit:
            self._spill()

    def going_on(self, keys: pl.Series) -> pl.DataFrame | None:
        """Take out those in memory that have one of these keys."""
        if self._here is None:
            return None
        wanted = self._here["key"].is_in(keys.implode())
        if not wanted.any():
            return None
        found, self._here = self._here.filter(wanted), self._here.filter(~wanted)
        return found

    def keys(self) -> pl.Series:
        """The keys of all that wait."""
        here = [] if self._here is None else [self._here["key"]]
        return pl.concat([pl.Series("key", [], pl.String), *self._gone, *here])

    def parts(self) -> Iterator[pl.DataFrame]:
        """Give everything back in the order it came, all rows of a key in the same part."""
        if self._folder is not None:
            self._spill()
            for share in range(SHARES):
                files = sorted(Path(self._folder.name).glob(f"{share}-*"))
                if files:
                    yield pl.concat([pl.read_ipc(file.read_bytes()) for file in files])
        elif self._here is not None:
            yield self._here
        self.close()

    def close(self) -> None:
        """Forget everything."""
        if self._folder is not None:
            self._folder.cleanup()
        self._here, self._gone, self._folder = None, [], None

    def _spill(self) -> None:
        if self._here is None or self._here.is_empty():
            return
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="vismapbi-")
        share = (pl.col("key").hash() % SHARES).alias("share")
        shares = self._here.with_columns(share).partition_by(
            "share", as_dict=True, include_key=False
        )
        for (number,), frame in shares.items():
            frame.write_ipc(Path(self._folder.name) / f"{number}-{len(self._gone):06d}")
        self._gone.append(self._here["key"])
        self._here = None
