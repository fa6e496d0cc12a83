"""The report as a whole: its header, its key figures and all sections, and the same as JSON.

What a section holds belongs in its own module; how it looks, in `page`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from vismapbi_assets.model import figures, statements
from vismapbi_assets.pipeline.inputs import data_date
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.report import accounts, sub_ledgers, verdicts
from vismapbi_assets.report.source import (
    Source,
    day_of_report,
    open_source,
    require_published,
    verified_date,
)


@dataclass(frozen=True, slots=True)
class Header:
    """Whose figures these are, of which day, and what is known about that day."""

    dataset: str
    companies: tuple[str, ...]
    currency: str
    as_of: date
    read_up_to: date | None
    verified_up_to: date | None
    verified_at: datetime | None
    time_zone: str


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """The figures that everybody asks for first, of one company or all together."""

    company: str
    payables: Decimal
    payables_overdue: Decimal
    receivables: Decimal
    receivables_overdue: Decimal
    cash: Decimal
    revenue_year_to_date: Decimal
    result_year_to_date: Decimal
    dpo: Decimal | None
    dso: Decimal | None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the page shows."""

    header: Header
    key_figures: tuple[KeyFigures, ...]
    payables: sub_ledgers.Ageing
    receivables: sub_ledgers.Ageing
    days_outstanding: tuple[sub_ledgers.DaysOutstanding, ...]
    cash: accounts.Cash
    income_statement: accounts.Statement
    balance_sheet: accounts.Statement
    trial_balances: tuple[accounts.TrialBalance, ...]
    spend: sub_ledgers.Spend
    unposted: sub_ledgers.WorkList
    tables: tuple[verdicts.TableVerdict, ...]
    checks: tuple[verdicts.CheckVerdict, ...]


def build_report(
    bench: Workbench, *, as_of: date | None = None, company: str | None = None
) -> Report:
    """The report of all companies or one, on a day or the data date."""
    settings = bench.settings
    chosen = (settings.company(company),) if company else settings.companies
    require_published(bench.store)
    day = day_of_report(bench, as_of)
    source = open_source(bench, chosen, day)
    single = [source.narrowed(c) for c in chosen] if len(chosen) > 1 else [source]
    columns = [key_figures(own.companies[0].name, own) for own in single]
    if len(single) > 1:
        columns.insert(0, key_figures("All companies", source))
    return Report(
        Header(
            settings.dataset.name,
            tuple(c.name for c in chosen),
            chosen[0].base_currency,
            day,
            data_date(bench.store, settings),
            verified_date(bench),
            verdicts.verified_at(bench),
            settings.time_zone,
        ),
        tuple(columns),
        sub_ledgers.payables(source),
        sub_ledgers.receivables(source),
        sub_ledgers.days_outstanding(source),
        accounts.cash(source),
        accounts.income_statement(source),
        accounts.balance_sheet(source),
        tuple(accounts.trial_balance(own) for own in single),
        sub_ledgers.spend(source),
        sub_ledgers.work_list(source),
        verdicts.table_verdicts(bench),
        verdicts.check_verdicts(bench),
    )


def key_figures(name: str, source: Source) -> KeyFigures:
    """The key figures of a source."""
    ap, ar = source.tables["ApLedger"], source.tables["ArLedger"]
    day, book = source.as_of, source.books
    return KeyFigures(
        company=name,
        payables=figures.balance(ap, day),
        payables_overdue=figures.overdue(ap, day),
        receivables=figures.balance(ar, day),
        receivables_overdue=figures.overdue(ar, day),
        cash=statements.cash_position(book, day),
        revenue_year_to_date=statements.revenue(book, source.year_start, day),
        result_year_to_date=statements.result(book, source.year_start, day),
        dpo=figures.days_outstanding(ap, day, figures.AP_INVOICING),
        dso=figures.days_outstanding(ar, day, figures.AR_INVOICING),
    )


def to_json(report: Report) -> dict[str, Any]:
    """The report in JSON types: amounts as exact texts, days and times in ISO form."""
    found = _plain(asdict(report))
    if not isinstance(found, dict):
        raise TypeError("a report is an object")
    return found


def _plain(value: object) -> object:
    match value:
        case dict():
            return {name: _plain(item) for name, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case Decimal():
            return f"{value:.4f}".removesuffix("00")
        case datetime():
            return value.isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case _:
            return value
