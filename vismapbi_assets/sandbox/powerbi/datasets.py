"""Handlers of datasets and their tables: create, look up, change, delete."""

from __future__ import annotations

from typing import Any

import polars as pl
from starlette.responses import Response

from vismapbi_assets.sandbox.powerbi.call import MEMBERS, WRITERS, Call, json_response, listing
from vismapbi_assets.sandbox.powerbi.errors import (
    Refusal,
    bad_request,
    entity_not_found,
    invalid_request,
    pbi_error,
)
from vismapbi_assets.sandbox.powerbi.rows import RowDecoder
from vismapbi_assets.sandbox.powerbi.schema import parse_dataset, parse_table
from vismapbi_assets.sandbox.powerbi.tenant import Dataset, PushTable

_DATASET_RIGHTS = {"Read", "ReadReshare", "ReadExplore", "ReadReshareExplore"}


def _shown(call: Call, dataset: Dataset) -> dict[str, Any]:
    place = f"https://app.powerbi.com/groups/{dataset.workspace_id}/datasets/{dataset.id}"
    embed = f"https://app.powerbi.com/{{}}?config=sandbox&id={dataset.id}"
    return {
        "id": dataset.id,
        "name": dataset.name,
        "webUrl": place,
        "addRowsAPIEnabled": dataset.is_push,
        "configuredBy": dataset.configured_by,
        "isRefreshable": not dataset.is_push,
        "isEffectiveIdentityRequired": False,
        "isEffectiveIdentityRolesRequired": False,
        "isOnPremGatewayRequired": False,
        "targetStorageMode": dataset.storage_mode,
        "createdDate": call.sandbox.clock.stamp(dataset.created_at),
        "createReportEmbedURL": embed.format("reportEmbed"),
        "qnaEmbedURL": embed.format("qnaEmbed"),
        "upstreamDatasets": [],
        "users": [],
        "queryScaleOutSettings": {
            "autoSyncReadOnlyReplicas": True,
            "maxReadOnlyReplicas": 0,
        },
    }


def create_dataset(call: Call) -> Response:
    """Create a push dataset: 201, or 202 while creation is still in progress."""
    workspace = call.workspace(WRITERS)
    switches = call.sandbox.switches
    retention = call.request.query_params.get("defaultRetentionPolicy", "None")
    if retention not in {"None", "basicFIFO"}:
        raise bad_request("Query option 'defaultRetentionPolicy' is not valid.")
    if switches.create_400_without_error_info:
        raise Refusal(400)
    definition = parse_dataset(call.json(), call.sandbox.limits)
    if switches.creation_blocked:
        details = [
            ("LearnMoreLink", "https://go.microsoft.com/fwlink/"),
            ("FeatureDeprecatedMessage", "This feature is deprecated"),
        ]
        raise pbi_error(400, "FeatureDeprecatedError", details)
    dataset = call.sandbox.add_dataset(definition, workspace.id, call.object_id, retention)
    call.entry.stored, call.entry.dataset = True, dataset.id
    status = 202 if switches.create_accepted_seconds > 0 else 201
    return json_response({"defaultRetentionPolicy": retention, **_shown(call, dataset)}, status)


def list_datasets(call: Call) -> Response:
    """All datasets of a workspace; names may repeat."""
    workspace = call.workspace()
    now = call.sandbox.clock.now()
    found = [
        _shown(call, dataset)
        for dataset in call.sandbox.datasets.values()
        if dataset.workspace_id == workspace.id and dataset.visible_at <= now
    ]
    return listing(found, "datasets")


def get_dataset(call: Call) -> Response:
    """One dataset."""
    return json_response(_shown(call, call.dataset(MEMBERS)))


def update_dataset(call: Call) -> Response:
    """Storage mode and scale-out; nothing that matters to pushed rows."""
    dataset = call.dataset()
    body = call.json()
    known = {"targetStorageMode", "queryScaleOutSettings"}
    if not isinstance(body, dict) or set(body) - known:
        raise bad_request("The body is not valid.")
    if "targetStorageMode" in body:
        if body["targetStorageMode"] not in {"Abf", "PremiumFiles"}:
            raise bad_request("Property 'targetStorageMode' has an unknown value.")
        dataset.storage_mode = body["targetStorageMode"]
    call.entry.stored = True
    return Response(status_code=200)


