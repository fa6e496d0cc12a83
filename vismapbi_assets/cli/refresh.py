"""`vismapbi refresh`: refresh the import models that depend on what was published."""

from __future__ import annotations

import uuid

import click

from vismapbi_assets.cli.output import print_json
from vismapbi_assets.pipeline.upkeep import RefreshFailedError, refresh_model
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.settings import load_settings


@click.command()
@click.argument("names", nargs=-1)
def refresh(names: tuple[str, ...]) -> None:
    """Refresh the import models NAMES, or all in the settings, and wait for their end.

    A push model is never refreshed: its rows are live.
    """
    settings = load_settings()
    known = {model.name: model for model in settings.refresh}
    if not known:
        raise click.ClickException("no [[refresh]] in the settings; there is nothing to refresh")
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.ClickException(f"not in the settings: {', '.join(unknown)}")
    bench = Workbench.of(settings)
    for name in names or known:
        try:
            print_json(refresh_model(bench, known[name], run_id=f"refresh-{uuid.uuid4().hex[:12]}"))
        except RefreshFailedError as error:
            raise click.ClickException(str(error)) from None
