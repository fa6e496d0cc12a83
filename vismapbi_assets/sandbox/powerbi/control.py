"""The control routes below /control/: how a test outside the process steers and inspects.

Each verb does what the method of the same name on `PowerBISandbox` does. No secret leaves here.
"""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

import msgspec
import polars as pl
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from vismapbi_assets.sandbox.powerbi.call import json_response
from vismapbi_assets.sandbox.powerbi.faults import KINDS
from vismapbi_assets.sandbox.powerbi.state import PowerBISandbox
from vismapbi_assets.sandbox.powerbi.tenant import Dataset

Verb = Callable[[PowerBISandbox, Request, dict[str, Any]], Any]


def _datasets(sandbox: PowerBISandbox, request: Request, body: dict[str, Any]) -> Any:
    return [_described(dataset) for dataset in sandbox.datasets.values()]


def _described(dataset: Dataset) -> dict[str, Any]:
    return {
        "id": dataset.id,
        "name": dataset.name,
        "workspace": dataset.workspace_id,
        "mode": dataset.mode,
        "retention": dataset.retention,
        "relationships": [asdict(relationship) for relationship in dataset.relationships],
        "tables": {
            name: {
                "rows": table.rows.height,
                "columns": {c.name: c.data_type for c in table.definition.columns},
                "measures": list(table.definition.measures),
            }
            for name, table in dataset.tables.items()
        },
    }


def _rows(sandbox: PowerBISandbox, request: Request, body: dict[str, Any]) -> Any:
    asked = request.query_params
    frame = sandbox.rows(asked["dataset"], asked["table"])
    match asked.get("format", "json"):
        case "parquet":
            content = io.BytesIO()
            frame.write_parquet(content)
            return Response(content.getvalue(), media_type="application/vnd.apache.parquet")
        case "ndjson":
            lines = msgspec.json.Encoder(decimal_format="number").encode_lines(_wire(frame))
            return Response(lines, media_type="application/x-ndjson")
        case _:
            return _wire(frame)


def _wire(frame: pl.DataFrame) -> list[dict[str, Any]]:
    stamps = pl.selectors.datetime().dt.strftime("%Y-%m-%dT%H:%M:%S%.3f")
    return frame.with_columns(stamps).to_dicts()


def _tamper(sandbox: PowerBISandbox, request: Request, body: dict[str, Any]) -> Any:
    dataset, table = body.pop("dataset"), body.pop("table")
    return {"rows": sandbox.tamper(dataset, table, **body)}


def _log(sandbox: PowerBISandbox, request: Request, body: dict[str, Any]) -> Any:
    since = int(request.query_params.get("since", "0"))
    return sandbox.log.dicts(since, request.query_params.get("operation"))


def _clear_log(sandbox: PowerBISandbox, request: Request, body: dict[str, Any]) -> Any:
    sandbox.log.clear()
    return {}


def _faults(sandbox: PowerBISandbox, request: Request, body: dict[str, Any]) -> Any:
    return {"kinds": KINDS, "waiting": sandbox.faults.waiting()}


def _add_fault(sandbox: PowerBISandbox, request: Request, body: dict[str, Any]) -> Any:
    sandbox.add_fault(**body)
    return {"waiting": sandbox.faults.waiting()}


def _clear_faults(sandbox: PowerBISandbox, request: Request, body: dict[str, Any]) -> Any:
    sandbox.faults.clear()
    return {}


def _switches(sandbox: PowerBISandbox, request: Request, body: dict[str, Any]) -> Any:
    sandbox.set_switches(**body)
    return asdict(sandbox.switches)


def _limits(sandbox: PowerBISandbox, request: Request, body: dict[str, Any]) -> Any:
    sandbox.set_limits(**body)
    return asdict(sandbox.limits)


def _clock(sandbox: PowerBISandbox, request: Request, body: dict[str, Any]) -> Any:
    if "rate" in body:
        sandbox.clock.set_rate(float(body["rate"]))
    if "advance" in body:
        sandbox.clock.advance(float(body["advance"]))
    return {"now": sandbox.clock.stamp(), "rate": sandbox.clock.rate}


def _add_model(sandbox: PowerBISandbox, request: Request, body: dict[str, Any]) -> Any:
    return _described(sandbox.add_model(**body))


def _tokens(sandbox: PowerBISandbox, request: Request, body: dict[str, Any]) -> Any:
    if "seconds" in body:
        sandbox.directory.token_seconds = int(body["seconds"])
    if body.get("expire"):
        sandbox.directory.expire_tokens()
    return {"seconds": sandbox.directory.token_seconds}


def _certificates(sandbox: PowerBISandbox, request: Request, body: dict[str, Any]) -> Any:
    application = sandbox.directory.applications[body.get("client_id", sandbox.client_id)]
    application.register(body["pem"].encode())
    return {"registered": len(application.certificates) // 2}


def _reset(sandbox: PowerBISandbox, request: Request, body: dict[str, Any]) -> Any:
    sandbox.reset()
    return {}


VERBS: tuple[tuple[str, str, Verb], ...] = (
    ("GET", "datasets", _datasets),
    ("GET", "rows", _rows),
    ("POST", "tamper", _tamper),
    ("GET", "log", _log),
    ("DELETE", "log", _clear_log),
    ("GET", "faults", _faults),
    ("POST", "faults", _add_fault),
    ("DELETE", "faults", _clear_faults),
    ("GET", "switches", _switches),
    ("POST", "switches", _switches),
    ("GET", "limits", _limits),
    ("POST", "limits", _limits),
    ("GET", "clock", _clock),
    ("POST", "clock", _clock),
    ("POST", "models", _add_model),
    ("POST", "tokens", _tokens),
    ("POST", "certificates", _certificates),
    ("POST", "reset", _reset),
)


def control_routes(sandbox: PowerBISandbox) -> list[Route]:
    """The routes of the control API."""

    def serve(verb: Verb) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            content = await request.body()
            try:
                body = msgspec.json.decode(content, type=dict[str, Any]) if content else {}
                answer = verb(sandbox, request, body)
            except (KeyError, ValueError, TypeError, pl.exceptions.PolarsError) as problem:
                return PlainTextResponse(f"{type(problem).__name__}: {problem}", 400)
            return answer if isinstance(answer, Response) else json_response(answer)

        return endpoint

    return [
        Route(f"/control/{name}", serve(verb), methods=[method]) for method, name, verb in VERBS
    ]
