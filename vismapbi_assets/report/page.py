"""The report as one HTML page that needs no network: its header, key figures and all sections.

What a section shows belongs in `sections/`, figures in `report`, HTML in `markup`, style in
`page.html`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files
from string import Template
from zoneinfo import ZoneInfo

from vismapbi_assets.report import markup as m
from vismapbi_assets.report.report import Header, KeyFigures, Report
from vismapbi_assets.report.sections import accounts, proof, sub_ledgers

SECTIONS = (
    ("key-figures", "Key figures"),
    ("ageing", "Ageing"),
    ("days-outstanding", "DPO and DSO"),
    ("cash", "Cash"),
    ("income-statement", "Profit and loss"),
    ("balance-sheet", "Balance sheet"),
    ("trial-balance", "Trial balance"),
    ("suppliers", "Top suppliers"),
    ("unposted", "Unposted documents"),
    ("proof", "Proof"),
)


def html(report: Report) -> str:
    """The whole page."""
    head = report.header
    title = f"{head.dataset}: {', '.join(head.companies)}, {m.day(head.as_of)}"
    body = "\n".join(
        (
            _header(report),
            _key_figures(report.key_figures, head.currency),
            sub_ledgers.ageing(
                report.payables, report.receivables, several=len(head.companies) > 1
            ),
            sub_ledgers.days_outstanding(report.days_outstanding),
            accounts.cash(report.cash, head.currency),
            accounts.statement(
                "income-statement",
                "Profit and loss",
                report.income_statement,
                f"Whole {head.currency}. Income is positive, cost negative.",
            ),
            accounts.statement(
                "balance-sheet",
                "Balance sheet",
                report.balance_sheet,
                f"Whole {head.currency}, in the natural sign of each account. The ERP closes years "
                "without a journal, so the results are shown beside the posted equity.",
            ),
            accounts.trial_balances(report.trial_balances),
            sub_ledgers.suppliers(report.spend),
            sub_ledgers.unposted(report.unposted),
            proof.proof(report.tables, report.checks),
            "<footer>Amounts come from the published tables, exact to the hundredth; statements by "
            "period are rounded for reading only.</footer>",
        )
    )
    template = Template((files("vismapbi_assets.report") / "page.html").read_text("utf-8"))
    return template.substitute(title=m.words(title).html, body=body)


def _header(report: Report) -> str:
    head = report.header
    broken = [table.table for table in report.tables if not table.sound]
    broken += [check.name for check in report.checks if check.forbids and not check.passed]
    when = f" on {_local(head.verified_at, head)}" if head.verified_at else ""
    if broken:
        banner = m.paragraph(f"\u2717 Not sound: {', '.join(broken)}. See Proof.", "banner bad")
    elif head.verified_up_to is None:
        banner = m.paragraph(
            "\u2717 These figures were published, but never verified as a whole.", "banner bad"
        )
    else:
        banner = m.paragraph(
            f"\u2713 Power BI was found equal to what was published{when}; the data date is "
            f"{m.day(head.verified_up_to)}.",
            "banner",
        )
    links = "".join(f'<a href="#{name}">{m.words(title).html}</a>' for name, title in SECTIONS)
    read = f", read up to {m.day(head.read_up_to)}" if head.read_up_to else ""
    return (
        f"<header><h1>{m.words(', '.join(head.companies)).html}</h1>"
        + m.paragraph(f"Finance report as of {m.day(head.as_of)}, in {head.currency}")
        + m.paragraph(f"Semantic model {head.dataset}{read}")
        + f'{banner}<nav aria-label="Sections">{links}</nav></header>'
    )


def _local(at: datetime, head: Header) -> str:
    return f"{m.moment(at.astimezone(ZoneInfo(head.time_zone)))} ({head.time_zone})"


def _key_figures(columns: Sequence[KeyFigures], currency: str) -> str:
    rows: list[m.Line] = [
        ("", ["Payables", *(m.amount(c.payables) for c in columns)]),
        ("line", ["of these overdue", *(m.amount(c.payables_overdue) for c in columns)]),
        ("", ["Receivables", *(m.amount(c.receivables) for c in columns)]),
        ("line", ["of these overdue", *(m.amount(c.receivables_overdue) for c in columns)]),
        ("", ["Cash", *(m.amount(c.cash) for c in columns)]),
        ("", ["Revenue, year to date", *(m.amount(c.revenue_year_to_date) for c in columns)]),
        ("", ["Result, year to date", *(m.amount(c.result_year_to_date) for c in columns)]),
        ("", ["Days payables outstanding", *(m.days(c.dpo) for c in columns)]),
        ("", ["Days sales outstanding", *(m.days(c.dso) for c in columns)]),
    ]
    names = ["", *(c.company for c in columns)]
    return m.section(
        "key-figures",
        "Key figures",
        m.table(f"In {currency}, on the day of the report", names, rows),
    )
