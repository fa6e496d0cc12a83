"""What was never filled is empty: no row appears from nothing."""

from __future__ import annotations

from vismapbi_assets.pipeline.inputs import published_frame
from vismapbi_assets.store import Store
from vismapbi_tests.end_to_end.harness import WITH_ROWS


def test_a_table_that_holds_nothing_has_no_rows(tmp_path):
    store = Store(str(tmp_path))
    for table in WITH_ROWS:
        assert published_frame(store, table.name).collect().is_empty(), table.name
