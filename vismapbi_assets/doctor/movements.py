"""What payments, balances and batches of this company show: dates, stamps, signs, statuses.

The counterpart of `figures.py` for documents that move others. Only sampled documents are looked
at, nothing is asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from vismapbi_assets.doctor.figures import (
    REPORT,
    Samples,
    close,
    documents,
    number,
)
from vismapbi_assets.doctor.steps import Asked, Step

DRAFT_BATCHES = ("Released", "PartiallyReleased", "Unposted")


def ask_movements(asked: Asked, samples: Samples, base_currency: str) -> Iterator[Step]:
    """The questions in turn."""
    yield _line_dates(asked, samples)
    yield _restamped(asked, samples)
    yield _payment_twin(asked, samples, base_currency)
    yield _balance_signs(asked, samples)
    yield _batch_statuses(asked, samples)


def _line_dates(asked: Asked, samples: Samples) -> Step:
    name = "supplierPayment lines: date against period"
    dates = {
        str(d.get("referenceNumber")): str(d.get("date") or "")[:10]
        for d in documents(samples, "supplierInvoice")
    }
    late: Counter[str] = Counter()
    for payment in documents(samples, "supplierPayment"):
        paid = str(payment.get("applicationDate") or "")[:10]
        for line in payment.get("paymentLines") or ():
            period = str(line.get("applicationPeriod") or "")
            said = str(line.get("date") or "")[:10]
            if not period or not said or period == paid.replace("-", "")[:6]:
                continue
            late["lines"] += 1
            late["in the line's period"] += said.replace("-", "")[:6] == period
            late["the payment's date"] += said == paid
            late["the document's date"] += said == dates.get(str(line.get("invoiceRefNbr")))
    total = late.pop("lines", 0)
    if not total:
        return asked.unknown(name, "no payment in the sample was applied in a later period")
    said = ", ".join(f"{label}: {n}" for label, n in late.items())
    return asked.ok(
        name, f"{total} lines applied in another period than paid; date is {said}. The model uses "
        "the period"
    )  # fmt: skip


def _restamped(asked: Asked, samples: Samples) -> Step:
    name = "an application moves the invoice's stamp"
    moved = left = 0
    for document in documents(samples, "customerInvoice"):
        applied = [
            str(a.get("applicationDate") or "")[:10]
            for a in document.get("applications") or ()
            if a.get("released") is not False
        ]
        stamped = str(document.get("lastModifiedDateTime") or "")[:10]
        issued = str(document.get("documentDate") or "")[:10]
        if not applied or not stamped or max(applied) <= issued:
            continue
        moved += stamped >= max(applied)
        left += stamped < max(applied)
    if not moved and not left:
        return asked.unknown(name, "no customer invoice with a later application in the sample")
    seen = f"{moved} of {moved + left} invoices are stamped on or after their last application"
    if not left:
        return asked.ok(name, f"yes: {seen}")
    return asked.warning(
        name,
        f"not always: {seen}",
        "Leave the schedule open_documents on; it reads open documents again every day",
    )


def _payment_twin(asked: Asked, samples: Samples, base_currency: str) -> Step:
    name = "customerPayment: which twin is base currency"
    for payment in documents(samples, "customerPayment"):
        amount = number(payment, "paymentAmount")
        twin = number(payment, "paymentAmountInCurrency")
        if payment.get("currency") in (None, "", base_currency) or not amount or not twin:
            continue
        if amount == twin:
            return asked.ok(
                name, f"{payment.get('refNbr')}: both {amount} {payment.get('currency')}, so none"
            )
        return asked.failed(
            name,
            f"{payment.get('refNbr')}: paymentAmount {amount}, paymentAmountInCurrency {twin} "
            f"{payment.get('currency')}: the model takes paymentAmount as the payment's currency",
            REPORT,
        )
    return asked.unknown(name, f"no payment in another currency than {base_currency} was read")


def _balance_signs(asked: Asked, samples: Samples) -> Step:
    name = "ledger balances: debit positive for every type of account"
    debit: Counter[str] = Counter()
    credit: Counter[str] = Counter()
    for row in documents(samples, "generalLedgerBalance"):
        kind = str((row.get("account") or {}).get("type"))
        opening, closing = number(row, "beginningBalance"), number(row, "yearToDateBalance")
        moved = number(row, "periodToDateDebit") - number(row, "periodToDateCredit")
        if not moved:
            continue
        fits = close(closing, opening + moved, moved * 0)
        debit[kind] += fits
        # a movement within the tolerance fits both ways and says nothing against us
        credit[kind] += not fits and close(closing, opening - moved, moved * 0)
    kinds = sorted(k for k in {*debit, *credit} if debit[k] + credit[k])
    if not kinds:
        return asked.unknown(name, "no ledger balance that moved was read")
    seen = ", ".join(f"{k}: {debit[k]} yes, {credit[k]} no" for k in kinds)
    if any(credit.values()):
        return asked.failed(name, seen, REPORT)
    return asked.ok(name, seen)


def _batch_statuses(asked: Asked, samples: Samples) -> Step:
    name = "journal batches that are released and not posted"
    found = Counter(str(d.get("status")) for d in documents(samples, "journalTransaction"))
    if not found:
        return asked.unknown(name, "no journal batches were read")
    seen = ", ".join(f"{n} {status}" for status, n in found.most_common())
    if any(found[status] for status in DRAFT_BATCHES):
        return asked.warning(
            name,
            seen,
            "The model counts only Posted and Completed; the check of the ledger against its "
            "balances says after the first sync whether that is right here",
        )
    return asked.ok(name, f"none in the sample: {seen}")
