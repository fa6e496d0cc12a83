"""The whole examination in order: settings, our own side, Visma.net, Power BI.

Puts the parts together and takes secrets out of whatever they say. Questions belong to the parts,
printing to `report.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from vismapbi_assets.doctor.dagster_side import ask_dagster
from vismapbi_assets.doctor.own_side import ask_clock, ask_settings, ask_store
from vismapbi_assets.doctor.powerbi_side import ask_powerbi
from vismapbi_assets.doctor.steps import PARTS, Asked, Part, Step
from vismapbi_assets.doctor.visma_side import ask_visma
from vismapbi_assets.settings import SECRETS, Settings, SettingsError
from vismapbi_assets.settings_shape import Company
from vismapbi_assets.visma.errors import redact

LEAST = 4
"""Shorter texts are no secrets, and replacing them would make evidence unreadable."""


def examine(
    load: Callable[[], Settings],
    *,
    only: frozenset[Part] = frozenset(),
    companies: tuple[str, ...] = (),
    now: datetime | None = None,
) -> Iterator[Step]:
    """Every step as it is answered; `only` and `companies` narrow what is asked."""
    moment = now or datetime.now(UTC)
    try:
        settings = load()
        chosen = tuple(
            settings.company(key) for key in companies or [c.key for c in settings.companies]
        )
    except SettingsError as error:
        yield Asked("settings").failed(
            "settings", redact(str(error)), "Put right what the message names, or: vismapbi init"
        )
        return
    secrets = _secrets(settings)
    wanted = only or frozenset(PARTS)
    for step in _asked(settings, wanted, moment, chosen):
        yield replace(
            step, evidence=_clean(step.evidence, secrets), remedy=_clean(step.remedy, secrets)
        )


def _asked(
    settings: Settings, wanted: frozenset[Part], now: datetime, companies: tuple[Company, ...]
) -> Iterator[Step]:
    yield from ask_settings(settings)
    store = ask_store(settings)
    if "store" in wanted:
        yield from store.steps
        yield ask_clock(settings, now)
        yield from ask_dagster(settings)
    if "visma" in wanted:
        yield from ask_visma(settings, companies, store.store, now)
    if "powerbi" in wanted:
        yield from ask_powerbi(settings, store.store, settings.today(now))


def _secrets(settings: Settings) -> tuple[str, ...]:
    """Every secret that could show, longest first."""
    found = []
    for name in SECRETS:
        try:
            secret = settings.optional_secret(name)
        except SettingsError:
            continue
        if secret and len(secret.reveal()) >= LEAST:
            found.append(secret.reveal())
    return tuple(sorted(found, key=len, reverse=True))


def _clean(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    return redact(text)
