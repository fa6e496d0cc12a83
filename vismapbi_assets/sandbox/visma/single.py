"""One record by its key: the single reads beside the lists.

Belongs here: finding it and sending it whole, with its row version as ETag. Does not belong
here: lists (see `listing`).
"""

from __future__ import annotations

from .faults import Answer, message_body
from .listing import Listings
from .resource import Resource
from .routing import plain_id
from .wire.common import row_version


def one_record(resource: Resource, rest: list[str], listings: Listings) -> Answer:
    """The record with the number, and the type where one is given, as an object with its tag."""
    *kind, number = [plain_id(part) for part in rest]
    for record in listings.books.lists[resource.entity]:
        if record.number != number:
            continue
        if kind and resource.kind(record).lower() != kind[-1].lower():
            continue
        form = listings.form(resource, record)
        body = form.head + b"".join(form.expands.values())
        if resource.paging == "line":
            body += b',"journalTransactionLines":[' + b",".join(form.lines) + b"]"
        tag = (("ETag", f'"{row_version(record)}"'),)
        return Answer(200, body + b"}", rows=1, headers=tag)
    return Answer(404, message_body(f"{resource.entity} '{number}' was not found."))
