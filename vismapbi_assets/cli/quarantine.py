"""`vismapbi quarantine`: rejected documents, why they were rejected, and letting them go."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path

import click
import polars as pl

from vismapbi_assets.cli.output import print_json, print_rows
from vismapbi_assets.pipeline.ends import open_store
from vismapbi_assets.pipeline.released import load_released
from vismapbi_assets.settings import load_settings
from vismapbi_assets.store import Store
from vismapbi_assets.visma.entities.catalogue import CATALOGUE


@click.group()
def quarantine() -> None:
    """Documents that broke a rule. The others of their page went on without them."""


def _waiting(store: Store, entity: str | None) -> pl.DataFrame:
    frames = []
    for name in [entity] if entity else store.quarantined():
        frame = store.quarantine(name).waiting()
        if frame.height:
            frames.append(frame.with_columns(pl.lit(name).alias("entity")))
    return pl.concat(frames, how="diagonal_relaxed") if frames else pl.DataFrame()


@quarantine.command("list")
@click.option("--entity", type=click.Choice(sorted(CATALOGUE)), help="Only this entity.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_(entity: str | None, as_json: bool) -> None:
    """What waits, with the rule and the reason."""
    frame = _waiting(open_store(load_settings()), entity)
    rows = frame.drop("raw").to_dicts() if frame.height else []
    if as_json:
        print_json(rows)
    elif not rows:
        click.echo("Nothing waits in quarantine.")
    else:
        print_rows(
            ("Entity", "Company", "Record", "Rule", "Reason", "Since"),
            [
                (r["entity"], r["company"], r["key"], r["rule"], r["reason"], r["first_seen"])
                for r in rows
            ],
        )


@quarantine.command()
@click.argument("entity", type=click.Choice(sorted(CATALOGUE)))
@click.argument("record")
def show(entity: str, record: str) -> None:
    """One record with its payload as Visma.net sent it."""
    frame = open_store(load_settings()).quarantine(entity).records()
    found = frame.filter(pl.col("key") == record).to_dicts()
    if not found:
        raise click.ClickException(f"{entity} has no record {record!r} in quarantine")
    print_json(found)


@quarantine.command()
@click.argument("entity", type=click.Choice(sorted(CATALOGUE)))
@click.argument("records", nargs=-1, required=True)
@click.option("--company", required=True, help="Key of the company.")
@click.option(
    "--corrected",
    type=click.Path(exists=True, path_type=Path),
    help="JSON file with the corrected document, for one record.",
)
@click.option("--note", default="", help="Why it is let go; kept with the record.")
def release(
    entity: str, records: tuple[str, ...], company: str, corrected: Path | None, note: str
) -> None:
    """Let records go on as they are, or as corrected. The next sync publishes them."""
    settings = load_settings()
    store = open_store(settings)
    raw = corrected.read_text("utf-8") if corrected else None
    if raw is not None and len(records) != 1:
        raise click.ClickException("--corrected takes exactly one record")
    run_id = f"release-{uuid.uuid4().hex[:12]}"
    count = store.quarantine(entity).release(
        company, list(records), run_id=run_id, at=datetime.now(UTC), note=note, raw=raw
    )
    if not count:
        raise click.ClickException(f"{entity} of {company} has no such record waiting")
    loaded = load_released(store, CATALOGUE[entity], company, settings, run_id=run_id)
    click.echo(f"{count} released, {loaded} now in state. Publish with: vismapbi sync")
