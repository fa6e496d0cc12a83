"""The simulated service against Microsoft's own description of the operations."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from vismapbi_tests.sandbox.powerbi_client import Client, dataset, relation, table

pytestmark = pytest.mark.contract

MODEL = dataset(
    table("T", Key="String", Amount="Decimal"),
    table("Dim", Key="String"),
    relationships=[relation("T", "Key", "Dim", "Key")],
)


@pytest.fixture(scope="module")
def description(reference_folder: Path) -> dict[str, Any]:
    path = reference_folder / "powerbi" / "push-openapi.json"
    if not path.is_file():
        pytest.skip("the description of the push operations is not here")
    content = json.loads(path.read_text())
    # Answers carry names only, as in the published samples; requests are checked by the service.
    content["definitions"]["Table"]["required"].remove("columns")
    return content


def answered(powerbi: Client) -> dict[tuple[str, str], Any]:
    """One successful answer of every operation, by method and path template."""
    found: dict[tuple[str, str], Any] = {}

    def call(method: str, template: str, json: Any = None, **names: str) -> Any:
        path = template
        for name, value in ({"groupId": powerbi.workspace} | names).items():
            path = path.replace("{" + name + "}", value)
        answer = powerbi.call(method, path, json=json)
        found[method.lower(), "/v1.0/myorg" + template] = answer
        return answer

    group, data = "/groups/{groupId}", "/groups/{groupId}/datasets/{datasetId}"
    own = call("POST", "/groups", {"name": "Own"}).json()["id"]
    call("GET", "/groups")
    call("POST", "/RefreshUserPermissions")
    powerbi.workspace = own
    user = {"identifier": "x", "principalType": "App", "groupUserAccessRight": "Viewer"}
    call("POST", group + "/users", user)
    call("PUT", group + "/users", user | {"groupUserAccessRight": "Member"})
    call("GET", group + "/users")
    call("DELETE", group + "/users/{user}", user="x")
    push = call("POST", group + "/datasets", MODEL).json()["id"]
    call("GET", group + "/datasets")
    call("GET", data, datasetId=push)
    call("PATCH", data, {"targetStorageMode": "PremiumFiles"}, datasetId=push)
    call("GET", data + "/tables", datasetId=push)
    call("PUT", data + "/tables/{tableName}", MODEL["tables"][0], datasetId=push, tableName="T")
    rows = {"rows": [{"Key": "a", "Amount": 1.5}]}
    call("POST", data + "/tables/{tableName}/rows", rows, datasetId=push, tableName="T")
    query = {"queries": [{"query": "EVALUATE 'T'"}], "serializerSettings": {"includeNulls": True}}
    call("POST", data + "/executeQueries", query, datasetId=push)
    call("DELETE", data + "/tables/{tableName}/rows", datasetId=push, tableName="T")
    call("GET", data + "/datasources", datasetId=push)
    right = {"identifier": "u", "principalType": "User", "datasetUserAccessRight": "Read"}
    call("POST", data + "/users", right, datasetId=push)
    call("PUT", data + "/users", right, datasetId=push)
    call("GET", data + "/users", datasetId=push)
    call("POST", data + "/Default.TakeOver", datasetId=push)
    model = powerbi.sandbox.add_model("Imported", own).id
    started = call("POST", data + "/refreshes", {"type": "Full"}, datasetId=model)
    refresh = started.headers["x-ms-request-id"]
    call("GET", data + "/refreshes", datasetId=model)
    call("GET", data + "/refreshes/{refreshId}", datasetId=model, refreshId=refresh)
    call("DELETE", data + "/refreshes/{refreshId}", datasetId=model, refreshId=refresh)
    schedule = {"value": {"enabled": False, "days": ["Monday"]}}
    call("PATCH", data + "/refreshSchedule", schedule, datasetId=model)
    call("GET", data + "/refreshSchedule", datasetId=model)
    call("DELETE", data, datasetId=push)
    return found


def documented(description: dict[str, Any]) -> dict[tuple[str, str], Any]:
    return {
        (method, path): operation["responses"]
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
    }


def test_every_operation_answers_as_described(powerbi: Client, description: dict[str, Any]) -> None:
    answers = answered(powerbi)
    operations = documented(description)
    assert set(answers) == set(operations)
    for known, answer in answers.items():
        responses = operations[known]
        assert str(answer.status_code) in responses, (known, answer.text)
        response = responses[str(answer.status_code)]
        for header in response.get("headers", {}):
            assert answer.headers[header]
        if "schema" not in response:
            assert answer.content == b"", known
            continue
        schema = {**response["schema"], "definitions": description["definitions"]}
        jsonschema.validate(answer.json(), schema)
        assert answer.json(), known


def test_every_described_property_is_taken(powerbi: Client, description: dict[str, Any]) -> None:
    definitions = description["definitions"]
    body = copy.deepcopy(MODEL)
    texts = {"string": "x", "boolean": True, "array": []}
    for kind, target in (
        ("Table", body["tables"][0]),
        ("Column", body["tables"][0]["columns"][0]),
        ("Relationship", body["relationships"][0]),
        ("CreateDatasetRequest", body),
    ):
        for name, declared in definitions[kind]["properties"].items():
            value = declared.get("enum", [None])[0] or texts[declared["type"]]
            target.setdefault(name, value)
    body["tables"][0]["columns"][0]["sortByColumn"] = "Amount"
    body["tables"][0]["measures"] = [
        {name: texts[p["type"]] for name, p in definitions["Measure"]["properties"].items()}
    ]
    body["tables"][0]["columns"][0]["summarizeBy"] = "none"
    answer = powerbi.group("POST", "/datasets", json=body)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("text", ["Facts", "Å ø-#_@^~", "a.b", "a/b", "a(b)", "x" * 101, "漢"])
def test_name_patterns_are_the_described_ones(
    powerbi: Client, description: dict[str, Any], text: str
) -> None:
    schema = {**description, "$ref": "#/definitions/CreateDatasetRequest"}
    body = dataset(table(text, Key="String"))
    try:
        jsonschema.validate(body, schema)
        expected = 201
    except jsonschema.ValidationError:
        expected = 400
    assert powerbi.group("POST", "/datasets", json=body).status_code == expected
