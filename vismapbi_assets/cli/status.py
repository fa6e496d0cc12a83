"""`vismapbi status`: what is broken now, for people and for monitoring."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from importlib.metadata import version

import click

from vismapbi_assets.cli.output import console, print_json
from vismapbi_assets.doctor.report import Report, part_table
from vismapbi_assets.doctor.status import ask_status
from vismapbi_assets.settings import load_settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def status(as_json: bool) -> None:
    """What is broken now: daemon, runs, checks, readings and tables.

    Calls neither Visma.net nor Power BI. Exit code 0 only when nothing is broken, so that a
    monitoring system or cron can ask when the daemon itself may be down.
    """
    settings = load_settings()
    at = datetime.now(UTC)
    steps = list(ask_status(settings, at))
    report = Report(tuple(steps), at, version("vismapbi"))
    runbook = settings.alerts.runbook_url
    if as_json:
        told = {name: value for name, value in report.to_json().items() if name != "fits"}
        print_json({"broken": report.failed, "runbook": runbook, **told})
    else:
        out = console()
        out.print(part_table("now", steps))
        out.print(("Broken now: " if report.failed else "Nothing is broken: ") + report.summary)
        if report.failed and runbook:
            out.print(f"Runbook: {runbook}", markup=False, soft_wrap=True)
    if report.failed:
        sys.exit(1)
