"""The served shapes against the published contract: no member that the contract does not name."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from vismapbi_assets.sandbox.visma.resources import RESOURCES

from .visma_http import Service, shared

__all__ = ["shared"]

pytestmark = pytest.mark.contract
NESTED = ("fields", "item_fields")


def _unknown(value: Any, shape: Any, types: dict[str, Any], path: str) -> list[str]:
    if isinstance(value, list):
        return [text for part in value[:40] for text in _unknown(part, shape, types, path)]
    if not isinstance(value, dict) or not isinstance(shape, dict):
        return []
    named = shape.get("ref") or shape.get("items")
    members = types[named] if named else shape.get("fields") or shape.get("item_fields")
    if members is None:
        return []
    found = []
    for name, inner in value.items():
        if name not in members:
            found.append(f"{path}.{name}")
        else:
            found += _unknown(inner, members[name], types, f"{path}.{name}")
    return found


@pytest.mark.parametrize("entity", sorted(RESOURCES))
def test_served_members_are_in_the_contract(
    shared: Service, reference_folder: Path, entity: str
) -> None:
    folder = reference_folder / "visma"
    types = yaml.safe_load((folder / "_types.yaml").read_text(encoding="utf-8"))["types"]
    contract = yaml.safe_load((folder / f"{entity}.yaml").read_text(encoding="utf-8"))
    rows = shared.snapshot(entity)
    assert rows
    problems = set()
    for row in rows[:300]:
        problems |= set(_unknown(row, {"fields": contract["fields"]}, types, entity))
    assert sorted(problems) == []
    path = RESOURCES[entity].path
    assert path == contract["list"]["path"]
    query = contract["list"]["query"]
    parameters = {*RESOURCES[entity].filters, *RESOURCES[entity].dates}
    assert parameters <= set(query), parameters - set(query)


@pytest.mark.parametrize("entity", sorted(RESOURCES))
def test_enum_values_are_in_the_contract(
    shared: Service, reference_folder: Path, entity: str
) -> None:
    text = (reference_folder / "visma" / f"{entity}.yaml").read_text(encoding="utf-8")
    fields = yaml.safe_load(text)["fields"]
    enums = {
        name: set(shape["values"])
        for name, shape in fields.items()
        if isinstance(shape, dict) and shape.get("type") == "enum"
    }
    for row in shared.snapshot(entity):
        for name, values in enums.items():
            assert row.get(name) is None or row[name] in values, (name, row[name])
