"""`vismapbi up`: webserver and daemon of Dagster, on the sandbox where no settings file is."""

from __future__ import annotations

import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import click

from vismapbi_assets.cli.instance import EVENTS_AT_ONCE, prepare_home, prepare_storage
from vismapbi_assets.cli.processes import module, running, wait_for
from vismapbi_assets.cli.surroundings import sandbox_surroundings
from vismapbi_assets.settings import inherited_environment, load_settings


@click.command()
@click.option("--port", type=int, default=3000, show_default=True, help="Port of the UI.")
@click.option("--scale", type=float, default=1.0, show_default=True, help="Size of the sandbox.")
@click.option("--no-load", is_flag=True, help="Do not load the sandbox's data first.")
def up(port: int, scale: float, no_load: bool) -> None:
    """Run the Dagster UI and its daemon until Ctrl+C.

    With a settings file it works on your tenants. Without one it starts the sandbox, loads its data
    once, and then follows its changes.
    """
    settings = load_settings()
    with ExitStack() as stack:
        environ = inherited_environment()
        folder = Path(".vismapbi") / "up"
        if settings.is_sandbox:
            click.echo("No settings file: using the sandbox. Write one with: vismapbi init")
            around = stack.enter_context(
                sandbox_surroundings(folder.absolute(), scale=scale, keep_ports=False)
            )
            environ = around.environ
        home = prepare_home(environ.get("DAGSTER_HOME"))
        environ["DAGSTER_HOME"] = str(home)
        environ.setdefault(*EVENTS_AT_ONCE)
        environ.setdefault("DAGSTER_BACKFILL_RETRY_DEFINITION_CHANGED_ERROR", "1")
        if settings.is_sandbox and not no_load:
            click.echo("Loading the sample companies ...")
            subprocess.run(  # noqa: S603 - our own command
                module("vismapbi_assets.cli", "sync"), env=environ, check=False
            )
        prepare_storage(environ)
        location = ["-m", "vismapbi_assets.definitions"]
        log = folder / "webserver.log"
        web = stack.enter_context(
            running(
                module("dagster_webserver", *location, "-h", "127.0.0.1", "-p", str(port)),
                environ=environ,
                log=log,
            )
        )
        stack.enter_context(
            running(
                module("dagster._daemon", "run", *location),
                environ=environ,
                log=folder / "daemon.log",
            )
        )
        wait_for(f"http://127.0.0.1:{port}/server_info", web, seconds=90, log=log)
        click.echo(f"The UI is at http://127.0.0.1:{port} - Ctrl+C ends everything.")
        try:
            while web.poll() is None:
                time.sleep(0.5)
        except KeyboardInterrupt:
            click.echo("Stopped.")
