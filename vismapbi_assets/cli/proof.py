"""The independent proof of the demo: the ERP's own books against what Power BI answers.

Uses neither the store nor anything the pipeline has noted: totals come from the sandbox's books,
the other side from the published measures, run by Power BI's query endpoint.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import requests

from vismapbi_assets.powerbi.client import PowerBIClient
from vismapbi_assets.settings import Settings

TIMEOUT_SECONDS = 60

MEASURES = {
    "Payables": ("payables", "[AP Balance]"),
    "Receivables": ("receivables", "[AR Balance]"),
    "Cash": ("cash_total", "[Cash Position]"),
    "Revenue of the year": ("revenue_year_to_date", "[Revenue YTD]"),
    "Result of the year": ("result_year_to_date", "[Result for the Year]"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One figure from both ends."""

    name: str
    erp: Decimal
    powerbi: Decimal

    @property
    def equal(self) -> bool:
        """Equal to the hundredth."""
        return self.erp == self.powerbi


def compare(
    settings: Settings, visma_url: str, client: PowerBIClient, dataset_id: str, at: date
) -> list[Line]:
    """Control totals of all companies at a date, and the numbers of documents, from both ends."""
    totals = [
        _get(f"{visma_url}/control/totals", company=c.key, at=at.isoformat())
        for c in settings.companies
    ]
    lines = [
        Line(
            name,
            sum((Decimal(str(t[field])) for t in totals), Decimal(0)),
            _measure(client, dataset_id, measure, at),
        )
        for name, (field, measure) in MEASURES.items()
    ]
    lines.append(_documents(settings, visma_url, client, dataset_id))
    lines.append(_journal(settings, visma_url, client, dataset_id))
    return lines


def _get(url: str, **parameters: str) -> Any:
    answer = requests.get(url, params=parameters, timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()
    return answer.json()


def _measure(client: PowerBIClient, dataset_id: str, measure: str, at: date) -> Decimal:
    day = f"DATE ( {at.year}, {at.month}, {at.day} )"
    dax = f"EVALUATE ROW ( \"v\", CALCULATE ( {measure}, 'Dates'[Date] = {day} ) )"
    return _value(client.query(dataset_id, dax))


def _count(client: PowerBIClient, dataset_id: str, table: str, condition: str = "") -> Decimal:
    amount = f"SUM ( '{table}'[RowDelta] )"
    wanted = f"CALCULATE ( {amount}, {condition} )" if condition else amount
    return _value(client.query(dataset_id, f'EVALUATE ROW ( "v", {wanted} )'))


def _value(rows: list[dict[str, Any]]) -> Decimal:
    value = next(iter(rows[0].values())) if rows and rows[0] else None
    return Decimal(0) if value is None else Decimal(str(value)).quantize(Decimal("0.01"))


def _snapshots(settings: Settings, visma_url: str, entity: str) -> Iterable[dict[str, Any]]:
    for company in settings.companies:
        yield from _get(f"{visma_url}/control/snapshot", company=company.key, entity=entity)


def _documents(settings: Settings, visma_url: str, client: PowerBIClient, dataset_id: str) -> Line:
    """Released documents: a deleted draft is found by the next full reading only."""
    released = sum(
        document["status"] in ("Open", "Closed", "Reserved")
        for document in _snapshots(settings, visma_url, "supplierInvoice")
    )
    condition = "'SupplierInvoice'[IsReleased] = TRUE ()"
    found = _count(client, dataset_id, "SupplierInvoice", condition)
    return Line("Released supplier documents", Decimal(released), found)


def _journal(settings: Settings, visma_url: str, client: PowerBIClient, dataset_id: str) -> Line:
    posted = (
        len(batch["journalTransactionLines"])
        for batch in _snapshots(settings, visma_url, "journalTransaction")
        if batch["status"] in ("Posted", "Completed")
    )
    condition = "'JournalLine'[EntryKind] = \"Journal\""
    return Line(
        "Posted journal lines",
        Decimal(sum(posted)),
        _count(client, dataset_id, "JournalLine", condition),
    )
