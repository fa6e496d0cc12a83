"""`vismapbi doctor`: pings both ends and our own surroundings, and says what fits and what not."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import click

from vismapbi_assets.cli.output import console, print_json
from vismapbi_assets.doctor.examination import examine
from vismapbi_assets.doctor.report import Report, by_part, part_table
from vismapbi_assets.doctor.steps import Part, Step
from vismapbi_assets.settings import load_settings

ONLY: tuple[Part, ...] = ("store", "visma", "powerbi")


@click.command()
@click.option("--company", "companies", multiple=True, help="Key of a company; repeat for more.")
@click.option(
    "--only", multiple=True, type=click.Choice(ONLY), help="Only this part; repeat for more."
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option(
    "--markdown",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Also write a Markdown file to attach to a ticket; it holds no secret.",
)
def doctor(
    companies: tuple[str, ...], only: tuple[Part, ...], as_json: bool, markdown: Path | None
) -> None:
    """Ping your real systems and see if we fit.

    Step by step, read-only towards Visma.net and Power BI, each step with a verdict, what was seen
    and what to do. Exit code 0 only when no step failed.
    """
    at = datetime.now(UTC)
    steps: list[Step] = []
    out = console()
    for part, found in by_part(
        examine(load_settings, only=frozenset(only), companies=companies, now=at)
    ):
        steps += found
        if not as_json:
            out.print(part_table(part, found))
    report = Report(tuple(steps), at, version("vismapbi"))
    if markdown:
        markdown.write_text(report.to_markdown(), "utf-8")
    if as_json:
        print_json(report.to_json())
    else:
        out.print(("It does not fit yet: " if report.failed else "It fits: ") + report.summary)
        if markdown:
            out.print(f"Written for a ticket: {markdown}", markup=False, soft_wrap=True)
    if report.failed:
        sys.exit(1)
