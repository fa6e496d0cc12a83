"""Statements by period, trial balance and cash, each from the books of a source.

Signs and sums are those of `model/statements`; here periods become columns and totals lines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import polars as pl

from vismapbi_assets.model import statements
from vismapbi_assets.report.source import Period, Source

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A line or total of a statement, with one amount for each column."""

    name: str
    kind: str
    amounts: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: columns with their first and last day, and rows in printed order.

    The kind of a row is `group` (a subtotal, before its lines), `line` or `total`.
    """

    columns: tuple[str, ...]
    days: tuple[tuple[date, date], ...]
    rows: tuple[StatementRow, ...]


@dataclass(frozen=True, slots=True)
class TrialRow:
    """Opening, turnover and closing of an account in the year so far, debit positive."""

    account: str
    opening: Decimal
    debit: Decimal
    credit: Decimal
    closing: Decimal


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """A company's trial balance of the year so far; opening and closing add up to zero."""

    company: str
    first: date
    last: date
    rows: tuple[TrialRow, ...]
    total: TrialRow


@dataclass(frozen=True, slots=True)
class CashBalance:
    """The book balance of a cash account."""

    key: str
    name: str
    company: str
    currency: str
    balance: Decimal
    balance_in_currency: Decimal


@dataclass(frozen=True, slots=True)
class CashPeriod:
    """Cash in and out of a period, transfers left out, and the position at its end."""

    period: str
    last: date
    cash_in: Decimal
    cash_out: Decimal
    position: Decimal


@dataclass(frozen=True, slots=True)
class Cash:
    """Where the cash is, and how it moved."""

    position: Decimal
    accounts: tuple[CashBalance, ...]
    periods: tuple[CashPeriod, ...]


def income_statement(source: Source) -> Statement:
    """Income positive, cost negative, by period of the year, in all, and a year before."""
    year, book = source.of_the_year, source.books
    spans = [(period.first, period.last) for period in year]
    spans += [(source.year_start, source.as_of), *_year_before(source)]
    names = [period.name for period in year]
    names += ["Year to date", "Last year to date"][: len(spans) - len(names)]
    rows = _rows(book, "ProfitLoss", [statements.profit_and_loss(book, *span) for span in spans])
    result = _total("Result", [statements.result(book, *span) for span in spans])
    return Statement(tuple(names), tuple(spans), (*rows, result))


def balance_sheet(source: Source) -> Statement:
    """Balances in their natural sign at the start of the year and at the end of each period."""
    book, year = source.books, source.of_the_year
    opening = source.year_start - timedelta(days=1)
    known = book.year_start[min(book.year_start)] <= opening
    days = [opening] * known + [period.last for period in year]
    names = ["Opening"] * known + [period.name for period in year]

    def side(sign: int) -> list[StatementRow]:
        part = replace(book, lines=book.lines.filter(pl.col("NaturalSign") == sign))
        return _rows(part, "BalanceSheet", [statements.balance_sheet(part, day) for day in days])

    def line(name: str, kind: str, amount: Callable[[date], Decimal]) -> StatementRow:
        return StatementRow(name, kind, tuple(amount(day) for day in days))

    equity = {day: statements.equity(book, day) for day in days}
    liabilities = {day: statements.liabilities(book, day) for day in days}
    rows = (
        *side(1),
        line("Total assets", "total", lambda day: statements.assets(book, day)),
        *side(-1),
        line(
            "Results not carried by a journal",
            "group",
            lambda day: equity[day].total - equity[day].posted,
        ),
        line("Results of earlier years", "line", lambda day: equity[day].earlier_results),
        line("Result of the year", "line", lambda day: equity[day].result),
        line(
            "Total equity and liabilities",
            "total",
            lambda day: equity[day].total + liabilities[day],
        ),
        line("Difference", "total", lambda day: statements.balance_sheet_check(book, day)),
    )
    return Statement(tuple(names), tuple((day, day) for day in days), rows)


