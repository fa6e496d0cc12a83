"""How commands print: progress on a terminal, plain lines elsewhere, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from vismapbi_assets.cli.runs import FailedCheck, RunSummary, Step

PLAIN_WIDTH = 160


def console(*, stderr: bool = False) -> Console:
    """A console as wide as the terminal, or wide enough for tables where there is none."""
    chosen = Console(stderr=stderr, highlight=False)
    return (
        chosen if chosen.is_terminal else Console(stderr=stderr, highlight=False, width=PLAIN_WIDTH)
    )


class Progress:
    """Prints what a run does as it happens; silent when `quiet`."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        self.console = console(stderr=True)

    def line(self, text: str) -> None:
        """One line of progress."""
        if not self.quiet:
            self.console.print(text, soft_wrap=True, markup=False)

    def __call__(self, event: Step | FailedCheck | str) -> None:
        """Tell of a step, a failed check or an error."""
        if isinstance(event, Step):
            self.line(describe(event))
        elif isinstance(event, FailedCheck):
            mark = "warning" if event.warning else "FAILED"
            self.line(f"  {mark}: {event.asset} {event.check}: {event.description}")
        else:
            self.line(f"  FAILED: {event}")


def describe(step: Step) -> str:
    """One line that says what a step did."""
    m = step.metadata
    if step.asset.startswith("visma/"):
        parts = [f"{m.get('rows_read', 0):,} read"]
        parts += [
            f"{m[name]:,} {label}"
            for name, label in (
                ("rows_new", "new"),
                ("rows_changed", "changed"),
                ("rows_deleted", "deleted"),
                ("rows_quarantined", "quarantined"),
            )
            if m.get(name)
        ]
        parts.append(f"{m.get('calls', 0)} calls")
        return f"{step.asset:32} {step.partition.split('|')[0]:12} {', '.join(parts)}"
    action = str(m.get("action", ""))
    posted = m.get("rows_posted", 0)
    detail = f"{posted:,} rows in {m.get('posts', 0)} posts" if posted else "nothing to post"
    return f"{step.asset:32} {action:12} {detail}"


def summary_table(summaries: Sequence[RunSummary]) -> Table:
    """The tables of a sync with what was posted and verified."""
    table = Table(title="Power BI")
    for name, justify in (
        ("Table", "left"),
        ("Action", "left"),
        ("Posted", "right"),
        ("Posts", "right"),
        ("Rows", "right"),
        ("Control total", "right"),
        ("Verified", "left"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    rows: dict[str, Step] = {}
    for summary in summaries:
        for step in summary.steps:
            if step.asset.startswith("powerbi/"):
                rows[step.asset] = step
    for asset, step in sorted(rows.items()):
        m = step.metadata
        table.add_row(
            asset.removeprefix("powerbi/"),
            str(m.get("action", "")),
            f"{m.get('rows_posted', 0):,}",
            f"{m.get('posts', 0):,}",
            f"{m.get('dagster/row_count', 0):,}",
            str(m.get("control_total", "")),
            str(m.get("status", "")),
        )
    return table


def print_json(value: Any) -> None:
    """Machine output on standard output."""
    click.echo(json.dumps(value, indent=2, default=str, ensure_ascii=False))


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """A plain table on standard output."""
    table = Table(title=title or None)
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    console().print(table)
