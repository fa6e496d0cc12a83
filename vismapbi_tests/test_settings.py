"""Settings: what is read, and the message that each mistake gets."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from vismapbi_assets.credentials import CredentialFile, CredentialsError, new_key
from vismapbi_assets.settings import Settings, SettingsError, load_settings

GOOD = """
time_zone = "Europe/Oslo"
first_day = 2026-11-01

[visma]
page_size = 500

[powerbi]
tenant_id = "contoso.onmicrosoft.com"
workspace_id = "f089354e-8366-4e18-aea3-4cb4a3a50b48"

[[companies]]
key = "no"
name = "Nordvik AS"
tenant_id = "t-1"
company_id = "1234567"
base_currency = "NOK"

[[companies]]
key = "fj"
name = "Fjord AS"
tenant_id = "t-2"
company_id = "1234568"
base_currency = "NOK"
"""


def load(tmp_path: Path, text: str, **environ: str) -> Settings:
    path = tmp_path / "vismapbi.toml"
    path.write_text(text, "utf-8")
    return load_settings(path, environ)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    settings = load(tmp_path, GOOD)
    assert [c.key for c in settings.companies] == ["no", "fj"]
    assert settings.first_day == date(2026, 11, 1)
    assert settings.visma.page_size == 500
    assert settings.overlap == timedelta(hours=2)
    assert not settings.is_sandbox


def test_without_a_file_the_sandbox_companies_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(environ={})
    assert settings.is_sandbox
    assert settings.origin == "sandbox"
    assert "127.0.0.1" in settings.visma.api_url
    assert settings.secret("VISMA_CLIENT_SECRET")


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    settings = load(
        tmp_path, GOOD, VISMA_API_URL="http://127.0.0.1:9", VISMAPBI_STORE="s3://bucket/x"
    )
    assert settings.visma.api_url == "http://127.0.0.1:9"
    assert settings.store.root == "s3://bucket/x"


MISTAKES = [
    ("time_zone = 'Europe/Oslo'", "time_zone = 'Europe/Olso'", ["time_zone", "Europe/Oslo"]),
    ("time_zone = 'Europe/Oslo'", "time_zone = ''", ["time_zone"]),
    ("time_zone = 'Europe/Oslo'", "time_zone = 3", ["time_zone", "str", "Europe/Oslo"]),
    ("first_day = 2026-11-01", "", ["first_day", "missing", "2026-11-01"]),
    ("first_day = 2026-11-01", "first_day = 'soon'", ["first_day", "2026-11-01"]),
    ("first_day = 2026-11-01", "first_day = 1899-01-01", ["first_day", "2000"]),
    ("first_day = 2026-11-01", "first_day = 2099-01-01", ["first_day", "today"]),
    ("first_day = 2026-11-01", "frist_day = 2026-11-01", ["frist_day", "unknown", "first_day"]),
    ("page_size = 500", "page_size = 0", ["visma.page_size"]),
    ("page_size = 500", "page_size = '500'", ["visma.page_size", "int"]),
    ("page_size = 500", "pagesize = 500", ["visma.pagesize", "unknown", "page_size"]),
    ("page_size = 500", "pages_in_flight = 50", ["visma.pages_in_flight"]),
    ("page_size = 500", "overlap_hours = 0.1", ["visma.overlap_hours"]),
    ("page_size = 500", "deletion_guard = 20", ["visma.deletion_guard"]),
    ("page_size = 500", "api_url = 'http://api.finance.visma.net'", ["visma.api_url", "loopback"]),
    ("page_size = 500", "api_url = 'api.finance.visma.net'", ["visma.api_url", "address"]),
    ("page_size = 500", "token_url = 'https://u:p@x.no/t'", ["visma.token_url", "credentials"]),
    ("page_size = 500", "client_secret = 'x'", ["visma.client_secret", "credentials set"]),
    ("[visma]", "[store.options]\nazure_account_key='x'\n[visma]", ["store.options", "secrets"]),
    ("[visma]", "[dataset]\nmoney_type='Float'\n[visma]", ["dataset.money_type", "Float"]),
    ("[visma]", "[schedule]\nclosing='often'\n[visma]", ["schedule.closing"]),
    ("[visma]", "[refresh]\nname='x'\n[visma]", ["refresh"]),
    ("key = 'no'", "key = 'NO'", ["companies", "key", 'key = "no"']),
    ("key = 'no'", "key = 'n:o'", ["companies", "key"]),
    ("key = 'no'", "key = 'fj'", ["companies.key", "twice"]),
    ("key = 'no'", "", ["companies", "key", "missing"]),
    ("tenant_id = 't-1'", "tenant_id = 't-2'", ["companies.tenant_id", "two companies"]),
    ("tenant_id = 't-1'", "", ["companies", "tenant_id", "missing"]),
    ("tenant_id = 't-1'", "tenant_id = ''", ["companies", "tenant_id"]),
    ("company_id = '1234567'", "company_id = 1234567", ["companies", "company_id", "1234567"]),
    ("base_currency = 'NOK'", "base_currency = 'SEK'", ["base_currency", "NOK, SEK"]),
    ("base_currency = 'NOK'", "base_currency = 'kr'", ["base_currency", "NOK"]),
    ("[visma]", "[visma", ["TOML"]),
]


@pytest.mark.parametrize(("right", "wrong", "words"), MISTAKES)
def test_a_mistake_is_named_with_key_reason_and_example(
    tmp_path: Path, right: str, wrong: str, words: list[str]
) -> None:
    right = right.replace("'", '"')
    assert right in GOOD
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, GOOD.replace(right, wrong, 1))
    for word in words:
        assert word in str(caught.value)
    assert "vismapbi.toml" in str(caught.value)


def test_no_company_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="companies"):
        load(tmp_path, "first_day = 2026-11-01\n")


def test_a_file_that_is_not_there_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="vismapbi init"):
        load_settings(tmp_path / "none.toml", {})


def test_a_missing_secret_names_the_variable_and_the_command(tmp_path: Path) -> None:
    settings = load(tmp_path, GOOD)
    with pytest.raises(SettingsError, match="vismapbi credentials set VISMA_CLIENT_SECRET"):
        settings.secret("VISMA_CLIENT_SECRET")


def test_secrets_come_from_the_encrypted_file_and_the_environment_wins(tmp_path: Path) -> None:
    key = new_key()
    CredentialFile(tmp_path / "vismapbi-credentials.json", key).set("VISMA_CLIENT_ID", "from-file")
    settings = load(tmp_path, GOOD, VISMAPBI_KEY=key)
    assert settings.secret("VISMA_CLIENT_ID").reveal() == "from-file"
    settings = load(tmp_path, GOOD, VISMAPBI_KEY=key, VISMA_CLIENT_ID="from-env")
    assert settings.secret("VISMA_CLIENT_ID").reveal() == "from-env"


def test_a_secret_never_shows_itself(tmp_path: Path) -> None:
    settings = load(tmp_path, GOOD, VISMA_CLIENT_SECRET="planted-secret")
    assert "planted-secret" not in repr(settings)
    assert "planted-secret" not in f"{settings.secret('VISMA_CLIENT_SECRET')}"


def test_the_wrong_key_and_tampering_are_told_apart_from_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    CredentialFile(path, new_key()).set("VISMA_CLIENT_ID", "x")
    with pytest.raises(CredentialsError, match="not the one it was written with"):
        CredentialFile(path, new_key()).read()
    assert "x" not in path.read_text().replace("VISMA_CLIENT_ID", "").split('"token": "')[0]


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    path, key = tmp_path / "c.json", new_key()
    CredentialFile(path, key).set("VISMA_CLIENT_ID", "value")
    text = path.read_text()
    start = text.index("gAAAA") + 20
    path.write_text(text[:start] + ("A" if text[start] != "A" else "B") + text[start + 1 :])
    with pytest.raises(CredentialsError, match="was changed"):
        CredentialFile(path, key).read()


def test_rotation_never_leaves_a_reader_without_credentials(tmp_path: Path) -> None:
    path, old, new = tmp_path / "c.json", new_key(), new_key()
    CredentialFile(path, old).set("VISMA_CLIENT_ID", "value")
    both = CredentialFile(path, f"{new},{old}")
    assert both.read() == {"VISMA_CLIENT_ID": "value"}
    both.rotate()
    assert both.read() == {"VISMA_CLIENT_ID": "value"}
    assert CredentialFile(path, new).read() == {"VISMA_CLIENT_ID": "value"}
    with pytest.raises(CredentialsError):
        CredentialFile(path, old).read()


def test_rotation_with_one_key_explains_the_procedure(tmp_path: Path) -> None:
    file = CredentialFile(tmp_path / "c.json", new_key())
    file.set("VISMA_CLIENT_ID", "value")
    with pytest.raises(CredentialsError, match="credentials key"):
        file.rotate()


def test_the_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    CredentialFile(path, new_key()).set("VISMA_CLIENT_ID", "value")
    assert path.stat().st_mode & 0o077 == 0


def test_use_begins_today_at_the_latest_in_the_zone_of_the_file(tmp_path):
    zone = "Pacific/Kiritimati"
    there = GOOD.replace("Europe/Oslo", zone)
    day = datetime.now(ZoneInfo(zone)).date()
    assert load(tmp_path, there.replace("2026-11-01", str(day))).first_day == day
    with pytest.raises(SettingsError, match="is not between 2000 and today"):
        load(tmp_path, there.replace("2026-11-01", str(day + timedelta(days=1))))
