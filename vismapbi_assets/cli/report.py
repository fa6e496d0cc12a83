"""`vismapbi report`: the statements as one HTML page or as JSON, from published rows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from vismapbi_assets.cli.output import print_json
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.report.report import build_report, to_json
from vismapbi_assets.report.source import ReportError
from vismapbi_assets.settings import load_settings

DEFAULT = Path("vismapbi-report.html")


@click.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"The page to write; default: {DEFAULT}, none where only --json is asked for.",
)
@click.option("--json", "json_path", metavar="PATH|-", help="Write the figures as JSON; - prints.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day of the report; default: the data date.",
)
@click.option("--company", help="Key of one company; default: all together.")
def report(
    output: Path | None, json_path: str | None, as_of: datetime | None, company: str | None
) -> None:
    """Write the finance report: ageing, DPO and DSO, cash, statements, trial balance and proofs.

    Made from what is published in Power BI, without asking either end; the page is one file that
    needs no network. Load data first with: vismapbi sync
    """
    bench = Workbench.of(load_settings())
    try:
        found = build_report(bench, as_of=as_of.date() if as_of else None, company=company)
    except ReportError as error:
        raise click.ClickException(str(error)) from None
    page = output or (None if json_path else DEFAULT)
    if page is not None:
        from vismapbi_assets.report.page import html

        _write(page, html(found))
        click.echo(f"Written: {page}", err=json_path == "-")
    if json_path == "-":
        print_json(to_json(found))
    elif json_path:
        import json

        _write(Path(json_path), json.dumps(to_json(found), indent=2, ensure_ascii=False) + "\n")
        click.echo(f"Written: {json_path}")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(
            f"{path} cannot be written ({error.strerror}). Name another place with --output or "
            "--json"
        ) from None
