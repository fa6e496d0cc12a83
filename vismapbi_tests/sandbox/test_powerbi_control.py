"""The control routes: inspection, tampering, and ingest that is cheap enough."""

import io
import time
from decimal import Decimal

import msgspec
import polars as pl

from vismapbi_assets.sandbox.powerbi.limits import Limits
from vismapbi_assets.sandbox.powerbi.rows import RowDecoder, RowRules
from vismapbi_assets.sandbox.powerbi.schema import ColumnDef
from vismapbi_assets.sandbox.powerbi.storage import RowStore
from vismapbi_tests.sandbox.powerbi_client import Client, dataset, table

MODEL = dataset(table("T", Key="String", Amount="Decimal", Day="DateTime"))
ROWS = [{"Key": "a", "Amount": 0.1, "Day": "2026-10-31"}, {"Key": "b"}]


def test_rows_leave_in_three_forms(powerbi: Client) -> None:
    identity = powerbi.create(MODEL)
    powerbi.rows(identity, "T", ROWS)
    asked = {"dataset": identity, "table": "T"}
    url = f"{powerbi.url}/control/rows"
    expected = [
        {"Key": "a", "Amount": 0.1, "Day": "2026-10-31T00:00:00.000"},
        {"Key": "b", "Amount": None, "Day": None},
    ]
    assert powerbi.session.get(url, params=asked).json() == expected
    lines = powerbi.session.get(url, params=asked | {"format": "ndjson"}).content
    assert msgspec.json.Decoder().decode_lines(lines) == expected
    content = powerbi.session.get(url, params=asked | {"format": "parquet"}).content
    frame = pl.read_parquet(io.BytesIO(content))
    assert frame["Amount"].to_list() == [Decimal("0.1000"), None]
    assert powerbi.session.get(url, params={"dataset": "x", "table": "T"}).status_code == 400


def test_datasets_are_described(powerbi: Client) -> None:
    identity = powerbi.create(MODEL)
    powerbi.rows(identity, "T", ROWS)
    described = powerbi.session.get(f"{powerbi.url}/control/datasets").json()
    assert described[0]["tables"]["T"]["rows"] == 2
    assert described[0]["tables"]["T"]["columns"]["Amount"] == "Decimal"


def test_tampering(powerbi: Client) -> None:
    identity = powerbi.create(MODEL)
    powerbi.rows(identity, "T", ROWS)
    target = {"dataset": identity, "table": "T"}
    url = f"{powerbi.url}/control/tamper"
    assert powerbi.session.post(url, json=target | {"drop": 1}).json() == {"rows": 1}
    added = powerbi.session.post(url, json=target | {"add": [{"Key": "z", "Amount": "5.5"}]})
    assert added.json() == {"rows": 2}, added.text
    assert powerbi.answer(identity, "EVALUATE ROW(\"s\", SUM('T'[Amount]))") == [{"[s]": 5.6}]
    assert powerbi.session.post(url, json=target | {"clear": True}).json() == {"rows": 0}


def test_switches_limits_and_clock(powerbi: Client) -> None:
    post = powerbi.session.post
    switches = post(f"{powerbi.url}/control/switches", json={"put_rows": "clear"}).json()
    assert switches["put_rows"] == "clear"
    assert post(f"{powerbi.url}/control/switches", json={"put_row": "x"}).status_code == 400
    assert post(f"{powerbi.url}/control/limits", json={"tables": 3}).json()["tables"] == 3
    before = powerbi.sandbox.clock.now()
    post(f"{powerbi.url}/control/clock", json={"advance": 3600})
    assert powerbi.sandbox.clock.now() - before >= 3600
    assert powerbi.call("GET", "/groups").status_code == 403
    post(f"{powerbi.url}/control/tokens", json={"seconds": 60})
    assert powerbi.token().json()["expires_in"] == 60
    post(f"{powerbi.url}/control/tokens", json={"seconds": 3599})


def test_the_log_counts_every_request(powerbi: Client) -> None:
    identity = powerbi.create(MODEL)
    powerbi.rows(identity, "T", ROWS)
    powerbi.rows(identity, "t", ROWS)
    url = f"{powerbi.url}/control/log"
    posts = powerbi.session.get(url, params={"operation": "rows.post"}).json()
    assert [(p["status"], p["rows"], p["stored"]) for p in posts] == [
        (200, 2, True),
        (404, None, False),
    ]
    assert posts[0]["table"] == "T"
    later = powerbi.session.get(url, params={"since": posts[0]["number"]}).json()
    assert [entry["number"] for entry in later] == [posts[1]["number"]]
    assert powerbi.sandbox.log.count() == 4
    powerbi.session.delete(url)
    assert powerbi.sandbox.log.count() == 0


def test_ingest_takes_the_compiled_path() -> None:
    kinds = ["String"] * 18 + ["Int64"] * 5 + ["DateTime"] * 4 + ["Boolean"] * 2
    kinds += ["Decimal"] * 5 + ["Double"]
    values = {
        "String": "no:GL:000123",
        "Int64": 7,
        "DateTime": "2026-10-31T00:00:00",
        "Boolean": True,
        "Decimal": Decimal("12345.6700"),
        "Double": 1.5,
    }
    row = {f"Column {n}": values[kind] for n, kind in enumerate(kinds)}
    body = msgspec.json.Encoder(decimal_format="number").encode({"rows": [row] * 10_000})
    decoder = RowDecoder([ColumnDef(f"Column {n}", kind) for n, kind in enumerate(kinds)])  # type: ignore[arg-type]
    store = RowStore(decoder.schema)
    fastest = 1e9
    for _ in range(5):
        started = time.process_time()
        store.append(decoder.decode(body, RowRules(), Limits()))
        fastest = min(fastest, time.process_time() - started)
    assert store.height == 50_000
    assert fastest < 0.4, "coercing value by value takes about ten times as long"
