"""Reads `vismapbi.toml` and the environment: the only module that does.

Gives one immutable `Settings`, or a `SettingsError` that names the key, the reason and an example.
What can be set is declared in `settings_shape.py`. Loading never touches the network.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from vismapbi_assets.credentials import CredentialFile, CredentialsError
from vismapbi_assets.key_vault import KeyVault, KeyVaultError
from vismapbi_assets.settings_shape import (
    Alerts,
    Company,
    Dataset,
    File,
    Kubernetes,
    PowerBI,
    Refresh,
    Report,
    Schedule,
    Secret,
    Secrets,
    StoreShape,
    Visma,
)

DEFAULT_FILE = Path("vismapbi.toml")
CREDENTIAL_FILE = "vismapbi-credentials.json"

ENVIRONMENT = {
    "VISMA_API_URL": ("visma", "api_url"),
    "VISMA_TOKEN_URL": ("visma", "token_url"),
    "POWERBI_API_URL": ("powerbi", "api_url"),
    "POWERBI_AUTHORITY_URL": ("powerbi", "authority_url"),
    "POWERBI_SCOPE": ("powerbi", "scope"),
    "POWERBI_TENANT_ID": ("powerbi", "tenant_id"),
    "POWERBI_CLIENT_ID": ("powerbi", "client_id"),
    "POWERBI_WORKSPACE_ID": ("powerbi", "workspace_id"),
    "POWERBI_CERTIFICATE": ("powerbi", "certificate"),
    "VISMAPBI_STORE": ("store", "root"),
}
"""Environment variables that override a key of the file."""

SECRETS = {
    "VISMA_CLIENT_ID": "client id of the Visma.net service application",
    "VISMA_CLIENT_SECRET": "client secret of the Visma.net service application",
    "POWERBI_CLIENT_SECRET": "client secret of the Entra application",
    "VISMAPBI_ALERT_WEBHOOK": "address of the Teams or Slack webhook for alerts",
    "VISMAPBI_SMTP_PASSWORD": "password of the mail account for alerts",
}
"""Secrets: from the environment, the encrypted credential file or a vault, never from TOML."""


SECRET_KEY = re.compile(r"secret|password|access_key|account_key|sas_token", re.IGNORECASE)
"""Keys of the file that would hold a secret; only the section `secrets` may be called so."""


class SettingsError(ValueError):
    """A setting is missing or wrong. The text names the key, the reason and an example."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, checked.

    Attributes:
        origin: the file that was read, or "sandbox" where there is none.
        is_sandbox: the sandbox's companies are used because no file is there.
    """

    file: File
    origin: str
    is_sandbox: bool
    plain_secrets: Mapping[str, Secret]
    credentials: CredentialFile
    vault: KeyVault | None = None

    @property
    def time_zone(self) -> str:
        """IANA name of the zone that days and schedules are reckoned in."""
        return self.file.time_zone

    @property
    def first_day(self) -> date:
        """First partition; it is open to the left."""
        return self.file.first_day

    @property
    def overlap(self) -> timedelta:
        """How far a window reaches back before its day."""
        return timedelta(hours=self.file.visma.overlap_hours)

    @property
    def companies(self) -> tuple[Company, ...]:
        """The companies of the dataset, in the order of the file."""
        return self.file.companies

    @property
    def dataset(self) -> Dataset:
        """The push semantic model."""
        return self.file.dataset

    @property
    def store(self) -> StoreShape:
        """Where the store is and how long things are kept."""
        return self.file.store

    @property
    def visma(self) -> Visma:
        """How Visma.net is read."""
        return self.file.visma

    @property
    def powerbi(self) -> PowerBI:
        """How Power BI is reached."""
        return self.file.powerbi

    @property
    def schedule(self) -> Schedule:
        """When things run."""
        return self.file.schedule

    @property
    def alerts(self) -> Alerts:
        """Who is told of a failure."""
        return self.file.alerts

    @property
    def kubernetes(self) -> Kubernetes:
        """What is done with pods."""
        return self.file.kubernetes

    @property
    def refresh(self) -> tuple[Refresh, ...]:
        """Import models that are refreshed after publishing."""
        return self.file.refresh

    @property
    def reports(self) -> tuple[Report, ...]:
        """Reports and dashboards shown in the graph."""
        return self.file.reports

    def secret(self, name: str) -> Secret:
        """The secret called `name`, or a `SettingsError` that says where to put it."""
        found = self.optional_secret(name)
        if not found:
            raise SettingsError(
                f"{name} is not set ({SECRETS[name]}). Set the environment variable {name}, or "
                f"store it encrypted with: vismapbi credentials set {name}"
            )
        return found

    def optional_secret(self, name: str) -> Secret | None:
        """The secret called `name`: from the environment, the credential file or the vault."""
        if name in self.plain_secrets:
            return self.plain_secrets[name]
        try:
            text = self.credentials.read().get(name)
            if not text and self.vault:
                text = self.vault.read(name)
        except (CredentialsError, KeyVaultError) as error:
            raise SettingsError(str(error)) from None
        return Secret(text) if text else None

    def today(self, now: datetime | None = None) -> date:
        """The current day in the configured zone."""
        return (now or datetime.now(UTC)).astimezone(ZoneInfo(self.time_zone)).date()

    def company(self, key: str) -> Company:
        """The company with this key, or a `SettingsError` that lists those there are."""
        for company in self.companies:
            if company.key == key:
                return company
        known = ", ".join(c.key for c in self.companies)
        raise SettingsError(f"company {key!r} is not in the settings; there are: {known}")


def credential_file(environ: Mapping[str, str] | None = None) -> CredentialFile:
    """The encrypted file of this environment, beside the settings file unless named."""
    env = os.environ if environ is None else environ
    folder = Path(env["VISMAPBI_CONFIG"]).parent if env.get("VISMAPBI_CONFIG") else Path()
    path = Path(env.get("VISMAPBI_CREDENTIALS") or folder / CREDENTIAL_FILE)
    return CredentialFile(path, env.get("VISMAPBI_KEY"))


def dagster_home(environ: Mapping[str, str] | None = None) -> Path:
    """Where Dagster keeps its history: DAGSTER_HOME, or `./.vismapbi/dagster` for the commands."""
    env = os.environ if environ is None else environ
    return Path(env.get("DAGSTER_HOME") or Path(".vismapbi") / "dagster").absolute()


def inherited_environment() -> dict[str, str]:
    """A copy of this process's environment, for child processes."""
    return dict(os.environ)


