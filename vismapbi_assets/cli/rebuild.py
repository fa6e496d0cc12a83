"""`vismapbi rebuild`: state from the archived pages, without a call to Visma.net."""

from __future__ import annotations

import uuid

import click

from vismapbi_assets.cli.output import print_rows
from vismapbi_assets.pipeline.ends import open_store
from vismapbi_assets.settings import load_settings
from vismapbi_assets.visma.entities.catalogue import CATALOGUE
from vismapbi_assets.visma.rebuild import rebuild as rebuild_entity


@click.command()
@click.option(
    "--entity",
    "entities",
    multiple=True,
    type=click.Choice(sorted(CATALOGUE)),
    help="Only this entity; repeat for more.",
)
def rebuild(entities: tuple[str, ...]) -> None:
    """Load every archived page again, in the order in which it was read.

    For a lost state table or after an upgrade that reads more. Newer state is left as it is; what
    the archive no longer holds comes back with: vismapbi sync --full
    """
    settings = load_settings()
    store = open_store(settings)
    run_id = f"rebuild-{uuid.uuid4().hex[:12]}"
    rows = []
    for name in entities or CATALOGUE:
        done = rebuild_entity(CATALOGUE[name], store, zone=settings.time_zone, run_id=run_id)
        written = sum(done.counts.get(word, 0) for word in ("new", "changed", "revived"))
        rows.append(
            (name, done.pages, written, done.counts.get("unchanged", 0), len(done.unreadable))
        )
    print_rows(("Entity", "Pages", "Written", "Unchanged", "Unreadable pages"), rows)
