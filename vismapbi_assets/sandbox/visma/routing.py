"""From a path to a resource: without regard to case, with ids in plain or base64 form.

Belongs here: reading paths. Does not belong here: answering them.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode

from .resource import Resource
from .resources import BY_PATH


def route(path: str) -> tuple[str | None, Resource | None, list[str]]:
    """The resource of a path, matched without regard to case, and the rest behind it."""
    parts = path.strip("/").split("/")
    folded = [part.lower() for part in parts]
    if len(folded) < 2:
        return None, None, []
    base, rest = "/" + "/".join(folded[:2]), parts[2:]
    if base == "/v1/dimension":
        return "dimension", None, rest
    if base == "/v1/background":
        return "background", None, rest
    resource = BY_PATH.get(base)
    if resource is None or len(rest) > 3:
        return None, None, []
    return resource.entity, resource, rest


def plain_id(part: str) -> str:
    """An id as it is, or out of the form b64(...)."""
    if part.startswith("b64(") and part.endswith(")"):
        text = part[4:-1]
        return urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    return part
