"""The semantic model as a page for people who build reports: written from the declarations.

`docs/model.md` is this module's output and nothing else; what a table or measure means is said in
its declaration.
"""

from __future__ import annotations

from collections.abc import Iterator

from vismapbi_assets.model.mapping_text import CASH_FLOWS, CSV_COLUMNS, chart_names, default_mapping
from vismapbi_assets.model.semantic_model import MEASURES, RELATIONSHIPS, TABLES
from vismapbi_assets.model.table import Column, Table

TYPES = {
    "String": "text",
    "Int64": "whole number",
    "Double": "number",
    "Decimal": "amount",
    "Boolean": "yes/no",
    "DateTime": "date",
}
STRATEGIES = {
    "replace": "the whole table is replaced when its content changes",
    "reverse": "a changed row is reversed and sent anew, sums stay right under every filter",
    "append": "rows are only ever added",
    "none": "carries measures, no rows",
}

INTRODUCTION = """\
# The semantic model

Written by `vismapbi_assets.model.documentation` from the declarations; do not edit by hand.

How to read it: a table is a dimension (what to slice by), a fact (what to add up) or a home for
measures. Keys are `<company>:<number>` and hidden; `-` stands for nothing, and every dimension has
a member (none) for it. A member whose name ends in (missing) is used by facts although Visma.net
does not list it. Slice by dates and periods with `Dates` only, by company with `Branch[Company]`.
Amounts without "Currency" in their name are in base currency. Signs are applied already: what is
owed is positive in the sub-ledgers, debit less credit in the general ledger.
"""

MAPPING = """\
## Account mapping

Accounts reach the lines of the statements by rules; the first that fits decides: the company's own
rules, the system account of the year's net income, the number ranges of its chart, the account
classes of Visma.net. The chart follows the base currency (NOK: ns4102, SEK: bas) unless the mapping
names one of {charts}. A range that contradicts the account's type does not count.
What no rule reaches is published in the report group "Unmapped" and named by a check.

A company's own rules are a CSV or TOML file named in the settings. CSV columns: {columns}.
`account` is a number (3000) or a range (3000-3999), either it or `class` is given, `line` or
`group` says where to, `control` marks the control account of a sub-ledger, `cash_flow` is one of
{cash_flows}.

```csv
account,group,line,control
1501,Receivables,Trade receivables,true
7350,Payroll,,
```

In TOML the same rows are `[[accounts]]`; it can also name a `chart`, list
`ytd_net_income_accounts`, and add `[[groups]]` with `name`, `statement`, `natural_sign`, `lines`.

| Report group | Statement | Lines |
| --- | --- | --- |
"""


def markdown() -> str:
    """The whole page."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield INTRODUCTION
    yield "## Tables\n"
    yield "| Table | Kind | One row is | Updates |"
    yield "| --- | --- | --- | --- |"
    for table in TABLES:
        shown = f"{table.name} (hidden)" if table.hidden else table.name
        link = f"[{shown}](#{_anchor(table.name)})"
        yield f"| {link} | {table.kind} | {table.grain} | {table.strategy} |"
    yield ""
    yield from (f"- {name}: {meaning}" for name, meaning in STRATEGIES.items())
    for table in TABLES:
        if table.kind != "measure home":
            yield from _table(table)
    yield from _relationships()
    yield from _measures()
    yield from _mapping()


def _table(table: Table) -> Iterator[str]:
    yield f"\n### {table.name}\n"
    yield f"One row is {table.grain}. Key: {', '.join(f'`{name}`' for name in table.key)}."
    if table.sources:
        yield f"Read from {', '.join(f'`{name}`' for name in table.sources)}."
    if table.tables:
        yield f"Computed from {', '.join(table.tables)}."
    yield ""
    yield "| Column | Type | Notes | Content |"
    yield "| --- | --- | --- | --- |"
    for column in table.columns:
        yield f"| {column.name} | {_type(column)} | {_notes(column)} | {_cell(column.source)} |"


def _relationships() -> Iterator[str]:
    yield "\n## Relationships\n"
    yield "Many to one, filters run from the dimension to the fact.\n"
    yield "| Dimension | Facts |"
    yield "| --- | --- |"
    for to in dict.fromkeys((r.to_table, r.to_column) for r in RELATIONSHIPS):
        facts = [
            f"{r.from_table}[{r.from_column}]"
            for r in RELATIONSHIPS
            if (r.to_table, r.to_column) == to
        ]
        yield f"| {to[0]}[{to[1]}] | {', '.join(facts)} |"


def _measures() -> Iterator[str]:
    yield "\n## Measures"
    for home in dict.fromkeys(measure.table for measure in MEASURES):
        yield f"\n### {home}\n"
        yield "| Measure | Format | Meaning |"
        yield "| --- | --- | --- |"
        for measure in MEASURES:
            if measure.table == home:
                meaning = _cell(measure.description)
                yield f"| {_cell(measure.name)} | `{measure.format}` | {meaning} |"
    yield ""


def _mapping() -> Iterator[str]:
    lines = default_mapping("NOK").lines
    text = MAPPING.format(
        charts=", ".join(chart_names()),
        columns=", ".join(CSV_COLUMNS),
        cash_flows=", ".join(CASH_FLOWS),
    )
    yield text.rstrip()
    for group in dict.fromkeys(line.group for line in lines):
        members = [line for line in lines if line.group == group]
        names = ", ".join(line.name for line in members)
        yield f"| {group} | {members[0].statement} | {names} |"


def _type(column: Column) -> str:
    if column.data_type == "DateTime" and "HH:mm" in column.format:
        return "date and time"
    return TYPES[column.data_type]


def _notes(column: Column) -> str:
    notes = [
        "hidden" if column.hidden else "",
        "summed" if column.summarize == "sum" else "",
        f"sorted by {column.sort_by}" if column.sort_by else "",
    ]
    return ", ".join(note for note in notes if note)


def _anchor(name: str) -> str:
    return name.lower().replace(" ", "-")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


if __name__ == "__main__":
    print(markdown(), end="")  # noqa: T201
