"""Puts journal batches together again that pages have cut, and judges whether they balance.

Fragments are joined within one reading only, never with an older one, wherever they stand in it;
the newest version of a batch wins over fragments of an older. Decoding, keeping and storing belong
elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self

import polars as pl

from vismapbi_assets.visma.fragments import Fragments

LINES = "journalTransactionLines"
PAIRS = (("debitAmount", "creditAmount"), ("debitAmountInCurrency", "creditAmountInCurrency"))
TOTALS = (("debitTotal", "creditTotal"), ("debitTotalInCurrency", "creditTotalInCurrency"))

Merge = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass
class Assembler:
    """Batches of one reading, page after page. `merge` joins the fragments of every key of a frame.

    A batch leaves early when its lines add up to what its header says and others follow; any other
    waits for the end. What leaves is judged, and `came` says how many lines were received for it.

    Attributes:
        limit: lines that may wait in memory.
        torn: fragments of superseded versions.
        late: batches of which more came after they had left; known when `finish` begins. They
            must be put together from all their pages: see `hold`.
    """

    merge: Merge
    limit: int = 25_000
    torn: int = 0
    late: pl.Series = field(default_factory=lambda: _no_keys())
    _cut: pl.DataFrame | None = None
    _open: Fragments = field(init=False)
    _left: list[pl.Series] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._open = Fragments(self.limit)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def add(self, page: pl.DataFrame) -> pl.DataFrame:
        """The batches that are finished with this page."""
        page = page.with_columns(_came())
        if page.is_empty():
            return judged(page)
        earlier = (self._open.going_on(page["key"]), self._cut)
        frame = pl.concat([*(f for f in earlier if f is not None), page])
        self._cut, rest = _parted(frame, frame["key"] == page["key"].item(-1))
        rest = judged(self._joined(rest))
        gone = self._gone()  # by far more keys than came: these are looked for, not the others
        gone = gone.filter(gone.is_in(rest["key"].implode()))
        once = ~pl.col("key").is_in(gone.implode())  # who has left waits for all that came
        proved = rest.select(pl.col("rule").is_null() & _told() & once).to_series()
        if not proved.all():
            self._open.put(rest.filter(~proved).drop("rule", "reason"))
            rest = rest.filter(proved)
        self._left.append(rest["key"])
        return rest

    def hold(self, page: pl.DataFrame) -> None:
        """Keep fragments for `finish`, whole or not."""
        self._open.put(page.with_columns(_came()))

    def finish(self) -> Iterator[pl.DataFrame]:
        """The batches that waited, some at a time, without the late ones."""
        if self._cut is not None:
            self._open.put(self._cut)
        left = self._gone()
        again = left.is_duplicated() | left.is_in(self._open.keys().implode())
        self.late = left.filter(again).unique()
        self._cut, self._left = None, []
        for frame in self._open.parts():
            waited = frame.filter(~frame["key"].is_in(self.late.implode()))
            if waited.height:
                yield judged(self._joined(waited))

    def _gone(self) -> pl.Series:
        """The keys of all that has left."""
        return pl.concat([_no_keys(), *self._left])

    def _joined(self, frame: pl.DataFrame) -> pl.DataFrame:
        twice = frame["key"].is_duplicated()
        if not twice.any():
            return self.merge(frame)
        newest = pl.col("modified_at").max().over("key")
        fragments, others = _parted(frame, twice)
        fragments = fragments.with_columns(pl.col("came").sum().over("key"))
        current = fragments.filter((pl.col("modified_at") == newest) | newest.is_null())
        self.torn += fragments.height - current.height
        return self.merge(pl.concat([others, current]))


def _came() -> pl.Expr:
    return pl.col(LINES).list.len().fill_null(0).cast(pl.UInt32).alias("came")


def _told() -> pl.Expr:
    return pl.any_horizontal(pl.col(debit).is_not_null() for debit, _ in TOTALS)


def _no_keys() -> pl.Series:
    return pl.Series("key", [], pl.String)


def _parted(frame: pl.DataFrame, mask: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows with the mask and the others; where they stand at one end, nothing is copied."""
    count = int(mask.sum())
    if mask.head(count).all():
        return frame[:count], frame[count:]
    if mask.tail(count).all():
        return frame[frame.height - count :], frame[: frame.height - count]
    return frame.filter(mask), frame.filter(~mask)


def judged(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with `rule` and `reason` of each batch that must be held back, null on the others.

    Which of the twin totals is in which currency is not documented: a batch is whole when its
    lines add up to either.
    """
    sums = {name: _line_sum(name).alias(f"_{name}") for pair in PAIRS for name in pair}
    frame = frame.with_columns(*sums.values())
    balanced = pl.all_horizontal(pl.col(f"_{d}") == pl.col(f"_{c}") for d, c in PAIRS)
    whole = pl.any_horizontal(
        (pl.col(f"_{debit}") == pl.col(total_debit))
        & (pl.col(f"_{credit}") == pl.col(total_credit))
        for debit, credit in PAIRS
        for total_debit, total_credit in TOTALS
    )
    amounts = [pl.col(f"_{name}").cast(pl.String) for name in PAIRS[0]]
    return frame.with_columns(
        pl.when(~balanced).then(pl.lit("unbalanced"))
        .when(_told() & ~whole.fill_null(False)).then(pl.lit("incomplete"))
        .alias("rule"),
        pl.when(~balanced)
        .then(pl.format("debit {} and credit {} of its lines differ", *amounts))
        .when(_told() & ~whole.fill_null(False))
        .then(
            pl.format(
                "its lines add up to debit {} and credit {}, the batch says {} and {}",
                *amounts,
                *(pl.col(name).cast(pl.String).fill_null("nothing") for name in TOTALS[0]),
            )
        )
        .alias("reason"),
    ).drop(f"_{name}" for name in sums)  # fmt: skip


def _line_sum(name: str) -> pl.Expr:
    amounts = pl.col(LINES).list.eval(pl.element().struct.field(name).sum())
    return amounts.list.first().fill_null(0)
