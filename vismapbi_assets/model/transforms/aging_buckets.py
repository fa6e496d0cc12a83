"""The five ageing buckets.

Constants; which item falls into which bucket on a day is a measure.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.inputs import Inputs

BUCKETS = (
    (0, "Not due", -36500, 0),
    (1, "1-30", 1, 30),
    (2, "31-60", 31, 60),
    (3, "61-90", 61, 90),
    (4, ">90", 91, 36500),
)
"""Key, text, first and last day overdue: due on the day itself is not due."""


def aging_bucket(inputs: Inputs) -> pl.DataFrame:
    """One row per bucket."""
    schema = {
        "BucketKey": pl.Int64,
        "Bucket": pl.String,
        "MinDays": pl.Int64,
        "MaxDays": pl.Int64,
    }
    return pl.DataFrame(BUCKETS, schema=schema, orient="row")
