"""`vismapbi batches`: the ledger of everything that was posted, and replay from the store."""

from __future__ import annotations

import sys
import uuid

import click

from vismapbi_assets.cli.output import print_json, print_rows
from vismapbi_assets.pipeline.ends import open_store
from vismapbi_assets.pipeline.upkeep import replay_batches
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.settings import load_settings
from vismapbi_assets.store.batches import list_batches, show_batch

COLUMNS = ("push_batch_id", "table", "plan", "kind", "rows", "status", "attempts", "created_at")


@click.group()
def batches() -> None:
    """Every batch that was posted to Power BI."""


@batches.command("list")
@click.option("--table", help="Only this table.")
@click.option("--status", help="Only batches in this state, for example stored or unknown.")
@click.option("--run", "run_id", help="Only batches of this run.")
@click.option("--limit", type=int, default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_(
    table: str | None, status: str | None, run_id: str | None, limit: int, as_json: bool
) -> None:
    """The newest batches first."""
    store = open_store(load_settings())
    frame = list_batches(store.plans, table=table, status=status, run_id=run_id, limit=limit)
    if as_json:
        print_json(frame.to_dicts())
    else:
        print_rows(COLUMNS, frame.select(COLUMNS).rows())


@batches.command()
@click.argument("batch", type=int)
def show(batch: int) -> None:
    """One batch with its plan and every attempt."""
    try:
        print_json(show_batch(open_store(load_settings()).plans, batch))
    except FileNotFoundError as error:
        raise click.ClickException(str(error)) from None


@batches.command()
@click.option("--batch", type=int, help="The table of this batch.")
@click.option("--table", help="This table.")
@click.option("--day", help="Every table that was posted to on this day (YYYY-MM-DD, UTC).")
@click.option("--all", "everything", is_flag=True, help="Every table.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def replay(
    batch: int | None, table: str | None, day: str | None, everything: bool, as_json: bool
) -> None:
    """Post again from the store, without a call to Visma.net and without doubling anything.

    Power BI can only append or clear, so the tables concerned are replaced by the rows that the
    store knows, and verified.
    """
    rows = replay_batches(
        Workbench.of(load_settings()),
        run_id=f"replay-{uuid.uuid4().hex[:12]}",
        batch=batch,
        table=table,
        day=day,
        everything=everything,
    )
    if as_json:
        print_json(rows)
    else:
        columns = ("table", "action", "status", "rows_posted", "rows", "verified", "reason")
        print_rows(columns, [[row[c] for c in columns] for row in rows])
    if not all(row["verified"] for row in rows):
        sys.exit(1)
