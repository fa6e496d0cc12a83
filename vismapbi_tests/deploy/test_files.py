"""The files of the deployment: they parse, hold only keys that exist, and fit together.

Checked against Dagster's own loaders (`dagster.yaml`, `workspace.yaml`) and against `shapes.py`
(Compose, the values of the official Dagster chart, `dagster_cloud.yaml`). What they do on a real
PostgreSQL and object store is tested in `test_two_machines.py`.
"""

from __future__ import annotations

import copy
import importlib.util
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg
import jsonschema
import pytest
import yaml
from dagster._core.instance.ref import InstanceRef
from dagster._core.remote_origin import (
    GrpcServerCodeLocationOrigin,
    ManagedGrpcPythonEnvCodeLocationOrigin,
)
from dagster._core.workspace.load import location_origins_from_yaml_paths

from vismapbi_assets.settings import SECRETS
from vismapbi_tests.deploy.machines import ROOT
from vismapbi_tests.deploy.shapes import COMPOSE, DAGSTER_CLOUD, HELM_VALUES, Schema

DEPLOY = ROOT / "deploy"
IMAGE = (DEPLOY / "docker" / "Dockerfile").read_text("utf-8")
START = DEPLOY / "docker" / "start"
DATABASE = {
    "DAGSTER_PG_HOST": "db",
    "DAGSTER_PG_PORT": "5432",
    "DAGSTER_PG_DB": "dagster",
    "DAGSTER_PG_USERNAME": "dagster",
    "DAGSTER_PG_PASSWORD": "x",
}
SHAPED = [
    ("deploy/docker/compose.yaml", COMPOSE),
    ("deploy/kubernetes/values.yaml", HELM_VALUES),
    ("dagster_cloud.yaml", DAGSTER_CLOUD),
]


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text("utf-8"))


@pytest.mark.parametrize(("path", "schema"), SHAPED)
def test_a_file_holds_only_known_keys(path: str, schema: Schema) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(load(path), schema)


@pytest.mark.parametrize(("path", "schema"), SHAPED)
def test_a_wrong_key_is_found_wherever_it_stands(path: str, schema: Schema) -> None:
    content = load(path)
    refused = 0
    for place in _places(content):
        spoilt = copy.deepcopy(content)
        _at(spoilt, place)["mistyped_key"] = "x"
        refused += not jsonschema.Draft202012Validator(schema).is_valid(spoilt)
    assert refused >= 4


