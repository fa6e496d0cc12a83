"""`vismapbi init`: writes a checked, commented file from options or answers, or nothing."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vismapbi_assets.cli.init import init
from vismapbi_assets.settings import load_settings

COMPANY = 'no;Nordvik "Sjø" AS;0c9f2c1e-6f0e-4a57-9d0a-0f6f3a1f9a11;1234567;NOK'
OTHER = "fj;Fjord AS;1c9f2c1e-6f0e-4a57-9d0a-0f6f3a1f9a11;1234568;NOK"
WORKSPACE = "f089354e-8366-4e18-aea3-4cb4a3a50b48"
FLAGS = {
    "--time-zone": "Europe/Stockholm",
    "--first-day": "2026-11-01",
    "--company": COMPANY,
    "--powerbi-tenant": "contoso.onmicrosoft.com",
    "--powerbi-client": "3f8a2c52-7b7e-4d5d-9c39-0c1f0d7f6b02",
    "--workspace": WORKSPACE,
    "--dataset": "Group finance",
}
FILE = Path("vismapbi.toml")


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*more: str, typed: str = "", **changes: str) -> Result:
    """The command with all options, some of them changed."""
    flags = FLAGS | {f"--{name.replace('_', '-')}": text for name, text in changes.items()}
    return CliRunner().invoke(init, [t for pair in flags.items() for t in pair] + list(more),
                              input=typed)  # fmt: skip


def test_the_options_become_a_file_that_is_read_back() -> None:
    result = run("--company", OTHER)
    assert result.exit_code == 0, result.output
    settings = load_settings(FILE, {})
    assert settings.time_zone == "Europe/Stockholm"
    assert settings.first_day == date(2026, 11, 1)
    assert [(c.key, c.name) for c in settings.companies] == [
        ("no", 'Nordvik "Sjø" AS'), ("fj", "Fjord AS"),
    ]  # fmt: skip
    assert settings.dataset.name == "Group finance"
    assert settings.powerbi.workspace_id == WORKSPACE
    for command in ("credentials set VISMA_CLIENT_SECRET", "vismapbi doctor", "vismapbi sync"):
        assert command in result.output


def test_answers_become_the_same_file() -> None:
    assert run().exit_code == 0
    from_options = FILE.read_text("utf-8")
    FILE.unlink()
    tenant, client = FLAGS["--powerbi-tenant"], FLAGS["--powerbi-client"]
    answers = ["Europe/Stockholm", "2026-11-01", *COMPANY.split(";"), "n"]
    answers += ["Group finance", tenant, client, WORKSPACE]
    result = CliRunner().invoke(init, [], input="\n".join(answers) + "\n")
    assert result.exit_code == 0, result.output
    assert FILE.read_text("utf-8") == from_options


def test_every_commented_default_is_a_valid_setting() -> None:
    run()
    lines = FILE.read_text("utf-8").splitlines()
    head = lines[: lines.index("[[companies]]")]
    shown = [re.sub(r"^# (\w+ = .+)$", r"\1", line) for line in head]
    companies = lines[lines.index("[[companies]]") :]
    text = "\n".join([*shown, *companies])
    tomllib.loads(text)
    FILE.write_text(re.sub(r"(?m)^options = .*$|^certificate = .*$", "", text), "utf-8")
    assert load_settings(FILE, {}).visma.page_size == 1000


def test_the_file_says_that_secrets_do_not_belong_there() -> None:
    run()
    text = FILE.read_text("utf-8")
    assert "vismapbi credentials set" in text
    assert not re.search(r"(?m)^\s*\w*(secret|password)\w*\s*=", text)


@pytest.mark.parametrize(
    ("change", "value", "named"),
    [
        ("time_zone", "Norway/Oslo", "time_zone"),
        ("first_day", "2099-01-01", "first_day"),
        ("company", "NO;Nordvik AS;t-1;1;NOK", "key"),
        ("company", "no;Nordvik AS;t-1;1;kroner", "base_currency"),
        ("company", "no;;t-1;1;NOK", "name"),
        ("company", "no;Nordvik AS", "five parts"),
    ],
)
def test_a_wrong_answer_is_refused_and_no_file_is_written(
    change: str, value: str, named: str
) -> None:
    result = run(**{change: value})
    assert result.exit_code in (1, 2)
    assert named in result.output
    assert list(Path().iterdir()) == []


def test_a_day_that_is_none_is_refused() -> None:
    result = run(first_day="yesterday")
    assert result.exit_code == 2
    assert "first day" in result.output
    assert list(Path().iterdir()) == []


def test_a_file_that_is_there_is_left_alone() -> None:
    FILE.write_text("# mine\n", "utf-8")
    result = run()
    assert result.exit_code == 1
    assert "--force" in result.output
    assert FILE.read_text("utf-8") == "# mine\n"


def test_a_wrong_answer_leaves_the_file_alone_even_with_force() -> None:
    FILE.write_text("# mine\n", "utf-8")
    assert run("--force", time_zone="Norway/Oslo").exit_code == 1
    assert FILE.read_text("utf-8") == "# mine\n"
    assert list(Path().iterdir()) == [FILE]


def test_force_replaces_the_file() -> None:
    FILE.write_text("# mine\n", "utf-8")
    assert run("--force").exit_code == 0
    assert load_settings(FILE, {}).companies[0].key == "no"


def test_two_currencies_are_refused_with_the_way_out() -> None:
    result = run("--company", OTHER.replace("NOK", "SEK"))
    assert result.exit_code == 1
    assert "second code location" in result.output
    assert not FILE.exists()


def test_where_nobody_answers_the_missing_option_is_named() -> None:
    result = CliRunner().invoke(init, ["--time-zone", "Europe/Oslo"], input="")
    assert result.exit_code == 2
    assert "give --first-day" in result.output
