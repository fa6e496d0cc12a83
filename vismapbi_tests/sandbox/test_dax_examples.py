"""The published measure texts meet every worked number of the example company."""

from datetime import date
from functools import cache
from typing import Any

import polars as pl
import pytest

from vismapbi_assets.sandbox.dax import DaxModel, evaluate
from vismapbi_tests.sandbox.example_model import EXAMPLES, example_model, measures

EXPECTED = pl.read_csv(EXAMPLES / "expected.csv", infer_schema=False).to_dicts()
MEASURED = [row for row in EXPECTED if row["Measure"] in measures()]
FILTERS = {
    "Bucket": "'AgingBucket'[Bucket]",
    "CurrencyId": "'Currency'[CurrencyId]",
    "SupplierKey": "'Supplier'[SupplierKey]",
    "AccountKey": "'Account'[AccountKey]",
    "ReportGroup": "'Account'[ReportGroup]",
}
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "superseded": {"superseded": 1},
    "date key clears nothing": {"date_keys": "plain"},
    "date key always clears": {"date_keys": "clear_kept", "superseded": 3},
}


@cache
def model(variant: str) -> DaxModel:
    return example_model(**VARIANTS[variant])


def day(text: str) -> str:
    moment = date.fromisoformat(text)
    return f"DATE({moment.year}, {moment.month}, {moment.day})"


def calendar_filters(row: dict[str, Any]) -> list[str]:
    """The ways in which a report may select the row's days."""
    if row["AsOfDate"]:
        to, month = day(row["AsOfDate"]), row["AsOfDate"][:7]
        whole = [f"'Dates'[Month] = \"{month}\""] if row["AsOfDate"][8:] == "31" else []
        return [f"'Dates'[Date] = {to}", f"'Dates'[Date] <= {to}", *whole]
    if row["PeriodFrom"]:
        first, last, month = day(row["PeriodFrom"]), day(row["PeriodTo"]), row["PeriodTo"][:7]
        start, end = row["PeriodFrom"][8:], row["PeriodTo"][8:]
        is_month = row["PeriodFrom"][:7] == month and start == "01" and end in {"30", "31"}
        period = f"'Dates'[FinancialPeriod] = \"{month.replace('-', '')}\""
        days = f"'Dates'[Date] >= {first}, 'Dates'[Date] <= {last}"
        return [days, *([period] if is_month else [])]
    return [""]


def queries(row: dict[str, Any]) -> list[str]:
    texts = []
    for calendar in calendar_filters(row):
        filters = [calendar] if calendar else []
        if row["Filter"]:
            column, _, value = row["Filter"].partition("=")
            filters.append(f'{FILTERS[column]} = "{value}"')
        call = ", ".join([f"[{row['Measure']}]", *filters])
        texts.append(f'EVALUATE ROW("v", CALCULATE({call}))')
    return texts


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("row", MEASURED, ids=lambda row: row["ExampleId"])
def test_every_worked_number_is_met(row: dict[str, Any], variant: str) -> None:
    for query in queries(row):
        value = evaluate(model(variant), query).item()
        actual = float(value or 0)
        assert abs(actual - float(row["Expected"])) <= float(row["Tolerance"]), query


def test_all_rows_but_the_append_examples_belong_to_a_measure() -> None:
    left = {row["ExampleId"] for row in EXPECTED} - {row["ExampleId"] for row in MEASURED}
    assert left == {"AP90", "GL91", "VR92", "VR93", "VR94", *(f"VR0{n}" for n in range(1, 7))}


def expected(example: str) -> float:
    return next(float(row["Expected"]) for row in EXPECTED if row["ExampleId"] == example)


@pytest.mark.parametrize(
    ("trap", "query"),
    [
        ("AP90", "CALCULATE([AP Balance], 'Dates'[Date] = DATE(2026, 10, 31))"),
        ("GL91", "CALCULATE([Cash In], 'Dates'[FinancialPeriod] = \"202610\")"),
    ],
)
def test_the_traps_are_not_matched(trap: str, query: str) -> None:
    value = evaluate(model("plain"), f'EVALUATE ROW("v", {query})').item()
    assert abs(float(value) - expected(trap)) > 1


