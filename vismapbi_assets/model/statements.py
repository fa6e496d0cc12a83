"""Trial balance, income statement, balance sheet and cash from journal lines.

Actual ledgers only, whatever else shares the journal. Sums only, so that a figure is the same on
net rows and on rows with reversals. Sub-ledger figures are in `figures`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from vismapbi_assets.model.figures import Rows, total

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Books:
    """The journal lines of the actual ledgers with their accounts' place in the statements.

    Attributes:
        lines: JournalLine columns and those of Account.
        year_start: first day of each financial year, by year.
    """

    lines: pl.LazyFrame
    year_start: dict[int, date]

    def year_of(self, day: date) -> int:
        """The financial year that a day falls in."""
        begun = [year for year, start in self.year_start.items() if start <= day]
        if not begun:
            raise ValueError(f"{day} lies before the first financial year of the calendar")
        return max(begun)

    def between(self, first: date, last: date) -> pl.LazyFrame:
        """Journal lines posted in a span of days, opening rows left out."""
        return self.lines.filter(
            pl.col("EntryKind") == "Journal", pl.col("PostingDate").is_between(first, last)
        )

    def until(self, day: date) -> pl.LazyFrame:
        """All lines up to a day, opening rows included."""
        return self.lines.filter(pl.col("PostingDate") <= day)


@dataclass(frozen=True, slots=True)
class Equity:
    """Equity in its three parts: posted, and the results that the ERP moves without a journal."""

    posted: Decimal
    earlier_results: Decimal
    result: Decimal

    @property
    def total(self) -> Decimal:
        """All three together."""
        return self.posted + self.earlier_results + self.result


def books(journal: Rows, accounts: Rows, ledgers: Rows, dates: Rows) -> Books:
    """The books of the dataset.

    Args:
        journal: rows of JournalLine.
        accounts: rows of Account.
        ledgers: rows of Ledger.
        dates: rows of Dates.
    """
    actual = ledgers.lazy().filter(pl.col("BalanceType") == "Actual").select("LedgerKey")
    columns = (
        "AccountKey",
        "AccountNumber",
        "AccountLabel",
        "Statement",
        "ReportGroup",
        "ReportGroupSort",
        "StatementLine",
        "StatementLineSort",
        "NaturalSign",
        "IsCashAccount",
        "IsControlAccount",
    )
    starts = dates.lazy().group_by("FinancialYear").agg(pl.col("Date").min()).collect()
    return Books(
        journal.lazy()
        .join(actual, on="LedgerKey", how="semi")
        .join(accounts.lazy().select(columns), on="AccountKey", how="left"),
        dict(starts.iter_rows()),
    )


def revenue(book: Books, first: date, last: date) -> Decimal:
    """Report group Revenue, shown positive."""
    return -group(book, "Revenue", first, last)


def group(book: Books, name: str, first: date, last: date) -> Decimal:
    """Debit minus credit of a report group in a span of days."""
    return total(book.between(first, last).filter(pl.col("ReportGroup") == name))


def profit_and_loss(book: Books, first: date, last: date) -> pl.DataFrame:
    """ReportGroup, StatementLine, Amount: income positive, cost negative, in printed order."""
    return _printed(
        book.between(first, last).filter(pl.col("Statement") == "ProfitLoss"),
        -pl.col("AmountBase"),
    )


def balance_sheet(book: Books, day: date) -> pl.DataFrame:
    """ReportGroup, StatementLine, Amount in the natural sign of each account, in printed order."""
    return _printed(
        book.until(day).filter(pl.col("Statement") == "BalanceSheet"),
        pl.col("NaturalSign") * pl.col("AmountBase"),
    )


def result(book: Books, first: date, last: date) -> Decimal:
    """Income less cost in a span of days."""
    return -total(book.between(first, last).filter(pl.col("Statement") == "ProfitLoss"))


def assets(book: Books, day: date) -> Decimal:
    """Balance sheet accounts with natural sign +1."""
    return total(_balances(book, day, 1))


def liabilities(book: Books, day: date) -> Decimal:
    """Balance sheet accounts with natural sign -1, equity left out."""
    return -total(_balances(book, day, -1).filter(pl.col("ReportGroup") != "Equity"))


def equity(book: Books, day: date) -> Equity:
    """Equity on a day; the ERP closes years without a journal, so results are added."""
    year = book.year_of(day)
    start = book.year_start[year]
    earlier = book.lines.filter(
        pl.col("EntryKind") == "Journal",
        pl.col("Statement") == "ProfitLoss",
        pl.col("PostingDate") < start,
    )
    return Equity(
        -total(book.until(day).filter(pl.col("ReportGroup") == "Equity")),
        -total(earlier),
        result(book, start, day),
    )


def balance_sheet_check(book: Books, day: date) -> Decimal:
    """Assets less liabilities less equity: zero."""
    return round(assets(book, day) - liabilities(book, day) - equity(book, day).total, 2)


def trial_balance(book: Books, first: date, last: date) -> pl.DataFrame:
    """AccountKey, AccountLabel, Opening, Debit, Credit, Closing per account with any of them.

    Income statement accounts open with the turnover of their financial year, balance sheet
    accounts with everything before; opening rows inside the span are opening.
    """
    year_start = book.year_start[book.year_of(first)]
    posted, kind = pl.col("PostingDate"), pl.col("EntryKind")
    carried = (pl.col("Statement") == "BalanceSheet") & (
        (posted < first) | ((kind == "Opening") & (posted <= last))
    )
    begun = (pl.col("Statement") == "ProfitLoss") & posted.is_between(
        year_start, first, closed="left"
    )
    moved = (kind == "Journal") & posted.is_between(first, last)
    return (
        book.until(last)
        .group_by("AccountKey", "AccountNumber", "AccountLabel")
        .agg(
            Opening=pl.col("AmountBase").filter(carried | begun).sum(),
            Debit=pl.col("DebitBase").filter(moved).sum(),
            Credit=pl.col("CreditBase").filter(moved).sum(),
        )
        .with_columns(Closing=pl.col("Opening") + pl.col("Debit") - pl.col("Credit"))
        .filter(pl.any_horizontal(pl.col("Opening", "Debit", "Credit") != 0))
        .sort("AccountNumber", "AccountKey")
        .drop("AccountNumber")
        .collect()
    )


def cash_position(book: Books, day: date) -> Decimal:
    """Book balance of the cash accounts on a day."""
    return total(book.until(day).filter("IsCashAccount"))


def cash_flow(book: Books, first: date, last: date) -> tuple[Decimal, Decimal]:
    """Cash in and cash out of a span of days, transfers between own accounts left out."""
    found = (
        book.between(first, last)
        .group_by("CashDirection")
        .agg(pl.col("CashFlowBase").sum())
        .collect()
    )
    flows: dict[str | None, Decimal] = dict(found.iter_rows())
    return flows.get("In", ZERO), -flows.get("Out", ZERO)


def control_balance(book: Books, report_group: str, day: date) -> Decimal:
    """Debit minus credit of the control accounts of a report group."""
    return total(book.until(day).filter(pl.col("ReportGroup") == report_group, "IsControlAccount"))


def _balances(book: Books, day: date, natural_sign: int) -> pl.LazyFrame:
    return book.until(day).filter(
        pl.col("Statement") == "BalanceSheet", pl.col("NaturalSign") == natural_sign
    )


def _printed(lines: pl.LazyFrame, amount: pl.Expr) -> pl.DataFrame:
    return (
        lines.group_by("ReportGroupSort", "ReportGroup", "StatementLineSort", "StatementLine")
        .agg(Amount=amount.sum())
        .filter(pl.col("Amount") != 0)
        .sort("ReportGroupSort", "StatementLineSort")
        .select("ReportGroup", "StatementLine", "Amount")
        .collect()
    )
