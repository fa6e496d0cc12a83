"""Files below a folder or a URL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from obstore.store import AzureStore, LocalStore, S3Store

from vismapbi_assets.store import Store
from vismapbi_assets.store.objects import Objects


def test_of_many_writers_one_is_first(store):
    with ThreadPoolExecutor(8) as pool:
        won = list(
            pool.map(lambda n: store.objects.put_if_absent("a/b", str(n).encode()), range(32))
        )
    assert won.count(True) == 1
    assert store.objects.get("a/b") == str(won.index(True)).encode()


def test_put_get_list_delete(store):
    objects = store.objects
    assert objects.get("a/1") is None
    assert objects.info("a/1") is None
    for path in ("a/2", "a/1", "a/deep/3", "b/4"):
        objects.put(path, path.encode())
    objects.put("a/1", b"again")
    assert objects.get("a/1") == b"again"
    assert [info.path for info in objects.list("a")] == ["a/1", "a/2", "a/deep/3"]
    assert [info.path for info in objects.list("a", after="a/1")] == ["a/2", "a/deep/3"]
    assert objects.names("a") == ["1", "2", "deep"]
    assert objects.names("nothing") == []
    assert objects.info("a/1").size == 5
    objects.delete("a/1", "a/1", "never")
    assert objects.get("a/1") is None


def test_no_half_written_file_is_ever_seen(store):
    content = [letter * 300_000 for letter in (b"a", b"b")]
    store.objects.put("file", content[0])

    def write() -> None:
        for n in range(40):
            store.objects.put("file", content[n % 2])

    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(write)
        while not writing.done():
            assert store.objects.get("file") in content
        writing.result()


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_a_folder_is_a_root_with_or_without_scheme(tmp_path: Path, prefix: str):
    objects = Objects(f"{prefix}{tmp_path}/with space".replace(" ", "%20" if prefix else " "))
    objects.put("a", b"1")
    assert (tmp_path / "with space" / "a").read_bytes() == b"1"
    assert objects.address("a") == str(tmp_path / "with space" / "a")


def test_a_relative_root_does_not_follow_the_process(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    objects = Objects("./here")
    objects.put("a", b"1")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert objects.get("a") == b"1"


def test_urls_open_the_storage_they_name():
    s3 = Objects(
        "s3://bucket/some/prefix",
        {
            "AWS_REGION": "eu-north-1",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
            "allow_http": "true",
        },
    )
    assert isinstance(s3._store, S3Store)
    assert s3.address("state/x") == "s3://bucket/some/prefix/state/x"
    assert s3.storage_options["aws_conditional_put"] == "etag"
    azure = Objects(
        "abfss://container@account.dfs.core.windows.net/prefix/",
        {"azure_storage_account_key": "a2V5"},
    )
    assert isinstance(azure._store, AzureStore)
    assert azure.address("x") == "abfss://container@account.dfs.core.windows.net/prefix/x"
    assert azure.storage_options == {"azure_storage_account_key": "a2V5"}
    assert isinstance(Objects("./folder")._store, LocalStore)


def test_credentials_are_in_no_representation():
    store = Store("s3://bucket/x", {"aws_secret_access_key": "hush"})
    assert "hush" not in repr(store) + repr(store.objects) + repr(store.state("x"))
    assert "hush" not in repr(store.log("x")) + repr(store.plans)
