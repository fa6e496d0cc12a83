"""Secrets from a vault: order, names, and what is said when the vault refuses.

The SDK's client is played by a stand-in, so that neither the SDK nor a vault is needed.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from vismapbi_assets.credentials import CredentialFile, new_key
from vismapbi_assets.key_vault import KeyVault
from vismapbi_assets.settings import Settings, SettingsError, load_settings

FILE = """
first_day = 2026-11-01
[secrets]
key_vault = "https://finance.vault.azure.net"
[[companies]]
key = "no"
name = "Nordvik AS"
tenant_id = "0c9f2c1e-6f0e-4a57-9d0a-0f6f3a1f9a11"
base_currency = "NOK"
"""
URL = "https://finance.vault.azure.net"


class Sdk:
    """The parts of the SDK that are used: two errors and a client."""

    class AzureError(Exception):
        status_code = 403

    class ResourceNotFoundError(AzureError):
        status_code = 404

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.asked: list[str] = []
        self.refusing = False

    def get_secret(self, name: str) -> SimpleNamespace:
        self.asked.append(name)
        if self.refusing:
            raise self.AzureError("the token ey.planted was refused")
        if name not in self.held:
            raise self.ResourceNotFoundError(name)
        return SimpleNamespace(value=self.held[name])


@pytest.fixture
def sdk(monkeypatch: pytest.MonkeyPatch) -> Sdk:
    made = Sdk()
    exceptions = ModuleType("azure.core.exceptions")
    vars(exceptions).update(
        AzureError=Sdk.AzureError, ResourceNotFoundError=Sdk.ResourceNotFoundError
    )
    for name in ("azure", "azure.core"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "azure.core.exceptions", exceptions)
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "vismapbi.toml").write_text(FILE, "utf-8")
    return tmp_path / "vismapbi.toml"


def load(path: Path, sdk: Sdk, **environ: str) -> Settings:
    settings = load_settings(path, environ)
    assert settings.vault == KeyVault(URL)
    return replace(settings, vault=KeyVault(URL, lambda url: sdk))


def test_the_vault_is_asked_last_and_with_hyphens(path: Path, sdk: Sdk) -> None:
    sdk.held["VISMA-CLIENT-SECRET"] = "from-vault"
    key = new_key()
    CredentialFile(path.parent / "vismapbi-credentials.json", key).set("VISMA_CLIENT_ID", "of-file")
    settings = load(path, sdk, VISMAPBI_KEY=key, POWERBI_CLIENT_SECRET="of-environment")
    assert settings.secret("POWERBI_CLIENT_SECRET").reveal() == "of-environment"
    assert settings.secret("VISMA_CLIENT_ID").reveal() == "of-file"
    assert sdk.asked == []
    assert settings.secret("VISMA_CLIENT_SECRET").reveal() == "from-vault"
    assert sdk.asked == ["VISMA-CLIENT-SECRET"]


def test_a_secret_that_the_vault_lacks_is_missing(path: Path, sdk: Sdk) -> None:
    with pytest.raises(SettingsError, match="VISMA_CLIENT_ID is not set"):
        load(path, sdk).secret("VISMA_CLIENT_ID")


def test_a_refusal_names_vault_status_and_role_but_no_token(path: Path, sdk: Sdk) -> None:
    sdk.refusing = True
    with pytest.raises(SettingsError, match=r"403.*Key Vault Secrets User") as error:
        load(path, sdk).secret("VISMA_CLIENT_ID")
    assert URL in str(error.value)
    assert "planted" not in str(error.value)


def test_without_the_extra_the_message_says_how_to_install_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    with pytest.raises(SettingsError, match=r"vismapbi\[azure\]"):
        load_settings(path, {}).secret("VISMA_CLIENT_ID")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('key_vault = "http://finance.vault.azure.net"', "secrets.key_vault"),
        ('key_vault = "https://user@finance.vault.azure.net"', "secrets.key_vault"),
        ('visma_client_secret = "x"', "do not belong in this file"),
        ('vault = "x"', "Known keys here: key_vault"),
    ],
)
def test_mistakes_in_the_section_are_named(path: Path, line: str, wanted: str) -> None:
    text = path.read_text("utf-8")
    path.write_text(text.replace(f'key_vault = "{URL}"', line), "utf-8")
    with pytest.raises(SettingsError, match=wanted):
        load_settings(path, {})
