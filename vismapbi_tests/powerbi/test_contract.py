"""What we send against Microsoft's published description of the push API."""

import json
import re
from typing import Any

import msgspec
import pytest

from vismapbi_assets.powerbi.schema import (
    PushColumn,
    PushMeasure,
    PushModel,
    PushRelationship,
    PushTable,
    create_request,
    table_request,
)
from vismapbi_tests.powerbi.conftest import MODEL

pytestmark = pytest.mark.contract

WHOLE = PushModel(
    name="Finance",
    tables=(
        PushTable(
            name="Årsverk #1",
            description="d",
            is_hidden=True,
            columns=(
                PushColumn(
                    name="A", data_type="String", format_string="x", sort_by_column="A",
                    is_hidden=True, summarize_by="none",
                ),
            ),
            measures=(
                PushMeasure(
                    name="M", expression="1", format_string="0", description="d", is_hidden=True
                ),
            ),
        ),
    ),
    relationships=(
        PushRelationship(name="r", from_table="a", from_column="b", to_table="c", to_column="d"),
    ),
)  # fmt: skip


@pytest.fixture
def definitions(reference_folder) -> dict[str, Any]:
    file = reference_folder / "powerbi" / "push-openapi.json"
    if not file.is_file():
        pytest.skip("the description of the push API is not beside the project")
    return json.loads(file.read_text("utf-8"))["definitions"]


def breaches(definitions: dict[str, Any], name: str, value: dict[str, Any]) -> list[str]:
    """Unknown, missing and badly formed properties, read case-sensitively."""
    shape = definitions[name]
    properties = dict(shape.get("properties") or {})
    required = set(shape.get("required") or ())
    for part in shape.get("allOf") or ():
        inner = definitions[part["$ref"].rsplit("/", 1)[-1]] if "$ref" in part else part
        properties |= inner.get("properties") or {}
        required |= set(inner.get("required") or ())
    found = [f"{name}.{k} is unknown" for k in value if k not in properties]
    found += [f"{name}.{k} is missing" for k in required - set(value)]
    for key, held in value.items():
        about = properties.get(key, {})
        if "enum" in about and held not in about["enum"]:
            found.append(f"{name}.{key} may not be {held!r}")
        if "pattern" in about and not re.search(about["pattern"], held):
            found.append(f"{name}.{key} does not match")
        if "$ref" in about.get("items", {}):
            inner = about["items"]["$ref"].rsplit("/", 1)[-1]
            found += [b for item in held for b in breaches(definitions, inner, item)]
    return found


@pytest.mark.parametrize("model", [WHOLE, MODEL], ids=["every property", "facts"])
def test_the_create_request_is_as_described(definitions, model):
    assert breaches(definitions, "CreateDatasetRequest", create_request(model)) == []


def test_the_table_request_is_as_described(definitions):
    assert breaches(definitions, "Table", table_request(WHOLE.tables[0])) == []


def test_the_registered_model_is_read_back_whole():
    assert msgspec.json.decode(msgspec.json.encode(WHOLE), type=PushModel) == WHOLE
