"""`vismapbi reconcile`: Power BI's own counts and totals against what was published."""

from __future__ import annotations

import sys
import uuid

import click

from vismapbi_assets.cli.output import print_json, print_rows
from vismapbi_assets.pipeline.upkeep import reconcile_tables
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.settings import load_settings


@click.command()
@click.option("--table", "tables", multiple=True, help="Only this table; repeat for more.")
@click.option("--repair/--no-repair", default=None, help="Replace what differs; default: settings.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def reconcile(tables: tuple[str, ...], repair: bool | None, as_json: bool) -> None:
    """Ask Power BI for row counts and control totals and compare them with what was published.

    Differences are narrowed down to dates and keys. Exit code 0 only when everything is equal.
    """
    rows = reconcile_tables(
        Workbench.of(load_settings()),
        tables,
        run_id=f"reconcile-{uuid.uuid4().hex[:12]}",
        repair=repair,
    )
    if as_json:
        print_json(rows)
    else:
        print_rows(
            ("Table", "Verdict", "Rows published", "Rows in Power BI", "Differences"),
            [
                (
                    row["table"],
                    "repaired" if row["repaired"] else row["status"],
                    f"{row['rows']['published']:,}",
                    f"{row['rows']['power_bi']:,}",
                    "; ".join([*row["differences"], *row["groups"], *row["notes"]]),
                )
                for row in rows
            ],
        )
    if not all(row["equal"] for row in rows):
        sys.exit(1)
