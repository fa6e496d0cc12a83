"""The index of published rows finds what a dictionary finds, whatever the sizes."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vismapbi_assets.powerbi import index
from vismapbi_assets.powerbi.index import PublishedIndex, in_several
from vismapbi_assets.powerbi.rows import HASH, ROW_HASH, ROW_KEY, hashed

KEYS = st.integers(0, 60).map("no:{}".format)
CONTENT = st.integers(0, 2)
PUBLISHED = st.dictionaries(KEYS, CONTENT, max_size=40)
WANTED = st.lists(st.tuples(KEYS, CONTENT), max_size=40)


def rows(pairs: list[tuple[str, int]]) -> pl.DataFrame:
    schema = {ROW_KEY: pl.String, ROW_HASH: pl.String}
    return pl.DataFrame([(key, str(value)) for key, value in pairs], schema, orient="row")


def indexed(published: dict[str, int], said: int) -> PublishedIndex:
    return PublishedIndex(rows(list(published.items())).lazy(), said)


@given(published=PUBLISHED, first=WANTED, second=WANTED, said=st.sampled_from([0, 40, 10**7]))
def test_it_finds_what_a_dictionary_finds(
    published: dict[str, int],
    first: list[tuple[str, int]],
    second: list[tuple[str, int]],
    said: int,
) -> None:
    made = indexed(published, said)
    assert len(made) == len(published)
    made.see(made.match(rows(first)))
    found = made.match(rows(second))
    seen = {key for key, _ in first} & set(published)
    assert found.is_known.to_list() == [key in published for key, _ in second]
    assert found.is_same.to_list() == [published.get(key) == value for key, value in second]
    assert found.is_seen.to_list() == [key in seen for key, _ in second]
    unseen = rows([(key, 0) for key in published.keys() - seen]).select(hashed()).to_series()
    assert sorted(made.unseen()) == sorted(unseen)


@pytest.mark.parametrize("at_once", [1, 7, 1_000])
def test_many_rows_in_many_readings(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "AT_ONCE", at_once)
    monkeypatch.setattr(index, "SORTED", 100)
    published = {f"no:{n}": n for n in range(700)}
    made = indexed(published, 700)
    assert len(made) == 700
    found = made.match(rows([(f"no:{n}", n + n % 2) for n in range(650, 750)]))
    assert found.is_known.sum() == 50
    assert found.is_same.sum() == 25
    made.see(found)
    assert len(made.unseen()) == 650


@given(st.lists(st.lists(KEYS, max_size=20), max_size=4))
def test_keys_of_several_frames_are_found(frames: list[list[str]]) -> None:
    series = [rows([(key, 0) for key in keys]).select(hashed()).to_series() for keys in frames]
    every = [value for one in series for value in one]
    assert in_several(series) == {value for value in every if every.count(value) > 1}


def test_the_ends_of_the_range_belong_to_it() -> None:
    ends = pl.Series(HASH, [0, 2**64 - 1, 2**64 - 1, 2**60, 0], dtype=pl.UInt64)
    assert in_several([ends]) == {0, 2**64 - 1}
