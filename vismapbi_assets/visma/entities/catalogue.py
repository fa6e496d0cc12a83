"""All entities by name, in the order in which a run reads them.

Only the list: declarations belong in the domain modules.
"""

from collections.abc import Mapping
from types import MappingProxyType

from vismapbi_assets.visma.entities import (
    cash,
    chart,
    customers,
    ledger,
    payables,
    projects,
    purchasing,
    receivables,
    reference,
)
from vismapbi_assets.visma.entities.declaration import Entity

MODULES = (
    chart,
    reference,
    cash,
    payables,
    customers,
    receivables,
    purchasing,
    projects,
    ledger,
)

CATALOGUE: Mapping[str, Entity] = MappingProxyType(
    {entity.name: entity for module in MODULES for entity in module.ENTITIES}
)
