"""State frames for model tests: a few documents as dictionaries, everything else null or empty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from vismapbi_assets.model.inputs import CompanyInfo, Inputs
from vismapbi_assets.model.table import MONEY
from vismapbi_assets.visma.entities.catalogue import CATALOGUE

COMPANY = CompanyInfo("no", "Nordvik AS", "NOK")
AS_OF = date(2026, 11, 15)
Document = Mapping[str, Any]


def state(entity: str, documents: Iterable[Document]) -> pl.LazyFrame:
    """A state frame with the entity's full schema."""
    schema = CATALOGUE[entity].state_schema
    rows = [{"company": "no", **document} for document in documents]
    for row in rows:
        unknown = row.keys() - schema.keys()
        assert not unknown, f"{entity} has no {sorted(unknown)}"
        row.setdefault("key", ":".join(str(row.get(name)) for name in CATALOGUE[entity].key))
    return pl.DataFrame(rows, schema=schema, orient="row").lazy()


def inputs(
    tables: Mapping[str, pl.DataFrame] | None = None,
    companies: tuple[CompanyInfo, ...] = (COMPANY,),
    as_of: date = AS_OF,
    **documents: Iterable[Document],
) -> Inputs:
    """Inputs that hold these documents; a company with one branch and calendar years 2025-2026."""
    given = {
        "branch": [
            {"company": c.key, "number": "1", "name": "Main", "isMainBranch": True}
            for c in companies
        ],
        "financialPeriod": [p for c in companies for p in calendar_years(2025, 2026, c.key)],
        **documents,
    }
    return Inputs(
        entities={name: state(name, given.get(name, ())) for name in CATALOGUE},
        tables={name: frame.lazy() for name, frame in (tables or {}).items()},
        companies=companies,
        as_of=as_of,
        zone="Europe/Oslo",
    )


def calendar_years(first: int, last: int, company: str = "no") -> list[Document]:
    """Twelve months and a closing period per year."""
    days = pl.date_range(date(first, 1, 1), date(last, 12, 1), "1mo", eager=True)
    months = [
        {
            "company": company,
            "year": day.year,
            "period": f"{day.month:02}",
            "startDate": day,
            "endDate": end,
        }
        for day, end in zip(days, days.dt.month_end(), strict=True)
    ]
    closing = [
        {
            "company": company,
            "year": year,
            "period": "13",
            "startDate": date(year, 12, 31),
            "endDate": date(year, 12, 31),
        }
        for year in range(first, last + 1)
    ]
    return months + closing


def money(value: str | int | Decimal) -> Decimal:
    return Decimal(value).quantize(Decimal("0.0001"))


def day(text: str) -> date:
    return date.fromisoformat(text)


def stamp(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T12:00:00")


def supplier_invoice(
    reference: str,
    on: str,
    amount: str,
    balance: str,
    *,
    kind: str = "Invoice",
    status: str | None = None,
    due: str | None = None,
    rate: str = "1",
    currency: str = "NOK",
    modified: str | None = None,
    **more: Any,
) -> Document:
    """A supplier document; amounts in document currency."""
    gross, left = money(amount), money(balance)
    base, left_base = (money(round(value * Decimal(rate), 2)) for value in (gross, left))
    return {
        "documentType": kind,
        "referenceNumber": reference,
        "supplier_number": "V1",
        "date": day(on),
        "dueDate": day(due) if due else None,
        "currencyId": currency,
        "exchangeRate": Decimal(rate),
        "detailTotal": base,
        "detailTotalInCurrency": gross,
        "vatTaxableTotal": base,
        "vatTaxableTotalInCurrency": gross,
        "balance": left_base,
        "balanceInCurrency": left,
        "status": status or ("Closed" if left == 0 else "Open"),
        "financialPeriod": on[:4] + on[5:7],
        "lastModifiedDateTime": stamp(modified or on),
        **more,
    }


def supplier_payment(
    reference: str,
    on: str,
    amount: str,
    balance: str | None,
    lines: Iterable[tuple[str, str]] = (),
    *,
    kind: str = "Payment",
    status: str | None = None,
    currency: str = "NOK",
    modified: str | None = None,
    line: Document | None = None,
    **more: Any,
) -> Document:
    """A supplier payment; each line is `Invoice:REF` and the amount applied."""
    left = None if balance is None else money(balance)
    return {
        "type": kind,
        "refNbr": reference,
        "supplier_number": "V1",
        "applicationDate": day(on),
        "applicationPeriod": on[:4] + on[5:7],
        "currency_id": currency,
        "paymentAmount": money(amount),
        "balance": left,
        "status": status or ("Open" if left else "Closed"),
        "released": True,
        "lastModifiedDateTime": stamp(modified or on),
        "paymentLines": [
            {
                "docType": target.split(":")[0],
                "invoiceRefNbr": target.split(":")[1],
                "amountPaid": money(paid),
                "applicationPeriod": on[:4] + on[5:7],
                **(line or {}),
            }
            for target, paid in lines
        ],
        **more,
    }


def schema_of(table: str) -> Mapping[str, pl.DataType]:
    from vismapbi_assets.model.semantic_model import TABLE

    return TABLE[table].schema


__all__ = ["MONEY"]
