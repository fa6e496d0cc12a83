"""Power BI up to the workspace: hosts, token, tenant setting, role, and how long creation is open.

Each question only when the one before was answered. The dataset is asked in `dataset_side.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from vismapbi_assets.doctor.dataset_side import ask_dataset
from vismapbi_assets.doctor.network import reach_all
from vismapbi_assets.doctor.steps import Asked, Step
from vismapbi_assets.pipeline.ends import powerbi_client
from vismapbi_assets.powerbi.client import PowerBIClient
from vismapbi_assets.powerbi.errors import (
    NotAuthorized,
    PowerBIError,
    TenantSettingOff,
    Throttled,
    Transient,
)
from vismapbi_assets.settings import Settings, SettingsError
from vismapbi_assets.store import Store

CREATION_ENDS = date(2027, 10, 31)
"""The day after which push datasets can no longer be created."""

CREDENTIALS = (
    "Check powerbi.tenant_id, powerbi.client_id and the secret: it must be the secret's value, "
    "not its id, and not expired (Entra, App registrations, Certificates & secrets)"
)
SETTING = (
    "Ask the Fabric administrator for the tenant setting 'Service principals can call Fabric "
    "public APIs' for a group that holds this principal; it takes up to 15 minutes"
)
ROLE = (
    "Add the principal to the workspace as Contributor (Manage access, Add people or groups, the "
    "name of the app); it takes up to 30 minutes"
)
ATTEMPTS = 2


def ask_powerbi(settings: Settings, store: Store | None, today: date) -> Iterator[Step]:
    """Every question about Power BI, each only when the one before was answered."""
    asked = Asked("powerbi")
    shape = settings.powerbi
    reached = reach_all(
        asked,
        {"powerbi.authority_url": shape.authority_url, "powerbi.api_url": shape.api_url},
    )
    yield from reached
    if any(step.verdict == "failed" for step in reached):
        yield asked.skipped("token", "not asked: a host does not answer")
        return
    try:
        client = powerbi_client(settings)
    except (SettingsError, ValueError) as error:
        yield asked.failed("token", str(error), CREDENTIALS)
        return
    client.attempts, client.longest_wait = ATTEMPTS, 10.0
    with client.session:
        token = _token(asked, client)
        yield token
        if token.verdict != "failed":
            try:
                yield from _workspace(asked, settings, client, store)
            except PowerBIError as error:
                yield asked.failed("questions", str(error), _remedy(error))
    yield _creation(asked, today)


def _token(asked: Asked, client: PowerBIClient) -> Step:
    try:
        client.tokens.token()
    except NotAuthorized as error:
        return asked.failed("token", str(error), CREDENTIALS)
    except Transient as error:
        return asked.failed("token", str(error), "Check powerbi.authority_url and tenant_id")
    return asked.ok("token", "issued by Entra for the service principal")


def _workspace(
    asked: Asked, settings: Settings, client: PowerBIClient, store: Store | None
) -> Iterator[Step]:
    try:
        visible = client.workspaces()
    except TenantSettingOff as error:
        yield asked.failed("tenant setting", str(error), SETTING)
        return
    yield asked.ok("tenant setting", "service principals may call the API")
    name = "workspace and role"
    wanted = settings.powerbi.workspace_id.lower()
    mine = next((w for w in visible if str(w.get("id")).lower() == wanted), None)
    if mine is None:
        others = ", ".join(f"{w.get('name')} ({w.get('id')})" for w in visible[:10]) or "none"
        yield asked.failed(
            name,
            f"workspace {settings.powerbi.workspace_id} is not visible; visible: {others}",
            f"Check powerbi.workspace_id (it is in the workspace's address). {ROLE}",
        )
        return
    capacity = "on a capacity" if mine.get("isondedicatedcapacity") else "not on a capacity"
    seen = f"{mine.get('name')}, {capacity}"
    if mine.get("isreadonly"):
        yield asked.failed(name, f"{seen}; the role is Viewer, which may not write or query", ROLE)
        return
    yield asked.ok(name, f"{seen}; the role may write")
    yield from ask_dataset(asked, settings, client, store)


def _creation(asked: Asked, today: date) -> Step:
    left = (CREATION_ENDS - today).days
    name = "creation of push datasets"
    if left < 0:
        return asked.warning(
            name,
            f"ended on {CREATION_ENDS}; whether existing ones go on is not promised",
            "Do not delete the dataset; plan its successor (docs/limits.md)",
        )
    seen = f"possible until {CREATION_ENDS}, {left} days from today"
    if left < 180:
        return asked.warning(name, seen, "Create every dataset you need before (docs/limits.md)")
    return asked.ok(name, seen)


def _remedy(error: PowerBIError) -> str:
    if isinstance(error, (Transient, Throttled)):
        return "Run the doctor again later"
    return SETTING if isinstance(error, TenantSettingOff) else ROLE
