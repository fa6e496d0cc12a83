"""What the files of the deployment may hold, as JSON schemas of the keys that they use.

Written after the Compose specification, the values of the official Dagster chart 1.13 and the
reference of `dagster_cloud.yaml`. Unknown keys are refused, so a key that is added has to be looked
up and added here too. Whether the values fit together belongs in the tests.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string", "minLength": 1}
NUMBER: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
DURATION: Schema = {"type": "string", "pattern": r"^(\d+(us|ms|s|m|h))+$"}


def one_of(*values: str) -> Schema:
    """One of these texts."""
    return {"enum": list(values)}


def list_of(item: Schema) -> Schema:
    """A list that is not empty."""
    return {"type": "array", "items": item, "minItems": 1}


def map_of(value: Schema) -> Schema:
    """Free names, one kind of value."""
    return {"type": "object", "additionalProperties": value}


def record(*required: str, **properties: Schema) -> Schema:
    """An object with these keys and no others; `a__b` stands for `a-b`."""
    return {
        "type": "object",
        "properties": {name.replace("__", "-"): shape for name, shape in properties.items()},
        "required": list(required),
        "additionalProperties": False,
    }


HEALTHCHECK = record(
    "test",
    test={"type": "array", "prefixItems": [one_of("CMD", "CMD-SHELL")], "minItems": 2},
    interval=DURATION,
    timeout=DURATION,
    start_period=DURATION,
    retries=NUMBER,
)
SERVICE = record(
    "image",
    image=TEXT,
    build=record("context", context=TEXT, dockerfile=TEXT),
    restart={"type": "string", "pattern": r"^(no|always|unless-stopped|on-failure(:\d+)?)$"},
    read_only=FLAG,
    user=TEXT,
    cap_drop=list_of({"type": "string", "pattern": "^[A-Z_]+$"}),
    security_opt=list_of(TEXT),
    tmpfs=list_of({"type": "string", "pattern": r"^/[^:]+(:\w+=\w+(,\w+=\w+)*)?$"}),
    environment=map_of({"type": ["string", "number", "null"]}),
    env_file=list_of(record("path", path=TEXT, required=FLAG)),
    volumes=list_of({"type": "string", "pattern": r"^[^:]+:/[^:]*(:(ro|rw))?$"}),
    depends_on=map_of(
        record(
            "condition",
            condition=one_of(
                "service_started", "service_healthy", "service_completed_successfully"
            ),
        )
    ),
    command=list_of(TEXT),
    healthcheck=HEALTHCHECK,
    ports=list_of({"type": "string", "pattern": r"^([\d.]+:)?\d+:\d+$"}),
)
COMPOSE: Schema = {
    **record(
        "services",
        name={"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        services=map_of(SERVICE),
        volumes=map_of({"type": ["object", "null"]}),
    ),
    "patternProperties": {"^x-": {}},
}

PULL = one_of("Always", "IfNotPresent", "Never")
QUANTITY: Schema = {"type": "string", "pattern": r"^\d+(\.\d+)?(m|[KMGT]i?)?$"}
RESOURCES = record(requests=map_of(QUANTITY), limits=map_of(QUANTITY))
SECURITY = record(
    runAsNonRoot={"const": True},
    runAsUser={"type": "integer", "minimum": 1},
    readOnlyRootFilesystem={"const": True},
    allowPrivilegeEscalation={"const": False},
    capabilities=record("drop", drop={"const": ["ALL"]}),
    seccompProfile=record("type", type=one_of("RuntimeDefault", "Localhost")),
)
STRICT = record("securityContext", securityContext=SECURITY)
VOLUME = record("name", name=TEXT, configMap=record("name", name=TEXT), emptyDir={"type": "object"})
MOUNT = record("name", "mountPath", name=TEXT, mountPath=TEXT, readOnly=FLAG)
IMAGE = record("repository", "pullPolicy", repository=TEXT, tag={"type": "string"}, pullPolicy=PULL)
PROBE = {"periodSeconds": NUMBER, "timeoutSeconds": NUMBER, "failureThreshold": NUMBER}
POD = {
    "image": IMAGE,
    "securityContext": SECURITY,
    "volumes": list_of(VOLUME),
    "volumeMounts": list_of(MOUNT),
}
DEPLOYMENT = record(
    "name",
    "image",
    "port",
    "securityContext",
    name=TEXT,
    dagsterApiGrpcArgs=list_of(TEXT),
    codeServerArgs=list_of(TEXT),
    port=NUMBER,
    env=list_of(record("name", "value", name=TEXT, value={"type": "string"})),
    envSecrets=list_of(record("name", name=TEXT)),
    **POD,
    resources=RESOURCES,
    livenessProbe=record(**PROBE),
    startupProbe=record(enabled=FLAG, **PROBE),
    includeConfigInLaunchedRuns=record("enabled", enabled=FLAG),
)
RUN_LAUNCHER = record(
    "type",
    "config",
    type=one_of("CeleryK8sRunLauncher", "K8sRunLauncher", "CustomRunLauncher"),
    config=record(
        k8sRunLauncher=record(
            imagePullPolicy=PULL,
            resources=RESOURCES,
            runK8sConfig=record(
                containerConfig=STRICT,
                podSpecConfig={"type": "object"},
                podTemplateSpecMetadata={"type": "object"},
                jobSpecConfig={"type": "object"},
                jobMetadata={"type": "object"},
            ),
        )
    ),
)
TAG_LIMIT = record(
    "key",
    "limit",
    key=TEXT,
    value={"anyOf": [TEXT, record("applyLimitPerUniqueValue", applyLimitPerUniqueValue=FLAG)]},
    limit=NUMBER,
)
DAEMON = record(
    "image",
    "securityContext",
    runCoordinator=record(
        "enabled",
        "type",
        "config",
        enabled=FLAG,
        type=one_of("QueuedRunCoordinator", "CustomRunCoordinator"),
        config=record(
            queuedRunCoordinator=record(
                maxConcurrentRuns=NUMBER, tagConcurrencyLimits=list_of(TAG_LIMIT)
            )
        ),
    ),
    runMonitoring=record("enabled", enabled=FLAG),
    runRetries=record("enabled", enabled=FLAG),
    env=map_of(TEXT),
    **POD,
)
WEBSERVER = record(
    "image",
    "securityContext",
    service=record("type", "port", type=TEXT, port=NUMBER),
    readinessProbe=record(
        "httpGet", httpGet=record("path", "port", path=TEXT, port=NUMBER), **PROBE
    ),
    **POD,
)
HELM_VALUES: Schema = {
    **record(
        **{
            "global": record(serviceAccountName=TEXT),
            "dagster__user__deployments": record(
                "enabled", "deployments", enabled=FLAG, deployments=list_of(DEPLOYMENT)
            ),
            "postgresql": record(
                enabled=FLAG,
                postgresqlHost=TEXT,
                postgresqlUsername=TEXT,
                postgresqlDatabase=TEXT,
                postgresqlScheme=TEXT,
            ),
            "generatePostgresqlPasswordSecret": FLAG,
            "runLauncher": RUN_LAUNCHER,
            "dagsterDaemon": DAEMON,
            "dagsterWebserver": WEBSERVER,
            "additionalInstanceConfig": {"type": "object"},
            "telemetry": record("enabled", enabled=FLAG),
        }
    ),
    "patternProperties": {"^x-": {}},
}

DAGSTER_CLOUD = record(
    "locations",
    locations=list_of(
        record(
            "location_name",
            "code_source",
            location_name=TEXT,
            code_source=record(module_name=TEXT, package_name=TEXT, python_file=TEXT),
            build=record("directory", directory=TEXT, registry=TEXT),
            working_directory=TEXT,
            image=TEXT,
            container_context=record(
                k8s=record(
                    env_vars=list_of({"type": "string", "pattern": r"^[A-Z_]+(=.*)?$"}),
                    env_secrets=list_of(TEXT),
                    volumes=list_of(VOLUME),
                    volume_mounts=list_of(MOUNT),
                    run_k8s_config=record(container_config=STRICT),
                    server_k8s_config=record(container_config=STRICT),
                )
            ),
        )
    ),
)
