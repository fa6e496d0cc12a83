"""Inputs for model tests: state frames from a few words per document, everything else null.

Frames have the catalogue's full schema; the functions below write documents the way the API
delivers them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from vismapbi_assets.model.inputs import CompanyInfo, Inputs
from vismapbi_assets.visma.entities.catalogue import CATALOGUE

COMPANY = CompanyInfo("no", "Nordvik AS", "NOK")
AS_OF = date(2026, 11, 15)
Document = Mapping[str, Any]
Amount = str | int | Decimal


def state(entity: str, documents: Iterable[Document]) -> pl.LazyFrame:
    """A state frame with the entity's full schema; the company is `no` unless said otherwise."""
    schema = CATALOGUE[entity].state_schema
    found = [{"company": "no", **document} for document in documents]
    for document in found:
        unknown = document.keys() - schema.keys()
        assert not unknown, f"{entity} has no {sorted(unknown)}"
        document.setdefault(
            "key", ":".join(str(document.get(name)) for name in CATALOGUE[entity].key)
        )
    columns = {
        name: pl.Series(name, [_typed(d.get(name), dtype) for d in found], dtype=dtype)
        for name, dtype in schema.items()
    }
    return pl.DataFrame(columns).lazy()


def _typed(value: Any, dtype: pl.DataType) -> Any:
    """Numbers of decimal columns may be written as text or integers, structs in part."""
    if value is None:
        return None
    if isinstance(dtype, pl.Decimal):
        return Decimal(value)
    if isinstance(dtype, pl.List):
        return [_typed(item, dtype.inner) for item in value]
    if isinstance(dtype, pl.Struct):
        known = {field.name for field in dtype.fields}
        assert value.keys() <= known, f"no fields {sorted(value.keys() - known)}"
        return {field.name: _typed(value.get(field.name), field.dtype) for field in dtype.fields}
    return value


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


def money(value: Amount) -> Decimal:
    return Decimal(value).quantize(Decimal("0.0001"))


def day(text: str) -> date:
    return date.fromisoformat(text)


def stamp(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T12:00:00")


def period(text: str) -> str:
    return text[:4] + text[5:7]


def supplier_invoice(
    reference: str,
    on: str,
    amount: Amount,
    balance: Amount,
    *,
    kind: str = "Invoice",
    due: str | None = None,
    rate: str = "1",
    currency: str = "NOK",
    modified: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A supplier document; amounts in document currency, base amounts at the rate."""
    gross, left = money(amount), money(balance)
    base, left_base = (money(round(value * Decimal(rate), 2)) for value in (gross, left))
    return {
        "documentType": kind,
        "referenceNumber": reference,
        "supplier_number": "V1",
        "date": day(on),
        "dueDate": day(due) if due else None,
        "currencyId": currency,
        "exchangeRate": rate,
        "detailTotal": base,
        "detailTotalInCurrency": gross,
        "vatTaxableTotal": base,
        "balance": left_base,
        "balanceInCurrency": left,
        "status": "Open" if left else "Closed",
        "financialPeriod": period(on),
        "lastModifiedDateTime": stamp(modified or on),
        **more,
    }


def supplier_payment(
    reference: str,
    on: str,
    amount: Amount,
    balance: Amount | None,
    *lines: Document,
    kind: str = "Payment",
    currency: str = "NOK",
    modified: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A supplier payment with its lines."""
    return {
        "type": kind,
        "refNbr": reference,
        "supplier_number": "V1",
        "applicationDate": day(on),
        "applicationPeriod": period(on),
        "currency_id": currency,
        "paymentAmount": money(amount),
        "balance": None if balance is None else money(balance),
        "status": "Open" if balance else "Closed",
        "released": True,
        "lastModifiedDateTime": stamp(modified or on),
        "paymentLines": list(lines),
        **more,
    }


def paid(reference: str, amount: Amount, in_period: str | None, **more: Any) -> dict[str, Any]:
    """A line of a supplier payment; the period is written 202610."""
    return {
        "docType": "Invoice",
        "invoiceRefNbr": reference,
        "amountPaid": money(amount),
        "applicationPeriod": in_period,
        **more,
    }


def customer_invoice(
    reference: str,
    on: str,
    amount: Amount,
    balance: Amount,
    *applications: Document,
    kind: str = "Invoice",
    due: str | None = None,
    rate: str = "1",
    currency: str = "NOK",
    modified: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A customer document; amounts in document currency, base amounts at the rate."""
    gross, left = money(amount), money(balance)
    return {
        "documentType": kind,
        "referenceNumber": reference,
        "customer_number": "C1",
        "documentDate": day(on),
        "documentDueDate": day(due) if due else None,
        "currencyId": currency,
        "amountInCurrency": gross,
        "amount": money(round(gross * Decimal(rate), 2)),
        "balanceInCurrency": left,
        "balance": money(round(left * Decimal(rate), 2)),
        "status": "Open" if left else "Closed",
        "financialPeriod": period(on),
        "lastModifiedDateTime": stamp(modified or on),
        "applications": list(applications),
        **more,
    }


def applied(code: str, reference: str, amount: Amount, on: str, **more: Any) -> dict[str, Any]:
    """An application as a customer document tells it, types by their short codes."""
    return {
        "docType": code,
        "refNbr": reference,
        "amountPaid": money(amount),
        "applicationDate": day(on),
        "applicationPeriod": period(on),
        "released": True,
        "voided": False,
        **more,
    }


def customer_payment(
    reference: str,
    on: str,
    amount: Amount,
    available: Amount | None,
    *lines: Document,
    kind: str = "Payment",
    currency: str = "NOK",
    modified: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A customer payment with its lines."""
    return {
        "type": kind,
        "refNbr": reference,
        "customer_number": "C1",
        "applicationDate": day(on),
        "applicationPeriod": period(on),
        "currency": currency,
        "paymentAmount": money(amount),
        "availableBalance": None if available is None else money(available),
        "status": "Open" if available else "Closed",
        "lastModifiedDateTime": stamp(modified or on),
        "paymentLines": list(lines),
        **more,
    }


def received(reference: str, amount: Amount, **more: Any) -> dict[str, Any]:
    """A line of a customer payment."""
    return {
        "documentType": "Invoice",
        "refNbr": reference,
        "amountPaid": money(amount),
        **more,
    }


def rate(currency: str, on: str, value: str, **more: Any) -> dict[str, Any]:
    """An exchange rate to NOK."""
    return {
        "id": int(on.replace("-", "")),
        "fromCurrencyId": currency,
        "toCurrencyId": "NOK",
        "rateType": "SPOT",
        "rate": value,
        "multDiv": "Multiply",
        "effectiveDate": day(on),
        **more,
    }
