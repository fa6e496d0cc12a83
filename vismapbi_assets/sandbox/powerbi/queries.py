"""Handler of executeQueries: limits, nulls and errors around the DAX evaluator.

The semantics of DAX are the evaluator's; here rows become JSON and excess becomes an `error`
inside an answer that still says 200.
"""

from __future__ import annotations

from typing import Any

import msgspec
import polars as pl
from starlette.responses import Response

from vismapbi_assets.sandbox.dax import DaxError, DaxModel, Relationship, evaluate_all
from vismapbi_assets.sandbox.powerbi.call import Call
from vismapbi_assets.sandbox.powerbi.errors import (
    Refusal,
    bad_request,
    bare_message,
    pbi_error,
    refuse,
    throttled,
)
from vismapbi_assets.sandbox.powerbi.limits import MINUTE, Limits, Window
from vismapbi_assets.sandbox.powerbi.tenant import Dataset, PushTable

_PROPERTIES = {"queries", "serializerSettings", "impersonatedUserName"}
_encoder = msgspec.json.Encoder(decimal_format="number")


class _StoredTable:
    """A received table as the evaluator reads it: column by column, visible rows only."""

    def __init__(self, table: PushTable, now: float) -> None:
        self._table, self._now = table, now
        self.schema = table.rows.schema
        self.height = table.rows.visible_rows(now)

    def column(self, name: str) -> pl.Series:
        """One column of the visible rows."""
        return self._table.rows.frame([name], self._now)[name]

    def head(self, name: str, count: int) -> pl.Series:
        """The first values of a column."""
        return self._table.rows.frame([name], self._now, count)[name]


def model_of(dataset: Dataset, now: float) -> DaxModel:
    """The dataset as the evaluator sees it at a moment."""
    return DaxModel(
        {name: _StoredTable(table, now) for name, table in dataset.tables.items()},
        [
            Relationship(
                r.from_table, r.from_column, r.to_table, r.to_column, r.behavior == "BothDirections"
            )
            for r in dataset.relationships
        ],
        {
            name: expression
            for table in dataset.tables.values()
            for name, expression in table.definition.measures.items()
        },
    )


def execute_queries(call: Call) -> Response:
    """Run one DAX query."""
    dataset = call.dataset()
    sandbox, now = call.sandbox, call.sandbox.clock.now()
    window = sandbox.queries.setdefault(call.object_id, Window(MINUTE))
    wait = window.wait(now, sandbox.limits.queries_per_minute)
    if wait > 0:
        raise throttled(sandbox.clock.real_seconds(wait))
    window.book(now)
    text, include_nulls = _asked(call.json())
    if sandbox.switches.queries == "setting_off":
        raise bare_message(403, "API is not accessible for application")
    if sandbox.switches.queries == "not_for_push" and dataset.is_push:
        raise refuse(400, "InvalidRequest")
    if not dataset.is_push:
        raise _dax_failure("The dataset has no tables in the sandbox.")
    try:
        tables = evaluate_all(model_of(dataset, now), text)
    except DaxError as problem:
        raise _dax_failure(str(problem)) from problem
    content, count = _result(tables, include_nulls, sandbox.limits)
    call.entry.rows = count
    return Response(content, media_type="application/json; charset=utf-8")


def _asked(body: Any) -> tuple[str, bool]:
    if not isinstance(body, dict) or set(body) - _PROPERTIES:
        raise bad_request("The body is not valid.")
    queries = body.get("queries")
    if not isinstance(queries, list) or len(queries) != 1:
        raise bad_request("Exactly one query is supported.")
    query = queries[0].get("query") if isinstance(queries[0], dict) else None
    if not isinstance(query, str) or set(queries[0]) != {"query"}:
        raise bad_request("Property 'query' is required.")
    settings = body.get("serializerSettings") or {}
    if not isinstance(settings, dict) or set(settings) - {"includeNulls"}:
        raise bad_request("Property 'serializerSettings' is not valid.")
    return query, settings.get("includeNulls") is True


def _dax_failure(text: str) -> Refusal:
    return pbi_error(400, "DatasetExecuteQueriesError", [("DetailsMessage", text)])


def _result(tables: list[pl.DataFrame], include_nulls: bool, limits: Limits) -> tuple[bytes, int]:
    frame = tables[0]
    allowed = min(limits.query_rows, limits.query_values // max(frame.width, 1))
    shown = _wire(frame.head(allowed))
    rows = shown.to_dicts()
    if not include_nulls:
        rows = [{name: v for name, v in row.items() if v is not None} for row in rows]
    encoded: list[msgspec.Raw] = []
    size = 0
    for row in rows:
        if size >= limits.query_bytes:
            break
        line = _encoder.encode(row)
        size += len(line) + 1
        encoded.append(msgspec.Raw(line))
    table: dict[str, Any] = {"rows": encoded}
    if len(encoded) < frame.height:
        table["error"] = {
            "code": "DatasetExecuteQueriesError",
            "message": "The result is larger than the limit",
        }
    result: dict[str, Any] = {"tables": [table]}
    if len(tables) > 1:
        result["error"] = {
            "code": "DatasetExecuteQueriesError",
            "message": "More than one result table is not supported",
        }
    return _encoder.encode({"results": [result]}), len(encoded)


def _wire(frame: pl.DataFrame) -> pl.DataFrame:
    def shown(series: pl.Series) -> pl.Series:
        if series.dtype != pl.Datetime:
            return series
        micros = series.cast(pl.Int64)
        shape = "%Y-%m-%dT%H:%M:%S%.3f" if (micros % 1_000_000 != 0).any() else "%Y-%m-%dT%H:%M:%S"
        return series.dt.strftime(shape)

    return frame.select(shown(series) for series in frame) if frame.width else frame
