"""The dimensions of a sample company: their list, and SUBACCOUNT with its segments.

Belongs here: the only resource that is a single object. Does not belong here: subaccounts.
"""

from __future__ import annotations

import json

from . import chart
from .clock import Zone
from .faults import Answer, message_body
from .history import Company

DIMENSIONS = ("SUBACCOUNT", "INVENTORY", "CUSTOMER", "SUPPLIER", "PROJECT")


def dimension(rest: list[str], company: Company, zone: Zone) -> Answer:
    """The list of dimensions, or one of them."""
    if not rest:
        return Answer(200, json.dumps(DIMENSIONS).encode(), rows=len(DIMENSIONS))
    if rest[0].upper() not in DIMENSIONS:
        return Answer(404, message_body(f"Dimension '{rest[0]}' was not found."))
    stamp = zone.text(company.books.lists["subaccount"][0].modified)
    segments = []
    if rest[0].upper() == "SUBACCOUNT":
        for number, (name, values) in enumerate(
            (("Avdeling", chart.DEPARTMENTS), ("Region", chart.REGIONS)), start=1
        ):
            segments.append(
                {
                    "internalId": f"{number}",
                    "segmentId": number,
                    "description": name,
                    "length": len(next(iter(values))),
                    "lastModified": stamp,
                    "validate": True,
                    "segmentValues": [
                        {
                            "internalId": f"{number}{value}",
                            "segmentId": number,
                            "valueId": value,
                            "description": text,
                            "active": True,
                            "lastModified": stamp,
                        }
                        for value, text in values.items()
                    ],
                    "isAutoNumber": False,
                }
            )
    body = {
        "id": rest[0].upper(),
        "length": 4,
        "description": rest[0].title(),
        "segments": segments,
    }
    return Answer(200, json.dumps(body, ensure_ascii=False).encode(), rows=1)
