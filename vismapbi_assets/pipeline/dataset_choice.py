"""Which dataset a store belongs to: shown, chosen by hand, forgotten.

For a person who has to decide what the software refuses to guess. Finding, creating and changing
the dataset belongs in `powerbi/dataset.py`.
"""

from __future__ import annotations

from typing import Any

from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.powerbi.errors import DatasetMissing
from vismapbi_assets.powerbi.registry import Pinned

Row = dict[str, Any]


def show_dataset(bench: Workbench) -> Row:
    """The dataset that the store remembers, and whether Power BI shows it."""
    pinned = bench.keeper().pinned()
    if pinned is None:
        return {"pinned": False, "name": bench.model.name, "in_power_bi": None}
    return _row(pinned) | {"in_power_bi": _seen(bench, pinned)}


def pin_dataset(bench: Workbench, dataset_id: str) -> Row:
    """Make the store belong to this dataset, which must have exactly the model's tables."""
    return _row(bench.keeper().adopt(dataset_id, bench.model)) | {"in_power_bi": True}


def forget_dataset(bench: Workbench) -> Row | None:
    """Forget the dataset; what was remembered, or None."""
    keeper = bench.keeper()
    pinned = keeper.pinned()
    keeper.registry.unpin()
    return _row(pinned) if pinned else None


def _seen(bench: Workbench, pinned: Pinned) -> bool:
    try:
        bench.powerbi(pinned.workspace_id).dataset(pinned.dataset_id)
    except DatasetMissing:
        return False
    return True


def _row(pinned: Pinned) -> Row:
    return {
        "pinned": True,
        "name": pinned.model.name,
        "dataset_id": pinned.dataset_id,
        "workspace_id": pinned.workspace_id,
        "origin": pinned.origin,
        "pinned_at": pinned.pinned_at.isoformat(timespec="seconds"),
        "tables": len(pinned.model.tables),
    }
