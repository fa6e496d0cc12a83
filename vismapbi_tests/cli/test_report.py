"""`vismapbi report` on the sample group: figures of the ERP's books, one page, clear refusals."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from vismapbi_assets.cli.main import cli, run
from vismapbi_assets.model.semantic_model import TABLES
from vismapbi_assets.pipeline.extraction import read_entity
from vismapbi_assets.pipeline.publication import publish_table
from vismapbi_assets.pipeline.refresh_log import publish_refresh_log
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.report.page import html
from vismapbi_assets.report.report import build_report
from vismapbi_assets.sandbox.server import running_sandbox
from vismapbi_assets.settings import load_settings
from vismapbi_assets.visma.entities.catalogue import CATALOGUE

KEYS = ("nordvik", "solberg")
LOG = "RefreshLog"
FIGURES = {
    "payables": "payables",
    "receivables": "receivables",
    "cash": "cash_total",
    "revenue_year_to_date": "revenue_year_to_date",
    "result_year_to_date": "result_year_to_date",
}


@dataclass(frozen=True)
class Sample:
    """A published store whose ends are gone, and what the ERP's books said."""

    environ: dict[str, str]
    at: date
    totals: dict[date, dict[str, dict[str, Any]]]

    @property
    def earlier(self) -> date:
        return min(self.totals)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("report")
        patch.chdir(folder)
        with running_sandbox(scale=0.05, start=datetime.now(UTC)) as sandbox:
            environ = sandbox.environ | {"VISMAPBI_STORE": str(folder / "store")}
            for name, value in environ.items():
                patch.setenv(name, value)
            bench = Workbench.of(load_settings())
            load(bench)
            at = bench.as_of()
            earlier = (at.replace(day=1) - timedelta(days=1)).replace(day=20)
            totals = {
                day: {key: sandbox.visma.totals(key, day) for key in KEYS} for day in (at, earlier)
            }
        yield Sample(environ, at, totals)


def load(bench: Workbench) -> None:
    for company in bench.settings.companies:
        for entity in CATALOGUE.values():
            if entity.in_sync:
                days = (bench.settings.first_day,)
                read_entity(bench, entity, company.key, days, run_id="load")
    waiting = [t for t in TABLES if t.strategy != "none" and t.name != LOG]
    done: set[str] = set()
    while waiting:
        table = next(t for t in waiting if set(t.tables) <= done | {t.name})
        assert publish_table(bench, table, run_id="load").is_sound, table.name
        waiting.remove(table)
        done.add(table.name)
    publish_refresh_log(bench, run_id="load")


@pytest.fixture
def figures(sample: Sample, capsys: pytest.CaptureFixture[str]):
    def read(*arguments: str) -> dict[str, Any]:
        assert run(lambda: cli(["report", "--json", "-", *arguments], standalone_mode=False)) == 0
        return json.loads(capsys.readouterr().out)

    return read


@pytest.fixture
def page(sample: Sample, tmp_path: Path) -> str:
    path = tmp_path / "report.html"
    assert command("report", "--output", str(path)) == 0
    return path.read_text("utf-8")


def printed(amount: str) -> str:
    """An amount as people read it: thousands apart, a true minus sign."""
    return f"{Decimal(amount):,.2f}".replace("-", "\N{MINUS SIGN}")


def command(*arguments: str) -> int:
    return run(lambda: cli(list(arguments), standalone_mode=False))


def test_key_figures_are_those_of_the_erps_books_for_each_company_and_all(figures, sample):
    together, *single = figures()["key_figures"]
    books = sample.totals[sample.at]
    for name, field in FIGURES.items():
        expected = [Decimal(books[key][field]) for key in KEYS]
        assert [Decimal(column[name]) for column in single] == expected, name
        assert Decimal(together[name]) == sum(expected), name
    assert all(Decimal(together[name]) != 0 for name in ("payables", "receivables", "cash"))


def test_key_figures_of_an_earlier_day_are_those_of_that_day(figures, sample):
    found = figures("--as-of", sample.earlier.isoformat(), "--company", "solberg")
    (column,) = found["key_figures"]
    books = sample.totals[sample.earlier]["solberg"]
    assert column["company"] == "Solberg Møbler AS"
    for name in ("payables", "receivables", "cash", "revenue_year_to_date"):
        assert Decimal(column[name]) == Decimal(books[FIGURES[name]]), name


def test_trial_balances_add_up_to_zero_and_close_like_the_books(figures, sample):
    for key, found in zip(KEYS, figures()["trial_balances"], strict=True):
        total = found["total"]
        assert (total["opening"], total["closing"]) == ("0.00", "0.00")
        assert Decimal(total["debit"]) == Decimal(total["credit"])
        closing = {r["account"].split(" ")[0]: Decimal(r["closing"]) for r in found["rows"]}
        books = sample.totals[sample.at][key]["trial_balance"]
        for account in ("1500", "1920", "2400"):
            assert closing[account] == Decimal(books[account]) != 0, account


def test_statements_agree_with_the_key_figures_and_with_themselves(figures):
    found = figures()
    together = found["key_figures"][0]
    income = {row["name"]: row["amounts"] for row in found["income_statement"]["rows"]}
    year = found["income_statement"]["columns"].index("Year to date")
    assert income["Result"][year] == together["result_year_to_date"]
    nothing = ["0.00"] * len(income["Result"])
    assert income.get("Revenue", nothing)[year] == together["revenue_year_to_date"]
    by_period = sum(Decimal(amount) for amount in income["Result"][:year])
    assert by_period == Decimal(together["result_year_to_date"])
    balance = {row["name"]: row["amounts"] for row in found["balance_sheet"]["rows"]}
    assert set(balance["Difference"]) == {"0.00"}
    assert balance["Total assets"] == balance["Total equity and liabilities"]
    assert balance["Cash"][-1] == together["cash"]


