"""Connections to both ends and to the store, built from settings. Nothing is sent here."""

from __future__ import annotations

from pathlib import Path

from vismapbi_assets.powerbi.auth import Principal
from vismapbi_assets.powerbi.auth import TokenSource as EntraTokens
from vismapbi_assets.powerbi.client import PowerBIClient
from vismapbi_assets.settings import Settings, SettingsError
from vismapbi_assets.store import Store
from vismapbi_assets.visma.client import VismaClient
from vismapbi_assets.visma.clock import Clock
from vismapbi_assets.visma.quota import CallBudget


def open_store(settings: Settings) -> Store:
    """The store that the settings name."""
    return Store(settings.store.root, settings.store.options)


def visma_client(
    settings: Settings, store: Store | None, company_key: str, *, clock: Clock | None = None
) -> VismaClient:
    """A client for one company whose call budget is shared through the store, if there is one."""
    company = settings.company(company_key)
    budget = CallBudget(
        company.key,
        log=store.log(f"quota/visma/{company.key}") if store else None,
        reserve=settings.visma.reserve_calls,
        clock=clock,
    )
    return VismaClient(
        settings.visma,
        company,
        settings.secret("VISMA_CLIENT_ID"),
        settings.secret("VISMA_CLIENT_SECRET"),
        budget=budget,
        clock=clock,
    )


def powerbi_client(settings: Settings, workspace_id: str | None = None) -> PowerBIClient:
    """A client for the configured workspace, or for another one."""
    shape = settings.powerbi
    for key, variable in (
        ("tenant_id", "POWERBI_TENANT_ID"),
        ("client_id", "POWERBI_CLIENT_ID"),
        ("workspace_id", "POWERBI_WORKSPACE_ID"),
    ):
        if not getattr(shape, key):
            raise SettingsError(
                f"{settings.origin}: powerbi.{key} is not set. Set it there or as {variable}, for "
                f'example {key} = "f089354e-8366-4e18-aea3-4cb4a3a50b48"'
            )
    principal = Principal(
        authority_url=shape.authority_url,
        tenant_id=shape.tenant_id,
        client_id=shape.client_id,
        scope=shape.scope,
        secret=None if shape.certificate else settings.secret("POWERBI_CLIENT_SECRET"),
        certificate=Path(shape.certificate) if shape.certificate else None,
    )
    return PowerBIClient(
        api_url=shape.api_url,
        workspace_id=workspace_id or shape.workspace_id,
        tokens=EntraTokens(principal),
        timeout=shape.timeout_seconds,
    )
