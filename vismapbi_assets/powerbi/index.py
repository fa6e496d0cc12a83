"""The published rows of a table as two hashes each, and which of them are still wanted.

Sixteen bytes a row, in buckets by hash, so that comparing millions of rows neither reads them
again nor sorts them all at once. What follows from the comparison belongs in `changes.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from vismapbi_assets.powerbi.rows import HASH, ROW_HASH, hashed

BUCKETS = 16
AT_ONCE = 200_000
"""Published rows read at a time."""
SORTED = 1_000_000
"""Rows whose buckets are filled before the first is sorted; more take another reading."""
_RANGE = 2**64 // BUCKETS
_BUCKET = (pl.col(HASH) // _RANGE).cast(pl.UInt8).alias("bucket")


@dataclass
class Bucket:
    """The published rows whose key hashes are in one range, in their order."""

    keys: pl.Series
    row_hashes: pl.Series
    is_seen: pl.Series


@dataclass(frozen=True, slots=True)
class Match:
    """How wanted rows stand to the published ones, in their order.

    Attributes:
        is_known: the key is published.
        is_same: it is published with the same content.
        is_seen: the key was wanted before.
        places: which published rows were found, by bucket.
    """

    is_known: pl.Series
    is_same: pl.Series
    is_seen: pl.Series
    places: dict[int, pl.Series]


class PublishedIndex:
    """The published rows that wanted rows are compared with."""

    def __init__(self, published: pl.LazyFrame, rows: int) -> None:
        """Of about so many rows with `row_key` and `row_hash`."""
        hashes = published.select(hashed(), pl.col(ROW_HASH).cast(pl.UInt64))
        self._buckets: dict[int, Bucket] = {}
        share = max(1, min(BUCKETS, BUCKETS * SORTED // max(rows, 1)))
        for first in range(0, BUCKETS, share):
            is_here = _BUCKET.is_between(first, first + share - 1)
            part = hashes.filter(is_here) if share < BUCKETS else hashes
            self._buckets |= _buckets(part)

    def __len__(self) -> int:
        return sum(len(bucket.keys) for bucket in self._buckets.values())

    def match(self, rows: pl.DataFrame) -> Match:
        """Compare rows with `row_key` and `row_hash`."""
        wanted = rows.select(
            hashed(), pl.col(ROW_HASH).cast(pl.UInt64), pl.int_range(pl.len()).alias("at")
        ).sort(HASH)  # neighbours are found near each other
        found: list[pl.DataFrame] = []
        places: dict[int, pl.Series] = {}
        for number, part in _by_bucket(wanted).items():
            if (bucket := self._buckets.get(number)) is None:
                continue
            last = len(bucket.keys) - 1
            there = part.with_columns(
                pl.lit(bucket.keys)
                .search_sorted(pl.col(HASH))
                .clip(upper_bound=last)
                .alias("place")
            ).filter(pl.lit(bucket.keys).gather("place") == pl.col(HASH))
            places[number] = there["place"]
            found.append(
                there.select(
                    "at",
                    is_same=pl.lit(bucket.row_hashes).gather("place") == pl.col(ROW_HASH),
                    is_seen=pl.lit(bucket.is_seen).gather("place"),
                )
            )
        no = pl.repeat(False, rows.height, dtype=pl.Boolean, eager=True)
        if not found:
            return Match(no, no, no, places)
        all_found = pl.concat(found)
        at = all_found["at"]
        return Match(
            no.clone().scatter(at, True),
            no.clone().scatter(at, all_found["is_same"]),
            no.clone().scatter(at, all_found["is_seen"]),
            places,
        )

    def see(self, match: Match) -> None:
        """Note that the matched rows are wanted."""
        for number, places in match.places.items():
            bucket = self._buckets[number]
            bucket.is_seen = bucket.is_seen.scatter(places, True)

    def unseen(self) -> pl.Series:
        """The key hashes of the published rows that were not wanted."""
        none = pl.Series(HASH, [], dtype=pl.UInt64)
        return pl.concat([none, *(b.keys.filter(~b.is_seen) for b in self._buckets.values())])


def in_several(hashes: Sequence[pl.Series]) -> set[int]:
    """The key hashes that occur more than once in all the series together."""
    found: set[int] = set()
    every = pl.concat([pl.Series(HASH, [], dtype=pl.UInt64), *hashes])
    for number in range(BUCKETS if len(every) else 0):
        ordered = every.filter(every.is_between(number * _RANGE, (number + 1) * _RANGE - 1)).sort()
        found.update(ordered.filter(ordered == ordered.shift()).to_list())
    return found


def _by_bucket(hashes: pl.DataFrame) -> dict[int, pl.DataFrame]:
    parts = hashes.with_columns(_BUCKET)
    by_key = parts.partition_by("bucket", as_dict=True, include_key=False, maintain_order=True)
    return {int(number): part for (number,), part in by_key.items()}


def _buckets(hashes: pl.LazyFrame) -> dict[int, Bucket]:
    """The rows by bucket, read once."""
    pieces: dict[int, list[pl.DataFrame]] = {}
    for batch in hashes.collect_batches(
        chunk_size=AT_ONCE, maintain_order=False, engine="streaming"
    ):
        for number, piece in _by_bucket(batch).items():
            pieces.setdefault(number, []).append(piece)
    return {number: _bucket(pieces.pop(number)) for number in sorted(pieces)}


def _bucket(pieces: list[pl.DataFrame]) -> Bucket:
    rows = pl.concat(pieces).sort(HASH)
    is_seen = pl.repeat(False, rows.height, dtype=pl.Boolean, eager=True)
    return Bucket(rows[HASH], rows[ROW_HASH], is_seen)
