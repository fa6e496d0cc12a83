"""The encrypted credential file.

Secrets are kept with authenticated encryption (Fernet); the key comes from `VISMAPBI_KEY` or the
keyring of the operating system. What a secret is for belongs in `settings.py`. Nothing here prints,
logs or returns a secret except `read`.
"""

from __future__ import annotations

import json
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import keyring
import keyring.errors
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

SERVICE = "vismapbi"
ACCOUNT = "credential-key"


class CredentialsError(ValueError):
    """The credential file cannot be used. The text says why and what to do."""


class CredentialFile:
    """An encrypted JSON file of named secrets.

    Args:
        path: the file; it need not exist yet.
        key: one or several Fernet keys, newest first, separated by commas; None asks the keyring.
    """

    def __init__(self, path: Path, key: str | None = None) -> None:
        self.path = path
        self._key = key

    def read(self) -> dict[str, str]:
        """All secrets by name; empty where there is no file."""
        if not self.path.is_file():
            return {}
        entries = self._entries()
        cipher = self._cipher()
        try:
            return {
                name: cipher.decrypt(entry["token"].encode()).decode()
                for name, entry in entries.items()
            }
        except (InvalidToken, KeyError, TypeError):
            raise CredentialsError(
                f"{self.path}: cannot be decrypted: the key is not the one it was written with, or "
                "the file was changed. Set VISMAPBI_KEY to the right key, restore the file from a "
                "backup, or remove it and set the credentials again"
            ) from None

    def names(self) -> dict[str, str]:
        """When each secret was set (ISO time, UTC), by name. Needs no key."""
        return {name: entry["set_at"] for name, entry in self._entries().items()}

    def set(self, name: str, text: str) -> None:
        """Store one secret; an old value is replaced."""
        if not text:
            raise CredentialsError(f"{name}: an empty value is not stored")
        self.read()
        entries = self._entries()
        entries[name] = self._encrypted(text, self._cipher(create=True))
        self._write(entries)

    def remove(self, name: str) -> bool:
        """Remove one secret; False where there was none."""
        entries = self._entries()
        if entries.pop(name, None) is None:
            return False
        self._write(entries)
        return True

    def rotate(self) -> None:
        """Encrypt everything with the newest key.

        With `VISMAPBI_KEY` holding "new,old", readers that hold both read before and after, so
        there is no moment without credentials. With the keyring the new key is made here.
        """
        secrets = self.read()
        if self._key is None:
            old = _keyring_get()
            fresh = Fernet.generate_key().decode()
            _keyring_set(f"{fresh},{old}" if old else fresh)
            self._write(
                {name: self._encrypted(text, _fernet(fresh)) for name, text in secrets.items()}
            )
            _keyring_set(fresh)
            return
        newest, _, older = self._key.partition(",")
        if not older:
            raise CredentialsError(
                "VISMAPBI_KEY holds one key, rotation needs two. Make one with: vismapbi "
                'credentials key, set VISMAPBI_KEY to "new,old" wherever vismapbi runs, rotate, '
                "then drop the old one"
            )
        cipher = _fernet(newest)
        self._write({name: self._encrypted(text, cipher) for name, text in secrets.items()})

    def _encrypted(self, text: str, cipher: Fernet | MultiFernet) -> dict[str, str]:
        return {
            "token": cipher.encrypt(text.encode()).decode(),
            "set_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }

    def _entries(self) -> dict[str, dict[str, str]]:
        if not self.path.is_file():
            return {}
        try:
            content = json.loads(self.path.read_text("utf-8"))
            entries = content["credentials"]
        except (ValueError, KeyError, TypeError):
            raise CredentialsError(
                f"{self.path}: this is no credential file. Restore it from a backup, or remove it "
                "and set the credentials again"
            ) from None
        return dict(entries)

    def _write(self, entries: dict[str, dict[str, str]]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"version": 1, "credentials": entries}, indent=2, sort_keys=True)
        descriptor, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=".credentials-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self.path)
        finally:
            Path(temporary).unlink(missing_ok=True)

    def _cipher(self, *, create: bool = False) -> Fernet | MultiFernet:
        key = self._key or _keyring_get()
        if key is None and create:
            key = Fernet.generate_key().decode()
            _keyring_set(key)
        if key is None:
            raise CredentialsError(
                f"{self.path}: no key. Set VISMAPBI_KEY, or store one in the keyring of the "
                "operating system by setting a credential there"
            )
        return _fernet(key)


def new_key() -> str:
    """A fresh Fernet key, as text for `VISMAPBI_KEY`."""
    return Fernet.generate_key().decode()


def _fernet(key: str) -> Fernet | MultiFernet:
    try:
        return MultiFernet([Fernet(part.strip().encode()) for part in key.split(",")])
    except ValueError:
        raise CredentialsError(
            "VISMAPBI_KEY is not a valid key: 32 bytes in URL-safe base64 are needed. Make one "
            "with: vismapbi credentials key"
        ) from None


def _keyring_get() -> str | None:
    try:
        return keyring.get_password(SERVICE, ACCOUNT)
    except keyring.errors.KeyringError:
        return None


def _keyring_set(key: str) -> None:
    try:
        keyring.set_password(SERVICE, ACCOUNT, key)
    except keyring.errors.KeyringError:
        raise CredentialsError(
            "no key: this machine has no keyring. Make a key with: vismapbi credentials key, keep "
            "it safe, and set it as VISMAPBI_KEY"
        ) from None
