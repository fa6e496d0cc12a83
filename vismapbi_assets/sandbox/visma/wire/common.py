"""Pieces that many wire forms share: references, stamps, row versions and the encoder.

Belongs here: nested objects with their exact member names. Does not belong here: whole
documents.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

import msgspec

from vismapbi_assets.sandbox.visma import chart
from vismapbi_assets.sandbox.visma.books import Books
from vismapbi_assets.sandbox.visma.clock import Zone
from vismapbi_assets.sandbox.visma.records import Body, Document, Item, Party, Record

ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Form:
    """The encoded form of one record: an open object and the members that parameters add."""

    head: bytes
    expands: dict[str, bytes]
    lines: tuple[bytes, ...] = ()


def encode(body: Body, expands: dict[str, Body] | None = None) -> Form:
    """Encode a body, left open at its end, and its gated members."""
    return Form(
        ENCODER.encode(body)[:-1],
        {name: b"," + ENCODER.encode(members)[1:-1] for name, members in (expands or {}).items()},
    )


def stamps(record: Record, zone: Zone) -> Body:
    """The two stamps as most shapes carry them."""
    return {
        "lastModifiedDateTime": zone.text(record.modified),
        "createdDateTime": zone.text(record.created),
    }


def row_version(record: Record) -> str:
    """The opaque row version."""
    return b64encode((record.id << 20 | record.revision).to_bytes(8, "big")).decode()


def account_ref(number: str) -> Body:
    """An account as document lines name it."""
    account = chart.ACCOUNTS[number]
    return {
        "type": account.type,
        "externalCode1": number,
        "externalCode2": "",
        "active": True,
        "number": number,
        "description": account.text,
    }


def short_account(number: str) -> Body:
    """An account in the short form with type, number and description."""
    account = chart.ACCOUNTS[number]
    return {"type": account.type, "number": number, "description": account.text}


def sub_text(sub: str) -> str:
    """The description of a subaccount."""
    _, department, region = chart.SUBACCOUNTS[sub]
    return f"{chart.DEPARTMENTS[department]} {chart.REGIONS[region]}"


def sub_ref(sub: str) -> Body:
    """A subaccount as document lines name it."""
    return {
        "subaccountNumber": sub,
        "subaccountId": chart.SUBACCOUNTS[sub][0],
        "description": sub_text(sub),
        "active": True,
    }


def short_sub(sub: str) -> Body:
    """A subaccount in the short form with id and description."""
    return {"active": True, "id": sub, "description": sub_text(sub)}


def branch_ref(books: Books, branch: str) -> Body:
    """A branch with number and name."""
    names = {number: name for number, name, _ in books.profile.branches}
    return {"number": branch, "name": f"{books.profile.name} {names[branch]}"}


def vat_ref(code: str) -> Body:
    """A VAT code."""
    return {"id": code, "description": chart.VAT_CODES[code][1]}


def project_ref(books: Books, project: str | None) -> Body | None:
    """A project, or nothing."""
    if project is None:
        return None
    record = books.get("project", "", project, Item)
    return {"internalId": record.id, "id": project, "description": record.body["description"]}


def task_ref(task: str | None) -> Body | None:
    """A project task, or nothing."""
    names = {"01": "Planlegging", "02": "Utførelse", "03": "Avslutning"}
    return None if task is None else {"id": task, "description": names.get(task, "")}


def terms_ref(days: int) -> Body:
    """Credit terms of so many days."""
    return {"id": str(days), "description": f"Netto {days} dager"}


def location_ref(party: Party) -> Body:
    """The main location of a party."""
    return {"countryId": party.country, "id": "MAIN", "name": "Hovedadresse"}


def payment_method() -> Body:
    """The one payment method of the sample companies."""
    return {"id": "BANK", "description": "Bankoverføring"}


def currency_ref(books: Books, currency: str) -> Body:
    """A currency as supplier payments name it."""
    text, symbol = chart.CURRENCIES[currency]
    return {
        "id": currency,
        "description": text,
        "symbol": symbol,
        "isBaseCurrency": currency == books.profile.base_currency,
        "decimalPrecision": 2,
        "isUsedForAccounting": True,
    }


def post_period(document: Document) -> str:
    """The post period of a supplier document: month before year, as documented there."""
    return document.period[4:] + document.period[:4]
