"""What amounts, signs, dates and units of this company mean, told by its own documents.

Each question looks at documents that were sampled and checks what the finance model relies on. A
contradiction fails, because published figures would be wrong. How lists behave is asked in
`protocol.py`, payments and balances in `movements.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from vismapbi_assets.doctor.lists import Document, Sample, pages
from vismapbi_assets.doctor.steps import Asked, Step
from vismapbi_assets.visma.client import VismaClient

CENT = Decimal("0.02")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS_OF_A_DAY = 24
REPORT = "Do not rely on published figures; report this with the Markdown file of the doctor"

Samples = Mapping[str, Sample]


def ask_figures(
    asked: Asked, client: VismaClient, samples: Samples, base_currency: str
) -> Iterator[Step]:
    """The questions about documents in turn."""
    for entity in ("supplierInvoice", "customerInvoice"):
        yield _twins(asked, client, samples, entity, base_currency)
    yield _header_amount(asked, samples, base_currency)
    yield _signs(asked, samples)
    yield _line_cost(asked, samples)
    yield _prepayment_requests(asked, samples)
    yield _prebooked(asked, samples)
    yield _time_unit(asked, samples)


def _twins(
    asked: Asked, client: VismaClient, samples: Samples, entity: str, base_currency: str
) -> Step:
    name = f"{entity}: base amount = currency amount x rate"
    found = _foreign(client, samples.get(entity), base_currency)
    if found is None:
        return asked.unknown(name, f"no document in another currency than {base_currency} was read")
    base, other = number(found, "detailTotal"), number(found, "detailTotalInCurrency")
    rate = number(found, "exchangeRate")
    seen = (
        f"{found.get('documentType')} {found.get('referenceNumber')}: detailTotal {base}, "
        f"detailTotalInCurrency {other} {found.get('currencyId')}, exchangeRate {rate}"
    )
    if close(base, other * rate, rate):
        return asked.ok(name, seen)
    if rate and close(base, other / rate, 1 / rate):
        return _divided(asked, samples, name, seen, str(found.get("currencyId")))
    return asked.failed(name, f"{seen}: neither is the other times the rate", REPORT)


def _divided(asked: Asked, samples: Samples, name: str, seen: str, currency: str) -> Step:
    """Swapped twins and a rate that divides look alike; the list of rates tells them apart."""
    flags = {
        str(rate.get("multDiv"))[:1].upper()
        for rate in documents(samples, "currencyRate")
        if rate.get("fromCurrencyId") == currency
    }
    if flags == {"D"}:
        return asked.ok(name, f"{seen}; rates of {currency} divide, as currencyRate says")
    if flags == {"M"}:
        return asked.failed(name, f"{seen}: the twins are the other way round", REPORT)
    return asked.warning(
        name,
        f"{seen}: the rate divides, or the twins are the other way round",
        f"Look at this document in Visma.net: its total in {currency} must be the InCurrency one",
    )


def _foreign(client: VismaClient, sample: Sample | None, base_currency: str) -> Document | None:
    if sample is None:
        return None
    for page in pages(client, sample):
        for document in page.documents:
            if document.get("currencyId") not in (None, "", base_currency) and number(
                document, "detailTotalInCurrency"
            ):
                return document
    return None


def _header_amount(asked: Asked, samples: Samples, base_currency: str) -> Step:
    name = "supplierInvoice.amount: which currency"
    for document in documents(samples, "supplierInvoice"):
        if document.get("currencyId") in (None, "", base_currency):
            continue
        amount, rate = number(document, "amount"), number(document, "exchangeRate")
        parts = ("detailTotal", "vatTotal", "roundingDiff")
        base = sum((number(document, p) for p in parts), Decimal(0))
        base -= number(document, "discountTotal")
        if not amount or abs(rate - 1) < CENT:
            continue
        meaning = "base" if close(amount, base, rate) else "not base"
        seen = f"{document.get('referenceNumber')}: amount {amount}, base total {base}, rate {rate}"
        return asked.ok(name, f"{meaning} currency: {seen}; the model does not use it")
    return asked.unknown(name, "no supplier document in another currency in the sample")


def _signs(asked: Asked, samples: Samples) -> Step:
    name = "credit notes and payments are positive, voids negative"
    expected = (
        ("supplierInvoice", "documentType", ("DebitAdj", "CreditAdj"), "detailTotal", 1),
        ("customerCreditNote", "documentType", ("CreditNote",), "amount", 1),
        ("supplierPayment", "type", ("Payment", "Check", "Refund"), "paymentAmount", 1),
        ("customerPayment", "type", ("Payment", "Refund"), "paymentAmount", 1),
        ("supplierPayment", "type", ("VoidPayment", "VoidCheck"), "paymentAmount", -1),
        ("customerPayment", "type", ("VoidPayment",), "paymentAmount", -1),
    )
    seen, wrong = [], []
    for entity, member, types, amount, sign in expected:
        values = [
            (str(d.get(member)), number(d, amount))
            for d in documents(samples, entity)
            if d.get(member) in types and number(d, amount)
        ]
        for kind in dict.fromkeys(k for k, _ in values):
            mine = [v for k, v in values if k == kind]
            positive = sum(v > 0 for v in mine)
            seen.append(f"{entity} {kind}: {positive} positive, {len(mine) - positive} negative")
            if any(v * sign < 0 for v in mine):
                wrong.append(f"{entity} {kind}")
    if not seen:
        return asked.unknown(name, "no credit note, payment or void was read")
    if wrong:
        return asked.failed(
            name, "; ".join(seen), f"Against the model: {', '.join(wrong)}. {REPORT}"
        )
    return asked.ok(name, "; ".join(seen))


def _line_cost(asked: Asked, samples: Samples) -> Step:
    name = "cost of supplier invoice lines: before or after discount"
    before = after = 0
    for line in lines(samples, "supplierInvoice", "invoiceLines"):
        discount = number(line, "discountAmount")
        gross = number(line, "quantity") * number(line, "unitCost")
        if not discount or not gross:
            continue
        before += close(number(line, "cost"), gross, Decimal(1))
        after += close(number(line, "cost"), gross - discount, Decimal(1))
    if not before and not after:
        return asked.unknown(name, "no line with a discount in the sample")
    return asked.ok(name, f"{before} lines before, {after} lines after discount")


def _prepayment_requests(asked: Asked, samples: Samples) -> Step:
    name = "prepayment requests"
    found = [
        f"{d.get('referenceNumber')} {d.get('status')} balance {number(d, 'balance')}"
        for d in documents(samples, "supplierInvoice")
        if d.get("documentType") == "Prepayment"
    ]
    if not found:
        return asked.unknown(name, "no prepayment request in the sample")
    return asked.ok(name, f"{len(found)} seen, for example {'; '.join(found[:3])}")


def _prebooked(asked: Asked, samples: Samples) -> Step:
    name = "prebooked documents"
    found = [
        str(d.get("referenceNumber"))
        for d in documents(samples, "supplierInvoice")
        if d.get("status") == "Prebooked"
    ]
    if not found:
        return asked.unknown(name, "none in the sample, so nothing to set right")
    return asked.warning(
        name,
        f"{len(found)} in the sample, for example {', '.join(found[:3])}",
        "Their control account holds them before the ledger does; compare after the first sync "
        "with: vismapbi report",
    )


def _time_unit(asked: Asked, samples: Samples) -> Step:
    name = "unit of time cards"
    most = max(
        (number(s, d) for s in lines(samples, "timeCard", "summary") for d in DAYS),
        default=Decimal(0),
    )
    if not most:
        return asked.unknown(name, "no time card with time")
    if most > HOURS_OF_A_DAY:
        return asked.ok(name, f"minutes: the longest day has {most}, more than a day has hours")
    return asked.warning(
        name,
        f"hours, it seems: no day has more than {most}",
        'The model reads minutes. Compare one card; if these are hours, exclude = ["timeCard"] '
        "and report it",
    )


def documents(samples: Samples, entity: str) -> list[Document]:
    """The sampled documents of an entity, none where it was not read."""
    return samples[entity].documents if entity in samples else []


def lines(samples: Samples, entity: str, member: str) -> Iterable[Document]:
    """The lines of the sampled documents."""
    for document in documents(samples, entity):
        yield from document.get(member) or ()


def number(document: Document, member: str) -> Decimal:
    """A member as an exact number, 0 where it is absent."""
    return Decimal(document.get(member) or 0)


def close(one: Decimal, other: Decimal, rate: Decimal) -> bool:
    """Equal up to what rounding both sides to cents may cost."""
    return abs(one - other) <= CENT + CENT * abs(rate)
