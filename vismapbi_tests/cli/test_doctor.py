"""`vismapbi doctor` against the sandbox: every mistake gets its verdict, evidence and remedy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from vismapbi_assets.cli.doctor import doctor
from vismapbi_assets.doctor.powerbi_side import CREATION_ENDS, ask_powerbi
from vismapbi_assets.pipeline.ends import powerbi_client
from vismapbi_assets.pipeline.push_model import build_push_model
from vismapbi_assets.powerbi.schema import create_request
from vismapbi_assets.sandbox.server import Sandbox, running_sandbox
from vismapbi_assets.sandbox.visma.profiles import load_document
from vismapbi_assets.settings import load_settings

pytestmark = pytest.mark.filterwarnings("ignore:Parameter `partitions_def`:DeprecationWarning")

NO, SE = load_document()["companies"]
SETTINGS = """
time_zone = "Europe/Oslo"
first_day = 2026-11-01
[visma]
exclude = [{exclude}]
[powerbi]
tenant_id = "from the environment"
[[companies]]
key = "nordvik"
name = "Nordvik"
tenant_id = "{tenant}"
company_id = "1100001"
base_currency = "{currency}"
"""


@pytest.fixture(scope="module")
def services() -> Iterator[Sandbox]:
    with running_sandbox(scale=0.1, start=datetime.now(UTC).replace(tzinfo=None)) as sandbox:
        yield sandbox


class Patient:
    """The doctor's command with an environment of its own."""

    def __init__(self, sandbox: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sandbox, self.folder, self._monkeypatch = sandbox, folder, monkeypatch
        monkeypatch.chdir(folder)
        self.set(VISMAPBI_STORE=str(folder / "store"), DAGSTER_HOME=str(folder / "home"))
        self.set(**sandbox.environ)

    def set(self, **environ: str) -> None:
        for name, value in environ.items():
            self._monkeypatch.setenv(name, value)

    def write(
        self, *, tenant: str = NO["tenant_id"], currency: str = "NOK", exclude: str = ""
    ) -> None:
        text = SETTINGS.format(tenant=tenant, currency=currency, exclude=exclude)
        (self.folder / "vismapbi.toml").write_text(text, "utf-8")

    def examined(self, *options: str) -> tuple[int, dict[str, dict[str, str]]]:
        """The exit code, and the steps by name (the last one of a name)."""
        result = CliRunner().invoke(doctor, ["--json", *options], catch_exceptions=False)
        told: dict[str, Any] = json.loads(result.stdout)
        failed = any(s["verdict"] == "failed" for s in told["steps"])
        assert told["fits"] is not failed
        assert (result.exit_code == 0) is not failed
        return result.exit_code, {s["name"]: s for s in told["steps"]}

    def create(self) -> str:
        """The model's dataset, as a first sync leaves it."""
        settings = load_settings()
        with powerbi_client(settings).session:
            reply = powerbi_client(settings).create_dataset(
                create_request(build_push_model(settings))
            )
        return str(reply.data["id"])


@pytest.fixture
def patient(
    services: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Patient]:
    services.powerbi.reset()
    yield Patient(services, tmp_path, monkeypatch)
    services.powerbi.reset()
    services.visma.faults.clear()
    services.visma.configure(forbidden={}, unlicensed=[], zone="UTC", rate_limit=15_000)


def test_everything_fits_and_nothing_is_changed_at_either_end(patient: Patient) -> None:
    patient.sandbox.visma.log.clear()
    code, steps = patient.examined()
    assert code == 0
    assert {s["verdict"] for s in steps.values()} <= {"ok", "warning", "skipped"}
    methods = {(e["method"], e["path"]) for e in patient.sandbox.visma.log}
    assert {p for m, p in methods if m != "GET"} == {"/connect/token"}
    assert not patient.sandbox.powerbi.datasets
    assert "will be created by the first sync" in steps["dataset"]["evidence"]
    left = [
        p
        for p in (patient.folder / "store").rglob("*")
        if "doctor" in str(p.relative_to(patient.folder))
    ]
    assert left == []


def test_open_questions_are_answered_by_the_documents_themselves(patient: Patient) -> None:
    _, steps = patient.examined("--only", "visma")
    for name, said in {
        "change filter is honoured": "none older than asked for",
        "date without condition": "ignored",
        "condition without date": "ignored",
        "journal delta returns whole batches": "debit equals credit in each",
        "supplierInvoice: base amount = currency amount x rate": "EUR",
        "customerInvoice: base amount = currency amount x rate": "EUR",
        "credit notes and payments are positive, voids negative": "CreditNote",
        "unit of time cards": "minutes",
        "base currency": "NOK",
        "one financial calendar": "agree",
        "ipp-company-id needed": "no",
        "rate limit": "15,000 calls per hour",
        "ledger balances: debit positive for every type of account": "Liability",
        "read purchaseReceipt": "the server gives 500",
    }.items():
        assert steps[name]["verdict"] == "ok", steps[name]
        assert said in steps[name]["evidence"]


def test_the_zone_is_proven_by_a_stamp_in_the_future_of_utc(patient: Patient) -> None:
    patient.sandbox.visma.configure(zone="Europe/Oslo")
    patient.sandbox.visma.mutate("nordvik", "create_supplier_invoice")
    _, steps = patient.examined("--only", "visma", "--company", "nordvik")
    step = steps["zone of lastModifiedDateTime"]
    assert step["verdict"] == "ok"
    assert step["evidence"].startswith("Europe/Oslo")


def test_a_server_that_keeps_utc_is_told_from_local_time(patient: Patient) -> None:
    patient.sandbox.visma.mutate("nordvik", "create_supplier_invoice")
    _, steps = patient.examined("--only", "visma", "--company", "nordvik")
    assert steps["zone of lastModifiedDateTime"]["evidence"].startswith("UTC, most likely")


def test_a_wrong_visma_secret(patient: Patient) -> None:
    patient.set(VISMA_CLIENT_SECRET="not-the-right-one")
    code, steps = patient.examined("--only", "visma", "--company", "nordvik")
    assert code == 1
    assert steps["token"]["verdict"] == "failed"
    assert "invalid_client" in steps["token"]["evidence"]
    assert "VISMA_CLIENT_SECRET" in steps["token"]["remedy"]
    assert "not-the-right-one" not in str(steps)
    assert "read account" not in steps


def test_the_tenant_of_the_customer_instead_of_the_company(patient: Patient) -> None:
    patient.write(tenant=NO["customer_tenant_id"])
    code, steps = patient.examined("--only", "visma")
    assert code == 1
    assert steps["token"]["verdict"] == "ok"
    assert steps["tenant"]["verdict"] == "failed"
    assert "customer's" in steps["tenant"]["remedy"]


def test_an_entity_without_licence_or_role_names_the_setting_that_leaves_it_out(
    patient: Patient,
) -> None:
    patient.sandbox.visma.configure(forbidden={"nordvik": ["timeCard"]})
    code, steps = patient.examined("--only", "visma", "--company", "nordvik")
    assert code == 1
    assert steps["read timeCard"]["verdict"] == "failed"
    assert 'exclude = ["timeCard"]' in steps["read timeCard"]["remedy"]
    assert steps["read project"]["verdict"] == "ok"
    assert "not enough data" in steps["unit of time cards"]["evidence"]
    patient.write(exclude='"timeCard"')
    code, steps = patient.examined("--only", "visma")
    assert code == 0
    assert steps["read timeCard"]["verdict"] == "skipped"


def test_a_company_without_licence_is_probably_the_wrong_tenant(patient: Patient) -> None:
    patient.sandbox.visma.configure(unlicensed=["nordvik"])
    code, steps = patient.examined("--only", "visma", "--company", "nordvik")
    assert code == 1
    assert "12027" in steps["tenant"]["evidence"]
    assert "customer's" in steps["tenant"]["remedy"]


def test_books_in_another_currency_than_the_settings_say(patient: Patient) -> None:
    patient.write(currency="SEK")
    code, steps = patient.examined("--only", "visma")
    assert code == 1
    assert "the books are in NOK" in steps["base currency"]["evidence"]
    assert "base_currency" in steps["base currency"]["remedy"]


def test_a_small_rate_limit_says_how_slow_the_sensor_gets(patient: Patient) -> None:
    used = patient.sandbox.visma
    used.gateway.advance(3600)
    used.configure(rate_limit=500)
    _, steps = patient.examined("--only", "visma", "--company", "nordvik")
    assert "500 calls per hour" in steps["rate limit"]["evidence"]
    assert steps["calls needed"]["verdict"] == "warning"
    assert "Visma" in steps["calls needed"]["remedy"]


def test_visma_that_is_not_there(patient: Patient) -> None:
    patient.set(VISMA_API_URL="http://127.0.0.1:9")
    code, steps = patient.examined("--only", "visma")
    assert code == 1
    assert steps["reach 127.0.0.1:9"]["verdict"] == "failed"
    assert "visma.api_url" in steps["reach 127.0.0.1:9"]["remedy"]
    assert steps["companies"]["verdict"] == "skipped"


def test_a_wrong_powerbi_secret(patient: Patient) -> None:
    patient.set(POWERBI_CLIENT_SECRET="not-the-right-one")
    code, steps = patient.examined("--only", "powerbi")
    assert code == 1
    assert steps["token"]["verdict"] == "failed"
    assert "secret's value" in steps["token"]["remedy"]
    assert "workspace and role" not in steps


def test_service_principals_switched_off(patient: Patient) -> None:
    patient.sandbox.powerbi.set_switches(service_principals_disabled=True)
    code, steps = patient.examined("--only", "powerbi")
    assert code == 1
    assert steps["tenant setting"]["verdict"] == "failed"
    assert "Service principals can call Fabric public APIs" in steps["tenant setting"]["remedy"]


@pytest.mark.parametrize(
    ("workspace", "evidence"),
    [("viewer_workspace_id", "Viewer"), ("foreign_workspace_id", "not visible")],
)
def test_a_workspace_without_a_writing_role(
    patient: Patient, workspace: str, evidence: str
) -> None:
    patient.set(POWERBI_WORKSPACE_ID=getattr(patient.sandbox.powerbi, workspace))
    code, steps = patient.examined("--only", "powerbi")
    assert code == 1
    assert steps["workspace and role"]["verdict"] == "failed"
    assert evidence in steps["workspace and role"]["evidence"]
    assert "Contributor" in steps["workspace and role"]["remedy"]


def test_an_unknown_workspace_lists_those_that_are_visible(patient: Patient) -> None:
    patient.set(POWERBI_WORKSPACE_ID="00000000-0000-0000-0000-000000000000")
    _, steps = patient.examined("--only", "powerbi")
    assert "Finance" in steps["workspace and role"]["evidence"]


def test_an_existing_dataset_is_looked_at_table_by_table(patient: Patient) -> None:
    patient.create()
    code, steps = patient.examined("--only", "powerbi")
    assert code == 0
    assert "the first sync adopts it" in steps["dataset"]["evidence"]
    assert "allowed" in steps["executeQueries"]["evidence"]
    assert "answered" in steps["sequence numbers"]["evidence"]


def test_queries_switched_off(patient: Patient) -> None:
    patient.create()
    patient.sandbox.powerbi.set_switches(queries="setting_off", sequence_numbers="unsupported")
    code, steps = patient.examined("--only", "powerbi")
    assert code == 1
    assert steps["executeQueries"]["verdict"] == "failed"
    assert "Dataset Execute Queries REST API" in steps["executeQueries"]["remedy"]
    assert "not supported" in steps["sequence numbers"]["evidence"]


def test_a_dataset_of_the_name_that_takes_no_rows(patient: Patient) -> None:
    patient.sandbox.powerbi.add_model(load_settings().dataset.name)
    code, steps = patient.examined("--only", "powerbi")
    assert code == 1
    assert "no push dataset" in steps["dataset"]["evidence"]
    assert "dataset.name" in steps["dataset"]["remedy"]


def test_two_datasets_of_the_name(patient: Patient) -> None:
    ids = [patient.create(), patient.create()]
    code, steps = patient.examined("--only", "powerbi")
    assert code == 1
    assert all(i in steps["datasets of the name"]["evidence"] for i in ids)


def test_the_end_of_creation_is_announced(patient: Patient) -> None:
    settings = load_settings()
    verdicts = {}
    for days in (-1, 100, 400):
        *_, last = ask_powerbi(settings, None, CREATION_ENDS - timedelta(days=days))
        verdicts[days] = last.verdict
    assert verdicts == {-1: "warning", 100: "warning", 400: "ok"}


def test_a_store_that_cannot_be_written(patient: Patient) -> None:
    (patient.folder / "file").write_text("in the way", "utf-8")
    patient.set(VISMAPBI_STORE=str(patient.folder / "file" / "store"))
    code, steps = patient.examined("--only", "store")
    assert code == 1
    assert steps["store writable"]["verdict"] == "failed"
    assert "store.root" in steps["store writable"]["remedy"]


def test_our_own_side_fits(patient: Patient) -> None:
    code, steps = patient.examined("--only", "store")
    assert code == 0
    assert "refused" in steps["store writable"]["evidence"]
    assert "refused" in steps["atomic commits"]["evidence"]
    assert "assets" in steps["definitions load"]["evidence"]
    assert "Europe/Oslo" in steps["time zone"]["evidence"]
    assert steps["Dagster storage"]["verdict"] == "ok"


def test_settings_with_a_mistake_are_a_failed_step(patient: Patient) -> None:
    (patient.folder / "vismapbi.toml").write_text("first_day = 2026-11-01\n", "utf-8")
    code, steps = patient.examined()
    assert code == 1
    assert "companies" in steps["settings"]["evidence"]
    assert list(steps) == ["settings"]


def test_a_missing_secret_names_the_command(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient.write()
    monkeypatch.delenv("VISMA_CLIENT_SECRET")
    code, steps = patient.examined("--only", "visma")
    assert code == 1
    step = steps["secret VISMA_CLIENT_SECRET"]
    assert step["remedy"] == "vismapbi credentials set VISMA_CLIENT_SECRET"


def test_text_and_markdown_say_the_same_and_hold_no_secret(patient: Patient) -> None:
    patient.set(POWERBI_WORKSPACE_ID=patient.sandbox.powerbi.viewer_workspace_id)
    page = patient.folder / "ticket.md"
    result = CliRunner().invoke(doctor, ["--only", "powerbi", "--markdown", str(page)])
    assert result.exit_code == 1
    text = page.read_text("utf-8")
    for told in (result.stdout, text):
        assert "workspace and role" in told
        assert "1 failed" in told
        assert patient.sandbox.environ["POWERBI_CLIENT_SECRET"] not in told
        assert patient.sandbox.environ["VISMA_CLIENT_SECRET"] not in told
