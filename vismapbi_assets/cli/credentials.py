"""`vismapbi credentials`: keep secrets in the encrypted file. Secrets are never shown or echoed."""

from __future__ import annotations

import sys

import click

from vismapbi_assets.credentials import CredentialsError, new_key
from vismapbi_assets.settings import SECRETS, credential_file, environment_secrets


class _Checked(click.Group):
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except CredentialsError as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=_Checked)
def credentials() -> None:
    """Keep secrets encrypted beside the settings file.

    The key comes from VISMAPBI_KEY or from the keyring of the operating system. An environment
    variable of the same name always wins over the file.
    """


@credentials.command()
def key() -> None:
    """Print a fresh key for VISMAPBI_KEY. Keep it apart from the file."""
    click.echo(new_key())


@credentials.command("set")
@click.argument("name", type=click.Choice(sorted(SECRETS)))
def set_(name: str) -> None:
    """Store NAME; the value is asked for without echo, or read from standard input."""
    if sys.stdin.isatty():
        value = click.prompt(f"{name} ({SECRETS[name]})", hide_input=True, confirmation_prompt=True)
    else:
        value = sys.stdin.readline().rstrip("\r\n")
    file = credential_file()
    file.set(name, value)
    click.echo(f"{name} is stored in {file.path}")


@credentials.command("list")
def list_() -> None:
    """Show which secrets are stored and since when, never their values."""
    names = credential_file().names()
    for name, purpose in SECRETS.items():
        state = f"stored {names[name]}" if name in names else "not stored"
        if name in environment_secrets():
            state += ", set in the environment (wins)"
        click.echo(f"{name:26} {state:50} {purpose}")


@credentials.command()
def rotate() -> None:
    """Encrypt the file with a new key, without downtime.

    With VISMAPBI_KEY: make a key (vismapbi credentials key), set VISMAPBI_KEY to "new,old" wherever
    vismapbi runs, run this command, then drop the old key. With the keyring this is one step.
    """
    credential_file().rotate()
    click.echo("Everything is encrypted with the newest key.")


@credentials.command()
@click.argument("name", type=click.Choice(sorted(SECRETS)))
def remove(name: str) -> None:
    """Remove NAME from the file."""
    if not credential_file().remove(name):
        raise click.ClickException(f"{name} is not stored")
    click.echo(f"{name} is removed")
