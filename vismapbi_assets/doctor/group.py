"""What all companies of one dataset must have in common: base currency and financial calendar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vismapbi_assets.doctor.figures import documents
from vismapbi_assets.doctor.lists import Sample
from vismapbi_assets.doctor.steps import Asked, Step
from vismapbi_assets.settings_shape import Company

APART = (
    "One dataset holds one base currency and one calendar; put this company into a settings file "
    "of its own, with its own store and dataset"
)


def ask_money(asked: Asked, company: Company, samples: Mapping[str, Sample]) -> Iterator[Step]:
    """Whether the company keeps its books in the currency that the settings name."""
    name = "base currency"
    found = {
        str(d["currencyId"])
        for d in documents(samples, "ledger")
        if d.get("balanceType") == "Actual" and d.get("currencyId")
    } or {
        str((d.get("currency") or {}).get("id"))
        for d in documents(samples, "branch")
        if (d.get("currency") or {}).get("id")
    }
    if not found:
        yield asked.unknown(name, "neither a ledger nor a branch names one")
    elif found == {company.base_currency}:
        yield asked.ok(name, f"{company.base_currency}, as in the settings")
    else:
        yield asked.failed(
            name,
            f"the books are in {', '.join(sorted(found))}, the settings say "
            f"{company.base_currency}",
            f"Set base_currency of company {company.key}. {APART}",
        )


def ask_group(asked: Asked, known: Mapping[str, Mapping[str, Sample]]) -> Iterator[Step]:
    """Whether all companies share one financial calendar."""
    name = "one financial calendar"
    calendars = {key: _calendar(found) for key, found in known.items()}
    calendars = {key: calendar for key, calendar in calendars.items() if calendar}
    if len(calendars) < len(known) or len(known) < 2:
        reason = "a single company was asked" if len(known) < 2 else "a company's was not read"
        yield asked.skipped(name, reason)
        return
    (first, reference), *others = calendars.items()
    for key, calendar in others:
        common = sorted(reference.keys() & calendar.keys())
        apart = [p for p in common if reference[p] != calendar[p]]
        if apart or not common:
            example = (
                f"period {apart[0]} is {reference[apart[0]]} in {first}, {calendar[apart[0]]} in "
                f"{key}"
                if apart
                else f"{first} and {key} have no period in common"
            )
            yield asked.failed(name, example, APART)
            return
    yield asked.ok(name, f"{len(reference)} periods of {', '.join(calendars)} agree where both are")


def _calendar(samples: Mapping[str, Sample]) -> dict[str, str]:
    return {
        f"{d.get('year')}-{d.get('period')}": f"{str(d.get('startDate'))[:10]} to "
        f"{str(d.get('endDate'))[:10]}"
        for d in documents(samples, "financialPeriod")
    }
