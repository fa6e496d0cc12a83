"""The catalogue of endpoints of the simulated service.

Belongs here: finding a resource by name or path. Does not belong here: the declarations.
"""

from __future__ import annotations

from .document_resources import DOCUMENT_RESOURCES
from .ledger_resources import LEDGER_RESOURCES
from .resource import Resource

RESOURCES: dict[str, Resource] = {
    resource.entity: resource for resource in (*DOCUMENT_RESOURCES, *LEDGER_RESOURCES)
}
BY_PATH: dict[str, Resource] = {
    resource.path.lower(): resource for resource in RESOURCES.values()
} | {"/v1/payment": RESOURCES["customerPayment"]}
