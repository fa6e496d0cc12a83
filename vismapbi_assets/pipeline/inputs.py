"""From the store to what transforms read: live state frames, published rows, the data date.

Nothing is computed here; transforms live in the model, publishing in `publication.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from hashlib import blake2b
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from vismapbi_assets.model.inputs import CompanyInfo, Inputs
from vismapbi_assets.model.mapping import AccountMapping
from vismapbi_assets.model.mapping_text import parse_mapping
from vismapbi_assets.model.semantic_model import TABLE
from vismapbi_assets.model.table import Table
from vismapbi_assets.settings import Settings, SettingsError
from vismapbi_assets.settings_shape import Company
from vismapbi_assets.store import Store
from vismapbi_assets.visma.entities.catalogue import CATALOGUE

SLICE_LINES = 30_000


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved in the driving entities of a row-wise table since it was last published."""

    frames: Mapping[str, pl.DataFrame]

    @property
    def documents(self) -> int:
        """How many documents moved, deleted ones included."""
        return sum(frame.height for frame in self.frames.values())


def companies(settings: Settings) -> tuple[CompanyInfo, ...]:
    """The companies as the model sees them, each with its account mapping."""
    return tuple(
        CompanyInfo(
            key=company.key,
            name=company.name,
            base_currency=company.base_currency,
            default_branch=company.default_branch,
            mapping=_mapping(settings, company),
        )
        for company in settings.companies
    )


def _mapping(settings: Settings, company: Company) -> AccountMapping | None:
    if company.account_mapping is None:
        return None
    base = Path(settings.origin).parent if not settings.is_sandbox else Path()
    path = base / company.account_mapping
    try:
        return parse_mapping(
            path.read_text("utf-8"),
            kind="csv" if path.suffix == ".csv" else "toml",
            base_currency=company.base_currency,
        )
    except OSError as error:
        raise SettingsError(
            f"companies.account_mapping: {path} cannot be read ({error.strerror}). Write it, or "
            "remove the setting to use the default mapping"
        ) from None
    except ValueError as error:
        raise SettingsError(f"companies.account_mapping: {path}: {error}") from None


def entity_frame(store: Store, name: str) -> pl.LazyFrame:
    """The live rows of an entity with its full schema, empty where nothing was read yet."""
    return _typed(store.state(name).current(), name)


def _typed(frame: pl.LazyFrame, name: str) -> pl.LazyFrame:
    schema = CATALOGUE[name].state_schema
    held = frame.collect_schema()
    missing = [
        pl.lit(None, dtype=dtype).alias(column)
        for column, dtype in schema.items()
        if column not in held
    ]
    return frame.with_columns(missing).select([*schema, "sequence"])


def published_frame(store: Store, name: str) -> pl.LazyFrame:
    """The net rows of a published table with the types that its transform gave them.

    Net rows count once: `RowDelta` is 1, whatever was posted to get there.
    """
    schema = {c.name: c.dtype for c in TABLE[name].columns}
    frame = store.published(name).current()
    held = frame.collect_schema()
    filled = {"RowDelta": pl.lit(1)} | {
        column: pl.col(kept).dt.replace_time_zone(None) if column == "LoadedAt" else pl.col(kept)
        for column, kept in (("PushBatchId", "push_batch_id"), ("LoadedAt", "loaded_at"))
        if kept in held
    }
    missing = [
        filled.get(column, pl.lit(None)).alias(column) for column in schema if column not in held
    ]
    return frame.with_columns(missing).select(
        pl.col(column).cast(dtype) for column, dtype in schema.items()
    )


def live_frame(name: str, moved: pl.DataFrame | None) -> pl.LazyFrame:
    """The live ones of some moved documents with the entity's full schema; none where None."""
    if moved is None:
        return pl.LazyFrame(schema={**CATALOGUE[name].state_schema, "sequence": pl.Int64()})
    return _typed(moved.filter(pl.col("deleted_at").is_null()).lazy(), name)


def build_inputs(store: Store, settings: Settings, table: Table, as_of: date) -> Inputs:
    """The inputs of one table, its own published rows among them (snapshots, calendar)."""
    return Inputs(
        entities={name: entity_frame(store, name) for name in table.sources},
        tables={name: published_frame(store, name) for name in (*table.tables, table.name)},
        companies=companies(settings),
        as_of=as_of,
        zone=settings.time_zone,
    )


def moved_slices(store: Store, table: Table, since: Mapping[str, int]) -> Iterator[Moved]:
    """The documents that moved after the given sequences, in slices of bounded size.

    A slice holds documents of one entity; its lines stay near `SLICE_LINES`.
    """
    row_wise = table.row_wise
    if row_wise is None:
        return
    for name in row_wise.entities:
        state = store.state(name)
        if not state.exists():
            continue
        snapshot = state.snapshot()
        start = since.get(name, 0)
        for sequence in range(start + 1, snapshot.sequence + 1):
            moved = snapshot.current(deleted=True, since=sequence - 1, until=sequence)
            frame = moved.collect()
            lines = CATALOGUE[name].lines
            per_document = (
                frame.select(pl.col(lines).list.len().mean()).item() or 1.0
                if lines and frame.height
                else 1.0
            )
            size = max(1, int(SLICE_LINES / max(per_document, 1.0)))
            for offset in range(0, frame.height, size):
                yield Moved({name: frame.slice(offset, size)})


def data_date(store: Store, settings: Settings) -> date | None:
    """The day up to which every entity of every company was read; None before the first load."""
    earliest: date | None = None
    zone = ZoneInfo(settings.time_zone)
    for company in settings.companies:
        for name, entity in CATALOGUE.items():
            if not entity.in_sync or name in settings.visma.exclude:
                continue
            record = store.documents.get(reading_name(company.key, name))
            if record is None or record.get("read_at") is None:
                return None
            day = datetime.fromisoformat(record["read_at"]).astimezone(zone).date()
            earliest = day if earliest is None else min(earliest, day)
    return earliest


def reading_name(company: str, entity: str) -> str:
    """The name of the document that says how far an entity of a company was read."""
    return f"readings/{company}/{entity}"


@lru_cache(maxsize=1)
def model_digest() -> str:
    """A digest of the model as installed: another model may compute other rows."""
    digest = blake2b(digest_size=12)
    root = resources.files("vismapbi_assets.model")
    for item in sorted(Path(str(root)).rglob("*")):
        if item.suffix in {".py", ".toml", ".csv"}:
            digest.update(item.read_bytes())
    return digest.hexdigest()


def fingerprint(settings: Settings, as_of: date | None) -> str:
    """What computed rows depend on beside their sources; when it moves, tables are recomputed.

    Rows of ledgers and calendars may depend on the month of the data date, never on its day; rows
    of single documents on no date at all (None).
    """
    month = as_of.strftime("%Y-%m") if as_of else ""
    parts = (model_digest(), repr(companies(settings)), settings.time_zone, month)
    return blake2b("\n".join(parts).encode(), digest_size=12).hexdigest()
