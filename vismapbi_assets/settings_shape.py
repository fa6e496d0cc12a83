"""What can be set: one declaration per key, with its default, its meaning and an example.

The commented file of `vismapbi init`, the checks and the error messages are derived from here.
Reading files and the environment belongs in `settings.py`; secrets are never keys of this file.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

Text = Annotated[str, Meta(min_length=1)]
VaultUrl = Annotated[str, Meta(pattern=r"^https://[^/@]+/?$")]
Cron = Annotated[str, Meta(pattern=r"^\s*\S+(\s+\S+){4}\s*$")]


class Secret:
    """A text that never shows itself: `repr` and `str` give asterisks, `reveal()` the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


class Shape(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all shapes: immutable, named fields only, unknown keys refused."""


class Company(Shape, frozen=True, kw_only=True):
    """One Visma.net company."""

    key: Annotated[
        str,
        Meta(
            pattern=r"^[a-z][a-z0-9_-]{0,19}$",
            description="partition key and prefix of every key in Power BI; never change it",
            examples=["no"],
        ),
    ]
    name: Annotated[
        str, Meta(min_length=1, description="shown in reports", examples=["Nordvik AS"])
    ]
    tenant_id: Annotated[
        str,
        Meta(
            min_length=1,
            description="tenant of the company (not of the customer), selects it at token time",
            examples=["0c9f2c1e-6f0e-4a57-9d0a-0f6f3a1f9a11"],
        ),
    ]
    company_id: Annotated[
        str, Meta(description="number sent as ipp-company-id", examples=["1234567"])
    ] = ""
    base_currency: Annotated[
        str,
        Meta(
            pattern=r"^[A-Z]{3}$",
            description="one dataset holds companies of one base currency",
            examples=["NOK"],
        ),
    ]
    default_branch: Annotated[
        str | None,
        Meta(
            description="branch of documents that name none; default: main branch", examples=["1"]
        ),
    ] = None
    account_mapping: Annotated[
        str | None,
        Meta(description="file that maps accounts to statement lines", examples=["accounts.csv"]),
    ] = None


class Dataset(Shape, frozen=True, kw_only=True):
    """The push semantic model."""

    name: Annotated[str, Meta(min_length=1, examples=["Visma Finance"])] = "Visma Finance"
    money_type: Annotated[
        Literal["Decimal", "Double"],
        Meta(description="push type of money; Double only where a tenant refuses Decimal"),
    ] = "Decimal"
    repair: Annotated[
        Literal["automatic", "manual"],
        Meta(description="replace a table that differs from what was published, or only say so"),
    ] = "automatic"
    verification: Annotated[
        Literal["required", "where possible"],
        Meta(
            description="whether rows count as delivered where Power BI cannot be asked for them; "
            "a table that it says to differ never does"
        ),
    ] = "required"
    compaction_share: Annotated[
        float,
        Meta(gt=0, le=1, description="superseded share of a table from which it is compacted"),
    ] = 0.25
    log_days: Annotated[int, Meta(ge=1, description="days kept in RefreshLog")] = 30


class StoreShape(Shape, frozen=True, kw_only=True):
    """Where state, plans, archive and quarantine are kept."""

    root: Annotated[
        str,
        Meta(
            min_length=1,
            description="folder or URL",
            examples=["./.vismapbi/store", "abfss://finance@account.dfs.core.windows.net/vismapbi"],
        ),
    ] = "./.vismapbi/store"
    options: Annotated[
        dict[str, str],
        Meta(description="options of the object store; credentials belong in the environment"),
    ] = field(default_factory=dict)
    archive_days: Annotated[int, Meta(ge=1, description="days that raw pages are kept")] = 90
    plan_days: Annotated[int, Meta(ge=1, description="days that posted batches are kept")] = 90


class Visma(Shape, frozen=True, kw_only=True):
    """How Visma.net is read."""

    api_url: Text = "https://api.finance.visma.net"
    token_url: Text = "https://connect.visma.com/connect/token"  # noqa: S105 - an address
    page_size: Annotated[int, Meta(ge=1, le=100_000)] = 1000
    journal_page_size: Annotated[int, Meta(ge=1, le=100_000, description="in lines")] = 5000
    pages_in_flight: Annotated[int, Meta(ge=1, le=8, description="per company")] = 2
    timeout_seconds: Annotated[float, Meta(gt=0, le=240)] = 120.0
    reserve_calls: Annotated[
        int,
        Meta(ge=0, description="calls of each hour left to other users; at most half of them"),
    ] = 25
    overlap_hours: Annotated[
        float, Meta(ge=1, le=48, description="overlap of windows; at least 2 where DST matters")
    ] = 2.0
    deletion_guard: Annotated[
        float, Meta(ge=0, le=1, description="share of rows a sweep may delete without a yes")
    ] = 0.2
    quarantine_limit: Annotated[
        int,
        Meta(ge=0, description="rejected documents, or rows of a table, from which a run fails"),
    ] = 100
    exclude: Annotated[
        tuple[str, ...],
        Meta(description="entities not read (no licence)", examples=['["timeCard"]']),
    ] = ()


class PowerBI(Shape, frozen=True, kw_only=True):
    """How Power BI is reached."""

    api_url: Text = "https://api.powerbi.com/v1.0/myorg"
    authority_url: Text = "https://login.microsoftonline.com"
    scope: Text = "https://analysis.windows.net/powerbi/api/.default"
    tenant_id: Annotated[str, Meta(examples=["contoso.onmicrosoft.com"])] = ""
    client_id: str = ""
    workspace_id: Annotated[str, Meta(examples=["f089354e-8366-4e18-aea3-4cb4a3a50b48"])] = ""
    certificate: Annotated[
        str | None, Meta(description="PEM file with key and certificate, instead of a secret")
    ] = None
    timeout_seconds: Annotated[float, Meta(gt=0, le=600)] = 120.0
    settle_seconds: Annotated[
        float, Meta(ge=0, le=600, description="wait before an unknown outcome is asked for")
    ] = 10.0
    wait_minutes: Annotated[
        float, Meta(ge=0, le=600, description="how long a run waits for the row quota")
    ] = 5.0


class Schedule(Shape, frozen=True, kw_only=True):
    """When things run; cron in the configured time zone."""

    enabled: Annotated[bool, Meta(description="schedules and sensors start running")] = True
    sensor_seconds: Annotated[int, Meta(ge=10, le=3600)] = 30
    closing: Annotated[Cron, Meta(description="reads yesterday for the last time")] = "15 4 * * *"
    open_documents: Annotated[Cron, Meta(description="reads open documents again")] = "30 3 * * *"
    sweep: Annotated[Cron, Meta(description="reads everything, finds deletions")] = "0 1 * * 0"
    maintenance: Annotated[Cron, Meta(description="compacts and cleans the store")] = "0 5 * * 0"
    compact: Annotated[Cron, Meta(description="compacts tables in Power BI")] = "30 5 * * 0"
    reconcile: Annotated[Cron, Meta(description="asks Power BI for its totals")] = "0 6 * * *"
    refresh: Annotated[Cron, Meta(description="refreshes dependent import models")] = "30 6 * * *"


class Alerts(Shape, frozen=True, kw_only=True):
    """Who is told of a failure. The webhook address is a secret: VISMAPBI_ALERT_WEBHOOK."""

    stale_hours: Annotated[
        int, Meta(ge=1, description="people are told when nothing was read for so many hours")
    ] = 26
    smtp_host: str = ""
    smtp_port: Annotated[int, Meta(ge=1, le=65535)] = 587
    smtp_user: str = ""
    mail_from: str = ""
    mail_to: tuple[str, ...] = ()
    runbook_url: Annotated[
        str, Meta(description="page that alerts link to", examples=["https://wiki/vismapbi"])
    ] = ""


class Kubernetes(Shape, frozen=True, kw_only=True):
    """What is done with pods where runs are launched on Kubernetes."""

    initial_load_pods: Annotated[
        int,
        Meta(
            ge=0,
            description=(
                "so many pods at a time, one for each step, in the job `initial_load`; 0: no such "
                "job; needs the extra `kubernetes`"
            ),
        ),
    ] = 0


class Refresh(Shape, frozen=True, kw_only=True):
    """An import model that is refreshed after publishing."""

    name: Text
    dataset_id: Text
    workspace_id: Annotated[str | None, Meta(description="default: the workspace above")] = None
    kind: Literal["classic", "enhanced"] = "classic"
    timeout_minutes: Annotated[float, Meta(gt=0)] = 60.0


class Report(Shape, frozen=True, kw_only=True):
    """A report or dashboard of the workspace, shown below the tables it reads."""

    name: Text
    url: Text
    tables: tuple[str, ...] = ()
    kind: Literal["report", "dashboard"] = "report"


class Secrets(Shape, frozen=True, kw_only=True):
    """Where secrets are that are neither in the environment nor in the credential file."""

    key_vault: Annotated[
        VaultUrl | None,
        Meta(
            description="Azure Key Vault that holds the secrets; needs the extra `azure`",
            examples=["https://finance.vault.azure.net"],
        ),
    ] = None


class File(Shape, frozen=True, kw_only=True):
    """The whole of `vismapbi.toml`."""

    time_zone: Annotated[str, Meta(examples=["Europe/Oslo"])] = "Europe/Oslo"
    first_day: Annotated[
        date,
        Meta(
            description="first day of use; its partition reads everything", examples=["2026-11-01"]
        ),
    ]
    dataset: Dataset = Dataset()
    store: StoreShape = StoreShape()
    visma: Visma = Visma()
    powerbi: PowerBI = PowerBI()
    schedule: Schedule = Schedule()
    alerts: Alerts = Alerts()
    kubernetes: Kubernetes = Kubernetes()
    secrets: Secrets = Secrets()
    companies: Annotated[tuple[Company, ...], Meta(min_length=1)]
    refresh: tuple[Refresh, ...] = ()
    reports: tuple[Report, ...] = ()
