"""Rejected documents wait, are released or repaired, and close when a good version arrives."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from vismapbi_assets.store.quarantine import Quarantine, Rejected
from vismapbi_tests.store.frames import NOW

BAD = Rejected("nordvik", "Invoice:1", "amount", "amount is missing", '{"n": 1}', "archive/x")
KEYLESS = Rejected("nordvik", None, "decode", "no number", '{"n": null}')


@pytest.fixture
def quarantine(store) -> Quarantine:
    return store.quarantine("supplierInvoice")


def add(quarantine: Quarantine, *rejected: Rejected, minutes: int = 0) -> int:
    return quarantine.add(rejected, run_id="run", at=NOW + timedelta(minutes=minutes))


def release(quarantine: Quarantine, *keys: str, raw: str | None = None) -> int:
    return quarantine.release("nordvik", keys, run_id="cli", at=NOW, note="checked", raw=raw)


def resolve(quarantine: Quarantine, *keys: str) -> int:
    return quarantine.resolve("nordvik", pl.Series(keys, dtype=pl.String), run_id="r", at=NOW)


def test_a_rejected_document_waits_with_its_reason(quarantine, store):
    assert quarantine.waiting().is_empty()
    assert add(quarantine, BAD, KEYLESS) == 2
    row = quarantine.waiting().filter(document_key="Invoice:1").row(0, named=True)
    wanted = {
        "company": "nordvik", "rule": "amount", "reason": "amount is missing", "raw": '{"n": 1}',
        "page": "archive/x", "status": "waiting", "first_seen": NOW, "run_id": "run",
    }  # fmt: skip
    assert {name: row[name] for name in wanted} == wanted
    assert quarantine.counts().rows() == [("nordvik", "amount", 1), ("nordvik", "decode", 1)]
    assert store.quarantined() == ["supplierInvoice"]


def test_the_same_rejection_again_is_one_record(quarantine):
    add(quarantine, BAD, KEYLESS)
    assert add(quarantine, BAD, KEYLESS, minutes=5) == 0
    assert quarantine.waiting().height == 2
    assert quarantine.waiting()["first_seen"].to_list() == [NOW, NOW]


def test_a_release_lets_exactly_this_form_pass(quarantine):
    add(quarantine, BAD)
    assert not quarantine.is_released(BAD)
    assert release(quarantine, "Invoice:1", "Invoice:unknown") == 1
    assert quarantine.waiting().is_empty()
    assert quarantine.released()["note"].to_list() == ["checked"]
    assert quarantine.is_released(BAD)
    assert add(quarantine, BAD, minutes=5) == 0
    worse = Rejected("nordvik", "Invoice:1", "amount", "amount is negative", '{"n": -1}')
    assert not quarantine.is_released(worse)
    assert add(quarantine, worse, minutes=6) == 1
    assert quarantine.waiting()["reason"].to_list() == ["amount is negative"]


def test_a_repaired_document_is_released_in_its_new_form(quarantine):
    add(quarantine, BAD, KEYLESS)
    with pytest.raises(ValueError, match="one record only"):
        release(quarantine, "Invoice:1", KEYLESS.record, raw="{}")
    assert release(quarantine, "Invoice:1", raw='{"n": 2}') == 1
    assert quarantine.released()["raw"].to_list() == ['{"n": 2}']


def test_a_good_version_closes_the_record_and_a_later_bad_one_opens_it_again(quarantine):
    assert resolve(quarantine, "Invoice:1") == 0
    add(quarantine, BAD)
    assert resolve(quarantine, "Invoice:1", "Invoice:2") == 1
    assert resolve(quarantine, "Invoice:1") == 0
    assert quarantine.records().is_empty()
    assert add(quarantine, BAD, minutes=1) == 1
    assert quarantine.waiting().height == 1


def test_companies_are_kept_apart(quarantine):
    other = Rejected("solberg", "Invoice:1", "amount", "amount is missing", "{}")
    add(quarantine, BAD, other)
    resolve(quarantine, "Invoice:1")
    assert quarantine.waiting()["company"].to_list() == ["solberg"]
