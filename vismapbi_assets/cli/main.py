"""The `vismapbi` command: its groups and how it fails.

Each command lives in a module of its own and delegates the work. Expected errors end with one clear
sentence and exit code 1; a sync that must go on later ends with 75.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module

import click

from vismapbi_assets.settings import SettingsError

COMMANDS = {
    "init": ("init", "init", "Write a commented vismapbi.toml."),
    "credentials": ("credentials", "credentials", "Keep secrets encrypted."),
    "doctor": ("doctor", "doctor", "Ping both ends, read-only, and say what fits and what not."),
    "sandbox": ("sandbox", "sandbox", "Run the simulated Visma.net and Power BI."),
    "demo": ("demo", "demo", "The whole job on the sandbox, start to end."),
    "up": ("up", "up", "The Dagster UI, with sandbox data where no settings file is."),
    "sync": ("sync", "sync", "Read what changed and publish it."),
    "status": ("status", "status", "What is broken now; exit code 0 only when nothing is."),
    "reconcile": ("reconcile", "reconcile", "Compare Power BI with what was published."),
    "dataset": ("dataset", "dataset", "Which dataset the store belongs to; choose or forget it."),
    "batches": ("batches", "batches", "List, show and replay posted batches."),
    "trace": ("trace", "trace", "Follow a row from API page to batch."),
    "quarantine": ("quarantine", "quarantine", "Rejected documents: list, show, release."),
    "refresh": ("refresh", "refresh", "Refresh dependent import models."),
    "report": ("report", "report", "Write the statements as one HTML page."),
    "rebuild": ("rebuild", "rebuild", "Rebuild state from the archive, without a call."),
}
"""Command -> module, attribute, help line. Modules are imported when a command is called."""

EXIT_AGAIN_LATER = 75


class LazyGroup(click.Group):
    """A group that imports a command's module only when it is used, so that help is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Commands in the order of a user's journey."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"vismapbi_assets.cli.{module}"), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Help lines without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="vismapbi")
def cli() -> None:
    """Keeps a Power BI push semantic model equal to Visma.net ERP.

    Settings come from vismapbi.toml (or the file that VISMAPBI_CONFIG names) and the environment;
    without a file the sandbox's companies are used. Start with: vismapbi demo
    """


def run(command: Callable[[], object]) -> int:
    """Run a click command; expected errors become one sentence and an exit code."""
    try:
        command()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("Stopped.", err=True)
        return 130
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except _expected_errors() as error:
        click.echo(f"Error: {error}", err=True)
        return 1
    return 0


def _expected_errors() -> tuple[type[Exception], ...]:
    """Errors that say what happened and what to do; imported only once a command has failed."""
    from vismapbi_assets.powerbi.errors import PowerBIError
    from vismapbi_assets.store.errors import StoreError
    from vismapbi_assets.visma.errors import VismaError

    return SettingsError, PowerBIError, StoreError, VismaError


def main() -> None:
    """Entry point of the console script."""
    sys.exit(run(lambda: cli(standalone_mode=False)))
