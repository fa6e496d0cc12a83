"""Every response page as received, compressed, one object per page, addressed by its path.

Written once and never changed, so that a row can be traced to the call it came from and the state
rebuilt without a call. Callers leave secrets out of the metadata; decoding belongs to `visma`.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from vismapbi_assets.store.objects import Objects

_SAFE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*$")


@dataclass(frozen=True)
class Archive:
    """The pages below `archive/<entity>/<run>/`."""

    objects: Objects

    def write_page(
        self,
        run_id: str,
        entity: str,
        company: str,
        page_number: int,
        body: bytes,
        meta: Mapping[str, Any],
    ) -> str:
        """Keep one page and return its address; reading a page again gets an address of its own.

        `meta` is what is known about the call: url path, query, status, request id, received_at.
        """
        for part in (run_id, entity, company):
            if not _SAFE.match(part):
                raise ValueError(f"{part!r} cannot be part of an archive address")
        about = {
            "run_id": run_id,
            "entity": entity,
            "company": company,
            "page": page_number,
            **meta,
        }
        packed = _pack(body, json.dumps(about, default=str))
        stem = f"archive/{entity}/{run_id}/{company}-{page_number:06d}"
        reading = 1
        while not self.objects.put_if_absent(address := f"{stem}-{reading:03d}.parquet", packed):
            reading += 1
        return address

    def read_page(self, address: str) -> tuple[bytes, dict[str, Any]]:
        """The page as received and what is known about the call."""
        row = self._row(address, ["body", "meta"])
        return row["body"], json.loads(row["meta"])

    def read_meta(self, address: str) -> dict[str, Any]:
        """What is known about the call, without unpacking the page."""
        meta: dict[str, Any] = json.loads(self._row(address, ["meta"])["meta"])
        return meta

    def _row(self, address: str, columns: list[str]) -> dict[str, Any]:
        packed = self.objects.get(address) if address.startswith("archive/") else None
        if packed is None:
            raise FileNotFoundError(
                f"no archived page at {address}; it may be older than the retention (archive_days)"
            )
        return pl.read_parquet(io.BytesIO(packed), columns=columns).row(0, named=True)

    def addresses(self, entity: str, run_id: str | None = None) -> Iterator[str]:
        """The addresses of an entity's pages: run by run, in the order of company and page.

        Runs come in the order in which they archived their first page.
        """
        prefix = f"archive/{entity}" + (f"/{run_id}" if run_id else "")
        pages = list(self.objects.list(prefix))
        began: dict[str, datetime] = {}
        for page in pages:
            run = page.path.split("/")[2]
            began[run] = min(began.get(run, page.modified), page.modified)
        pages.sort(key=lambda page: (began[page.path.split("/")[2]], page.path))
        return iter([page.path for page in pages])

    def purge(self, older_than: datetime) -> int:
        """Drop the pages archived before that time; returns how many."""
        old = [page.path for page in self.objects.list("archive") if page.modified < older_than]
        self.objects.delete(*old)
        return len(old)


def _pack(body: bytes, meta: str) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame({"body": [body], "meta": [meta]}).write_parquet(
        buffer, compression="zstd", compression_level=1, statistics=False
    )
    return buffer.getvalue()
