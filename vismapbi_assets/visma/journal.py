"""Puts journal batches together again that pages have cut, and judges whether they balance.

Fragments are joined within one reading only, never with an older one, and the newest version of a
batch wins over fragments of an older. What leaves here is whole and balanced; the rest is held back
with the reason. Decoding and storing belong elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

LINES = "journalTransactionLines"
PAIRS = (("debitAmount", "creditAmount"), ("debitAmountInCurrency", "creditAmountInCurrency"))
TOTALS = (("debitTotal", "creditTotal"), ("debitTotalInCurrency", "creditTotalInCurrency"))

Merge = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass
class Assembler:
    """Batches of one pass, page after page. `merge` joins the fragments of every key of a frame.

    Only the batch at the end of a page can go on, so only that one waits; `torn` counts fragments
    of superseded versions.
    """

    merge: Merge
    torn: int = 0
    _waiting: pl.DataFrame | None = field(default=None)

    def add(self, page: pl.DataFrame) -> pl.DataFrame:
        """The batches that are finished with this page."""
        if page.is_empty():
            return page
        cut = page["key"].item(-1)
        frame = pl.concat([self._waiting, page]) if self._waiting is not None else page
        self._waiting, whole = _parted(frame, frame["key"] == cut)
        return self._joined(whole)

    def finish(self) -> pl.DataFrame | None:
        """The batch that the last page ended with."""
        waiting, self._waiting = self._waiting, None
        return None if waiting is None else self._joined(waiting)

    def _joined(self, frame: pl.DataFrame) -> pl.DataFrame:
        twice = frame["key"].is_duplicated()
        if not twice.any():
            return frame
        newest = pl.col("modified_at").max().over("key")
        fragments, others = _parted(frame, twice)
        current = fragments.filter((pl.col("modified_at") == newest) | newest.is_null())
        self.torn += fragments.height - current.height
        return pl.concat([others, self.merge(current)])


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
    told = pl.any_horizontal(pl.col(debit).is_not_null() for debit, _ in TOTALS)
    amounts = [pl.col(f"_{name}").cast(pl.String) for name in PAIRS[0]]
    return frame.with_columns(
        pl.when(~balanced).then(pl.lit("unbalanced"))
        .when(told & ~whole.fill_null(False)).then(pl.lit("incomplete"))
        .alias("rule"),
        pl.when(~balanced)
        .then(pl.format("debit {} and credit {} of its lines differ", *amounts))
        .when(told & ~whole.fill_null(False))
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
