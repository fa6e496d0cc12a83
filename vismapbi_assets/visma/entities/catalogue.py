"""All entities by name, in the order in which a run reads them.

Only the list: declarations belong in the domain modules.
"""

from collections.abc import Mapping
from types import MappingProxyType

from vismapbi_assets.visma.entities import (
    cash,
    ledger,
    payables,
    projects,
    purchasing,
    receivables,
    reference,
)
from vismapbi_assets.visma.entities.declaration import Entity

DOMAINS = (reference, cash, payables, receivables, purchasing, projects, ledger)

CATALOGUE: Mapping[str, Entity] = MappingProxyType(
    {entity.name: entity for domain in DOMAINS for entity in domain.ENTITIES}
)
