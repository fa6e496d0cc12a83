"""Reads a list that takes longer than the gateway allows, as a background job of Visma.net.

The job is accepted at once, asked for until it has ended, and its content fetched: from the
configured host by the job's id, whatever addresses the answers name. When this way is taken is
decided in `reading.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import msgspec

from vismapbi_assets.visma.client import Answer, VismaClient
from vismapbi_assets.visma.errors import MalformedPageError, TransientError, error_of, excerpt

HEADERS = {"erp-api-background": "none"}
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 60.0
PATIENCE = timedelta(hours=1)

T = TypeVar("T")


class _Accepted(msgspec.Struct):
    id: str


class _State(msgspec.Struct, rename="camel"):
    status: str
    status_code: int = 0
    error_message: str | None = None


def get_in_background(
    client: VismaClient, path: str, parameters: Mapping[str, str], read: Callable[[Answer], T]
) -> T:
    """What `read` makes of the answer, which the server computes without a time limit."""
    accepted = client.get(
        path, parameters, lambda answer: _told(answer, _Accepted), headers=HEADERS, expected=202
    )
    _wait(client, accepted.id, f"GET {path} in the background")
    # the content stands for the list: errors and the archive name the list
    return client.get(
        f"/v1/background/{accepted.id}/content",
        {},
        lambda answer: read(replace(answer, path=path, parameters=dict(parameters))),
    )


def _wait(client: VismaClient, job: str, what: str) -> None:
    """Ask until the job has ended well; finished is not success."""
    began, pause = client.clock.now(), FIRST_PAUSE
    while client.clock.now() - began < PATIENCE:
        state = client.get(f"/v1/background/{job}", {}, lambda answer: _told(answer, _State))
        if state.status == "Finished" and state.status_code in (0, 200):
            return
        if state.status in ("Finished", "Failed"):
            said = (state.error_message or state.status).encode()
            raise error_of(state.status_code or 500, said, request=what, company=client.company)
        client.clock.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
    raise TransientError(f"{what} for company {client.company}: not finished within {PATIENCE}")


def _told(answer: Answer, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except msgspec.DecodeError:
        raise MalformedPageError(
            f"GET {answer.path}: this is no background job: {excerpt(answer.body)}"
        ) from None
