"""Secrets and tokens are planted, syncs succeed and fail in many ways, and nothing keeps a trace.

Searched: output, Dagster's storage and logs, every file of the store (decompressed), and the
arguments of the running processes.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import polars as pl
import psutil
import pytest

from vismapbi_assets.credentials import CredentialFile, new_key
from vismapbi_assets.sandbox.server import Sandbox, running_sandbox
from vismapbi_assets.settings import SECRETS

WRONG = {
    "VISMA_CLIENT_SECRET": "wrong~visma+secret&5%",
    "POWERBI_CLIENT_SECRET": "wrong~powerbi+secret&7%",
}
SETTINGS = """
time_zone = "Europe/Oslo"
first_day = {day}
[visma]
api_url = "{VISMA_API_URL}"
token_url = "{VISMA_TOKEN_URL}"
[powerbi]
api_url = "{POWERBI_API_URL}"
authority_url = "{POWERBI_AUTHORITY_URL}"
tenant_id = "{POWERBI_TENANT_ID}"
client_id = "{POWERBI_CLIENT_ID}"
workspace_id = "{POWERBI_WORKSPACE_ID}"
settle_seconds = 0
[[companies]]
key = "nordvik"
name = "Nordvik"
tenant_id = "{tenant}"
company_id = "1100001"
base_currency = "NOK"
"""


class Workplace:
    """A folder with settings and an encrypted credential file, and what ran in it."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox, self.folder = sandbox, folder
        self.key = new_key()
        self.planted = {self.key, *WRONG.values()}
        self.planted |= {v for n, v in sandbox.environ.items() if n in SECRETS and "SECRET" in n}
        self.output: list[str] = []
        self.arguments: set[str] = set()
        tenant = sandbox.visma.companies["nordvik"].profile.tenant_id
        day = datetime.now(UTC).date()
        text = SETTINGS.format(**sandbox.environ, tenant=tenant, day=day)
        (folder / "vismapbi.toml").write_text(text, "utf-8")
        self.store_credentials()

    def store_credentials(self, **changes: str) -> None:
        file = CredentialFile(self.folder / "vismapbi-credentials.json", self.key)
        for name in SECRETS:
            if value := changes.get(name) or self.sandbox.environ.get(name):
                file.set(name, value)

    def run(self, *arguments: str) -> int:
        environ = {n: v for n, v in os.environ.items() if n not in self.sandbox.environ} | {
            "VISMAPBI_KEY": self.key,
            "DAGSTER_HOME": str(self.folder / "dagster"),
            "VISMAPBI_STORE": str(self.folder / "store"),
            "PYTHONFAULTHANDLER": "1",
        }
        with (self.folder / "output.txt").open("w+", encoding="utf-8") as told:
            child = subprocess.Popen(
                [sys.executable, "-m", "vismapbi_assets.cli", *arguments],
                cwd=self.folder, env=environ, stdout=told, stderr=subprocess.STDOUT,
            )  # fmt: skip
            process = psutil.Process(child.pid)
            while child.poll() is None:
                self.arguments |= set(_arguments(process))
                try:
                    child.wait(0.3)
                except subprocess.TimeoutExpired:
                    continue
            told.seek(0)
            self.output.append(told.read())
        return child.returncode

    @property
    def tokens(self) -> set[str]:
        """Every token that either service has issued."""
        return {*self.sandbox.visma.tokens._grants, *self.sandbox.powerbi.directory._grants}

    def places(self) -> Iterator[tuple[str, bytes]]:
        """Everything that stayed behind, in plain."""
        yield "output", "\n".join(self.output).encode()
        yield "process arguments", "\n".join(self.arguments).encode()
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                yield str(path.relative_to(self.folder)), _plain(path)


def _arguments(process: psutil.Process) -> Iterator[str]:
    try:
        for one in (process, *process.children(recursive=True)):
            yield " ".join(one.cmdline())
    except psutil.Error:
        return


def _plain(path: Path) -> bytes:
    body = path.read_bytes()
    if body[:4] == b"PAR1":
        frame = pl.read_parquet(body)
        binary = [series for series in frame if series.dtype == pl.Binary]
        texts = frame.drop(series.name for series in binary).write_ndjson().encode()
        return b"\n".join([texts, *(v for series in binary for v in series if v)])
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


def _forms(text: str) -> set[bytes]:
    """A secret as it is, in a form body, in an address, in JSON, in base64."""
    plain = {text, quote(text, safe=""), quote_plus(text), json.dumps(text)[1:-1]}
    return {form.encode() for form in plain} | {base64.b64encode(text.encode())}


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    with running_sandbox(scale=0.05) as sandbox:
        yield Workplace(sandbox, tmp_path_factory.mktemp("workplace"))


@pytest.fixture(scope="module")
def worked(workplace: Workplace) -> Workplace:
    """Syncs that struggle and succeed, that fail for good, that are refused at the door."""
    visma, powerbi = workplace.sandbox.visma, workplace.sandbox.powerbi
    for kind, entity in (
        ("unauthorized", "supplier"), ("error_exception", "customer"), ("reset", "account"),
        ("truncated", "ledger"), ("html", "branch"),
    ):  # fmt: skip
        visma.fault(kind, entity=entity)
    powerbi.add_fault("error_after", operation="rows.post", status=500)
    powerbi.add_fault("drop_before", operation="datasets.list")
    codes: dict[str, Any] = {"struggling": workplace.run("sync")}
    visma.mutate("nordvik", "create_party")
    visma.configure(forbidden={"nordvik": ["branch"]})
    powerbi.add_fault("refuse", operation="rows.post", status=400, times=None)
    codes["forbidden"] = workplace.run(
        "sync", "--json", "--entity", "supplier", "--entity", "branch"
    )
    visma.configure(forbidden={})
    powerbi.faults.clear()
    powerbi.set_switches(service_principals_disabled=True)
    codes["disabled"] = workplace.run("reconcile")
    codes["doctor"] = workplace.run("doctor", "--markdown", "ticket.md")
    powerbi.set_switches(service_principals_disabled=False)
    workplace.store_credentials(**WRONG)
    codes["wrong secrets"] = workplace.run("sync", "--entity", "supplier")
    codes["doctor with wrong secrets"] = workplace.run("doctor", "--json")
    codes["list"] = workplace.run("credentials", "list")
    assert codes.pop("list") == 0, workplace.output[-1]
    assert codes.pop("struggling") == 0, workplace.output[0]
    assert all(codes.values()), codes
    return workplace


def test_the_search_finds_what_is_there(worked: Workplace) -> None:
    names = dict(worked.places())
    assert len(worked.tokens) >= 4
    assert any(name.startswith("dagster/") and b"supplierInvoice" in b for name, b in names.items())
    assert any(name.startswith("store/") and b"nordvik" in body for name, body in names.items())
    assert any(name.startswith("store/") and b"maxPageSize" in body for name, body in names.items())
    assert b"vismapbi_assets.cli" in names["process arguments"]
    assert b"invalid_client" in names["output"]


def test_no_place_holds_a_secret_or_a_token(worked: Workplace) -> None:
    wanted = {form: text[:4] for text in worked.planted | worked.tokens for form in _forms(text)}
    found = [
        f"{where}: {start}..."
        for where, body in worked.places()
        for form, start in wanted.items()
        if form in body
    ]
    assert found == []
