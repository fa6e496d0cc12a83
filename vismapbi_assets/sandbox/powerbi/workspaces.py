"""Handlers of workspaces and their members."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import Response

from vismapbi_assets.sandbox.powerbi.call import WRITERS, Call, json_response, listing
from vismapbi_assets.sandbox.powerbi.errors import bad_request, entity_not_found, not_authorized
from vismapbi_assets.sandbox.powerbi.tenant import Workspace

RIGHTS = {"None", "Viewer", "Contributor", "Member", "Admin"}
PRINCIPALS = {"None", "User", "Group", "App"}
_NAME_FILTER = re.compile(r"^\s*name\s+eq\s+'((?:[^']|'')*)'\s*$")


def _shown(call: Call, workspace: Workspace) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": workspace.id,
        "isReadOnly": workspace.roles.get(call.object_id) not in WRITERS,
        "isOnDedicatedCapacity": call.sandbox.switches.dedicated_capacity,
        "type": "Workspace",
        "name": workspace.name,
    }
    if call.sandbox.switches.dedicated_capacity:
        shown["capacityId"] = call.sandbox.tenant_id
    return shown


def list_groups(call: Call) -> Response:
    """Workspaces that the caller belongs to."""
    mine = [
        workspace
        for workspace in call.sandbox.workspaces.values()
        if workspace.roles.get(call.object_id, "None") != "None"
    ]
    wanted = call.request.query_params.get("$filter")
    if wanted is not None:
        match = _NAME_FILTER.match(wanted)
        if match is None:
            raise bad_request("Query option '$filter' is not valid.")
        name = match[1].replace("''", "'")
        mine = [workspace for workspace in mine if workspace.name == name]
    skip = call.integer("$skip", 0)
    mine = mine[skip : skip + call.integer("$top", 5_000, 1)]
    return listing([_shown(call, workspace) for workspace in mine], "groups")


def create_group(call: Call) -> Response:
    """A new workspace with the caller as administrator."""
    body = call.json()
    if not isinstance(body, dict) or set(body) != {"name"} or not isinstance(body["name"], str):
        raise bad_request("Property 'name' is required.")
    workspace = call.sandbox.add_workspace(body["name"], None)
    workspace.roles[call.object_id] = "Admin"
    workspace.principal_types[call.object_id] = "App"
    call.entry.stored = True
    return json_response(_shown(call, workspace))


def list_users(call: Call) -> Response:
    """Members of a workspace."""
    workspace = call.workspace()
    members = [
        {
            "identifier": identity,
            "groupUserAccessRight": role,
            "principalType": workspace.principal_types.get(identity, "User"),
        }
        for identity, role in workspace.roles.items()
    ]
    skip = call.integer("$skip", 0)
    return listing(members[skip : skip + call.integer("$top", 5_000, 1)], "users")


def _administered(call: Call) -> Workspace:
    workspace = call.workspace()
    if workspace.roles[call.object_id] not in {"Admin", "Member"}:
        raise not_authorized(403)
    return workspace


def set_user(call: Call) -> Response:
    """Add a member, or give an existing one another role."""
    workspace = _administered(call)
    body = call.json()
    if not isinstance(body, dict):
        raise bad_request("An object is expected.")
    for name, known in (("groupUserAccessRight", RIGHTS), ("principalType", PRINCIPALS)):
        if body.get(name) not in known:
            raise bad_request(f"Property '{name}' is required.")
    identity = body.get("identifier")
    if not isinstance(identity, str) or not identity:
        raise bad_request("Property 'identifier' is required.")
    if call.request.method == "PUT" and identity not in workspace.roles:
        raise entity_not_found()
    workspace.roles[identity] = body["groupUserAccessRight"]
    workspace.principal_types[identity] = body["principalType"]
    call.entry.stored = True
    return Response(status_code=200)


def remove_user(call: Call) -> Response:
    """Take a member out of a workspace."""
    workspace = _administered(call)
    if workspace.roles.pop(call.request.path_params["user"], None) is None:
        raise entity_not_found()
    call.entry.stored = True
    return Response(status_code=200)


def refresh_permissions(call: Call) -> Response:
    """Answers only; permissions of the sandbox are always fresh."""
    return Response(status_code=200 if call.object_id else 401)
