"""Pages as received, by address."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

META = {"url": "/v1/supplierInvoice", "query": {"pageNumber": 1}, "status": 200}


def test_a_page_comes_back_byte_for_byte(store):
    body = b'[{"amount": 123456789012345.6789, "text": "\xc3\xa6"}]' * 1000
    address = store.archive.write_page("run-1", "supplierInvoice", "nordvik", 1, body, META)
    found, meta = store.archive.read_page(address)
    assert found == body
    assert meta == {
        **META, "run_id": "run-1", "entity": "supplierInvoice", "company": "nordvik", "page": 1
    }  # fmt: skip
    assert store.archive.read_meta(address) == meta
    assert store.objects.info(address).size < len(body) / 10


def test_a_page_read_again_does_not_overwrite_the_first(store):
    first = store.archive.write_page("run-1", "account", "nordvik", 1, b"1", META)
    again = store.archive.write_page("run-1", "account", "nordvik", 1, b"2", META)
    assert first != again
    assert store.archive.read_page(first)[0] == b"1"
    assert list(store.archive.addresses("account")) == [first, again]


def test_addresses_come_by_entity_and_run_in_order(store):
    write = store.archive.write_page
    late = [write("run-b", "account", c, n, b"", {}) for c in ("a", "b") for n in (1, 2, 10)]
    early = [write("run-a", "account", "a", 1, b"", {})]
    write("run-b", "supplier", "a", 1, b"", {})
    assert list(store.archive.addresses("account")) == late + early
    assert list(store.archive.addresses("account", "run-a")) == early
    assert list(store.archive.addresses("nothing")) == []


def test_the_metadata_may_hold_times(store):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    address = store.archive.write_page("r", "e", "c", 1, b"", {"received_at": at})
    assert json.dumps(store.archive.read_meta(address)["received_at"]) == f'"{at}"'


@pytest.mark.parametrize("part", ["../etc", "", "a/b", ".hidden"])
def test_an_address_stays_inside_the_archive(store, part):
    with pytest.raises(ValueError, match="archive address"):
        store.archive.write_page(part, "account", "nordvik", 1, b"", {})


@pytest.mark.parametrize("address", ["archive/account/r/c-000001.parquet", "log/x", "../x"])
def test_a_missing_page_says_why(store, address):
    with pytest.raises(FileNotFoundError, match="retention"):
        store.archive.read_page(address)


def test_old_pages_are_purged(store):
    address = store.archive.write_page("r", "account", "nordvik", 1, b"", {})
    now = datetime.now(UTC)
    assert store.archive.purge(now - timedelta(days=1)) == 0
    assert store.archive.purge(now + timedelta(days=1)) == 1
    with pytest.raises(FileNotFoundError):
        store.archive.read_page(address)