def _places(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(content, dict):
        return [path, *(p for k, v in content.items() for p in _places(v, (*path, k)))]
    if isinstance(content, list):
        return [p for k, v in enumerate(content) for p in _places(v, (*path, k))]
    return []


def _at(content: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        content = content[step]
    return content


def test_the_instance_of_one_machine_opens(tmp_path: Path) -> None:
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert instance.run_retries_enabled
        assert instance.run_monitoring_enabled
        assert not instance.telemetry_enabled
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 4


def test_the_instance_on_postgres_is_valid_and_names_the_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in DATABASE.items():
        monkeypatch.setenv(name, text)
    shutil.copy(DEPLOY / "postgres" / "dagster.yaml", tmp_path)
    storage = InstanceRef.from_dir(str(tmp_path)).storage_data
    assert storage is not None
    assert storage.class_name == "DagsterPostgresStorage"
    assert "scheme: postgresql+psycopg2" in storage.config_yaml


def test_a_wrong_instance_file_is_refused(tmp_path: Path) -> None:
    text = (ROOT / "dagster.yaml").read_text("utf-8")
    (tmp_path / "dagster.yaml").write_text(text.replace("max_retries", "max_tries"), "utf-8")
    with pytest.raises(dg.DagsterInvalidConfigError, match="max_tries"):
        InstanceRef.from_dir(str(tmp_path))


def test_both_instances_limit_and_keep_alike() -> None:
    one, many = load("dagster.yaml"), load("deploy/postgres/dagster.yaml")
    assert set(many) - set(one) == {"storage"}
    assert {name: many[name] for name in one} == one


def test_workspaces_name_one_location() -> None:
    (here,) = location_origins_from_yaml_paths([str(ROOT / "workspace.yaml")])
    (there,) = location_origins_from_yaml_paths([str(DEPLOY / "postgres" / "workspace.yaml")])
    assert isinstance(here, ManagedGrpcPythonEnvCodeLocationOrigin)
    assert isinstance(there, GrpcServerCodeLocationOrigin)
    module = here.loadable_target_origin.module_name
    assert module is not None
    assert importlib.util.find_spec(module)
    assert here.location_name == there.location_name
    assert there.host in load("deploy/docker/compose.yaml")["services"]
    assert f"-p {there.port} -m {module}" in START.read_text("utf-8")
    assert f"--location-name {there.location_name}" in START.read_text("utf-8")
    (cloud,) = load("dagster_cloud.yaml")["locations"]
    assert cloud["code_source"] == {"module_name": module}
    assert cloud["location_name"] == there.location_name
    (code,) = load("deploy/kubernetes/values.yaml")["dagster-user-deployments"]["deployments"]
    assert code["dagsterApiGrpcArgs"] == ["-m", module]


def test_containers_have_no_rights_and_no_secrets() -> None:
    services = load("deploy/docker/compose.yaml")["services"]
    ours = {name: s for name, s in services.items() if name != "postgres"}
    assert set(ours) == {"vismapbi-code", "webserver", "daemon"}
    for service in ours.values():
        assert service["read_only"]
        assert service["user"] == "10001"
        assert service["cap_drop"] == ["ALL"]
        environ = service["environment"]
        for name in {*SECRETS, "DAGSTER_PG_PASSWORD"} & set(environ):
            assert environ[name].startswith("${"), name
        assert set(DATABASE) <= set(environ)
    for name, service in services.items():
        assert service["read_only"], name
        assert service["user"].split(":")[0] not in ("0", "root")
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["restart"] == "unless-stopped"
        assert "healthcheck" in service or name in ours  # ours have the image's
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_the_chart_is_the_one_of_the_locked_dagster() -> None:
    text = (DEPLOY / "kubernetes" / "values.yaml").read_text("utf-8")
    named = re.findall(r"--version (\S+)", text)
    assert named == re.findall(r"^dagster==(\S+)", _lock(), re.MULTILINE)
    assert load("deploy/kubernetes/values.yaml")["postgresql"]["postgresqlScheme"].endswith(
        "psycopg2"
    )


def _lock() -> str:
    return (ROOT / "requirements.lock").read_text("utf-8")


def test_images_carry_the_version_of_the_package() -> None:
    (code,) = load("deploy/kubernetes/values.yaml")["dagster-user-deployments"]["deployments"]
    services = load("deploy/docker/compose.yaml")["services"]
    assert code["image"]["tag"] == version("vismapbi")
    assert services["webserver"]["image"] == f"vismapbi:{version('vismapbi')}"


def test_the_image_copies_what_exists_and_ends_without_root() -> None:
    users = re.findall(r"^USER (\S+)", IMAGE, re.MULTILINE)
    assert users
    assert users[-1] not in ("0", "root")
    assert f"--uid {users[-1]}" in IMAGE
    for line in re.findall(r"^COPY (.+)$", IMAGE, re.MULTILINE):
        if line.startswith("--from="):
            continue
        *sources, _ = line.split()
        assert all((ROOT / source).exists() for source in sources), line
    assert START.stat().st_mode & 0o111
    last = IMAGE.split("FROM")[-1]
    assert "HEALTHCHECK" in last
    declared = {name for line in re.findall(r"^(?:ENV|ARG) (.+)", IMAGE, re.M) for name in [line]}
    assert not [line for line in declared if re.search("SECRET|PASSWORD|TOKEN|KEY", line)]


def test_folders_that_are_mounted_belong_to_the_user_of_the_image() -> None:
    (prepared,) = re.findall(r"install -d -o vismapbi -g vismapbi (.+)", IMAGE)
    volumes = load("deploy/docker/compose.yaml")["services"]["vismapbi-code"]["volumes"]
    (store,) = [v.split(":")[1] for v in volumes if v.startswith("store:")]
    assert store in prepared.split()


def test_the_start_script_is_sound_and_knows_every_role() -> None:
    subprocess.run(["sh", "-n", str(START)], check=True)
    text = START.read_text("utf-8")
    services = load("deploy/docker/compose.yaml")["services"]
    for service in services.values():
        for role in service.get("command", []):
            assert f"    {role})" in text
