"""Account mappings from their text: the default one, and a company's own as TOML or CSV.

Every mistake names its place and what is expected there. What a mapping does with accounts belongs
in `mapping`; opening the company's file belongs to who knows where it is.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Any, Literal

from vismapbi_assets.model.mapping import AccountMapping, AccountRule, Line

CSV_COLUMNS = ("account", "class", "group", "line", "cash_flow", "control")
CASH_FLOWS = ("Operating", "Investing", "Financing")
STATEMENTS = ("BalanceSheet", "ProfitLoss", "Statistical")


class MappingTextError(ValueError):
    """An account mapping that cannot be read."""


def default_mapping(base_currency: str) -> AccountMapping:
    """The mapping of a company that brings none: the chart of its base currency, then classes."""
    return _shipped(_chart_of(base_currency))


def chart_names() -> tuple[str, ...]:
    """The charts of accounts that a mapping can name."""
    return tuple(_default()["charts"])


def parse_mapping(
    content: str, *, kind: Literal["toml", "csv"], base_currency: str
) -> AccountMapping:
    """A company's own mapping: its rules before those of the default one.

    TOML: `[[accounts]]` with `account` ("3000" or "3000-3999") or `class`, and `line` or `group`;
    optional `cash_flow`, `control`. Also `chart` (ns4102, bas, skr04), `ytd_net_income_accounts`
    and further `[[groups]]` with name, statement, natural_sign and lines. CSV: a header with
    account, class, group, line, cash_flow, control.

    Raises:
        MappingTextError: something is not as described.
    """
    document = _from_csv(content) if kind == "csv" else _from_toml(content)
    chart = document.get("chart") or _chart_of(base_currency)
    if chart is not None and chart not in _default()["charts"]:
        known = ", ".join(chart_names())
        raise MappingTextError(f"chart {chart!r} is not known. Known charts: {known}")
    shipped = _shipped(chart)
    lines = {line.name: line for line in shipped.lines}
    for group in document.get("groups", []):
        start = 1 + max(line.group_sort for line in lines.values()) // 10
        lines |= {line.name: line for line in _lines(group, start)}
    own = []
    for place, row in enumerate(document.get("accounts", []), start=1):
        rule, line = _own_rule(row, lines, f"row {place}")
        lines[line.name] = line
        own.append(rule)
    return replace(
        shipped,
        lines=tuple(lines.values()),
        rules=(*own, *shipped.rules),
        ytd_accounts=tuple(document.get("ytd_net_income_accounts", [])),
    )


@cache
def _default() -> dict[str, Any]:
    source = files("vismapbi_assets.model.data") / "account_mapping.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


def _chart_of(base_currency: str) -> str | None:
    charts = _default()["charts"].items()
    return next((n for n, chart in charts if chart.get("base_currency") == base_currency), None)


@cache
def _shipped(chart: str | None) -> AccountMapping:
    document = _default()
    lines = [
        line
        for place, group in enumerate(document["groups"], start=1)
        for line in _lines(group, place)
    ]
    ranges = [
        AccountRule(
            row["line"], row["from"], row["to"], by="range", control=row.get("control", False)
        )
        for row in (document["charts"][chart]["ranges"] if chart else [])
    ]
    classes = [AccountRule(line, name, by="class") for name, line in document["classes"].items()]
    return AccountMapping(tuple(lines), (*ranges, *classes), document["ytd_net_income"])


def _lines(group: Mapping[str, Any], place: int) -> list[Line]:
    name = group.get("name")
    if not isinstance(name, str) or not name.strip():
        raise MappingTextError(f"group {place}: a group needs a `name`")
    if group.get("statement") not in STATEMENTS:
        raise MappingTextError(
            f"group {name!r}: `statement` must be one of {', '.join(STATEMENTS)}"
        )
    if group.get("natural_sign") not in (1, -1):
        raise MappingTextError(f"group {name!r}: `natural_sign` must be 1 or -1")
    cash_flow = _cash_flow(group.get("cash_flow"), f"group {name!r}")
    return [
        Line(
            line,
            place * 100 + number,
            name,
            place * 10,
            group["statement"],
            group["natural_sign"],
            cash_flow,
        )
        for number, line in enumerate(group.get("lines") or [name], start=1)
    ]


def _own_rule(
    row: Mapping[str, Any], lines: Mapping[str, Line], where: str
) -> tuple[AccountRule, Line]:
    account, of_class = row.get("account") or None, row.get("class") or None
    if (account is None) == (of_class is None):
        raise MappingTextError(f"{where}: give either `account` or `class`")
    line = _line(row, lines, where)
    control = row.get("control", False)
    if not isinstance(control, bool):
        raise MappingTextError(f"{where}: `control` must be true or false, not {control!r}")
    cash_flow = _cash_flow(row.get("cash_flow"), where)
    if of_class is not None:
        by_class = AccountRule(line.name, str(of_class), None, "class", control, cash_flow, True)
        return by_class, line
    first, dash, last = (piece.strip() for piece in str(account).partition("-"))
    if dash and not (first.isdigit() and last.isdigit() and len(first) == len(last)):
        raise MappingTextError(
            f"{where}: range {account!r} must be two numbers of the same length, as 3000-3999"
        )
    if dash:
        return AccountRule(line.name, first, last, "range", control, cash_flow, True), line
    return AccountRule(line.name, first, None, "number", control, cash_flow, True), line


def _line(row: Mapping[str, Any], lines: Mapping[str, Line], where: str) -> Line:
    name, group = row.get("line") or None, row.get("group") or None
    known = lines.get(str(name))
    if known and group in (None, known.group):
        return known
    siblings = [line for line in lines.values() if line.group == group]
    if not siblings:
        groups = ", ".join(dict.fromkeys(line.group for line in lines.values()))
        raise MappingTextError(
            f"{where}: `line` {name!r} is not known and `group` {group!r} neither. "
            f"Known groups: {groups}"
        )
    if name is None:
        return siblings[0]
    if known:
        raise MappingTextError(
            f"{where}: line {name!r} belongs to the group {known.group!r}, not to {group!r}"
        )
    return replace(siblings[-1], name=name, sort=max(line.sort for line in siblings) + 1)


def _cash_flow(value: object, where: str) -> str | None:
    if value in (None, ""):
        return None
    if value not in CASH_FLOWS:
        raise MappingTextError(f"{where}: `cash_flow` must be one of {', '.join(CASH_FLOWS)}")
    return str(value)


def _from_toml(content: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise MappingTextError(f"the mapping is no TOML: {error}") from error


def _from_csv(content: str) -> dict[str, Any]:
    delimiter = ";" if ";" in content.partition("\n")[0] else ","
    reader = csv.DictReader(StringIO(content), delimiter=delimiter)
    _check_header(reader.fieldnames or [])
    rows = [{name: (text or "").strip() for name, text in row.items()} for row in reader]
    return {"accounts": [row | {"control": _flag(row.get("control", ""))} for row in rows]}


def _check_header(names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in CSV_COLUMNS]
    if unknown or not {"account", "class"} & set(names):
        raise MappingTextError(
            f"the header must name columns of {', '.join(CSV_COLUMNS)}, `account` or `class` among "
            f"them; it names {', '.join(names) or 'nothing'}"
        )


def _flag(value: str) -> bool | str:
    return {"": False, "false": False, "no": False, "true": True, "yes": True}.get(
        value.lower(), value
    )
