"""General ledger balances per period, summed from the posted batches, year change included.

Belongs here: balance rows with beginning balances, retained earnings and the running result of
the year, as the ERP keeps them without any journal. Does not belong here: posting.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime

from . import chart
from .amounts import money
from .books import NEVER, BalanceKey, Books, Movement
from .calendar import period_of
from .clock import Zone
from .records import Body, Record
from .wire.common import Form, branch_ref, encode

_NOTHING = Movement()


@dataclass(slots=True, eq=False, kw_only=True)
class Balance(Record):
    """One balance row: ledger, branch, account, subaccount and period."""

    branch: str
    ledger: str
    account: str
    sub: str
    period: str
    movement: Movement
    beginning: int
    beginning_cur: int
    year_closed: bool

    @property
    def closing(self) -> int:
        """The balance at the end of the period, debit positive."""
        return self.beginning + self.movement.debit - self.movement.credit


def balance_rows(books: Books) -> list[Balance]:
    """All balance rows up to the current period, in a stable order."""
    periods = [
        record.number
        for record in books.lists["financialPeriod"]
        if record.number <= max(period_of(books.today), _latest(books))
    ]
    rows: list[Balance] = []
    for key, by_period in sorted(_with_results(books).items()):
        rows += _rows_of(books, key, by_period, periods)
    for number, row in enumerate(rows, start=1):
        row.id = number
    return rows


def _latest(books: Books) -> str:
    return max((period for by in books.movements.values() for period in by), default="")


def _with_results(books: Books) -> dict[BalanceKey, dict[str, Movement]]:
    """Posted movements plus the running result of the year on its own account."""
    found = {key: dict(by_period) for key, by_period in books.movements.items()}
    results: dict[BalanceKey, dict[str, Movement]] = defaultdict(dict)
    for (ledger, branch, account, _), by_period in books.movements.items():
        if not chart.is_result(account):
            continue
        target = results[ledger, branch, chart.YEAR_RESULT, chart.NO_SUB]
        for period, movement in by_period.items():
            target[period] = _plus(target.get(period, _NOTHING), movement)
    retained: dict[BalanceKey, dict[str, Movement]] = {
        (ledger, branch, chart.RETAINED_EARNINGS, chart.NO_SUB): {}
        for ledger, branch, *_ in results
    }
    return retained | found | results


def _plus(one: Movement, other: Movement) -> Movement:
    return Movement(
        one.debit + other.debit,
        one.credit + other.credit,
        one.debit_cur + other.debit_cur,
        one.credit_cur + other.credit_cur,
        max(one.stamp, other.stamp),
    )


def _rows_of(
    books: Books,
    key: tuple[str, str, str, str],
    by_period: dict[str, Movement],
    periods: list[str],
) -> list[Balance]:
    ledger, branch, account, sub = key
    yearly = chart.is_result(account) or account == chart.YEAR_RESULT
    retained = account == chart.RETAINED_EARNINGS and sub == chart.NO_SUB
    results = _year_results(books, ledger, branch) if retained else {}
    first = min([*by_period, *(f"{year + 1}01" for year in results)])
    rows: list[Balance] = []
    running = running_cur = 0
    stamp = NEVER
    for period in periods:
        if period < first:
            continue
        if period.endswith("01"):
            if yearly:
                running = running_cur = 0
            amount, touched = results.get(int(period[:4]) - 1, (0, NEVER))
            running += amount
            running_cur += amount
            stamp = max(stamp, touched)
        movement = by_period.get(period, _NOTHING)
        stamp = max(stamp, movement.stamp)
        rows.append(
            Balance(
                id=0,
                number=":".join((branch, ledger, period, account, sub)),
                created=stamp,
                modified=stamp,
                branch=branch,
                ledger=ledger,
                account=account,
                sub=sub,
                period=period,
                movement=replace(movement),
                beginning=running,
                beginning_cur=running_cur,
                year_closed=f"{period[:4]}13" < books.first_open,
            )
        )
        running += movement.debit - movement.credit
        running_cur += movement.debit_cur - movement.credit_cur
    return rows


def _year_results(books: Books, ledger: str, branch: str) -> dict[int, tuple[int, datetime]]:
    found: dict[int, tuple[int, datetime]] = {}
    for (held_in, posted_in, account, _), by_period in books.movements.items():
        if (held_in, posted_in) != (ledger, branch) or not chart.is_result(account):
            continue
        for period, movement in by_period.items():
            amount, stamp = found.get(int(period[:4]), (0, NEVER))
            amount += movement.debit - movement.credit
            found[int(period[:4])] = (amount, max(stamp, movement.stamp))
    return found


def balance(books: Books, row: Balance, zone: Zone, *, toggle: bool = False) -> Form:
    """A balance row; liabilities and income are negative unless signs are toggled."""
    account = chart.ACCOUNTS[row.account]
    sign = -1 if toggle and account.type in ("Liability", "Income") else 1
    movement = row.movement
    closing_cur = row.beginning_cur + movement.debit_cur - movement.credit_cur
    body: Body = {
        "branch": branch_ref(books, row.branch),
        "ledger": {"id": row.ledger, "description": chart.LEDGERS[row.ledger][0]},
        "balanceType": chart.LEDGERS[row.ledger][1],
        "financialPeriod": row.period,
        "account": {"type": account.type, "number": account.number, "description": account.text},
        "subaccountId": str(chart.SUBACCOUNTS[row.sub][0]),
        "subAccountCd": row.sub,
        "currencyId": account.cash_currency or books.profile.base_currency,
        "periodToDateDebit": money(movement.debit),
        "periodToDateCredit": money(movement.credit),
        "beginningBalance": money(sign * row.beginning),
        "yearToDateBalance": money(sign * row.closing),
        "periodToDateDebitInCurrency": money(movement.debit_cur),
        "periodToDateCreditInCurrency": money(movement.credit_cur),
        "beginningBalanceInCurrency": money(sign * row.beginning_cur),
        "yearToDateBalanceInCurrency": money(sign * closing_cur),
        "yearClosed": row.year_closed,
        "lastModifiedDateTime": zone.text(row.modified),
    }
    return encode(body)
