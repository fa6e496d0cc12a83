"""Sections about the general ledger: cash, statements and trial balance."""

from __future__ import annotations

from collections.abc import Sequence

from vismapbi_assets.report import markup as m
from vismapbi_assets.report.accounts import Cash, Statement, TrialBalance, TrialRow
from vismapbi_assets.report.charts import BLUE, INK, ORANGE, Series, bars, svg


def cash(cash: Cash, currency: str) -> str:
    """Where the cash is, and how it moved by period."""
    chart = svg(
        "cash-chart",
        "Cash in, cash out and the position at the end of each period",
        bars(
            [period.period for period in cash.periods],
            [
                Series("Cash in", [float(p.cash_in) for p in cash.periods], BLUE),
                Series("Cash out", [-float(p.cash_out) for p in cash.periods], ORANGE),
            ],
            Series("Position", [float(p.position) for p in cash.periods], INK),
        ),
    )
    accounts = m.table(
        "Book balances on the day",
        ("Cash account", "Company", "", "In currency", f"In {currency}"),
        [
            (
                "",
                [
                    a.name,
                    a.company,
                    a.currency,
                    m.amount(a.balance_in_currency),
                    m.amount(a.balance),
                ],
            )
            for a in cash.accounts
        ],
        numbers_from=3,
        total=["Cash position", "", "", "", m.amount(cash.position)],
    )
    periods = m.table(
        "By period, transfers between own accounts left out",
        ("Period", "Cash in", "Cash out", "Net", "Position"),
        [
            (
                "",
                [
                    p.period,
                    m.amount(p.cash_in),
                    m.amount(p.cash_out),
                    m.amount(p.cash_in - p.cash_out),
                    m.amount(p.position),
                ],
            )
            for p in cash.periods
        ],
    )
    pair = f'<div class="pair"><div>{accounts}</div><div>{periods}</div></div>'
    return m.section("cash", "Cash", chart, pair)


def statement(name: str, title: str, statement: Statement, note: str) -> str:
    """A statement with periods as columns."""
    return m.section(
        name,
        title,
        m.table(
            note,
            ("", *statement.columns),
            [(row.kind, [row.name, *map(m.whole, row.amounts)]) for row in statement.rows],
            classes="statement",
        ),
    )


def trial_balances(balances: Sequence[TrialBalance]) -> str:
    """The trial balance of each company."""

    def cells(row: TrialRow) -> list[m.Content]:
        return [row.account, *map(m.amount, (row.opening, row.debit, row.credit, row.closing))]

    tables = (
        m.table(
            f"{found.company}, {m.day(found.first)} to {m.day(found.last)}, debit positive",
            ("Account", "Opening", "Debit", "Credit", "Closing"),
            [("", cells(row)) for row in found.rows],
            total=cells(found.total),
        )
        for found in balances
    )
    return m.section("trial-balance", "Trial balance", *tables)
