"""`vismapbi credentials`: set, list, rotate, remove; no value is ever shown."""

from __future__ import annotations

from pathlib import Path

import keyring
import pytest
from click.testing import CliRunner, Result
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring

from vismapbi_assets.cli.credentials import credentials
from vismapbi_assets.credentials import CredentialFile, new_key
from vismapbi_assets.settings import CREDENTIAL_FILE, SECRETS, credential_file

PLANTED = "planted~secret+value&100%"
NAME = "VISMA_CLIENT_SECRET"


class MemoryKeyring(KeyringBackend):
    """The keyring of an operating system, for the length of a test."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (*SECRETS, "VISMAPBI_CREDENTIALS", "VISMAPBI_CONFIG", "VISMAPBI_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(keyring.core, "_keyring_backend", NoKeyring())


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    key = new_key()
    monkeypatch.setenv("VISMAPBI_KEY", key)
    return key


def run(*arguments: str, typed: str = "") -> Result:
    """The command, with its output checked for the planted value."""
    result = CliRunner().invoke(credentials, list(arguments), input=typed)
    assert PLANTED not in result.output
    assert PLANTED not in repr(result.exception)
    return result


def test_a_secret_is_stored_encrypted_and_read_back(key: str) -> None:
    result = run("set", NAME, typed=f"{PLANTED}\n")
    assert result.exit_code == 0
    assert NAME in result.output
    assert PLANTED not in Path(CREDENTIAL_FILE).read_text("utf-8")
    assert credential_file().read() == {NAME: PLANTED}


def test_the_file_is_for_its_owner_only(key: str) -> None:
    run("set", NAME, typed=f"{PLANTED}\n")
    assert Path(CREDENTIAL_FILE).stat().st_mode & 0o077 == 0


def test_setting_again_replaces_the_value(key: str) -> None:
    run("set", NAME, typed="old-value-here\n")
    run("set", NAME, typed=f"{PLANTED}\n")
    assert credential_file().read() == {NAME: PLANTED}


def test_nothing_typed_is_refused_and_keeps_what_was(key: str) -> None:
    run("set", NAME, typed=f"{PLANTED}\n")
    before = Path(CREDENTIAL_FILE).read_bytes()
    result = run("set", NAME, typed="\n")
    assert result.exit_code == 1
    assert "empty" in result.output
    assert Path(CREDENTIAL_FILE).read_bytes() == before


def test_an_unknown_name_is_refused_with_those_that_exist(key: str) -> None:
    result = run("set", "VISMA_SECRET", typed=f"{PLANTED}\n")
    assert result.exit_code == 2
    assert NAME in result.output
    assert not Path(CREDENTIAL_FILE).exists()


def test_the_list_says_what_is_stored_and_what_the_environment_overrides(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("set", NAME, typed=f"{PLANTED}\n")
    monkeypatch.setenv("POWERBI_CLIENT_SECRET", PLANTED)
    lines = {line.split()[0]: line for line in run("list").output.splitlines()}
    assert set(lines) == set(SECRETS)
    assert " stored 20" in lines[NAME]
    assert "not stored, set in the environment (wins)" in lines["POWERBI_CLIENT_SECRET"]
    assert "not stored" in lines["VISMA_CLIENT_ID"]


def test_the_list_needs_no_key(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run("set", NAME, typed=f"{PLANTED}\n")
    monkeypatch.delenv("VISMAPBI_KEY")
    assert " stored 20" in run("list").output


def test_rotation_with_two_keys_leaves_no_moment_without_credentials(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("set", NAME, typed=f"{PLANTED}\n")
    fresh = run("key").output.strip()
    both = CredentialFile(Path(CREDENTIAL_FILE), f"{fresh},{key}")
    assert both.read() == {NAME: PLANTED}
    monkeypatch.setenv("VISMAPBI_KEY", f"{fresh},{key}")
    assert run("rotate").exit_code == 0
    assert both.read() == {NAME: PLANTED}
    assert CredentialFile(Path(CREDENTIAL_FILE), fresh).read() == {NAME: PLANTED}
    monkeypatch.setenv("VISMAPBI_KEY", key)
    result = run("rotate")
    assert result.exit_code == 1
    assert "cannot be decrypted" in result.output


def test_rotation_with_one_key_says_what_is_missing(key: str) -> None:
    run("set", NAME, typed=f"{PLANTED}\n")
    result = run("rotate")
    assert result.exit_code == 1
    assert "new,old" in result.output


def test_the_wrong_key_is_told_and_nothing_is_lost(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("set", NAME, typed=f"{PLANTED}\n")
    monkeypatch.setenv("VISMAPBI_KEY", new_key())
    result = run("set", "VISMA_CLIENT_ID", typed="isv_reader\n")
    assert result.exit_code == 1
    assert "the key is not the one" in result.output
    monkeypatch.setenv("VISMAPBI_KEY", key)
    assert credential_file().read() == {NAME: PLANTED}


def test_something_that_is_no_key_says_how_to_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISMAPBI_KEY", "short")
    result = run("set", NAME, typed=f"{PLANTED}\n")
    assert result.exit_code == 1
    assert "vismapbi credentials key" in result.output


def test_removing_forgets_one_and_only_one(key: str) -> None:
    run("set", NAME, typed=f"{PLANTED}\n")
    run("set", "VISMA_CLIENT_ID", typed="isv_reader\n")
    assert run("remove", NAME).exit_code == 0
    assert credential_file().read() == {"VISMA_CLIENT_ID": "isv_reader"}
    result = run("remove", NAME)
    assert result.exit_code == 1
    assert "is not stored" in result.output


def test_without_key_and_keyring_the_way_out_is_named() -> None:
    result = run("set", NAME, typed=f"{PLANTED}\n")
    assert result.exit_code == 1
    assert "VISMAPBI_KEY" in result.output
    assert not Path(CREDENTIAL_FILE).exists()


def test_with_a_keyring_the_key_is_made_and_rotated_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = MemoryKeyring()
    monkeypatch.setattr(keyring.core, "_keyring_backend", held)
    assert run("set", NAME, typed=f"{PLANTED}\n").exit_code == 0
    (first,) = held.held.values()
    assert run("rotate").exit_code == 0
    (second,) = held.held.values()
    assert second != first
    assert credential_file().read() == {NAME: PLANTED}


def test_a_file_that_is_none_is_refused(key: str) -> None:
    Path(CREDENTIAL_FILE).write_text("[]", "utf-8")
    result = run("list")
    assert result.exit_code == 1
    assert "no credential file" in result.output