def delete_dataset(call: Call) -> Response:
    """Delete a dataset for good."""
    dataset = call.dataset()
    del call.sandbox.datasets[dataset.id]
    call.entry.stored = True
    return Response(status_code=200)


def list_tables(call: Call) -> Response:
    """Names of the tables, and nothing else about them."""
    dataset = call.push_dataset()
    return listing([{"name": name} for name in dataset.tables], "tables")


def put_table(call: Call) -> Response:
    """Replace the declaration of an existing table."""
    dataset, table = call.table()
    definition = parse_table(call.json(), call.sandbox.limits, plain=dataset.mode != "Push")
    if definition.name != table.definition.name:
        raise invalid_request("A table cannot be renamed")
    names = {column.name for column in definition.columns}
    for relationship in dataset.relationships:
        ends = (
            (relationship.from_table, relationship.from_column),
            (relationship.to_table, relationship.to_column),
        )
        if any(owner == definition.name and column not in names for owner, column in ends):
            raise invalid_request("A column of a relationship is missing")
    elsewhere = {
        measure.casefold()
        for other in dataset.tables.values()
        if other is not table
        for measure in other.definition.measures
    }
    if any(measure.casefold() in elsewhere for measure in definition.measures):
        raise invalid_request("Duplicate measure name")
    decoder = RowDecoder(definition.columns)
    _carry_rows(table, decoder.schema, call.sandbox.switches.put_rows)
    table.definition, table.decoder = definition, decoder
    call.entry.stored = True
    context = "http://api.powerbi.com/v1.0/myorg/$metadata#tables/$entity"
    return json_response({"@odata.context": context, "name": definition.name})


def _carry_rows(table: PushTable, schema: dict[str, pl.DataType], policy: str) -> None:
    old = table.rows.schema
    if policy == "clear":
        table.rows.replace(pl.DataFrame(schema=schema))
        return
    if old == schema:
        return
    frame = table.rows.frame()
    columns = []
    for name, dtype in schema.items():
        lost = name not in old or (old[name] != dtype and policy == "null_fill")
        value = pl.lit(None, dtype) if lost else pl.col(name).cast(dtype, strict=False)
        columns.append(value.alias(name))
    carried = frame.select(columns) if frame.height else pl.DataFrame(schema=schema)
    table.rows.replace(carried)


def list_datasources(call: Call) -> Response:
    """A push dataset has no source."""
    call.dataset(MEMBERS)
    return listing([], "datasources")


def list_dataset_users(call: Call) -> Response:
    """Who has been granted the dataset itself."""
    return listing(list(call.dataset(MEMBERS).users.values()), "users")


def set_dataset_user(call: Call) -> Response:
    """Grant the dataset itself; not possible for applications."""
    dataset = call.dataset()
    body = call.json()
    if not isinstance(body, dict) or not isinstance(body.get("identifier"), str):
        raise bad_request("Property 'identifier' is required.")
    if body.get("principalType") not in {"User", "Group"}:
        raise invalid_request("The principal type is not supported")
    rights = _DATASET_RIGHTS | ({"None"} if call.request.method == "PUT" else set())
    if body.get("datasetUserAccessRight") not in rights:
        raise bad_request("Property 'datasetUserAccessRight' is required.")
    if call.request.method == "PUT" and body["identifier"] not in dataset.users:
        raise entity_not_found()
    dataset.users[body["identifier"]] = {
        name: body[name] for name in ("identifier", "principalType", "datasetUserAccessRight")
    }
    call.entry.stored = True
    return Response(status_code=200)


def take_over(call: Call) -> Response:
    """Make the caller the owner."""
    call.dataset().configured_by = call.object_id
    call.entry.stored = True
    return Response(status_code=200)
