"""Control totals of a company, computed from documents and journal lines alone.

Belongs here: an independent way to the numbers that a report must show; it uses no running
balance. Does not belong here: anything that changes the books.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from . import chart
from .books import Books
from .kinds import CASH_TYPES
from .records import Document

UNOWED = (*CASH_TYPES, "PrepaymentRequest")


def control_totals(books: Books, at: date) -> dict[str, object]:
    """Payables, receivables, cash, revenue of the year and the trial balance at a date."""
    trial = trial_balance(books, at)
    cash = {number: trial.get(number, 0) for number in chart.CASH_ACCOUNTS}
    income = year_to_date(books, at)
    return {
        "at": at.isoformat(),
        "payables": _amount(open_amount(books, "AP", at)),
        "receivables": _amount(open_amount(books, "AR", at)),
        "payables_in_ledger": _amount(-trial.get(chart.PAYABLES, 0)),
        "receivables_in_ledger": _amount(trial.get(chart.RECEIVABLES, 0)),
        "cash": {number: _amount(amount) for number, amount in cash.items()},
        "cash_total": _amount(sum(cash.values())),
        "revenue_year_to_date": _amount(
            -sum(amount for number, amount in income.items() if number.startswith("3"))
        ),
        "result_year_to_date": _amount(-sum(income.values())),
        "trial_balance": {number: _amount(amount) for number, amount in sorted(trial.items())},
    }


def _amount(hundredths: int) -> str:
    return str(Decimal(hundredths).scaleb(-2))


def open_amount(books: Books, side: str, at: date) -> int:
    """What is owed on a date by documents and applications up to it, prepayments left out."""
    entity = "supplierDocument" if side == "AP" else "customerDocument"
    control = chart.PAYABLES if side == "AP" else chart.RECEIVABLES
    total = 0
    for record in books.lists[entity]:
        if not isinstance(record, Document) or not record.released:
            continue
        if record.control != control or record.type in UNOWED:
            continue
        if record.date <= at:
            total += record.sign * record.gross
        for line in record.paid_by:
            if line.date <= at:
                total -= record.sign * (line.target_base + line.discount + line.write_off)
        for line in record.pays:
            if line.date <= at:
                total -= record.sign * line.payer_base
    return total


def trial_balance(books: Books, at: date) -> dict[str, int]:
    """Posted lines of the accounting ledger up to a date, by account, debit positive."""
    found: dict[str, int] = defaultdict(int)
    for batch in books.batches():
        if batch.status == "Posted" and batch.ledger == chart.ACTUAL and batch.date <= at:
            for line in batch.lines:
                found[line.account] += line.amount
    return dict(found)


def year_to_date(books: Books, at: date) -> dict[str, int]:
    """Income and expense of the financial year of a date, by posting date."""
    found: dict[str, int] = defaultdict(int)
    for batch in books.batches():
        if batch.status != "Posted" or batch.ledger != chart.ACTUAL or batch.date > at:
            continue
        if batch.period[:4] == str(at.year):
            for line in batch.lines:
                if chart.is_result(line.account):
                    found[line.account] += line.amount
    return dict(found)
