"""`vismapbi dataset`: shown, forgotten and chosen by a person, against the simulated service."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from vismapbi_assets.cli.main import cli, run
from vismapbi_assets.model.semantic_model import TABLE
from vismapbi_assets.pipeline.publication import publish_table
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.sandbox.server import Sandbox, running_sandbox
from vismapbi_assets.settings import load_settings

DATES = "Dates"


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.chdir(tmp_path)
    with running_sandbox(scale=0.01) as running:
        for name, value in (running.environ | {"VISMAPBI_STORE": str(tmp_path / "store")}).items():
            monkeypatch.setenv(name, value)
        yield running


def vismapbi(*arguments: str) -> int:
    return run(lambda: cli(list(arguments), standalone_mode=False))


def publish(run_id: str) -> None:
    outcome = publish_table(Workbench.of(load_settings()), TABLE[DATES], run_id=run_id)
    assert outcome.is_sound, outcome


def test_before_the_first_sync_there_is_none(sandbox, capsys):
    assert vismapbi("dataset", "show") == 0
    assert "No dataset yet" in capsys.readouterr().out
    assert vismapbi("dataset", "forget", "--yes") == 0
    assert "No dataset was remembered" in capsys.readouterr().out


def test_a_deleted_dataset_is_told_forgotten_and_made_again(sandbox, capsys):
    publish("first")
    (old,) = sandbox.powerbi.datasets
    held = sandbox.powerbi.rows(old, DATES).height
    Workbench.of(load_settings()).powerbi().delete_dataset(old)

    assert vismapbi("reconcile", "--table", DATES) == 1
    assert "vismapbi dataset forget" in capsys.readouterr().err
    assert vismapbi("dataset", "show", "--json") == 0
    assert json.loads(capsys.readouterr().out)["in_power_bi"] is False

    assert vismapbi("dataset", "forget", "--yes") == 0
    assert old in capsys.readouterr().out
    publish("second")
    (new,) = sandbox.powerbi.datasets
    assert new != old
    assert sandbox.powerbi.rows(new, DATES).height == held > 0


def test_one_of_two_of_the_name_is_chosen(sandbox, capsys):
    publish("first")
    (one,) = sandbox.powerbi.datasets
    bench = Workbench.of(load_settings())
    assert vismapbi("dataset", "forget", "--yes") == 0
    definition = {"name": bench.model.name, "tables": [
        {"name": "T", "columns": [{"name": "A", "dataType": "String"}]}]}  # fmt: skip
    bench.powerbi().create_dataset(definition)
    other = next(d for d in sandbox.powerbi.datasets if d != one)
    capsys.readouterr()

    assert vismapbi("dataset", "pin", other) == 1
    assert "is not ours" in capsys.readouterr().err
    assert vismapbi("dataset", "pin", "no-such-id") == 1
    assert vismapbi("dataset", "pin", one) == 0
    publish("second")
    assert sandbox.powerbi.rows(other, "T").is_empty()
