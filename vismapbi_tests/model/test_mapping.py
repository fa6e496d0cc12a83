"""Accounts to statements (traps 8.16, 8.17, 8.18)."""

import csv
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from vismapbi_assets.model.documentation import MAPPING
from vismapbi_assets.model.inputs import CompanyInfo
from vismapbi_assets.model.mapping import AccountMapping, assign
from vismapbi_assets.model.mapping_text import (
    MappingTextError,
    chart_names,
    default_mapping,
    parse_mapping,
)
from vismapbi_tests.model.computing import by_key, rows
from vismapbi_tests.model.states import inputs


def _placed(mapping: AccountMapping, *accounts: tuple[Any, ...]) -> dict[str, dict[str, Any]]:
    columns = ("number", "type", "account_class", "description", "control_module")
    full = [(*account, *[None] * (len(columns) - len(account))) for account in accounts]
    frame = pl.DataFrame(full, schema=dict.fromkeys(columns, pl.String), orient="row")
    return {row["number"]: row for row in assign(frame, mapping).to_dicts()}


def test_default_mapping_gives_the_worked_example(finance_examples: Path) -> None:
    with (finance_examples / "account.csv").open(encoding="utf-8") as file:
        expected = list(csv.DictReader(file))
    found = by_key(
        "Account",
        inputs(
            account=[
                {
                    "accountCD": row["AccountKey"],
                    "description": row["Description"],
                    "type": row["AccountType"],
                    "cashAccount": row["IsCashAccount"] == "true",
                }
                for row in expected
            ]
        ),
    )
    for row in expected:
        account = found[f"no:{row['AccountKey']}"]
        assert account["Statement"] == row["Statement"], row
        assert account["ReportGroup"] == row["ReportGroup"], row
        assert account["NaturalSign"] == int(row["NaturalSign"]), row
        assert account["IsCashAccount"] is (row["IsCashAccount"] == "true"), row
    controls = {key for key, account in found.items() if account["IsControlAccount"]}
    assert controls == {"no:1500", "no:2400"}


def test_unmapped_account_is_visible_and_stays_in_its_statement() -> None:
    found = _placed(default_mapping("NOK"), ("8250", "Income"), ("X1", "Asset"), ("X2", None))
    assert {row["ReportGroup"] for row in found.values()} == {"Unmapped"}
    assert [row["Statement"] for row in found.values()] == ["ProfitLoss", "BalanceSheet", None]
    assert [row["NaturalSign"] for row in found.values()] == [-1, 1, 1]


def test_range_that_contradicts_the_type_does_not_count() -> None:
    found = _placed(default_mapping("NOK"), ("3000", "Asset"), ("3001", "Income"))
    assert found["3000"]["ReportGroup"] == "Unmapped"
    assert found["3000"]["Statement"] == "BalanceSheet"
    assert found["3001"]["ReportGroup"] == "Revenue"


def test_longer_numbers_follow_their_first_digits() -> None:
    found = _placed(default_mapping("NOK"), ("192001", "Asset"), ("192", "Asset"))
    assert found["192001"]["ReportGroup"] == "Cash"
    assert found["192"]["ReportGroup"] == "Unmapped"


def test_chart_follows_the_base_currency() -> None:
    accounts = (("7010", "Expense"), ("2440", "Liability"))
    assert _placed(default_mapping("SEK"), *accounts)["7010"]["ReportGroup"] == "Payroll"
    assert _placed(default_mapping("NOK"), *accounts)["7010"]["ReportGroup"] == "Operating cost"
    assert _placed(default_mapping("SEK"), *accounts)["2440"]["IsControlAccount"]
    assert chart_names() == ("ns4102", "bas", "skr04")


def test_classes_help_where_no_chart_applies() -> None:
    found = _placed(default_mapping("EUR"), ("70", "Income", "sales"), ("71", "Income", "odd"))
    assert found["70"]["StatementLine"] == "Sales"
    assert found["71"]["ReportGroup"] == "Unmapped"


def test_running_total_of_the_year_is_equity_whatever_its_number() -> None:
    found = _placed(default_mapping("NOK"), ("2710", "Liability", None, "YTD net income"))
    assert found["2710"]["ReportGroup"] == "Equity"


def test_appropriation_is_a_group_of_its_own() -> None:
    found = _placed(default_mapping("NOK"), ("8960", "Expense"), ("8300", "Expense"))
    assert [row["ReportGroup"] for row in found.values()] == ["Appropriation", "Tax"]


