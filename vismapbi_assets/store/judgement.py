"""The rules of a reading: which document is newer, what changed, what may be deleted.

Pure expressions over frames. Writing the result belongs to `state`.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

KEY = ("company", "key")


def deduplicated(frame: pl.DataFrame) -> pl.DataFrame:
    """One row per key: the newest, the last of equals.

    A row without a stamp counts as no older than the rows of its key before it.
    """
    nulls = frame.select(pl.col(KEY).is_null().any()).row(0)
    if any(nulls):
        raise ValueError("documents without company or key cannot be stored")
    if frame.height == frame.select(KEY).n_unique():
        return frame
    order = pl.col("modified_at").fill_null(strategy="forward").over(KEY)
    index = (
        frame.select(*KEY, order, pl.int_range(pl.len()).alias("_row"))
        .sort("modified_at", "_row", nulls_last=False)
        .unique(KEY, keep="last", maintain_order=True)["_row"]
    )
    return frame[index.sort()]


def outcome(extracted_at: datetime) -> pl.Expr:
    """What becomes of an incoming document, next to the stored version (columns `*_held`)."""
    older = pl.col("modified_at") < pl.col("modified_at_held")
    return (
        pl.when(pl.col("sequence").is_null())
        .then(pl.lit("new"))
        .when(pl.col("deleted_at") > pl.lit(extracted_at, pl.Datetime("us", "UTC")))
        .then(pl.lit("stale"))
        .when(pl.col("deleted_at").is_not_null())
        .then(pl.lit("revived"))
        .when(pl.col("content_hash") == pl.col("content_hash_held"))
        .then(pl.lit("unchanged"))
        .when(older)
        .then(pl.lit("stale"))
        .otherwise(pl.lit("changed"))
    )


def refusal(gone: int, live: int, present: int, max_share: float) -> str | None:
    """Why `gone` of `live` documents must not be marked as deleted; None when they may."""
    if present == 0:
        return (
            f"the reading showed no document at all while {live} are stored; an empty answer "
            "proves nothing. Confirm the deletion explicitly if the entity is really empty."
        )
    if gone > max_share * live:
        return (
            f"{gone} of {live} documents ({gone / live:.0%}) would be marked as deleted, more "
            f"than the allowed {max_share:.0%}. Check the reading, then confirm the deletion"
        )
    return None