def trial_balance(source: Source) -> TrialBalance:
    """One company's accounts, and the results that no journal carries forward."""
    first, last = source.year_start, source.as_of
    found = statements.trial_balance(source.books, first, last).drop("AccountKey")
    earlier = -statements.equity(source.books, last).earlier_results
    rows = [
        TrialRow(account or "(no account)", *amounts) for account, *amounts in found.iter_rows()
    ]
    if earlier:
        rows.append(TrialRow("Results of earlier years (no journal)", earlier, ZERO, ZERO, earlier))
    total = TrialRow(
        "Total",
        sum((row.opening for row in rows), ZERO),
        sum((row.debit for row in rows), ZERO),
        sum((row.credit for row in rows), ZERO),
        sum((row.closing for row in rows), ZERO),
    )
    return TrialBalance(source.companies[0].name, first, last, tuple(rows), total)


def cash(source: Source) -> Cash:
    """Cash by account on the day, and by period up to it."""
    names = source.tables["CashAccount"].select("CashAccountKey", "CashAccountName")
    closing = (
        source.tables["CashPosition"]
        .filter(pl.col("BalanceDate") <= source.as_of)
        .sort("BalanceDate")
        .group_by("CashAccountKey", "BranchKey", maintain_order=True)
        .agg(pl.col("CurrencyId", "ClosingBase", "ClosingCurrency").last())
        .group_by("CashAccountKey", "CurrencyId")
        .agg(pl.col("ClosingBase", "ClosingCurrency").sum())
        .join(names, on="CashAccountKey", how="left")
        .sort("CashAccountKey")
        .select("CashAccountKey", "CashAccountName", "CurrencyId", "ClosingBase", "ClosingCurrency")
    )
    return Cash(
        statements.cash_position(source.books, source.as_of),
        tuple(
            CashBalance(key, name or key, source.company_of(key), currency or "", base, in_currency)
            for key, name, currency, base, in_currency in closing.iter_rows()
        ),
        tuple(_cash_period(source, period) for period in source.recent),
    )


def _cash_period(source: Source, period: Period) -> CashPeriod:
    cash_in, cash_out = statements.cash_flow(source.books, period.first, period.last)
    position = statements.cash_position(source.books, period.last)
    return CashPeriod(period.name, period.last, cash_in, cash_out, position)


def _year_before(source: Source) -> list[tuple[date, date]]:
    """The same days a year before, as the calendar relates them, if it goes back that far."""
    days = source.tables["Dates"].filter(pl.col("Date").is_in([source.year_start, source.as_of]))
    earlier = days.sort("Date")["PriorYearDate"].to_list()
    first = min(source.books.year_start.values())
    if not earlier or any(day is None or day < first for day in earlier):
        return []
    return [(earlier[0], earlier[-1])]


def _rows(
    book: statements.Books, statement: str, columns: Sequence[pl.DataFrame]
) -> list[StatementRow]:
    """Report groups, each followed by its lines; a group with one line is one row."""
    order = (
        book.lines.filter(pl.col("Statement") == statement)
        .select("ReportGroupSort", "ReportGroup", "StatementLineSort", "StatementLine")
        .unique()
        .sort("ReportGroupSort", "StatementLineSort")
        .select("ReportGroup", "StatementLine")
        .collect()
    )
    amounts = [
        {(group, line): amount for group, line, amount in column.iter_rows()} for column in columns
    ]
    rows: list[StatementRow] = []
    for (group,), lines in order.group_by("ReportGroup", maintain_order=True):
        found = [
            StatementRow(line, "line", tuple(known.get((group, line), ZERO) for known in amounts))
            for line in lines["StatementLine"]
        ]
        shown = [row for row in found if any(row.amounts)]
        if len(shown) == 1:
            rows.append(StatementRow(str(group), "group", shown[0].amounts))
        elif shown:
            columns_of_lines = zip(*(row.amounts for row in shown), strict=True)
            sums = tuple(sum(column, ZERO) for column in columns_of_lines)
            rows += [StatementRow(str(group), "group", sums), *shown]
    return rows


def _total(name: str, amounts: Sequence[Decimal]) -> StatementRow:
    return StatementRow(name, "total", tuple(amounts))
