"""The values of the chart, as far as they can be proven without a cluster.

What Dagster's own loaders and `dagster-k8s` make of them, and the job whose steps have pods each.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster._config import process_config, resolve_to_config_type
from dagster._core.instance.ref import InstanceRef
from dagster_k8s import K8sRunLauncher, k8s_job_executor
from dagster_k8s.container_context import K8sContainerContext
from dagster_k8s.job import (
    DagsterK8sJobConfig,
    UserDefinedDagsterK8sConfig,
    construct_dagster_k8s_job,
)

from vismapbi_assets.definitions import build_definitions
from vismapbi_assets.orchestration.jobs import INITIAL_LOAD, SWEEP
from vismapbi_assets.settings import Settings, SettingsError, load_settings
from vismapbi_tests.deploy.machines import ROOT, settings_text

VALUES: dict[str, Any] = yaml.safe_load(
    (ROOT / "deploy" / "kubernetes" / "values.yaml").read_text("utf-8")
)
POSTGRES = yaml.safe_load((ROOT / "deploy" / "postgres" / "dagster.yaml").read_text("utf-8"))
START = ROOT / "deploy" / "docker" / "start"
LAUNCHER = VALUES["runLauncher"]["config"]["k8sRunLauncher"]
(CODE,) = VALUES["dagster-user-deployments"]["deployments"]
SNAKE = {"containerConfig": "container_config", "jobSpecConfig": "job_spec_config"}
RUN_CONFIG = {SNAKE[name]: value for name, value in LAUNCHER["runK8sConfig"].items()}


def test_the_instance_is_valid_and_limits_as_on_postgres(tmp_path: Path) -> None:
    added = VALUES["additionalInstanceConfig"]
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(added), "utf-8")
    InstanceRef.from_dir(str(tmp_path))
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert instance.run_monitoring_enabled
        assert instance.run_retries_enabled
        assert instance.freshness_enabled
    assert added == {name: POSTGRES[name] for name in added}


def test_runs_and_their_steps_have_no_rights_and_write_two_folders() -> None:
    config = {
        "service_account_name": VALUES["global"]["serviceAccountName"],
        "instance_config_map": "dagster-instance",
        "postgres_password_secret": "dagster-postgresql-secret",
        "dagster_home": "/opt/dagster/dagster_home",
        "image_pull_policy": LAUNCHER["imagePullPolicy"],
        "resources": LAUNCHER["resources"],
        "run_k8s_config": RUN_CONFIG,
    }
    checked = process_config(resolve_to_config_type(K8sRunLauncher.config_type()), config)
    assert checked.success, checked.errors
    context = K8sContainerContext(
        volumes=CODE["volumes"],
        volume_mounts=CODE["volumeMounts"],
        run_k8s_config=UserDefinedDagsterK8sConfig.from_dict(RUN_CONFIG),
    )
    job = construct_dagster_k8s_job(
        DagsterK8sJobConfig(
            job_image="vismapbi",
            dagster_home="/opt/dagster/dagster_home",
            instance_config_map="dagster-instance",
        ),
        args=["dagster", "api", "execute_step"],
        job_name="step",
        user_defined_k8s_config=context.run_k8s_config,
    )
    (container,) = job.spec.template.spec.containers
    security = container.security_context
    assert security.run_as_non_root
    assert security.run_as_user == 10001
    assert security.read_only_root_filesystem
    assert not security.allow_privilege_escalation
    assert security.capabilities.drop == ["ALL"]
    assert job.spec.ttl_seconds_after_finished
    assert {"/tmp", config["dagster_home"]} <= {m.mount_path for m in container.volume_mounts}


def test_dagster_plus_is_as_strict_and_mounts_the_settings() -> None:
    (location,) = yaml.safe_load((ROOT / "dagster_cloud.yaml").read_text("utf-8"))["locations"]
    context = K8sContainerContext.create_from_config(location["container_context"])
    strict = UserDefinedDagsterK8sConfig.from_dict(RUN_CONFIG).container_config["security_context"]
    for config in (context.run_k8s_config, context.server_k8s_config):
        found = config.container_config["security_context"]
        assert found == {name: strict[name] for name in found}
        assert found["run_as_non_root"]
        mounts = {mount["mount_path"] for mount in config.container_config["volume_mounts"]}
        assert mounts == {"/etc/vismapbi", "/tmp"}


def test_every_pod_of_the_chart_is_as_strict_and_of_one_image() -> None:
    pods = [CODE, VALUES["dagsterWebserver"], VALUES["dagsterDaemon"]]
    for pod in pods:
        assert (
            pod["securityContext"] == LAUNCHER["runK8sConfig"]["containerConfig"]["securityContext"]
        )
        assert pod["image"] == CODE["image"]
        written = {m["mountPath"] for m in pod["volumeMounts"] if not m.get("readOnly")}
        assert written == {"/tmp", "/opt/dagster/dagster_home"}
        empty = {volume["name"] for volume in pod["volumes"] if "emptyDir" in volume}
        assert {m["name"] for m in pod["volumeMounts"] if not m.get("readOnly")} == empty
    web = VALUES["dagsterWebserver"]
    assert web["service"]["port"] == web["readinessProbe"]["httpGet"]["port"] > 1023


def test_the_image_runs_what_the_chart_says_without_writing(tmp_path: Path) -> None:
    environ = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "DAGSTER_HOME": str(tmp_path / "none"),
    }
    done = subprocess.run(
        [str(START), "dagster", "--version"],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("dagster, version")


def settings(folder: Path, pods: int) -> Settings:
    """Settings of the sandbox's companies with so many pods."""
    path = folder / "vismapbi.toml"
    text = settings_text(datetime.now(UTC).date())
    path.write_text(f"{text}\n[kubernetes]\ninitial_load_pods = {pods}\n", "utf-8")
    return load_settings(path)


def test_the_initial_load_gives_each_step_a_pod(tmp_path: Path) -> None:
    definitions = build_definitions(settings(tmp_path, 3))
    job = definitions.resolve_job_def(INITIAL_LOAD)
    assert job.executor_def.name == k8s_job_executor.name
    sweep = definitions.resolve_job_def(SWEEP)
    assert job.asset_layer.executable_asset_keys == sweep.asset_layer.executable_asset_keys
    assert job.partitions_def == sweep.partitions_def
    default = {"execution": {"config": {"max_concurrent": 3}}}
    assert dg.validate_run_config(job, default)["execution"]["k8s"]["max_concurrent"] == 3
    heavier = {
        "per_step_k8s_config": {
            "visma__journalTransaction": {
                "container_config": {"resources": {"limits": {"memory": "2Gi"}}}
            }
        }
    }
    assert dg.validate_run_config(job, {"execution": {"config": heavier}})


def test_no_pods_no_job(tmp_path: Path) -> None:
    repository = build_definitions(settings(tmp_path, 0)).get_repository_def()
    assert INITIAL_LOAD not in repository.job_names


def test_the_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dagster_k8s", None)
    with pytest.raises(SettingsError, match=r"vismapbi\[kubernetes\]"):
        build_definitions(settings(tmp_path, 3))
