"""No secret is kept with the sources: every tracked file is searched for what secrets look like.

The sandbox's published credentials are the only exception; they open nothing. What a running
system leaves behind is searched in `cli/test_secrets_never_leak.py`.
"""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
QUOTED = r"""["'](?P<text>(?!https?://)[^\s"'{}$<>()\[\]]{12,})["']"""
LOOKS = {
    "private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]{64}",
    "certificate with key": r"\bMII[JK][A-Za-z0-9+/]{200}",
    "JSON web token": r"\beyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{16,}",
    "Entra client secret": r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}",
    "storage account key": r"(?i)account_?key\s*[=:]\s*[A-Za-z0-9+/]{60,}={0,2}",
    "shared access signature": r"[?&]sig=[A-Za-z0-9%+/]{30,}",
    "AWS access key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{40,})",
    "package index token": r"\bpypi-[\w-]{50,}",
    "webhook address": r"https://(?:hooks\.slack\.com/services/T|[\w.-]+\.webhook\.office\.com/w)\S+",
    "Fernet key": r"(?<![\w+/=-])[\w-]{43}=(?![\w=])",
    "address with password": r"\b\w+://[^\s/:@{}$<>]+:(?P<text>[^\s/@{}$<>*]{6,})@",
    "assigned secret": rf"(?i)(?:secret|password|passwd|token|api_?key)\w*[\"']?\s*[:=]\s*{QUOTED}",
    "bare secret": (
        r"(?im)^\s*(?:-\s+|export\s+|ENV\s+)?\w*(?:secret|password|passwd|token|api_?key|webhook)\w*"
        r"\s*[:=]\s*(?P<text>(?=\S*\d)(?=\S*[a-z])[^\s\"'{}$<>()\[\]]{12,})\s*$"
    ),
}
PLANTED = {
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----\n" + "ab/4" * 20,
    "certificate with key": "MII" + "J" + "a+9Z" * 60,
    "JSON web token": ".".join(
        ["ey" + "J0eXAiOiJKV1QiLCJhb", "ey" + "JzdWIiOiIxMjM0NTY3", "x" * 20]
    ),
    "Entra client secret": "abc" + "8Q~" + "kX7" * 11,
    "storage account key": "Account" + "Key=" + "aB3/" * 21 + "==",
    "shared access signature": "https://x/y?a=b&" + "sig=" + "aB3%2F" * 8,
    "AWS access key": "AK" + "IA" + "ABCD1234" * 2,
    "GitHub token": "gh" + "p_" + "aB3d" * 9,
    "package index token": "py" + "pi-" + "aB3d-" * 12,
    "webhook address": "https://hooks." + "slack.com/services/" + "T000/B000/xyz",
    "Fernet key": "aB3_" * 10 + "abc" + "=",
    "address with password": "postgresql" + "://dagster:" + "hunter22" + "@db/dagster",
    "bare secret": "  VISMA_CLIENT_" + "SECRET: " + "9fK2" * 5,
    "assigned secret": "client_" + 'secret = "' + "9fK2" * 5 + '"',
}
WORDS = re.compile(r"^[a-z]{1,12}(?:[~+&%._-]+[a-z0-9]{0,12})+$")
"""What stands in tests where some secret is needed: words with signs between them."""
NAME = re.compile(r"^[a-z]+(?:_[a-z]+)+$")
"""The name of something, as OAuth and the settings have them."""


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("this is no git checkout, so there is no list of tracked files")
    return [ROOT / name for name in done.stdout.decode().split("\0") if name]


def published() -> set[str]:
    sample = (ROOT / "vismapbi_assets" / "sandbox" / "companies.toml").read_text("utf-8")
    return set(tomllib.loads(sample)["secrets"].values())


def finds(text: str, *, tests: bool = False) -> Iterator[tuple[str, str]]:
    """What looks like a secret, and how it begins."""
    known = published()
    for kind, pattern in LOOKS.items():
        for match in re.finditer(pattern, text):
            found = match.groupdict().get("text") or match[0]
            harmless = (WORDS if tests else NAME).match(found) and found != match[0]
            if found in known or harmless:
                continue
            yield kind, found[:6]


def test_no_tracked_file_holds_a_secret() -> None:
    searched, found = 0, []
    for path in tracked():
        if not path.is_file():
            continue
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        searched += 1
        name = path.relative_to(ROOT)
        tests = name.parts[0] == "vismapbi_tests"
        found += [f"{name}: {kind} {start}..." for kind, start in finds(text, tests=tests)]
    assert searched > 100
    assert found == []


@pytest.mark.parametrize("kind", LOOKS)
def test_a_planted_secret_is_found(kind: str) -> None:
    assert kind in {found for found, _ in finds(f"x = 1\n{PLANTED[kind]}\n", tests=True)}


def test_no_file_that_holds_secrets_is_tracked() -> None:
    names = {path.name for path in tracked()}
    assert not names & {".env", "store.env", "vismapbi-credentials.json", "id_rsa"}
    assert not {n for n in names if n.endswith((".pem", ".pfx", ".p12", ".key"))}


def test_every_requirement_of_the_lock_is_exact() -> None:
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    named = [line for line in lines if line and not line.startswith((" ", "#", "--"))]
    assert len(named) > 50
    assert all(re.match(r"^[\w.-]+(\[[\w,]+\])?==[\w.!+]+", line) for line in named)
