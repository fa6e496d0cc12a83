"""The web application: routes, and what surrounds every call (log, token, faults, connection).

What an operation does is in the handlers; how it is tampered with for a test is in the control
routes.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from vismapbi_assets.sandbox.powerbi import datasets, pushing, queries, refreshing, workspaces
from vismapbi_assets.sandbox.powerbi.call import Call, json_response
from vismapbi_assets.sandbox.powerbi.control import control_routes
from vismapbi_assets.sandbox.powerbi.errors import Refusal
from vismapbi_assets.sandbox.powerbi.faults import Fault
from vismapbi_assets.sandbox.powerbi.state import PowerBISandbox

Handler = Callable[[Call], Response]

_GROUP = "/groups/{group}"
_DATASET = _GROUP + "/datasets/{dataset}"
_TABLE = _DATASET + "/tables/{table}"
OPERATIONS: tuple[tuple[str, str, str, Handler], ...] = (
    ("groups.list", "GET", "/groups", workspaces.list_groups),
    ("groups.create", "POST", "/groups", workspaces.create_group),
    ("users.list", "GET", _GROUP + "/users", workspaces.list_users),
    ("users.add", "POST", _GROUP + "/users", workspaces.set_user),
    ("users.update", "PUT", _GROUP + "/users", workspaces.set_user),
    ("users.remove", "DELETE", _GROUP + "/users/{user}", workspaces.remove_user),
    ("permissions.refresh", "POST", "/RefreshUserPermissions", workspaces.refresh_permissions),
    ("datasets.list", "GET", _GROUP + "/datasets", datasets.list_datasets),
    ("datasets.create", "POST", _GROUP + "/datasets", datasets.create_dataset),
    ("datasets.get", "GET", _DATASET, datasets.get_dataset),
    ("datasets.update", "PATCH", _DATASET, datasets.update_dataset),
    ("datasets.delete", "DELETE", _DATASET, datasets.delete_dataset),
    ("datasets.take_over", "POST", _DATASET + "/Default.TakeOver", datasets.take_over),
    ("datasources.list", "GET", _DATASET + "/datasources", datasets.list_datasources),
    ("dataset_users.list", "GET", _DATASET + "/users", datasets.list_dataset_users),
    ("dataset_users.add", "POST", _DATASET + "/users", datasets.set_dataset_user),
    ("dataset_users.update", "PUT", _DATASET + "/users", datasets.set_dataset_user),
    ("tables.list", "GET", _DATASET + "/tables", datasets.list_tables),
    ("tables.put", "PUT", _TABLE, datasets.put_table),
    ("rows.post", "POST", _TABLE + "/rows", pushing.post_rows),
    ("rows.delete", "DELETE", _TABLE + "/rows", pushing.delete_rows),
    ("sequence.list", "GET", _TABLE + "/sequenceNumbers", pushing.sequence_numbers),
    ("queries.execute", "POST", _DATASET + "/executeQueries", queries.execute_queries),
    ("refreshes.start", "POST", _DATASET + "/refreshes", refreshing.start_refresh),
    ("refreshes.list", "GET", _DATASET + "/refreshes", refreshing.list_refreshes),
    ("refreshes.get", "GET", _DATASET + "/refreshes/{refresh}", refreshing.get_refresh),
    ("refreshes.cancel", "DELETE", _DATASET + "/refreshes/{refresh}", refreshing.cancel_refresh),
    ("schedule.get", "GET", _DATASET + "/refreshSchedule", refreshing.get_schedule),
    ("schedule.update", "PATCH", _DATASET + "/refreshSchedule", refreshing.set_schedule),
)
"""Operation name, method, path below the organisation, handler."""


_TRANSPORT = "powerbi.transport"


class _Dropped(Exception):  # noqa: N818 - not an error: the connection is to be closed
    """The connection ends here, without an answer."""


class PowerBIApp(Starlette):
    """Starlette that lets an endpoint reach the connection below it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        scope[_TRANSPORT] = getattr(getattr(send, "__self__", None), "transport", None)
        await super().__call__(scope, receive, send)


