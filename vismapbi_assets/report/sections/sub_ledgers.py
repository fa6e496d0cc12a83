"""Sections about suppliers and customers."""

from __future__ import annotations

from collections.abc import Sequence

from vismapbi_assets.report import markup as m
from vismapbi_assets.report.charts import BLUE, ORANGE, Series, bars, lines, svg
from vismapbi_assets.report.sub_ledgers import Ageing, DaysOutstanding, Spend, WorkList


def ageing(payables: Ageing, receivables: Ageing, *, several: bool) -> str:
    """Open amounts by days overdue on both sides, with the largest overdue parties."""
    labels = [bucket.name for bucket in payables.buckets]
    chart = svg(
        "ageing-chart",
        "Open amounts of payables and receivables by ageing bucket",
        bars(
            [label if label == "Not due" else f"{label} days" for label in labels],
            [
                Series("Payables", [float(b.amount) for b in payables.buckets], BLUE),
                Series("Receivables", [float(b.amount) for b in receivables.buckets], ORANGE),
            ],
        ),
    )
    sides = "".join(
        "<div>" + _ageing_side(name, party, side, several=several) + "</div>"
        for name, party, side in (
            ("Payables", "Supplier", payables),
            ("Receivables", "Customer", receivables),
        )
    )
    note = "Days past the ageing date. Prepayments are not part of the balance."
    return m.section(
        "ageing",
        "Ageing",
        m.paragraph(note, "note"),
        chart,
        f'<div class="pair">{sides}</div>',
    )


def _ageing_side(name: str, party: str, side: Ageing, *, several: bool) -> str:
    buckets = m.table(
        f"{name} by days overdue",
        (name, "Open amount", "Share"),
        [("", [b.name, m.amount(b.amount), m.percent(b.share)]) for b in side.buckets],
        total=["Balance", m.amount(side.balance), m.percent(1.0 if side.balance else None)],
    )
    known = m.facts(
        (
            ("Overdue", m.amount(side.overdue)),
            ("Days overdue, weighted", m.days(side.days_overdue)),
            ("Prepayments", m.amount(side.prepayments)),
        )
    )
    if not side.parties:
        return buckets + known + m.paragraph(f"No {party.lower()} has an overdue balance.")
    return (
        buckets
        + known
        + m.table(
            f"Largest overdue {name.lower()}",
            (party, "Overdue", "Balance", "Oldest, days"),
            [
                (
                    "",
                    [
                        m.named(p.name, p.company if several else ""),
                        m.amount(p.overdue),
                        m.amount(p.balance),
                        m.days(p.oldest_days),
                    ],
                )
                for p in side.parties
            ],
        )
    )


def days_outstanding(trend: Sequence[DaysOutstanding]) -> str:
    """DPO and DSO at the end of each period."""
    chart = svg(
        "days-chart",
        "Days payables and days sales outstanding at the end of each period",
        lines(
            [point.period for point in trend],
            [
                Series("DPO", [_number(point.dpo) for point in trend], BLUE),
                Series("DSO", [_number(point.dso) for point in trend], ORANGE),
            ],
        ),
    )
    rows: list[m.Line] = [
        (
            "",
            [
                point.period,
                m.Cell(m.day(point.day), "number"),
                m.amount(point.payables),
                m.days(point.dpo),
                m.amount(point.receivables),
                m.days(point.dso),
            ],
        )
        for point in trend
    ]
    return m.section(
        "days-outstanding",
        "DPO and DSO",
        m.paragraph(
            "Balance over the invoicing of the 365 days before, in days; too high while there is "
            "less than a year of data.",
            "note",
        ),
        chart,
        m.table(
            "At the end of each period",
            ("Period", "Day", "Payables", "DPO", "Receivables", "DSO"),
            rows,
        ),
    )


def suppliers(spend: Spend) -> str:
    """The largest suppliers and how punctually they are paid."""
    return m.section(
        "suppliers",
        "Top suppliers",
        m.facts(
            (
                ("Purchases of the year, net of VAT", m.amount(spend.total)),
                ("Invoices paid", m.count(spend.invoices_paid)),
                ("Paid on time", m.percent(spend.on_time_share)),
                ("Days to pay, average", m.days(spend.average_days_to_pay)),
            )
        ),
        m.table(
            "Largest by purchases of the year, and the share of their invoices paid on time",
            ("Supplier", "Company", "Purchases", "Share", "Paid on time"),
            [
                (
                    "",
                    [
                        s.name,
                        s.company,
                        m.amount(s.net),
                        m.percent(s.share),
                        m.percent(s.on_time_share),
                    ],
                )
                for s in spend.suppliers
            ],
            numbers_from=2,
        ),
    )


def unposted(waiting: WorkList) -> str:
    """What waits for the general ledger."""
    known = m.facts(
        (
            ("Documents", m.count(waiting.documents)),
            ("Amount", m.amount(waiting.amount)),
            ("Days waiting, average", m.days(waiting.average_age)),
        )
    )
    if not waiting.documents:
        text = m.paragraph("Everything is in the general ledger.")
        return m.section("unposted", "Unposted documents", text)
    shown = len(waiting.largest)
    return m.section(
        "unposted",
        "Unposted documents",
        known,
        m.table(
            "All of them" if shown == waiting.documents else f"The {shown} largest",
            (
                "Document",
                "Company",
                "Area",
                "Type",
                "Supplier or customer",
                "Status",
                "Date",
                "Amount",
            ),
            [
                (
                    "",
                    [
                        m.words(d.number),
                        d.company,
                        m.words(d.area),
                        m.words(d.type),
                        m.words(d.party),
                        m.words(d.status),
                        m.Cell(m.day(d.date), "number"),
                        m.amount(d.amount),
                    ],
                )
                for d in waiting.largest
            ],
            numbers_from=6,
        ),
    )


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))
