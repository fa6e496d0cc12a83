"""Visma.net, company by company: token, tenant, every list, limits, and what the answers tell.

Read-only; one call per list and some thirty more. The questions themselves are in `protocol.py`,
`figures.py` and `movements.py`, what companies must have in common in `group.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from vismapbi_assets.doctor.calls import what_it_costs
from vismapbi_assets.doctor.figures import ask_figures
from vismapbi_assets.doctor.group import ask_group, ask_money
from vismapbi_assets.doctor.lists import Sample, parameters, read
from vismapbi_assets.doctor.movements import ask_movements
from vismapbi_assets.doctor.network import reach_all
from vismapbi_assets.doctor.protocol import ask_protocol
from vismapbi_assets.doctor.steps import Asked, Step
from vismapbi_assets.pipeline.ends import visma_client
from vismapbi_assets.settings import Settings, SettingsError
from vismapbi_assets.settings_shape import Company
from vismapbi_assets.store import Store
from vismapbi_assets.visma.auth import TokenSource
from vismapbi_assets.visma.client import VismaClient
from vismapbi_assets.visma.entities.catalogue import CATALOGUE
from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.errors import (
    LICENCE_FAULT,
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    QuotaExhausted,
    TransientError,
    VismaError,
    WrongTenantError,
)

TENANT = (
    "tenant_id is probably the customer's; take the tenant id of the company from the Visma "
    "developer portal (Integrations of the company). A new grant takes up to 15 minutes"
)
CREDENTIALS = (
    "Check VISMA_CLIENT_ID and VISMA_CLIENT_SECRET (vismapbi credentials set), that the "
    "application has the scope vismanet_erp_service_api:read, and that the company has granted it"
)
LATER = "Run the doctor again later; if it stays, send the message above to Visma's support"

Known = dict[str, dict[str, Sample]]


def ask_visma(
    settings: Settings, companies: tuple[Company, ...], store: Store | None, now: datetime
) -> Iterator[Step]:
    """Every question about Visma.net."""
    asked = Asked("visma")
    reached = reach_all(
        asked,
        {"visma.token_url": settings.visma.token_url, "visma.api_url": settings.visma.api_url},
    )
    yield from reached
    if any(step.verdict == "failed" for step in reached):
        yield asked.skipped("companies", "not asked: a host does not answer")
        return
    known: Known = {}
    for company in companies:
        found: dict[str, Sample] = {}
        try:
            yield from _company(settings, company, store, now, found)
        except QuotaExhausted as error:
            yield Asked("visma", company.key).failed(
                "calls of this hour", str(error), "Run the doctor again after that time"
            )
        except VismaError as error:
            yield Asked("visma", company.key).failed("questions", str(error), LATER)
        known[company.key] = found
    yield from ask_group(asked, known)


def _company(
    settings: Settings,
    company: Company,
    store: Store | None,
    now: datetime,
    found: dict[str, Sample],
) -> Iterator[Step]:
    asked = Asked("visma", company.key)
    token = _token(settings, asked, company)
    yield token
    if token.verdict == "failed":
        return
    with visma_client(settings, store, company.key) as client:
        try:
            found["branch"] = _sample(client, CATALOGUE["branch"], found)
        except WrongTenantError as error:
            yield asked.failed("tenant", str(error), TENANT)
            return
        except PermissionDeniedError as error:
            if LICENCE_FAULT in str(error):
                yield asked.failed("tenant", str(error), TENANT)
                return
            yield asked.ok("tenant", f"the API knows the tenant, though it refuses: {error}")
        else:
            yield asked.ok("tenant", f"company reached; branches: {_names(found['branch'])}")
        yield from _company_header(settings, asked, company)
        for entity in CATALOGUE.values():
            yield _readable(settings, asked, client, entity, found)
        yield from what_it_costs(settings, asked, client.budget, found)
        yield from ask_money(asked, company, found)
        yield from ask_protocol(asked, client, found, settings.time_zone, now)
        yield from ask_figures(asked, client, found, company.base_currency)
        yield from ask_movements(asked, found, company.base_currency)


def _token(settings: Settings, asked: Asked, company: Company) -> Step:
    try:
        tokens = TokenSource(
            settings.visma.token_url,
            settings.secret("VISMA_CLIENT_ID"),
            settings.secret("VISMA_CLIENT_SECRET"),
            company.tenant_id,
        )
    except SettingsError as error:
        return asked.failed("token", str(error), CREDENTIALS)
    try:
        tokens.bearer()
    except AuthenticationError as error:
        return asked.failed("token", str(error), CREDENTIALS)
    except TransientError as error:
        return asked.failed("token", str(error), LATER)
    finally:
        tokens.close()
    return asked.ok("token", f"issued for tenant {company.tenant_id}, read scope")


def _company_header(settings: Settings, asked: Asked, company: Company) -> Iterator[Step]:
    """Whether the API answers without the company id in the header."""
    name = "ipp-company-id needed"
    if not company.company_id:
        yield asked.ok(name, "no: company_id is not set and the API answers")
        return
    bare = msgspec.structs.replace(company, company_id="")
    others = tuple(bare if c.key == company.key else c for c in settings.companies)
    without = replace(settings, file=msgspec.structs.replace(settings.file, companies=others))
    with visma_client(without, None, company.key) as client:
        try:
            read(client, CATALOGUE["branch"], parameters(CATALOGUE["branch"]))
        except VismaError as error:
            yield asked.ok(name, f"yes, without it: {error}")
        else:
            yield asked.ok(name, "no: the API answers the same without it")


def _readable(
    settings: Settings,
    asked: Asked,
    client: VismaClient,
    entity: Entity,
    found: dict[str, Sample],
) -> Step:
    name = f"read {entity.name}"
    if entity.name in settings.visma.exclude:
        return asked.skipped(name, "excluded in the settings; its tables stay empty")
    if not entity.in_sync:
        return asked.skipped(name, "not part of a sync; read on demand only")
    excluding = f'exclude = ["{entity.name}"] under [visma]'
    try:
        if entity.name not in found:
            if (asking := _loop(entity, found)) is None:
                return asked.unknown(name, f"nothing to ask for by {', '.join(entity.loop)}")
            found[entity.name] = _sample(client, entity, found, **asking)
    except PermissionDeniedError as error:
        return asked.failed(
            name,
            str(error),
            f"Give the application's role access to it in this company, or license it; a company "
            f"that does not use it sets {excluding}",
        )
    except NotFoundError as error:
        return asked.failed(
            name, str(error), f"Check visma.api_url; if only this list is missing: {excluding}"
        )
    except (QuotaExhausted, WrongTenantError):
        raise
    except VismaError as error:
        return asked.failed(name, str(error), f"{LATER}, or do without it: {excluding}")
    sample = found[entity.name]
    unit = "lines" if entity.paging == "line" else "rows"
    seen = [f"{sample.total if sample.total is not None else sample.rows:,} {unit}"]
    if entity.paging == "short" and sample.rows:
        seen = [f"at least {sample.rows:,} {unit}, the list does not tell how many"]
    if entity.paging == "none":
        seen.append("one answer, not paged")
    else:
        seen.append(f"page cap {sample.cap:,}" if sample.cap else "page cap not told")
        wanted = settings.visma.journal_page_size if unit == "lines" else settings.visma.page_size
        if sample.cap and sample.cap < wanted:
            seen.append(f"asked for {wanted:,}, the server gives {sample.cap:,}")
    return asked.ok(name, ", ".join(seen))


def _sample(client: VismaClient, entity: Entity, found: dict[str, Sample], **loop: str) -> Sample:
    return read(client, entity, {**parameters(entity), **loop})


def _loop(entity: Entity, found: dict[str, Sample]) -> dict[str, str] | None:
    """One value for each parameter that the list insists on; None where there is none."""
    chosen: dict[str, str] = {}
    for parameter in entity.loop:
        values = [str(v) for v in _values(parameter, entity, found) if v not in (None, "")]
        if not values:
            return None
        chosen[parameter] = max(values)
    return chosen


def _values(parameter: str, entity: Entity, found: dict[str, Sample]) -> list[Any]:
    if parameter == "financialYear":
        return [d.get("year") for d in _documents(found, "financialPeriod")]
    if parameter == "branch":
        return [d.get("number") for d in _documents(found, "branch")]
    budget = "financialYear" in entity.loop
    return [
        d.get("number")
        for d in _documents(found, "ledger")
        if (d.get("balanceType") == "Budget") == budget
    ]


def _documents(found: dict[str, Sample], name: str) -> list[dict[str, Any]]:
    return found[name].documents if name in found else []


def _names(sample: Sample) -> str:
    return ", ".join(str(d.get("name")) for d in sample.documents[:5]) or "none"
