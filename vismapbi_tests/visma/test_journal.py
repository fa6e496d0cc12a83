"""Journal batches cut by pages come together whole, whatever the page size."""

import json
from decimal import Decimal
from functools import partial

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from vismapbi_assets.visma.content import merge_fragments
from vismapbi_assets.visma.decode import decode_page
from vismapbi_assets.visma.entities.catalogue import CATALOGUE
from vismapbi_assets.visma.journal import LINES, Assembler, judged
from vismapbi_tests.visma.books import balanced, batch, lines_page

JOURNAL = CATALOGUE["journalTransaction"]


def decoded(documents):
    body = json.dumps(documents).encode()
    return decode_page(JOURNAL, body, zone="Europe/Oslo", company="no").frame


@settings(deadline=None, max_examples=30)
@given(sizes=st.lists(st.integers(1, 6), min_size=1, max_size=8), size=st.integers(1, 9))
def test_every_line_of_every_batch_comes_once_whatever_the_page_size(sizes, size):
    batches = [balanced(n, lines=2 * half) for n, half in enumerate(sizes)]
    assembler = Assembler(partial(merge_fragments, JOURNAL))
    done, number = [], 1
    while page := lines_page(batches, number, size):
        done.append(assembler.add(decoded(page)))
        number += 1
    found = pl.concat([*done, *assembler.finish()])
    assert assembler.late.is_empty()
    whole = decoded(batches)
    columns = ["key", "content_hash", LINES]
    assert found.select(columns).sort("key").equals(whole.select(columns).sort("key"))
    assert found["rule"].null_count() == len(batches)


def test_a_batch_is_judged_in_both_currencies_and_against_its_header():
    rows = [
        balanced(1),
        batch(2, [(10, 0), (0, 9)]),
        batch(3, [(10, 0), (0, 10)], debitTotal=20, creditTotal=20,
              debitTotalInCurrency=20, creditTotalInCurrency=20),
        batch(4, [(10, 0), (0, 10)], debitTotal=None, creditTotal=None,
              debitTotalInCurrency=None, creditTotalInCurrency=None),
        batch(5, [(10, 0), (0, 10)], debitTotal=7, creditTotal=7),
    ]  # fmt: skip
    foreign = balanced(6)
    foreign["journalTransactionLines"][0]["debitAmountInCurrency"] = 11
    rules = dict(judged(decoded([*rows, foreign])).select("key", "rule").rows())
    assert rules == {
        "GL:1": None, "GL:2": "unbalanced", "GL:3": "incomplete", "GL:4": None, "GL:5": None,
        "GL:6": "unbalanced",
    }  # fmt: skip


def test_a_newer_version_of_a_batch_drops_the_fragments_of_the_older():
    old, new = balanced(1, lines=6), batch(1, [(5, 0), (0, 5)], stamp="2026-11-23T09:00:00")
    assembler = Assembler(partial(merge_fragments, JOURNAL))
    assert assembler.add(decoded(lines_page([old], 1, 4))).is_empty()
    assert assembler.add(decoded([new])).is_empty()
    [rest] = assembler.finish()
    assert assembler.torn == 1
    assert rest["debitTotal"].to_list() == [Decimal(5)]
    assert len(rest[LINES][0]) == 2