def appended(name: str) -> DaxModel:
    frame = pl.read_csv(EXAMPLES / f"{name}.csv")
    return DaxModel({"T": frame.with_columns(pl.col("AmountBase").cast(pl.Decimal(28, 4)))})


CURRENT = """
VAR LatestVersions =
    ADDCOLUMNS (
        ALL ( 'T'[DocumentKey] ),
        "@Seq", CALCULATE ( MAX ( 'T'[VersionSeq] ), ALLEXCEPT ( 'T', 'T'[DocumentKey] ) )
    )
RETURN
    CALCULATE (
        SUM ( 'T'[AmountBase] ),
        KEEPFILTERS ( TREATAS ( LatestVersions, 'T'[DocumentKey], 'T'[VersionSeq] ) )
    )
"""
IN_FILTER = CURRENT.replace("ALL ( 'T'[DocumentKey] )", "VALUES ( 'T'[DocumentKey] )").replace(
    ", ALLEXCEPT ( 'T', 'T'[DocumentKey] )", ""
)


@pytest.mark.parametrize(
    ("example", "table", "expression", "filter_"),
    [
        ("VR01", "version_append", CURRENT, ""),
        ("VR02", "version_append", CURRENT, "Status=Open"),
        ("VR92", "version_append", IN_FILTER, "Status=Open"),
        ("VR93", "version_append", "SUM ( 'T'[AmountBase] )", ""),
        ("VR03", "delta_append", "SUM ( 'T'[AmountBase] )", ""),
        ("VR04", "delta_append", "SUM ( 'T'[AmountBase] )", "Status=Open"),
        ("VR05", "delta_append", "SUM ( 'T'[RowDelta] )", ""),
        ("VR06", "delta_append", "SUM ( 'T'[RowDelta] )", "SupplierKey=V100"),
        ("VR94", "delta_append", "DISTINCTCOUNT ( 'T'[DocumentKey] )", "SupplierKey=V100"),
    ],
)
def test_versions_and_reversals(example: str, table: str, expression: str, filter_: str) -> None:
    column, _, value = filter_.partition("=")
    condition = f", 'T'[{column}] = \"{value}\"" if filter_ else ""
    query = f'EVALUATE ROW("v", CALCULATE({expression}{condition}))'
    assert float(evaluate(appended(table), query).item()) == expected(example)


LISTED = {
    "'Supplier'[SupplierKey]": [
        "AP Balance", "AP Aging", "AP Prepayments", "AP Invoiced", "AP Falling Due",
        "AP Days Overdue", "DPO", "Supplier Spend", "Settled Invoices", "Average Days to Pay",
        "PO Lead Time (days)", "Open PO Amount",
    ],
    "'Account'[AccountKey]": [
        "GL Movement", "GL Balance", "TB Opening", "TB Debit", "TB Credit", "TB Closing", "Cash In",
        "Cash Out", "Balance Sheet", "Budget Amount", "Actual vs Budget", "Revenue PY",
    ],
    "'Project'[ProjectKey]": ["Worked Hours", "Invoiceable Share", "Unposted Amount"],
}  # fmt: skip


@pytest.mark.parametrize("by", LISTED)
def test_superseded_rows_change_no_measure_in_a_list(by: str) -> None:
    items = ", ".join(f'"{name}", [{name}]' for name in LISTED[by])
    filters = "TREATAS({\"202610\"}, 'Dates'[FinancialPeriod])"
    query = f"EVALUATE SUMMARIZECOLUMNS({by}, {filters}, {items}) ORDER BY {by}"
    plain, superseded = (evaluate(model(name), query) for name in ("plain", "superseded"))
    assert superseded.equals(plain)
    assert plain.height > 0
