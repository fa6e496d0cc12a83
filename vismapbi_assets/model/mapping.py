"""From general ledger accounts to the lines of the statements.

Rules in order, the first that fits decides: the company's own ones, the system account of the
year's income, the ranges of its chart, the ERP's account classes. An account that none fits is
published in the group `Unmapped`, nothing is dropped. Reading mapping files belongs in
`mapping_text`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

Statement = Literal["BalanceSheet", "ProfitLoss", "Statistical"]

UNMAPPED = "Unmapped"
UNMAPPED_SORT = 9900
YTD_LINE = "Net income of the year (system account)"

NATURAL_SIGN = {"Asset": 1, "Expense": 1, "Liability": -1, "Income": -1}
STATEMENT = {
    "Asset": "BalanceSheet",
    "Liability": "BalanceSheet",
    "Income": "ProfitLoss",
    "Expense": "ProfitLoss",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line of a statement and the report group that it belongs to."""

    name: str
    sort: int
    group: str
    group_sort: int
    statement: Statement
    natural_sign: int
    cash_flow: str | None = None


@dataclass(frozen=True, slots=True)
class AccountRule:
    """Which accounts reach a line.

    Attributes:
        first: first number of the range, or the one number, or the account class.
        last: last number of the range; the digits of `first` are the prefix that is compared.
        own: set by the company, so it holds even if the account's type speaks against it.
    """

    line: str
    first: str
    last: str | None = None
    by: Literal["number", "range", "class"] = "number"
    control: bool = False
    cash_flow: str | None = None
    own: bool = False

    def fits(self) -> pl.Expr:
        """Whether an account of `assign` is one of the rule's; never null."""
        number = pl.col("number")
        match self.by:
            case "number":
                fits = number == self.first
            case "class":
                fits = pl.col("account_class").str.to_uppercase() == self.first.upper()
            case "range":
                head = number.str.slice(0, len(self.first))
                fits = (
                    (head.str.len_chars() == len(self.first))
                    & head.str.contains(r"^\d+$")
                    & (head >= self.first)
                    & (head <= (self.last or self.first))
                )
        return fits.fill_null(value=False)


@dataclass(frozen=True, slots=True)
class AccountMapping:
    """The account mapping of a company.

    Attributes:
        ytd_net_income: pattern of the description of the ERP's running total of the year.
        ytd_accounts: numbers of such accounts, where the description does not tell.
    """

    lines: tuple[Line, ...]
    rules: tuple[AccountRule, ...]
    ytd_net_income: str
    ytd_accounts: tuple[str, ...] = field(default=())

    def is_ytd(self) -> pl.Expr:
        """Whether an account is the ERP's running total of the year; never null."""
        described = pl.col("description").str.contains(self.ytd_net_income)
        listed = pl.col("number").is_in(list(self.ytd_accounts))
        return described.fill_null(value=False) | listed.fill_null(value=False)


def assign(accounts: pl.DataFrame, mapping: AccountMapping) -> pl.DataFrame:
    """The accounts of one company with their place in the statements.

    Reads number, type, account_class, description, control_module and missing; adds Statement,
    ReportGroup, ReportGroupSort, StatementLine, StatementLineSort, CashFlowCategory, NaturalSign
    and IsControlAccount. The ERP's own control accounts count where it names any.
    """
    lines = {line.name: line for line in mapping.lines}
    by_type = pl.col("type").replace_strict(STATEMENT, default=None, return_dtype=pl.String)
    own, shipped = [], []
    for place, rule in enumerate(mapping.rules):
        if rule.own:
            own.append(_when(rule.fits(), place))
        else:
            shipped.append(_when(rule.fits() & _agrees(lines[rule.line], by_type), place))
    system = _when(mapping.is_ytd(), _YTD)
    placed = accounts.with_columns(rule=pl.coalesce(*own, system, *shipped))
    ytd = next((line for line in mapping.lines if line.name == YTD_LINE), None)
    table = pl.DataFrame(
        [
            _row(place, lines[rule.line], control=rule.control, cash_flow=rule.cash_flow)
            for place, rule in enumerate(mapping.rules)
        ]
        + ([_row(_YTD, ytd)] if ytd else []),
        schema=_ROW,
        orient="row",
    )
    erp_names_control = pl.col("control_module").is_in(["AP", "AR"]).fill_null(value=False)
    return (
        placed.join(table, on="rule", how="left", maintain_order="left")
        .with_columns(
            pl.col("Statement").fill_null(by_type),
            pl.col("ReportGroup").fill_null(UNMAPPED),
            pl.col("ReportGroupSort").fill_null(UNMAPPED_SORT),
            pl.col("StatementLine").fill_null(UNMAPPED),
            pl.col("StatementLineSort").fill_null(UNMAPPED_SORT),
            pl.coalesce(
                pl.col("type").replace_strict(NATURAL_SIGN, default=None, return_dtype=pl.Int64),
                pl.col("NaturalSign"),
                pl.lit(1, pl.Int64),
            ).alias("NaturalSign"),
            pl.when(erp_names_control.any())
            .then(erp_names_control)
            .otherwise(pl.col("control").fill_null(value=False))
            .alias("IsControlAccount"),
        )
        .drop("rule", "control")
    )


_YTD = -1
_ROW = {
    "rule": pl.Int64,
    "Statement": pl.String,
    "ReportGroup": pl.String,
    "ReportGroupSort": pl.Int64,
    "StatementLine": pl.String,
    "StatementLineSort": pl.Int64,
    "CashFlowCategory": pl.String,
    "NaturalSign": pl.Int64,
    "control": pl.Boolean,
}


def _row(
    place: int, line: Line, *, control: bool = False, cash_flow: str | None = None
) -> Sequence[object]:
    return (
        place,
        line.statement,
        line.group,
        line.group_sort,
        line.name,
        line.sort,
        cash_flow or line.cash_flow,
        line.natural_sign,
        control,
    )


def _when(condition: pl.Expr, place: int) -> pl.Expr:
    return pl.when(condition).then(pl.lit(place, pl.Int64))


def _agrees(line: Line, by_type: pl.Expr) -> pl.Expr:
    if line.statement == "Statistical":
        return pl.lit(value=True)
    return by_type.fill_null(line.statement) == line.statement
