"""The whole semantic model: tables in order, relationships and measures.

The one place to ask what the dataset consists of. What a table contains belongs in `tables/`,
measure texts in `measures/`; how the model is sent anywhere belongs in the publisher.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal, cast

from vismapbi_assets.model.table import Table
from vismapbi_assets.model.tables import (
    calendar,
    cash,
    control,
    general_ledger,
    ledgers,
    measure_homes,
    parties,
    payables,
    projects,
    purchasing,
    receivables,
)

CrossFilter = Literal["OneDirection", "BothDirections", "Automatic"]


@dataclass(frozen=True, slots=True)
class Relationship:
    """A many-to-one relationship from a fact to a dimension."""

    name: str
    from_table: str
    from_column: str
    to_table: str
    to_column: str
    cross_filter: CrossFilter


@dataclass(frozen=True, slots=True)
class Measure:
    """A DAX measure and the table that carries it."""

    table: str
    name: str
    expression: str
    format: str
    description: str
    examples: str = ""


TABLES: tuple[Table, ...] = (
    calendar.DATES,
    calendar.FINANCIAL_PERIOD,
    parties.SUPPLIER,
    parties.CUSTOMER,
    ledgers.ACCOUNT,
    ledgers.SUBACCOUNT,
    ledgers.BRANCH,
    ledgers.LEDGER,
    ledgers.CURRENCY,
    projects.PROJECT,
    projects.EMPLOYEE,
    cash.CASH_ACCOUNT,
    calendar.AGING_BUCKET,
    control.REFRESH_LOG,
    payables.SUPPLIER_INVOICE,
    payables.SUPPLIER_INVOICE_LINE,
    payables.SUPPLIER_PAYMENT,
    payables.AP_LEDGER,
    receivables.CUSTOMER_INVOICE,
    receivables.CUSTOMER_INVOICE_LINE,
    receivables.CUSTOMER_PAYMENT,
    receivables.AR_LEDGER,
    general_ledger.JOURNAL_LINE,
    general_ledger.GL_PERIOD_BALANCE,
    general_ledger.BUDGET,
    purchasing.PURCHASE_ORDER_LINE,
    purchasing.PURCHASE_RECEIPT_LINE,
    projects.TIMECARD_LINE,
    cash.CASH_POSITION,
    control.UNPOSTED_DOCUMENT,
    control.AGING_SNAPSHOT,
    ledgers.EXCHANGE_RATE,
    measure_homes.AP_MEASURES,
    measure_homes.AR_MEASURES,
    measure_homes.GL_MEASURES,
    measure_homes.PURCHASING_MEASURES,
    measure_homes.OPS_MEASURES,
)

TABLE: dict[str, Table] = {table.name: table for table in TABLES}

_MEASURE = re.compile(
    r"^MEASURE (?P<name>.+)\n"
    r"// format: (?P<format>.*)\n"
    r"// description:(?P<description>.*)\n"
    r"// examples:(?P<examples>.*)\n",
    re.MULTILINE,
)
_HOMES = {
    "ops_measures.dax": "Ops Measures",
    "ap_measures.dax": "AP Measures",
    "ar_measures.dax": "AR Measures",
    "purchasing_measures.dax": "Purchasing Measures",
    "gl_measures.dax": "GL Measures",
}


class MeasureTextError(ValueError):
    """A measure file holds text that is no measure."""


def parse_measures(table: str, text: str) -> tuple[Measure, ...]:
    """The measures of one file: blocks that begin with `MEASURE` and three property lines."""
    heads = list(_MEASURE.finditer(text))
    declared = len(re.findall(r"^MEASURE ", text, re.MULTILINE))
    if declared != len(heads):
        raise MeasureTextError(
            f"{table}: {declared} measures are declared, {len(heads)} are complete. Each needs the "
            "lines `// format:`, `// description:` and `// examples:` below its name, in this order"
        )
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return tuple(
        Measure(
            table,
            head["name"].strip(),
            text[head.end() : end].strip(),
            head["format"].strip(),
            head["description"].strip(),
            head["examples"].strip(),
        )
        for head, end in zip(heads, ends, strict=True)
    )


def _measures() -> tuple[Measure, ...]:
    folder = files("vismapbi_assets.model.measures")
    return tuple(
        measure
        for file, table in _HOMES.items()
        for measure in parse_measures(table, (folder / file).read_text(encoding="utf-8"))
    )


def _relationships() -> tuple[Relationship, ...]:
    text = (files("vismapbi_assets.model") / "relationships.csv").read_text(encoding="utf-8")
    return tuple(
        Relationship(name, from_table, from_column, to_table, to_column, cast(CrossFilter, filters))
        for name, from_table, from_column, to_table, to_column, filters in list(
            csv.reader(text.splitlines())
        )[1:]
    )


RELATIONSHIPS: tuple[Relationship, ...] = _relationships()
MEASURES: tuple[Measure, ...] = _measures()
