"""The control API: what tests and demos can ask for over HTTP, same verbs as in process.

Belongs here: JSON in, JSON out. Does not belong here: the changes themselves (see `verbs`).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .service import VismaSandbox

Handler = Callable[[Request], Awaitable[Response]]


def control_routes(sandbox: VismaSandbox) -> list[Route]:
    """The routes below /control/."""

    def advance(wanted: dict[str, Any]) -> object:
        return sandbox.advance(wanted.get("days", 1), wanted.get("company"))

    def mutate(wanted: dict[str, Any]) -> object:
        return sandbox.mutate(wanted.pop("company"), wanted.pop("verb"), **_arguments(wanted))

    def script(wanted: dict[str, Any]) -> object:
        entity, after = wanted.pop("entity"), wanted.pop("after")
        company, verb = wanted.pop("company"), wanted.pop("verb")
        sandbox.script(entity, after, company, verb, **_arguments(wanted))
        return {"waiting": True}

    def fault(wanted: dict[str, Any]) -> object:
        if wanted.pop("clear", False):
            sandbox.faults.clear()
            return {"waiting": False}
        sandbox.fault(wanted.pop("kind"), **wanted)
        return {"waiting": True}

    def settings(wanted: dict[str, Any]) -> object:
        sandbox.configure(**wanted)
        return {"changed": sorted(wanted)}

    def clock(wanted: dict[str, Any]) -> object:
        return sandbox.set_clock(**wanted)

    def commit_late(wanted: dict[str, Any]) -> object:
        company, verb = wanted.pop("company"), wanted.pop("verb")
        sandbox.commit_late(company, verb, **_arguments(wanted))
        return {"waiting": True}

    def flush_late(_: dict[str, Any]) -> object:
        return sandbox.flush_late()

    def revoke(_: dict[str, Any]) -> object:
        sandbox.tokens.revoke_all()
        return {"revoked": True}

    changes = (advance, mutate, script, fault, settings, clock, commit_late, flush_late, revoke)
    return [
        *(Route(f"/{change.__name__}", _posted(change), methods=["POST"]) for change in changes),
        Route("/snapshot", _snapshot(sandbox)),
        Route("/totals", _totals(sandbox)),
        Route("/log", _log(sandbox), methods=["GET", "DELETE"]),
    ]


def _arguments(wanted: dict[str, Any]) -> dict[str, Any]:
    """A change's arguments: what is left, and what stands under `arguments`."""
    nested: dict[str, Any] = wanted.pop("arguments", {})
    return wanted | nested


def _posted(change: Callable[[dict[str, Any]], object]) -> Handler:
    async def handle(request: Request) -> Response:
        text = await request.body()
        try:
            return JSONResponse(change(json.loads(text) if text else {}))
        except (LookupError, ValueError, TypeError) as error:
            return JSONResponse({"message": str(error)}, status_code=400)

    return handle


def _snapshot(sandbox: VismaSandbox) -> Handler:
    async def handle(request: Request) -> Response:
        wanted = request.query_params
        try:
            body = sandbox.snapshot(wanted["company"], wanted["entity"])
        except LookupError as error:
            return JSONResponse({"message": str(error)}, status_code=400)
        return Response(body, media_type="application/json")

    return handle


def _totals(sandbox: VismaSandbox) -> Handler:
    async def handle(request: Request) -> Response:
        wanted = request.query_params
        try:
            return JSONResponse(sandbox.totals(wanted["company"], wanted.get("at")))
        except (LookupError, ValueError) as error:
            return JSONResponse({"message": str(error)}, status_code=400)

    return handle


def _log(sandbox: VismaSandbox) -> Handler:
    async def handle(request: Request) -> Response:
        with sandbox.lock:
            entries = list(sandbox.log)
            if request.method == "DELETE":
                sandbox.log.clear()
        return JSONResponse(entries)

    return handle
