"""Secrets from an Azure Key Vault, for those who keep them there.

Reads one secret at a time with the identity of the machine (managed identity, workload identity,
Azure CLI). The SDK is the optional extra `azure` and imported only when a vault is configured.
Which secrets there are and where else they may come from belongs in `settings.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any


class KeyVaultError(ValueError):
    """The vault cannot be used. The text says why and what to do."""


def sdk_client(url: str) -> Any:
    """The SDK's client for a vault; nothing is sent yet."""
    try:
        identity = import_module("azure.identity")
        secrets = import_module("azure.keyvault.secrets")
    except ModuleNotFoundError as error:
        raise KeyVaultError(
            f"secrets.key_vault is set, but {error.name} is not installed. Install it with: "
            "pip install 'vismapbi[azure]'"
        ) from None
    return secrets.SecretClient(vault_url=url, credential=identity.DefaultAzureCredential())


@dataclass(frozen=True)
class KeyVault:
    """One vault. Its names have hyphens where ours have underscores: VISMA-CLIENT-SECRET."""

    url: str
    connect: Callable[[str], Any] = sdk_client

    def read(self, name: str) -> str | None:
        """The secret as it is now; None where the vault has none of that name."""
        client, errors = self._client, import_module("azure.core.exceptions")
        try:
            value = client.get_secret(name.replace("_", "-")).value
        except errors.ResourceNotFoundError:
            return None
        except errors.AzureError as error:
            status = getattr(error, "status_code", None)
            raise KeyVaultError(
                f"{self.url}: {name.replace('_', '-')} cannot be read ({type(error).__name__}"
                f"{f', status {status}' if status else ''}). The identity of this machine needs "
                "the role Key Vault Secrets User on the vault, and the vault must be reachable"
            ) from None
        return str(value) if value else None

    @cached_property
    def _client(self) -> Any:
        return self.connect(self.url)
