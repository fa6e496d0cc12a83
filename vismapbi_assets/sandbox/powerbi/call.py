"""One request as the handlers see it: caller, workspace, dataset, table and body, all checked.

Who may do what is decided here; what is then done belongs to the handlers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from vismapbi_assets.sandbox.powerbi.entra import Application
from vismapbi_assets.sandbox.powerbi.errors import (
    Refusal,
    bad_request,
    bare_message,
    entity_not_found,
    item_not_found,
    not_authorized,
    refuse,
)
from vismapbi_assets.sandbox.powerbi.faults import Fault
from vismapbi_assets.sandbox.powerbi.log import Entry
from vismapbi_assets.sandbox.powerbi.state import PowerBISandbox
from vismapbi_assets.sandbox.powerbi.tenant import Dataset, PushTable, Workspace

WRITERS = {"Contributor", "Member", "Admin"}
MEMBERS = WRITERS | {"Viewer"}

_encoder = msgspec.json.Encoder(decimal_format="number")


def json_response(
    content: Any, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """A JSON answer; decimals as exact numbers."""
    return Response(_encoder.encode(content), status, headers, "application/json; charset=utf-8")


def listing(values: list[Any], what: str) -> Response:
    """A list answer in OData dress."""
    context = f"http://api.powerbi.com/v1.0/myorg/$metadata#{what}"
    return json_response({"@odata.context": context, "value": values})


@dataclass(slots=True)
class Call:
    """A request on its way through a handler.

    Attributes:
        caller: the application whose token was sent; None before `authorise`.
        fault: the fault that strikes the request, for handlers that can be struck inside.
    """

    sandbox: PowerBISandbox
    request: Request
    entry: Entry
    body: bytes = b""
    fault: Fault | None = None
    caller: Application | None = field(default=None)

    def authorise(self) -> None:
        """Check the token and the tenant setting."""
        scheme, _, token = self.request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refusal(401, None, {"WWW-Authenticate": "Bearer"})
        grant = self.sandbox.directory.grant(token.strip())
        if grant is None:
            raise refuse(401, "PowerBINotAuthorizedException")
        if grant.expires_at <= self.sandbox.clock.now():
            if self.sandbox.switches.expired_token_status == 401:
                raise Refusal(401, None, {"WWW-Authenticate": "Bearer error=invalid_token"})
            text = "Access token has expired, resubmit with a new access token"
            raise refuse(403, "TokenExpired", text)
        if self.sandbox.switches.service_principals_disabled:
            raise bare_message(401, "API is not accessible for application")
        if self.request.path_params.get("org") not in {"myorg", self.sandbox.tenant_id}:
            raise not_authorized(401)
        self.caller = grant.application

    @property
    def object_id(self) -> str:
        """The caller's principal."""
        if self.caller is None:
            raise not_authorized(401)
        return self.caller.object_id

    def json(self) -> Any:
        """The JSON body, None for an empty one."""
        if not self.body.strip():
            return None
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError as problem:
            raise bad_request("The body is not valid JSON.") from problem

    def integer(self, name: str, default: int, lowest: int = 0) -> int:
        """A whole number from the query string."""
        text = self.request.query_params.get(name)
        if text is None:
            return default
        if not text.isdigit() or int(text) < lowest:
            raise bad_request(f"Query option '{name}' is not valid.")
        return int(text)

    def workspace(self, roles: set[str] = MEMBERS) -> Workspace:
        """The workspace of the path, in which the caller has one of the roles."""
        workspace = self.sandbox.workspaces.get(self.request.path_params["group"])
        if workspace is None:
            raise not_authorized(401)
        if workspace.roles.get(self.object_id) not in MEMBERS:
            raise not_authorized(403)
        if workspace.roles[self.object_id] not in roles:
            raise entity_not_found()
        return workspace

    def dataset(self, roles: set[str] = WRITERS) -> Dataset:
        """The dataset of the path."""
        workspace = self.workspace(roles)
        dataset = self.sandbox.datasets.get(self.request.path_params["dataset"])
        if dataset is None or dataset.workspace_id != workspace.id:
            raise entity_not_found()
        if dataset.visible_at > self.sandbox.clock.now():
            raise entity_not_found()
        return dataset

    def push_dataset(self) -> Dataset:
        """The dataset of the path, which must be one that rows are pushed to."""
        dataset = self.dataset()
        if not dataset.is_push:
            raise item_not_found(dataset.id, self.request.path_params.get("table", ""))
        return dataset

    def table(self) -> tuple[Dataset, PushTable]:
        """Dataset and table of the path; names are case-sensitive."""
        dataset = self.push_dataset()
        name = self.request.path_params["table"]
        table = dataset.tables.get(name)
        if table is None:
            raise item_not_found(dataset.id, name)
        return dataset, table
