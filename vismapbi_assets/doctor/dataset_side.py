"""The dataset: which one, whether it is complete, takes rows, and can be queried.

Reads only: nothing is created, adopted or changed, not even what the first sync will create.
"""

from __future__ import annotations

from collections.abc import Iterator

from vismapbi_assets.doctor.steps import Asked, Step
from vismapbi_assets.pipeline.push_model import build_push_model
from vismapbi_assets.powerbi.client import PowerBIClient
from vismapbi_assets.powerbi.dax import ask_totals
from vismapbi_assets.powerbi.errors import (
    DatasetMissing,
    NotAuthorized,
    PowerBIError,
    QueryFailed,
    TenantSettingOff,
    Throttled,
)
from vismapbi_assets.powerbi.registry import Pinned, Registry
from vismapbi_assets.powerbi.schema import PushModel
from vismapbi_assets.powerbi.schema_diff import compare
from vismapbi_assets.settings import Settings
from vismapbi_assets.store import Store

QUERIES = (
    "Ask the Fabric administrator for the tenant setting 'Dataset Execute Queries REST API' "
    "(Integration settings). Without it rows can be posted and not verified, and a sync never "
    "ends with everything verified"
)


def ask_dataset(
    asked: Asked, settings: Settings, client: PowerBIClient, store: Store | None
) -> Iterator[Step]:
    """Which dataset is meant, and whether it takes rows and answers."""
    model = build_push_model(settings)
    named = [d for d in client.datasets() if d.get("name") == model.name]
    try:
        pinned = (
            Registry(store.objects, client.workspace_id).pinned() if store is not None else None
        )
    except OSError as error:
        yield asked.skipped("dataset", f"the store does not tell what is pinned: {error}")
        return
    if len(named) > 1:
        ids = ", ".join(str(d.get("id")) for d in named)
        if pinned is None:
            yield asked.failed(
                "datasets of the name",
                f"{len(named)} are called {model.name!r}: {ids}",
                "Delete or rename the wrong ones, or choose another dataset.name: which one is "
                "meant is never guessed",
            )
            return
        yield asked.warning(
            "datasets of the name",
            f"{len(named)} are called {model.name!r}: {ids}; pinned is {pinned.dataset_id}",
            "Reports may use the wrong one; rename or delete those that are not pinned",
        )
    else:
        yield asked.ok("datasets of the name", f"{len(named)} called {model.name!r}")
    if pinned is None and not named:
        yield asked.ok("dataset", f"{model.name!r} will be created by the first sync")
        for name in ("executeQueries", "sequence numbers"):
            yield asked.skipped(name, "asked when the dataset is there")
        return
    yield from _existing(asked, client, model, pinned, str(named[0]["id"]) if named else "")


def _existing(
    asked: Asked, client: PowerBIClient, model: PushModel, pinned: Pinned | None, found: str
) -> Iterator[Step]:
    if pinned and pinned.workspace_id.lower() != client.workspace_id.lower():
        yield asked.failed(
            "dataset",
            f"the store belongs to workspace {pinned.workspace_id}, the settings name "
            f"{client.workspace_id}",
            "Use another store for another workspace, or set powerbi.workspace_id back",
        )
        return
    dataset_id = pinned.dataset_id if pinned else found
    try:
        shown = client.dataset(dataset_id)
    except DatasetMissing as error:
        yield asked.failed(
            "dataset",
            str(error),
            "Check the role first. Only if somebody deleted it: start a new store, so that the "
            "next sync creates it and reads everything",
        )
        return
    if not shown.get("addrowsapienabled"):
        yield asked.failed(
            "dataset",
            f"{model.name!r} ({dataset_id}) is no push dataset: it takes no rows",
            "Rename it, or choose another dataset.name; the first sync then creates its own",
        )
        return
    yield _tables(asked, client, model, pinned, dataset_id)
    yield _queries(asked, client, model, dataset_id)
    yield _sequence(asked, client, model, dataset_id)


def _tables(
    asked: Asked, client: PowerBIClient, model: PushModel, pinned: Pinned | None, dataset_id: str
) -> Step:
    there = set(client.tables(dataset_id))
    wanted = {t.name for t in (pinned.model if pinned else model).tables}
    if missing := sorted(wanted - there):
        return asked.failed(
            "dataset",
            f"{dataset_id} lacks {len(missing)} of {len(wanted)} tables: {', '.join(missing[:5])}",
            "Tables cannot be added to a push dataset: rename this one or choose another "
            "dataset.name, and let a sync create it",
        )
    seen = f"push dataset {dataset_id} with all {len(wanted)} tables"
    if pinned is None:
        return asked.ok("dataset", f"{seen}; the first sync adopts it")
    diff = compare(pinned.model, model)
    if diff.obstacles:
        return asked.failed(
            "dataset",
            f"{seen}; it cannot follow the model: {'; '.join(diff.obstacles[:3])}",
            "Keep the version that made it, or create a second dataset under another dataset.name "
            "and rebind the reports",
        )
    if not diff.is_empty:
        changed = ", ".join(c.table for c in diff.tables[:5])
        return asked.ok("dataset", f"{seen}; the next sync changes {changed}")
    return asked.ok("dataset", f"{seen}; pinned {pinned.pinned_at:%Y-%m-%d}, model unchanged")


def _queries(asked: Asked, client: PowerBIClient, model: PushModel, dataset_id: str) -> Step:
    table = next(t for t in model.tables if t.strategy != "none")
    try:
        totals = ask_totals(client, dataset_id, table)
    except Throttled as error:
        return asked.skipped("executeQueries", str(error))
    except (TenantSettingOff, NotAuthorized, QueryFailed, DatasetMissing) as error:
        return asked.failed("executeQueries", str(error), QUERIES)
    return asked.ok("executeQueries", f"allowed; {table.name} holds {totals.rows:,} rows")


def _sequence(asked: Asked, client: PowerBIClient, model: PushModel, dataset_id: str) -> Step:
    table = next(t for t in model.tables if t.strategy != "none")
    try:
        number = client.sequence_number(dataset_id, table.name)
    except PowerBIError as error:
        return asked.ok(
            "sequence numbers", f"not supported ({error.answer.status}); rows are counted instead"
        )
    return asked.ok("sequence numbers", f"answered: {number} for {table.name}")
