"""The declarations against the API's published contract."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from vismapbi_assets.visma.entities.catalogue import CATALOGUE
from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.entities.shape import EVERYWHERE, Member, Shape

pytestmark = pytest.mark.contract

KINDS = {
    "string": {"text"},
    "int": {"integer"},
    "int64": {"integer"},
    "bool": {"flag"},
    "number": {"amount", "rate"},
    "datetime": {"date", "stamp"},
    "enum": {"text"},
    "object": {"part"},
    "array": {"rows"},
}
entities = pytest.mark.parametrize("entity", CATALOGUE.values(), ids=CATALOGUE.keys())


class Contract:
    """The contract files of all entities."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.types = yaml.safe_load((folder / "_types.yaml").read_text())["types"]

    def of(self, entity: Entity) -> dict[str, Any]:
        return yaml.safe_load((self.folder / f"{entity.name}.yaml").read_text())

    def inside(self, spec: Any) -> dict[str, Any]:
        for reference in ("ref", "items"):
            if reference in spec:
                return self.types[spec[reference]]
        return spec.get("fields") or spec["item_fields"]


@pytest.fixture(scope="module")
def contract(reference_folder: Path) -> Contract:
    return Contract(reference_folder / "visma")


def differences(contract: Contract, members: Shape, fields: dict[str, Any], at: str) -> list[str]:
    found = []
    declared: dict[str, Member] = {m.name: m for m in members}
    if len(declared) != len(members):
        found.append(f"{at}: a member is declared twice")
    for name, member in declared.items():
        if name not in fields:
            found.append(f"{at}.{name}: not in the contract")
            continue
        spec = fields[name]
        if member.kind == "known":
            continue
        wire = spec if isinstance(spec, str) else spec["type"]
        if member.kind not in KINDS[wire]:
            found.append(f"{at}.{name}: declared {member.kind}, contract says {wire}")
        elif wire == "enum" and set(member.values) != set(spec["values"]):
            found.append(f"{at}.{name}: values differ")
        elif wire in ("object", "array"):
            found += differences(contract, member.members, contract.inside(spec), f"{at}.{name}")
    found += [
        f"{at}.{name}: in the contract, neither loaded nor known"
        for name in fields
        if name not in declared and name not in EVERYWHERE
    ]
    return found


@entities
def test_members_are_those_of_the_contract(contract: Contract, entity: Entity) -> None:
    assert differences(contract, entity.shape, contract.of(entity)["fields"], entity.name) == []


@entities
def test_list_path(contract: Contract, entity: Entity) -> None:
    published = contract.of(entity)
    assert entity.path == published["list"]["path"]
    if entity.detail:
        assert entity.detail.replace("{id}", "") == published["get_one"]["path"].split("{")[0]


@entities
def test_paging(contract: Contract, entity: Entity) -> None:
    published = contract.of(entity)["list"]
    if not published["paged"]:
        assert entity.paging == "none"
    elif "LINE" in published["paging_unit"]:
        assert entity.paging == "line"
    else:
        metadata = published["metadata_on_each_item"] is True
        assert entity.paging == ("document" if metadata else "short")


@entities
def test_parameters_exist(contract: Contract, entity: Entity) -> None:
    published = contract.of(entity)
    query = published["get_one"]["query"] if entity.detail else published["list"]["query"]
    assert set(entity.parameters) <= set(query)
    assert set(entity.loop) == {n for n, q in query.items() if q.get("required")}
    has = {n for n in query if n.startswith("lastModifiedDateTime")}
    if entity.delta == "pair":
        assert has == {"lastModifiedDateTime", "lastModifiedDateTimeCondition"}
    elif entity.delta == "floor":
        assert has == {"lastModifiedDateTime"}
    else:
        assert not has or entity.whole


@entities
def test_key_and_stamp(contract: Contract, entity: Entity) -> None:
    published = contract.of(entity)
    if not entity.detail:
        assert entity.modified == published["modified_field"]
    expected = {
        "budget": [
            "branchNumber_number",
            "ledger",
            "financialYear",
            "account_number",
            "subaccount_id",
        ],
        "generalLedgerBalance": [
            "branch_number",
            "ledger_id",
            "financialPeriod",
            "account_number",
            "subAccountCd",
        ],
        "dimension": ["id"],
    }.get(entity.name, published["key"])
    assert list(entity.key) == expected