def environment_secrets(environ: Mapping[str, str] | None = None) -> frozenset[str]:
    """The names of the secrets that the environment holds; they win over the file."""
    env = os.environ if environ is None else environ
    return frozenset(name for name in SECRETS if env.get(name))


def load_settings(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the file and the environment.

    Without a file (argument, `VISMAPBI_CONFIG`, `./vismapbi.toml`) the sandbox is used.
    """
    env = os.environ if environ is None else environ
    named = path or (Path(env["VISMAPBI_CONFIG"]) if env.get("VISMAPBI_CONFIG") else None)
    chosen = named or (DEFAULT_FILE if DEFAULT_FILE.is_file() else None)
    sample = _sandbox()
    if chosen is None:
        raw, origin, defaults = sample["settings"], "sandbox", sample["secrets"]
    else:
        raw, origin, defaults = _read(chosen), str(chosen), {}
    for variable, (section, key) in ENVIRONMENT.items():
        if env.get(variable):
            raw.setdefault(section, {})[key] = env[variable]
    file = _convert(raw, origin)
    _check(file, origin)
    beside = {"VISMAPBI_CONFIG": str(chosen)} if chosen else {}
    return Settings(
        file=file,
        origin=origin,
        is_sandbox=chosen is None,
        plain_secrets={name: Secret(text) for name, text in defaults.items()}
        | {name: Secret(env[name]) for name in SECRETS if env.get(name)},
        credentials=credential_file({**env, **beside}),
        vault=KeyVault(file.secrets.key_vault) if file.secrets.key_vault else None,
    )


def _sandbox() -> dict[str, Any]:
    """The sample group as settings: companies, loopback addresses and its published secrets."""
    text = resources.files("vismapbi_assets.sandbox").joinpath("companies.toml").read_text("utf-8")
    sample = tomllib.loads(text)
    companies = [
        {k: v for k, v in c.items() if k in Company.__struct_fields__} for c in sample["companies"]
    ]
    shared = sample.get("settings", {})
    return {
        "settings": {**shared, "companies": companies},
        "secrets": sample.get("secrets", {}),
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            f"{path}: there is no such file. Write one with: vismapbi init, or name another in "
            "VISMAPBI_CONFIG"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: this is not valid TOML: {error}") from None


def _convert(raw: dict[str, Any], origin: str) -> File:
    for name in _secret_keys(raw):
        raise SettingsError(
            f"{origin}: {name}: secrets do not belong in this file. Remove it and use an "
            "environment variable or: vismapbi credentials set"
        )
    try:
        return msgspec.convert(raw, File)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `$")
        key = where.rstrip("`").lstrip(".")
        missing = re.search(r"missing required field `(\w+)`", reason)
        unknown = re.search(r"unknown field `(\w+)`", reason)
        for match in (missing, unknown):
            if match:
                key = f"{key}.{match[1]}".lstrip(".")
        example = _example(key)
        hint = f" Example: {example}" if example and not unknown else ""
        known = f" Known keys here: {', '.join(_fields(key))}." if unknown else ""
        raise SettingsError(f"{origin}: {key or 'file'}: {reason}.{known}{hint}") from None


def _secret_keys(raw: object, path: str = "") -> list[str]:
    if isinstance(raw, dict):
        found: list[str] = []
        for key, value in raw.items():
            here = f"{path}.{key}".lstrip(".")
            if SECRET_KEY.search(key) and not (here == "secrets" and isinstance(value, dict)):
                found.append(here)
            found += _secret_keys(value, here)
        return found
    if isinstance(raw, list):
        return [f for i, item in enumerate(raw) for f in _secret_keys(item, f"{path}[{i}]")]
    return []


def _shape_of(key: str) -> tuple[type[msgspec.Struct], str]:
    shape: type[msgspec.Struct] = File
    parts = [re.sub(r"\[.*?\]", "", part) for part in key.split(".")]
    children: dict[str, type[msgspec.Struct]] = {
        "dataset": Dataset,
        "store": StoreShape,
        "visma": Visma,
        "powerbi": PowerBI,
        "schedule": Schedule,
        "alerts": Alerts,
        "kubernetes": Kubernetes,
        "secrets": Secrets,
        "companies": Company,
        "refresh": Refresh,
        "reports": Report,
    }
    for part in parts[:-1]:
        shape = children.get(part, shape)
    return shape, parts[-1]


def _fields(key: str) -> tuple[str, ...]:
    return _shape_of(key)[0].__struct_fields__


def _example(key: str) -> str:
    shape, name = _shape_of(key)
    properties = msgspec.json.schema(shape)["$defs"][shape.__name__]["properties"]
    entry = properties.get(name, {})
    found = entry.get("examples") or ([entry["default"]] if "default" in entry else [])
    return f'{name} = "{found[0]}"' if found and str(found[0]) != "" else ""


def _check(file: File, origin: str) -> None:
    def refuse(key: str, reason: str, example: str) -> NoReturn:
        raise SettingsError(f"{origin}: {key}: {reason}. Example: {example}")

    try:
        today = datetime.now(ZoneInfo(file.time_zone)).date()
    except (ZoneInfoNotFoundError, ValueError):
        refuse("time_zone", f"{file.time_zone!r} is no time zone", 'time_zone = "Europe/Oslo"')
    if not date(2000, 1, 1) <= file.first_day <= today:
        reason = f"{file.first_day} is not between 2000 and today"
        refuse("first_day", reason, f"first_day = {today}")
    keys = [c.key for c in file.companies]
    for key in {k for k in keys if keys.count(k) > 1}:
        refuse("companies.key", f"{key!r} is used twice", 'key = "se"')
    tenants = [c.tenant_id for c in file.companies]
    for tenant in {t for t in tenants if tenants.count(t) > 1}:
        refuse(
            "companies.tenant_id",
            f"{tenant} is used by two companies; each has its own tenant",
            "the company's tenant id from the Visma developer portal",
        )
    currencies = sorted({c.base_currency for c in file.companies})
    if len(currencies) > 1:
        refuse(
            "companies.base_currency",
            f"one dataset holds one base currency, found {', '.join(currencies)}; put the other "
            "companies into a second code location with its own file",
            'base_currency = "NOK"',
        )
    for key, url in (
        ("visma.api_url", file.visma.api_url),
        ("visma.token_url", file.visma.token_url),
        ("powerbi.api_url", file.powerbi.api_url),
        ("powerbi.authority_url", file.powerbi.authority_url),
    ):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            refuse(key, f"{url!r} is no web address", "https://api.finance.visma.net")
        if parts.username or parts.password:
            refuse(key, "an address must not carry credentials", "https://api.finance.visma.net")
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            refuse(
                key, f"{url} is not encrypted; http is for loopback only", f"https://{parts.netloc}"
            )


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine itself, where plain http is accepted."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
