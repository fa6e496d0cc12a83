"""`vismapbi dataset`: which dataset the store belongs to, and the choices left to a person."""

from __future__ import annotations

from typing import Any

import click

from vismapbi_assets.cli.output import print_json, print_rows
from vismapbi_assets.pipeline.dataset_choice import forget_dataset, pin_dataset, show_dataset
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.settings import load_settings


@click.group()
def dataset() -> None:
    """The one dataset that a store belongs to. A sync finds or creates it and then keeps its id."""


@dataset.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def show(as_json: bool) -> None:
    """What the store remembers, and whether Power BI shows it to the service principal."""
    found = show_dataset(_bench())
    if as_json:
        print_json(found)
    elif not found["pinned"]:
        click.echo(f"No dataset yet: the first sync finds or creates {found['name']!r}.")
    else:
        _print(found)
        if not found["in_power_bi"]:
            click.echo(
                "Power BI does not show it: it was deleted, or the service principal lost its role "
                "in the workspace. Check the role first; only if it is gone: vismapbi dataset "
                "forget."
            )


@dataset.command()
@click.argument("dataset_id")
def pin(dataset_id: str) -> None:
    """Choose the dataset with this id: a push dataset with exactly the tables of the model."""
    _print(pin_dataset(_bench(), dataset_id))
    click.echo("The next sync verifies every table and replaces what differs.")


@dataset.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(yes: bool) -> None:
    """Forget the dataset: the next sync takes the one of that name, or creates it.

    For a dataset that was really deleted. Nothing is changed in Power BI.
    """
    if not yes:
        click.confirm("Is the dataset really deleted, or to be replaced by another?", abort=True)
    found = forget_dataset(_bench())
    if found is None:
        click.echo("No dataset was remembered.")
    else:
        click.echo(f"Forgotten: {found['name']} ({found['dataset_id']}). Go on: vismapbi sync")


def _bench() -> Workbench:
    return Workbench.of(load_settings())


def _print(found: dict[str, Any]) -> None:
    print_rows(("", ""), [(name.replace("_", " "), value) for name, value in found.items()])
