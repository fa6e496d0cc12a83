"""The simulated service over HTTP: turns calls into answers and sends them, wrong ones included.

Belongs here: ASGI. Does not belong here: what is answered (see `service`), the control verbs
(see `control`).
"""

from __future__ import annotations

import asyncio
import gzip
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from .control import control_routes
from .faults import Answer
from .service import VismaSandbox

_COMPRESS_FROM = 4_096


def build_visma_app(sandbox: VismaSandbox) -> Starlette:
    """The application that plays Visma.net, with the control API below /control/."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        form: dict[str, str] | None = None
        if request.method == "POST":
            body = (await request.body()).decode("utf-8", "replace")
            form = dict(parse_qsl(body, keep_blank_values=True))
        headers = {name.lower(): value for name, value in request.headers.items()}
        answer = sandbox.answer(
            request.method,
            request.url.path,
            dict(request.query_params),
            headers,
            form,
        )
        if answer.delay:
            await asyncio.sleep(answer.delay)
        if answer.reset:
            _drop(receive)
            return
        if answer.cut is not None:
            await _send_part(answer, send)
            _drop(receive)
            return
        accepted = headers.get("accept-encoding", "") if sandbox.settings.compress else ""
        await _response(answer, accepted)(scope, receive, send)

    async def alive(_: Request) -> Response:
        return Response("ok")

    return Starlette(
        routes=[
            Route("/health", alive),
            Mount("/control", routes=control_routes(sandbox)),
            Mount("/", app=serve),
        ]
    )


def _response(answer: Answer, accepted: str) -> Response:
    body = answer.body
    response_headers = dict(answer.headers)
    if len(body) > _COMPRESS_FROM and "gzip" in accepted:
        body = gzip.compress(body, compresslevel=1)
        response_headers["Content-Encoding"] = "gzip"
    media_type = answer.content_type if body else None
    return Response(body, answer.status, response_headers, media_type)


async def _send_part(answer: Answer, send: Send) -> None:
    length = str(len(answer.body)).encode()
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [
                (b"content-type", answer.content_type.encode()),
                (b"content-length", length),
            ],
        }
    )
    part = answer.body[: answer.cut]
    await send({"type": "http.response.body", "body": part, "more_body": True})
    await asyncio.sleep(0.05)


def _drop(receive: Receive) -> None:
    """Cut the connection under the server, as a broken network does."""
    cycle = getattr(receive, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is None:
        raise ConnectionAbortedError("the simulated connection was reset")
    transport.abort()
