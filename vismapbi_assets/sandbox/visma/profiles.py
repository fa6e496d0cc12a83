"""What makes each sample company itself: names, branches, trade, people and sizes.

Belongs here: declarations per company, read together with `companies.toml`. Does not belong
here: anything generated from them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMPANIES_FILE = Path(__file__).parent.parent / "companies.toml"


@dataclass(frozen=True, slots=True)
class Profile:
    """One sample company: its identity (from the file) and its character (from here)."""

    key: str
    name: str
    tenant_id: str
    customer_tenant_id: str
    company_id: str
    base_currency: str
    branches: tuple[tuple[str, str, str], ...]
    items: tuple[tuple[str, str, str, int, int], ...]
    employees: tuple[tuple[str, str], ...]
    projects: tuple[tuple[str, str], ...]
    volume: int
    share_capital: int


_CHARACTERS: dict[str, dict[str, Any]] = {
    "nordvik": {
        "branches": (("1", "Bergen", "Bergen"), ("2", "Tromsø", "Tromsø")),
        "items": (
            ("LAKS-01", "Laksefilet, fersk", "KG", 8_900, 14_900),
            ("TORSK-01", "Torskeloin, fryst", "KG", 9_400, 15_800),
            ("SEI-02", "Seifilet, fryst", "KG", 4_150, 7_250),
            ("KRABBE-1", "Kongekrabbe, kokt", "KG", 31_200, 52_900),
            ("REKE-03", "Håndpillede reker", "KG", 16_450, 27_900),
            ("TØRRF-1", "Tørrfisk fra Røst", "KG", 21_000, 33_500),
            ("SKJELL-1", "Blåskjell i nett", "KG", 2_875, 5_490),
            ("EMB-10", "Isoporkasse 10 kg", "STK", 1_925, 3_200),
        ),
        "employees": (
            ("E01", "Åse Nygård"),
            ("E02", "Bjørn Håkonsen"),
            ("E03", "Siv Bråthen"),
            ("E04", "Jørn Sæther"),
            ("E05", "Målfrid Ødegård"),
            ("E06", "Tor-Erik Lønning"),
        ),
        "projects": (
            ("PRJ100", "Nytt fryselager Tromsø"),
            ("PRJ110", "Sporbarhet fra båt til butikk"),
            ("PRJ120", "Messe i Brüssel"),
        ),
        "volume": 14,
        "share_capital": 300_000_000,
    },
    "solberg": {
        "branches": (("1", "Sykkylven", "Sykkylven"), ("2", "Jönköping", "Jönköping")),
        "items": (
            ("STOL-21", "Lenestol Fjell, ull", "STK", 214_000, 489_000),
            ("SOFA-33", "Sofa Ålesund, 3-seter", "STK", 612_500, 1_349_000),
            ("BORD-08", "Spisebord eik", "STK", 287_500, 629_000),
            ("SKAP-05", "Vitrineskap bjørk", "STK", 243_000, 519_000),
            ("PUTE-02", "Pute Lyng", "STK", 9_950, 24_900),
            ("TRE-100", "Eikeplank tørket", "M3", 824_000, 1_020_000),
            ("STOFF-7", "Møbelstoff ull", "M", 31_900, 64_500),
        ),
        "employees": (
            ("E01", "Kåre Solberg"),
            ("E02", "Ingrid Bjørnstad"),
            ("E03", "Østen Åkerlund"),
            ("E04", "Lærke Sørensen"),
            ("E05", "Pål Grønli"),
        ),
        "projects": (
            ("PRJ100", "Hotellmøbler Ålesund"),
            ("PRJ200", "Nytt lakkanlegg"),
        ),
        "volume": 1,
        "share_capital": 200_000_000,
    },
}


def load_profiles(path: Path = COMPANIES_FILE) -> tuple[Profile, ...]:
    """The sample companies of the file, in its order."""
    document = load_document(path)
    fields = ("key", "name", "tenant_id", "customer_tenant_id", "company_id", "base_currency")
    return tuple(
        Profile(**{name: entry[name] for name in fields}, **_CHARACTERS[entry["key"]])
        for entry in document["companies"]
    )


def load_document(path: Path = COMPANIES_FILE) -> dict[str, Any]:
    """The whole file: settings, secrets and companies of the sandbox."""
    return tomllib.loads(path.read_text(encoding="utf-8"))