async def _drop(request: Request) -> Response:
    """Close the connection; the response returned goes nowhere."""
    transport = request.scope[_TRANSPORT]
    if transport is None:
        raise RuntimeError("dropping connections needs uvicorn below")
    transport.abort()
    await asyncio.sleep(0.01)
    return Response()


def _answered(refusal: Refusal, fault: Fault | None) -> Response:
    if fault is not None and fault.body is not None and fault.status == refusal.status:
        return Response(fault.body, fault.status, refusal.headers, "application/json")
    if refusal.body is None:
        return Response(status_code=refusal.status, headers=refusal.headers)
    return json_response(refusal.body, refusal.status, refusal.headers)


async def _before(fault: Fault | None) -> None:
    if fault is None:
        return
    if fault.kind == "drop_before":
        raise _Dropped
    if fault.kind == "late":
        await asyncio.sleep(fault.seconds)
    if fault.kind == "refuse":
        body = {"error": {"code": "ServiceUnavailable"}} if fault.status >= 500 else None
        retry = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        raise Refusal(fault.status, body, retry)


async def _after(fault: Fault | None) -> None:
    if fault is None:
        return
    if fault.kind == "drop_after":
        raise _Dropped
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
    if fault.kind == "error_after":
        raise Refusal(fault.status, {"error": {"code": "InternalServerError"}})


def _endpoint(
    sandbox: PowerBISandbox, operation: str, handler: Handler
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        dataset, table = (request.path_params.get(name) for name in ("dataset", "table"))
        entry = sandbox.log.begin(
            method=request.method,
            path=request.url.path,
            query=request.url.query,
            operation=operation,
            dataset=dataset,
            table=table,
        )
        fault = sandbox.faults.take(operation, request.method, table, dataset)
        entry.fault = fault.kind if fault else None
        call = Call(sandbox, request, entry, fault=fault)
        is_post = operation == "rows.post"
        try:
            with pushing.pending(sandbox, dataset) if is_post else contextlib.nullcontext():
                call.body = await request.body()
                entry.bytes = len(call.body)
                await _before(fault)
                if operation != "token":
                    call.authorise()
                response = handler(call)
                await _after(fault)
        except _Dropped:
            return await _drop(request)
        except ClientDisconnect:
            return Response()
        except Refusal as refusal:
            response = _answered(refusal, fault)
        except Exception:
            entry.status = 500
            raise
        entry.status = response.status_code
        response.headers["RequestId"] = str(uuid.uuid4())
        return response

    return endpoint


def _token(version: str) -> Handler:
    def handler(call: Call) -> Response:
        form = _form(call.body)
        url = str(call.request.url)
        tenant = call.request.path_params["tenant"]
        return json_response(call.sandbox.directory.issue(tenant, version, form, url))

    return handler


def _form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


async def _no_such_path(request: Request, problem: Exception) -> Response:
    return Response(status_code=getattr(problem, "status_code", 404))


def build_powerbi_app(sandbox: PowerBISandbox) -> Starlette:
    """The application that serves a simulated tenant."""
    routes: list[Any] = [
        Route("/v1.0/{org}" + path, _endpoint(sandbox, operation, handler), methods=[method])
        for operation, method, path, handler in OPERATIONS
    ]
    for version, path in (("v2", "/oauth2/v2.0/token"), ("v1", "/oauth2/token")):
        endpoint = _endpoint(sandbox, "token", _token(version))
        routes.append(Route("/{tenant}" + path, endpoint, methods=["POST"]))
    routes.extend(control_routes(sandbox))
    app = PowerBIApp(routes=routes, exception_handlers={404: _no_such_path, 405: _no_such_path})
    app.router.redirect_slashes = False
    return app