def test_control_accounts_that_the_erp_names_win() -> None:
    found = _placed(
        default_mapping("NOK"),
        ("1500", "Asset", None, None, None),
        ("1505", "Asset", None, None, "AR"),
    )
    assert [row["IsControlAccount"] for row in found.values()] == [False, True]


def test_own_rules_come_first_and_hold_against_the_type() -> None:
    mapping = parse_mapping(
        "account;class;group;line;cash_flow;control\n"
        "3000;;Payroll;;;\n"
        "1600-1609;;Receivables;Intercompany;Financing;yes\n"
        ";SPECIAL;Tax;;;\n",
        kind="csv",
        base_currency="NOK",
    )
    found = _placed(
        mapping,
        ("3000", "Income"),
        ("3001", "Income"),
        ("16051", "Asset"),
        ("4000", "Expense", "Special"),
    )
    assert found["3000"]["ReportGroup"] == "Payroll"
    assert found["3001"]["ReportGroup"] == "Revenue"
    intercompany = found["16051"]
    assert intercompany["StatementLine"] == "Intercompany"
    assert intercompany["ReportGroup"] == "Receivables"
    assert intercompany["CashFlowCategory"] == "Financing"
    assert intercompany["IsControlAccount"]
    assert found["4000"]["ReportGroup"] == "Tax"


def test_toml_can_name_chart_groups_and_system_accounts() -> None:
    mapping = parse_mapping(
        """
        chart = "skr04"
        ytd_net_income_accounts = ["2999"]
        [[groups]]
        name = "Grants"
        statement = "ProfitLoss"
        natural_sign = -1
        lines = ["Public grants"]
        [[accounts]]
        account = "4900"
        line = "Public grants"
        """,
        kind="toml",
        base_currency="NOK",
    )
    found = _placed(
        mapping, ("4900", "Income"), ("1800", "Asset"), ("2999", "Liability"), ("4000", "Income")
    )
    assert found["4900"]["ReportGroup"] == "Grants"
    assert found["1800"]["ReportGroup"] == "Cash"
    assert found["2999"]["StatementLine"].startswith("Net income of the year")
    assert found["4900"]["ReportGroupSort"] > found["4000"]["ReportGroupSort"]


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("csv", "number,line\n1,Sales\n", "the header must name"),
        ("csv", "account,line\n3000,Nothing\n", "row 1: `line` 'Nothing' is not known"),
        ("csv", "account,class,line\n3000,SALES,Sales\n", "row 1: give either"),
        ("csv", "account,line\n30-3999,Sales\n", "row 1: range '30-3999'"),
        ("csv", "account,line,control\n3000,Sales,maybe\n", "`control` must be true or false"),
        ("csv", "account,line,cash_flow\n3000,Sales,Other\n", "`cash_flow` must be one of"),
        ("csv", "account,group,line\n3000,Tax,Sales\n", "belongs to the group 'Revenue'"),
        ("toml", "chart = 'xyz'", "chart 'xyz' is not known. Known charts: ns4102"),
        ("toml", "= 1", "the mapping is no TOML"),
        ("toml", "[[groups]]\nname = 'A'\nstatement = 'B'", "`statement` must be one of"),
    ],
)
def test_mistakes_name_their_place(kind: Any, content: str, message: str) -> None:
    with pytest.raises(MappingTextError, match=message.replace("(", r"\(")):
        parse_mapping(content, kind=kind, base_currency="NOK")


def test_the_documented_example_is_a_mapping() -> None:
    example = MAPPING.split("```csv\n")[1].split("```")[0]
    assert len(parse_mapping(example, kind="csv", base_currency="NOK").rules) > 2


def test_every_sort_column_has_one_value_per_text() -> None:
    own = parse_mapping("account,group,line\n3000,Tax,Odd\n", kind="csv", base_currency="NOK")
    companies = (
        CompanyInfo("a", "A", "NOK", mapping=own),
        CompanyInfo("b", "B", "SEK"),
    )
    accounts = [
        {"company": company, "accountCD": str(number), "type": kind}
        for company in ("a", "b")
        for number, kind in ((1000, "Asset"), (2400, "Liability"), (3000, "Income"), (9, "Asset"))
    ]
    found = rows("Account", inputs(companies=companies, account=accounts))
    for text, sort in (
        ("ReportGroup", "ReportGroupSort"),
        ("StatementLine", "StatementLineSort"),
        ("AccountLabel", "AccountNumber"),
    ):
        assert found.group_by(text).agg(pl.col(sort).n_unique())[sort].max() == 1
