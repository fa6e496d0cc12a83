"""What holds for every table that has a transform."""

from dataclasses import replace

import polars as pl
import pytest

from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.semantic_model import TABLE, TABLES
from vismapbi_assets.model.table import Table
from vismapbi_tests.model.states import inputs

COMPUTED = [
    t
    for t in TABLES
    if t.transform is not None and (not t.tables or (t.kind == "dimension" and t.name != "Dates"))
]
ROW_WISE = [t for t in COMPUTED if t.row_wise is not None]
DIMENSIONS = [t for t in COMPUTED if t.kind == "dimension" and t.key[0] != "Date"]


def nothing_published(table: Table) -> dict[str, pl.LazyFrame]:
    """The tables that it reads, without rows."""
    return {name: pl.LazyFrame(schema=TABLE[name].schema) for name in table.tables}


@pytest.mark.parametrize("table", COMPUTED, ids=lambda t: t.name)
def test_no_source_rows_give_the_schema_and_read_declared_sources_only(table: Table) -> None:
    whole = inputs(branch=[], financialPeriod=[])
    declared = Inputs(
        {name: whole.entities[name] for name in table.sources},
        nothing_published(table),
        whole.companies,
        whole.as_of,
        whole.zone,
    )
    rows = table.compute(declared)
    assert dict(rows.schema) == table.schema


@pytest.mark.parametrize("table", COMPUTED, ids=lambda t: t.name)
def test_declared_sources_are_read(table: Table) -> None:
    whole = inputs(branch=[], financialPeriod=[])
    read: set[str] = set()

    class Watched(dict[str, pl.LazyFrame]):
        def __getitem__(self, name: str) -> pl.LazyFrame:
            read.add(name)
            return super().__getitem__(name)

    tables = nothing_published(table)
    given = Inputs(Watched(whole.entities), tables, whole.companies, whole.as_of, whole.zone)
    table.compute(given)
    if table.row_wise and table.row_wise.lookup:
        table.row_wise.lookup(given)
    assert read == set(table.sources)


@pytest.mark.parametrize("table", DIMENSIONS, ids=lambda t: t.name)
def test_every_dimension_has_one_member_for_nothing(table: Table) -> None:
    whole = inputs(branch=[], financialPeriod=[])
    rows = table.compute(replace(whole, tables=nothing_published(table)))
    nothing = rows.filter(pl.col(table.key[0]) == "-")
    assert nothing.height == 1
    assert "(none)" in nothing.row(0)
    if "Company" in rows.columns:
        assert nothing["Company"].to_list() == ["(none)"]
    values = nothing.row(0, named=True)
    assert not any(values[name] for name, dtype in rows.schema.items() if dtype == pl.Boolean)
    assert all(
        values[name] is not None for name, dtype in rows.schema.items() if dtype == pl.Boolean
    )


@pytest.mark.parametrize("table", ROW_WISE, ids=lambda t: t.name)
def test_row_wise_tables_name_entities_they_read(table: Table) -> None:
    assert table.row_wise is not None
    assert set(table.row_wise.entities) <= set(table.sources)


def test_tables_without_rows_are_empty() -> None:
    assert TABLE["AP Measures"].compute(inputs(branch=[], financialPeriod=[])).height == 0
