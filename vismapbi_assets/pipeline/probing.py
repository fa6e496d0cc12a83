"""Decides which entities have moved, at one call for each, for the change sensor.

What is known of an entity is its watermark (the newest stamp that an extraction has seen). A probe
asks for rows after that second; every other one asks for rows from that second on and compares
their number, which shows a row that was stamped in the same second after it was read. What is
loaded is never decided here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from vismapbi_assets.pipeline.inputs import reading_name
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.settings_shape import Company
from vismapbi_assets.visma.client import VismaClient
from vismapbi_assets.visma.entities.catalogue import CATALOGUE
from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.errors import QuotaExhausted, VismaError
from vismapbi_assets.visma.probe import probe

RETRY_AFTER = timedelta(minutes=5)
"""How long a request for the same change is not repeated."""
SHARE = 0.5
"""Share of the window's remaining calls that probing may use."""

Cursor = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Probed:
    """The entities that moved, the cursor to keep, and what is worth saying."""

    moved: list[str] = field(default_factory=list)
    cursor: Cursor = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def is_probed(entity: Entity) -> bool:
    """Whether one call can tell that the entity moved; the others wait for the daily closing."""
    return not entity.loop and entity.detail is None


@dataclass(frozen=True, slots=True)
class Prober:
    """Probes all entities of a company."""

    bench: Workbench

    def probe_all(self, company: Company, entities: list[str], cursor: Cursor) -> Probed:
        """One call per entity, unless the window's calls have to last longer."""
        now = datetime.now(UTC)
        if not _is_due(cursor, now):
            return Probed(
                cursor=cursor, notes=[f"{company.key}: saves calls until {cursor['next']}"]
            )
        client = self.bench.visma(company.key)
        chosen = [CATALOGUE[name] for name in entities if is_probed(CATALOGUE[name])]
        moved: list[str] = []
        known: Cursor = dict(cursor)
        notes: list[str] = []
        for entity in chosen:
            record = self.bench.store.documents.get(reading_name(company.key, entity.name))
            if record is None or record.get("whole_at") is None:
                notes.append(f"{company.key}: {entity.name} waits for the initial load")
                continue
            try:
                if self._has_moved(client, entity, record, known, now):
                    moved.append(entity.name)
            except QuotaExhausted as error:
                notes.append(f"{company.key}: {error}")
                break
            except VismaError as error:
                notes.append(f"{company.key}: {entity.name}: {error}")
        _pace(client, known, len(chosen), now)
        return Probed(moved, known, notes)

    def _has_moved(
        self, client: VismaClient, entity: Entity, record: Cursor, known: Cursor, now: datetime
    ) -> bool:
        held: Cursor = dict(known.get(entity.name) or {})
        watermark = record.get("watermark")
        basis = watermark or record.get("read_at")
        if held.get("basis") != basis:
            held = {"basis": basis, "digest": held.get("digest")}
        if entity.delta == "none" or watermark is None:
            found = probe(entity, client, None)
            moved = held.get("digest") not in (None, found.digest)
            held["digest"] = found.digest
        else:
            second = datetime.fromisoformat(watermark).replace(microsecond=0)
            inclusive = not held.get("inclusive", True)
            found = probe(entity, client, second if inclusive else second + timedelta(seconds=1))
            if inclusive:
                moved = found.count != held.setdefault("count", found.count)
            else:
                moved = found.count > 0
            held["inclusive"] = inclusive
        asked = held.get("asked")
        if moved and asked and now - datetime.fromisoformat(asked) < RETRY_AFTER:
            moved = False
        if moved:
            held["asked"] = now.isoformat()
        known[entity.name] = held
        return moved


def _is_due(cursor: Cursor, now: datetime) -> bool:
    return "next" not in cursor or now >= datetime.fromisoformat(cursor["next"])


def _pace(client: VismaClient, cursor: Cursor, calls: int, now: datetime) -> None:
    """Spread what probing may use over the rest of the window."""
    cursor.pop("next", None)
    affordable = client.budget.affordable()
    if affordable is None:
        return
    rest = max((client.budget.resume_at - now).total_seconds(), 0.0)
    pause = rest * calls / max(affordable * SHARE, 1.0)
    cursor["next"] = (now + timedelta(seconds=min(pause, rest))).isoformat(timespec="seconds")
