"""`vismapbi demo`: the whole job on the sandbox, with a fault in it and a proof at the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import requests
from rich.table import Table

from vismapbi_assets.cli.output import console
from vismapbi_assets.cli.processes import module
from vismapbi_assets.cli.proof import Line, compare
from vismapbi_assets.cli.surroundings import Surroundings, sandbox_surroundings
from vismapbi_assets.pipeline.ends import open_store, powerbi_client
from vismapbi_assets.powerbi.dataset import DatasetKeeper
from vismapbi_assets.settings import Settings, load_settings

FOLDER = Path(".vismapbi") / "demo"
TIMEOUT_SECONDS = 60


@click.command()
@click.option("--scale", type=float, default=1.0, show_default=True, help="Size of the companies.")
@click.option("--keep", is_flag=True, help="Go on with the last demo's store instead of a new one.")
def demo(scale: float, keep: bool) -> None:
    """Load two sample companies, live through a business day with a fault, and prove the numbers.

    Uses the same commands as you would: vismapbi sync, vismapbi reconcile, vismapbi report.
    """
    out = console()
    folder = FOLDER.absolute()
    if folder.exists() and not keep:
        shutil.rmtree(folder)
    began = time.monotonic()
    out.rule("1  Two simulated services: Visma.net and Power BI")
    with sandbox_surroundings(folder, scale=scale, keep_ports=False) as around:
        out.print(f"Visma.net {around.visma_url}, Power BI {around.powerbi_url}")
        out.rule("2  Initial load: vismapbi sync")
        _command(around, "sync")
        out.rule("3  A business day passes in the ERP; Power BI will drop a connection")
        _post(f"{around.visma_url}/control/advance", {"days": 1})
        _post(
            f"{around.powerbi_url}/control/faults",
            {"kind": "drop_after", "operation": "rows.post", "table": "ApLedger"},
        )
        out.rule("4  What changed: vismapbi sync")
        _command(around, "sync")
        out.rule("5  Both ends compared, without the pipeline's own notes")
        settings = load_settings(environ=around.environ)
        lines = _proof(settings, around)
        out.print(_table(lines))
        out.rule("6  Power BI against the store: vismapbi reconcile")
        _command(around, "reconcile")
        report = folder / "report.html"
        _command(around, "report", "--output", str(report))
    different = [line.name for line in lines if not line.equal]
    out.rule(f"Done in {time.monotonic() - began:.0f} s")
    if different:
        out.print(f"NOT EQUAL: {', '.join(different)}")
        sys.exit(1)
    shown = Path(os.path.relpath(report))
    out.print("Everything is equal to the øre. Where to look next:")
    out.print(f"  the statements      {shown}")
    out.print("  the asset graph     make up")
    out.print("  your own tenants    vismapbi init, then docs/first-connection.md")


def _command(around: Surroundings, *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        module("vismapbi_assets.cli", *arguments), env=around.environ, check=False
    )
    if done.returncode:
        raise click.ClickException(f"vismapbi {arguments[0]} ended with {done.returncode}")


def _post(url: str, body: dict[str, Any]) -> None:
    answer = requests.post(url, json=body, timeout=TIMEOUT_SECONDS)
    if not answer.ok:
        raise click.ClickException(f"{url}: {answer.status_code} {answer.text[:200]}")


def _proof(settings: Settings, around: Surroundings) -> list[Line]:
    client = powerbi_client(settings)
    pinned = DatasetKeeper(client, open_store(settings).objects).pinned()
    if pinned is None:
        raise click.ClickException("there is no dataset; the sync before has not worked")
    at = settings.today()
    return compare(settings, around.visma_url, client, pinned.dataset_id, at)


def _table(lines: list[Line]) -> Table:
    table = Table()
    table.add_column("Figure")
    table.add_column("Visma.net", justify="right")
    table.add_column("Power BI", justify="right")
    table.add_column("")
    for line in lines:
        mark = "equal" if line.equal else "DIFFERENT"
        table.add_row(line.name, f"{line.erp:,.2f}", f"{line.powerbi:,.2f}", mark)
    return table
