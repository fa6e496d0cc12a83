"""Small documents: created once, changed without loss, with their history."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor


def test_the_first_to_create_wins(store):
    assert store.documents.get("dataset") is None
    assert store.documents.create("dataset", {"id": "one"})
    assert not store.documents.create("dataset", {"id": "two"})
    assert store.documents.get("dataset") == {"id": "one"}


def test_versions_are_kept_but_equal_ones_are_not_repeated(store):
    for value in (1, 1, 2, 2, 1):
        store.documents.put("schema/Ledger", {"value": value, "text": "Ærø"})
    versions = store.documents.versions("schema/Ledger")
    assert [document["value"] for document in versions] == [1, 2, 1]


def test_concurrent_changes_add_up(store):
    def count(_: int) -> None:
        store.documents.update("n", lambda held: {"n": (held or {"n": 0})["n"] + 1})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(20)))
    assert store.documents.get("n") == {"n": 20}
