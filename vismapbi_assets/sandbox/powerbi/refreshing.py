"""Handlers of refreshes and refresh schedules; push datasets answer 415 to all of them."""

from __future__ import annotations

from starlette.responses import Response

from vismapbi_assets.sandbox.powerbi.call import MEMBERS, Call, json_response, listing
from vismapbi_assets.sandbox.powerbi.errors import bad_request, refuse
from vismapbi_assets.sandbox.powerbi.refreshes import Refreshes
from vismapbi_assets.sandbox.powerbi.tenant import Dataset

_SCHEDULE = {"days", "times", "enabled", "localTimeZoneId", "NotifyOption", "notifyOption"}


def _model(call: Call, roles: set[str] | None = None) -> tuple[Dataset, Refreshes]:
    dataset = call.dataset(roles) if roles else call.dataset()
    if dataset.refreshes is None:
        text = "Invalid dataset. This API can only be called on a Model-based dataset"
        raise refuse(415, "InvalidRequest", text)
    return dataset, dataset.refreshes


def start_refresh(call: Call) -> Response:
    """Begin a classic or an enhanced refresh."""
    dataset, refreshes = _model(call)
    refresh = refreshes.start(
        call.json(),
        dedicated=call.sandbox.switches.dedicated_capacity,
        per_day=call.sandbox.limits.refreshes_per_day,
    )
    call.entry.stored = True
    if refresh.kind == "ViaApi":
        return Response(status_code=202)
    base = f"/v1.0/myorg/groups/{dataset.workspace_id}/datasets/{dataset.id}"
    location = f"{str(call.request.base_url).rstrip('/')}{base}/refreshes/{refresh.id}"
    return Response(status_code=202, headers={"x-ms-request-id": refresh.id, "Location": location})


def list_refreshes(call: Call) -> Response:
    """The history, newest first; a running refresh shows as Unknown."""
    _, refreshes = _model(call, MEMBERS)
    return listing(refreshes.list(call.integer("$top", 60, 1)), "refreshes")


def get_refresh(call: Call) -> Response:
    """Details of an enhanced refresh."""
    _, refreshes = _model(call, MEMBERS)
    status, detail = refreshes.detail(call.request.path_params["refresh"])
    return json_response(detail, status)


def cancel_refresh(call: Call) -> Response:
    """Cancel an enhanced refresh."""
    _, refreshes = _model(call)
    refreshes.cancel(call.request.path_params["refresh"])
    call.entry.stored = True
    return Response(status_code=200)


def get_schedule(call: Call) -> Response:
    """The refresh schedule."""
    dataset, _ = _model(call, MEMBERS)
    default = {
        "days": [],
        "times": [],
        "enabled": False,
        "localTimeZoneId": "UTC",
        "notifyOption": "MailOnFailure",
    }
    return json_response(default | dataset.schedule)


def set_schedule(call: Call) -> Response:
    """Change the refresh schedule."""
    dataset, _ = _model(call)
    body = call.json()
    value = body.get("value") if isinstance(body, dict) else None
    if not isinstance(value, dict) or set(value) - _SCHEDULE:
        raise bad_request("Property 'value' is required.")
    dataset.schedule.update(value)
    call.entry.stored = True
    return Response(status_code=200)
