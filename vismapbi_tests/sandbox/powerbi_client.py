"""A thin, careless Power BI client for the tests of the sandbox: no retry, no checks."""

import re
from contextlib import contextmanager
from threading import Thread
from typing import Any
from urllib.parse import quote

import requests
import uvicorn

from vismapbi_assets.sandbox.powerbi.app import build_powerbi_app
from vismapbi_assets.sandbox.powerbi.state import PowerBISandbox

SCOPE = "https://analysis.windows.net/powerbi/api/.default"


@contextmanager
def served(app):
    """Serve an application on a free port of the loopback; gives its URL."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


class Client:
    """Calls of one workspace."""

    def __init__(self, sandbox: PowerBISandbox, url: str) -> None:
        self.sandbox, self.url = sandbox, url
        self.session = requests.Session()
        self.workspace = sandbox.workspace_id
        self.authorise()

    def token(self, **changes: Any) -> requests.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.sandbox.client_id,
            "client_secret": self.sandbox.client_secret,
            "scope": SCOPE,
        }
        form = {k: v for k, v in (form | changes).items() if v is not None}
        endpoint = f"{self.url}/{self.sandbox.tenant_id}/oauth2/v2.0/token"
        return self.session.post(endpoint, data=form, timeout=10)

    def authorise(self) -> None:
        token = self.token().json()["access_token"]
        self.session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        options.setdefault("timeout", 20)
        base = f"{self.url}/v1.0/myorg"
        return self.session.request(method, base + path, **options)

    def group(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.call(method, f"/groups/{self.workspace}{path}", **options)

    def create(self, body: dict[str, Any], **options: Any) -> str:
        response = self.group("POST", "/datasets", json=body, **options)
        assert response.status_code == 201, response.text
        return response.json()["id"]

    def rows(self, dataset: str, table: str, rows: Any, **options: Any) -> requests.Response:
        content = {"data": rows} if isinstance(rows, bytes) else {"json": {"rows": rows}}
        path = f"/datasets/{dataset}/tables/{quote(table, safe='')}/rows"
        return self.group("POST", path, **content, **options)

    def query(self, dataset: str, text: str, **settings: Any) -> requests.Response:
        body: dict[str, Any] = {"queries": [{"query": text}]}
        if settings:
            body["serializerSettings"] = settings
        return self.group("POST", f"/datasets/{dataset}/executeQueries", json=body)

    def answer(self, dataset: str, text: str) -> list[dict[str, Any]]:
        response = self.query(dataset, text, includeNulls=True)
        assert response.status_code == 200, response.text
        table = response.json()["results"][0]["tables"][0]
        assert "error" not in table
        return table["rows"]

    def count(self, dataset: str, table: str) -> int:
        rows = self.answer(dataset, f"EVALUATE ROW(\"n\", COUNTROWS('{table}'))")
        return rows[0]["[n]"] or 0


def table(name: str, **columns: str) -> dict[str, Any]:
    """A table declaration from column names and types."""
    return {
        "name": name,
        "columns": [{"name": c, "dataType": t, "summarizeBy": "none"} for c, t in columns.items()],
    }


def relation(from_table: str, from_column: str, to_table: str, to_column: str) -> dict[str, str]:
    """A relationship declaration."""
    return {
        "name": re.sub(r"\W", "-", f"{from_table}-{from_column}-{to_table}"),
        "fromTable": from_table,
        "fromColumn": from_column,
        "toTable": to_table,
        "toColumn": to_column,
    }


def dataset(*tables: dict[str, Any], relationships: list[Any] | None = None) -> dict[str, Any]:
    """A create request."""
    return {
        "name": "Finance",
        "defaultMode": "Push",
        "tables": list(tables),
        "relationships": relationships or [],
    }


__all__ = ["Client", "build_powerbi_app", "dataset", "relation", "served", "table"]
