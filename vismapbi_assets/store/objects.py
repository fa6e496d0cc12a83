"""Small immutable files below the store's root: put, put if absent, get, list, delete.

The one place that knows where the store lives (a folder, S3, Azure) and how an address below the
root is written for each library. What the files mean belongs to the modules that write them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, PreconditionError
from obstore.store import LocalStore, ObjectStore, from_url

_CLIENT_OPTIONS = ("allow_http", "allow_invalid_certificates", "connect_timeout", "timeout")
_Names = list[str]
_URL = re.compile(r"^[a-z][a-z0-9+.-]+://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """Path below the root, size in bytes and the time the storage recorded."""

    path: str
    size: int
    modified: datetime


@dataclass(frozen=True)
class Objects:
    """The files below one root, which is a folder or a URL (`s3://`, `abfss://`, `file://`).

    `options` are the storage options of `deltalake` and polars; they may hold credentials and
    therefore never appear in a representation.
    """

    root: str
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @cached_property
    def folder(self) -> Path | None:
        """The root as a folder, or None when the store is remote."""
        if self.root.lower().startswith("file://"):
            return Path(unquote(urlsplit(self.root).path)).absolute()
        return None if _URL.match(self.root) else Path(self.root).expanduser().absolute()

    @cached_property
    def storage_options(self) -> dict[str, str]:
        """The options for `deltalake` and polars; S3 gets conditional puts unless told."""
        options = dict(self.options)
        if self.root.lower().startswith(("s3://", "s3a://")) and not any(
            name.lower() in ("conditional_put", "aws_conditional_put") for name in options
        ):
            options["aws_conditional_put"] = "etag"
        return options

    @cached_property
    def _store(self) -> ObjectStore:
        if self.folder is not None:
            return LocalStore(self.folder, automatic_cleanup=False, mkdir=True)
        options = {name.lower(): value for name, value in self.storage_options.items()}
        client: Any = {n: options.pop(n) for n in _CLIENT_OPTIONS if n in options}
        if options.pop("aws_allow_http", client.get("allow_http")) == "true":
            client["allow_http"] = True
        config: Any = options
        return from_url(self.root, config=config, client_options=client or None)

    @cached_property
    def seen(self) -> dict[str, tuple[ObjectInfo, Any]]:
        """What `Delta.look` last found in a folder, and the commit that it was made by."""
        return {}

    def address(self, path: str) -> str:
        """Where polars and `deltalake` find `path`."""
        if self.folder is not None:
            return str(self.folder / path)
        return f"{self.root.rstrip('/')}/{path}"

    def put_if_absent(self, path: str, data: bytes) -> bool:
        """Write `path` unless it exists; of several writers exactly one gets True."""
        try:
            obstore.put(self._store, path, data, mode="create", use_multipart=False)
        except (AlreadyExistsError, PreconditionError):
            return False
        return True

    def put(self, path: str, data: bytes) -> None:
        """Write `path` whole: a reader sees the old content or the new, never a part."""
        obstore.put(self._store, path, data)

    def get(self, path: str) -> bytes | None:
        """The content of `path`, or None when there is none."""
        found = self.read(path)
        return found[1] if found else None

    def read(self, path: str) -> tuple[ObjectInfo, bytes] | None:
        """Size, time and content of `path` by one request, or None when there is none."""
        try:
            result = obstore.get(self._store, path)
        except FileNotFoundError:
            return None
        meta = result.meta
        return ObjectInfo(path, int(meta["size"]), meta["last_modified"]), bytes(result.bytes())

    def info(self, path: str) -> ObjectInfo | None:
        """Size and time of `path`, or None when there is none."""
        try:
            meta = obstore.head(self._store, path)
        except FileNotFoundError:
            return None
        return ObjectInfo(path, int(meta["size"]), meta["last_modified"])

    def list(self, prefix: str = "", *, after: str | None = None) -> Iterator[ObjectInfo]:
        """Everything below `prefix`, in the order of the paths; `after` excludes up to a path."""
        found = [
            ObjectInfo(meta["path"], int(meta["size"]), meta["last_modified"])
            for page in obstore.list(self._store, prefix or None, offset=after, chunk_size=1000)
            for meta in page
        ]
        return iter(sorted(found, key=lambda info: info.path))

    def names(self, prefix: str) -> _Names:
        """The names directly below `prefix`: folders and files, without going deeper."""
        listing = obstore.list_with_delimiter(self._store, prefix.rstrip("/") or None)
        folders = [path.rstrip("/") for path in listing["common_prefixes"]]
        files = [meta["path"] for meta in listing["objects"]]
        return sorted(path.rsplit("/", 1)[-1] for path in (*folders, *files))

    def delete(self, *paths: str) -> None:
        """Remove the files; those that are already gone do not matter."""
        for path in paths:
            try:
                obstore.delete(self._store, path)
            except FileNotFoundError:
                continue