def test_sections_add_up_to_the_balances(figures):
    found = figures()
    for side in ("payables", "receivables"):
        buckets = sum(Decimal(bucket["amount"]) for bucket in found[side]["buckets"])
        assert buckets == Decimal(found[side]["balance"])
        assert found[side]["balance"] == found["key_figures"][0][side]
    cash = found["cash"]
    assert sum(Decimal(a["balance"]) for a in cash["accounts"]) == Decimal(cash["position"])
    assert cash["periods"][-1]["position"] == cash["position"]
    for before, period in zip(cash["periods"], cash["periods"][1:], strict=False):
        net = Decimal(period["cash_in"]) - Decimal(period["cash_out"])
        assert Decimal(before["position"]) + net == Decimal(period["position"])
    last = found["days_outstanding"][-1]
    assert (last["dpo"], last["dso"]) == tuple(
        found["key_figures"][0][name] for name in ("dpo", "dso")
    )
    suppliers = [Decimal(s["net"]) for s in found["spend"]["suppliers"]]
    assert suppliers == sorted(suppliers, reverse=True)
    assert 0 <= sum(suppliers) <= Decimal(found["spend"]["total"])
    assert found["unposted"]["documents"] >= len(found["unposted"]["largest"]) > 0


def test_every_table_and_check_has_its_verdict(figures):
    found = figures()
    assert {t["table"] for t in found["tables"]} == {t.name for t in TABLES if t.strategy != "none"}
    assert all(t["sound"] for t in found["tables"])
    assert [c["name"] for c in found["checks"] if c["forbids"] and not c["passed"]] == []
    assert found["header"]["verified_up_to"] == found["header"]["as_of"]


class Reader(HTMLParser):
    """Collects what a page refers to, and whether its elements are nested and named well."""

    VOID = ("meta", "br", "link", "img")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        self._note(attrs)

    def handle_startendtag(self, tag, attrs):
        self._note(attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def _note(self, attrs):
        self.ids += [value for name, value in attrs if name == "id"]
        self.references += [
            value for name, value in attrs if name in ("src", "href", "xlink:href", "srcset")
        ]


def test_the_page_stands_alone(page):
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert {"script", "link", "img", "iframe"}.isdisjoint(reader.tags)
    assert reader.references
    assert all(reference.startswith("#") for reference in reader.references)
    assert {reference[1:] for reference in reader.references} <= set(reader.ids)
    assert len(reader.ids) == len(set(reader.ids))
    without_names = page.replace('xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    assert "http://" not in without_names
    assert "https://" not in without_names
    assert "@import" not in page


def test_the_page_says_what_a_controller_looks_for(page, figures):
    reader = Reader()
    reader.feed(page)
    found = figures()
    for wanted in (
        "Nordvik Sjømat AS, Solberg Møbler AS",
        printed(found["payables"]["balance"]),
        printed(found["cash"]["position"]),
        found["payables"]["parties"][0]["name"],
        "Power BI was found equal to what was published",
    ):
        assert wanted in reader.text
    assert page.count("<svg") == page.count("</svg>") == 3
    assert page.count("<caption>") == page.count("<table")


def test_the_same_data_give_the_same_page(page, sample, tmp_path):
    again = tmp_path / "again.html"
    assert command("report", "--output", str(again)) == 0
    assert again.read_text("utf-8") == page


def test_a_page_over_a_broken_table_says_so_first(sample):
    report = build_report(Workbench.of(load_settings()))
    tables = tuple(
        replace(table, sound=table.table != "ApLedger", status="dirty") for table in report.tables
    )
    page = html(replace(report, tables=tables))
    assert "Not sound: ApLedger" in page
    assert "was found equal" not in page


def test_names_from_the_data_are_escaped(sample):
    report = build_report(Workbench.of(load_settings()))
    party = replace(report.payables.parties[0], name='<script>alert("x")</script>')
    page = html(replace(report, payables=replace(report.payables, parties=(party,))))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_json_goes_into_a_file_without_a_page(sample, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command("report", "--json", "figures.json") == 0
    assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]
    assert json.loads((tmp_path / "figures.json").read_text("utf-8"))["header"]["currency"] == "NOK"


def test_before_the_first_sync_the_command_says_what_to_run(sample, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("VISMAPBI_STORE", str(tmp_path / "empty"))
    page = tmp_path / "report.html"
    assert command("report", "--output", str(page)) == 1
    assert "nothing has been published yet" in (error := capsys.readouterr().err)
    assert "vismapbi sync" in error
    assert not page.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--as-of", "2999-01-01"), "after the data date"),
        (("--as-of", "1999-12-31"), "before the first day of the calendar"),
        (("--company", "unknown"), "there are: nordvik, solberg"),
        (("--output", "/dev/null/report.html"), "cannot be written"),
        (("--as-of", "yesterday"), "does not match the format"),
    ],
)
def test_refusals_name_the_reason(sample, capsys, arguments, message):
    assert command("report", *arguments) != 0
    assert message in capsys.readouterr().err
