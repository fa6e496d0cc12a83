"""Every table over the sample companies: nothing put aside, nothing lost, nothing mixed."""

from collections.abc import Mapping

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.schema import validate
from vismapbi_assets.model.semantic_model import RELATIONSHIPS, TABLE, TABLES
from vismapbi_tests.model.computing import published
from vismapbi_tests.model.sample import of_company, sample_inputs

COMPUTED = [table for table in TABLES if table.transform is not None]
SHARED = {"Dates", "FinancialPeriod", "Currency", "AgingBucket", "ExchangeRate"}
ROW_WISE = [table for table in COMPUTED if table.row_wise is not None]


@pytest.fixture(scope="module")
def sample() -> Inputs:
    """The state of both companies."""
    return sample_inputs(scale=0.05)


@pytest.fixture(scope="module")
def tables(sample: Inputs) -> Mapping[str, pl.DataFrame]:
    """Every table of the group."""
    return {name: frame.collect() for name, frame in published(sample).tables.items()}


@pytest.fixture(scope="module")
def alone(sample: Inputs) -> Mapping[str, Mapping[str, pl.LazyFrame]]:
    """Every table of each company on its own."""
    return {c.key: published(of_company(sample, c)).tables for c in sample.companies}


@pytest.mark.parametrize("table", COMPUTED, ids=lambda t: t.name)
def test_every_row_may_be_published(table, tables) -> None:  # type: ignore[no-untyped-def]
    good, failures = validate(table, tables[table.name])
    assert failures.height == 0, failures["reason"].unique().to_list()
    assert good.height > 0


@pytest.mark.parametrize("relationship", RELATIONSHIPS, ids=lambda r: r.name)
def test_no_reference_leads_nowhere(relationship, tables) -> None:  # type: ignore[no-untyped-def]
    used = tables[relationship.from_table].select(key=relationship.from_column).unique()
    known = tables[relationship.to_table].select(key=relationship.to_column)
    assert used.join(known, on="key", how="anti").to_dicts() == []


@pytest.mark.parametrize(
    "table", [t for t in COMPUTED if t.name not in SHARED], ids=lambda t: t.name
)
def test_a_company_of_the_group_is_what_it_would_be_alone(table, alone, tables) -> None:  # type: ignore[no-untyped-def]
    key = table.key[0] if table.name not in ("Budget", "AgingSnapshot") else "BranchKey"
    for company, of_company_alone in alone.items():
        own = pl.col(key).str.starts_with(f"{company}:")
        expected = of_company_alone[table.name].filter(own).collect()
        found = tables[table.name].filter(own)
        assert_frame_equal(expected.sort(table.key), found.sort(table.key))


def test_journal_equals_the_period_balances(tables: Mapping[str, pl.DataFrame]) -> None:
    where = ["LedgerKey", "BranchKey", "AccountKey", "SubaccountKey", "FinancialPeriodKey"]
    journal = (
        tables["JournalLine"]
        .filter(pl.col("EntryKind") == "Journal")
        .group_by(where)
        .agg(debit=pl.col("DebitBase").sum(), credit=pl.col("CreditBase").sum())
    )
    both = (
        tables["GlPeriodBalance"]
        .join(journal, on=where, how="full", coalesce=True)
        .with_columns(pl.col("debit", "credit", "DebitBase", "CreditBase").fill_null(0))
    )
    assert both.height > 100
    assert (
        both.filter(
            (pl.col("debit") != pl.col("DebitBase")) | (pl.col("credit") != pl.col("CreditBase"))
        ).height
        == 0
    )


def test_no_account_is_left_unmapped(tables: Mapping[str, pl.DataFrame]) -> None:
    unmapped = tables["Account"].filter(pl.col("ReportGroup") == "Unmapped")
    assert unmapped["AccountKey"].to_list() == []


@pytest.mark.parametrize("table", ROW_WISE, ids=lambda t: t.name)
def test_documents_in_slices_give_the_table(table, sample) -> None:  # type: ignore[no-untyped-def]
    rule = table.row_wise
    assert rule.lookup(sample).height > 0
    frames, parents = [], []
    for entity in rule.entities:
        documents = sample.entity(entity).collect()
        size = documents.height // 3 + 1
        for start in range(0, documents.height, size):
            moved = documents[start : start + size]
            others = {name: sample.entity(name).limit(0) for name in rule.entities}
            given = sample.narrowed(**{**others, entity: moved.lazy()})
            rows = table.transform(given)
            found = rule.parents(entity, moved)
            assert set(rows.select(rule.parent).to_series()) <= set(found)
            frames.append(rows)
            parents.append(found)
    if rule.rest:
        frames.append(rule.rest(sample))
    whole = TABLE[table.name].compute(sample)
    assert_frame_equal(pl.concat(frames).sort(table.key), whole.sort(table.key))
    assert pl.concat(parents).null_count() == 0
