"""Our own surroundings: secrets, clock, the store and its guarantees.

Writes into the store only below a scratch prefix, which is removed again. Dagster is asked in
`dagster_side.py`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import obstore.exceptions
import polars as pl
from deltalake.exceptions import CommitFailedError, DeltaError

from vismapbi_assets.doctor.steps import Asked, Step
from vismapbi_assets.settings import SECRETS, Settings, SettingsError, environment_secrets
from vismapbi_assets.store import Store
from vismapbi_assets.store.delta import Delta

SCRATCH = "doctor"
STORAGE_ERRORS = (OSError, DeltaError, obstore.exceptions.BaseError)
STORE = (
    "Check store.root, that this user may write there, and for cloud storage its credentials in "
    "the environment and store.options"
)
ATOMIC = (
    "Two runs could both believe to be first. Use local disk, S3, or Azure storage; for an S3 "
    'lookalike set aws_conditional_put = "etag" in store.options, and no network folder'
)


def ask_settings(settings: Settings) -> Iterator[Step]:
    """What was read, and which secrets there are; values are never looked at twice."""
    asked = Asked("settings")
    companies = ", ".join(f"{c.key} ({c.name})" for c in settings.companies)
    yield asked.ok(
        "settings",
        f"{settings.origin}: {len(settings.companies)} companies: {companies}; dataset "
        f"{settings.dataset.name!r}",
    )
    if settings.is_sandbox:
        yield asked.warning(
            "real systems",
            "no settings file: the sandbox's companies are used",
            "Write one with: vismapbi init",
        )
    needed = ["VISMA_CLIENT_ID", "VISMA_CLIENT_SECRET"]
    if not settings.powerbi.certificate:
        needed.append("POWERBI_CLIENT_SECRET")
    for name in needed:
        yield _secret(asked, settings, name)
    if settings.powerbi.certificate:
        yield _certificate(asked, Path(settings.powerbi.certificate))


def _secret(asked: Asked, settings: Settings, name: str) -> Step:
    title = f"secret {name}"
    try:
        settings.secret(name)
    except SettingsError as error:
        return asked.failed(title, str(error), f"vismapbi credentials set {name}")
    if name in environment_secrets():
        place = "the environment"
    elif name in settings.plain_secrets:
        place = "the environment given" if not settings.is_sandbox else "the sandbox"
    else:
        place = str(settings.credentials.path)
    return asked.ok(title, f"present in {place} ({SECRETS[name]})")


def _certificate(asked: Asked, path: Path) -> Step:
    try:
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        return asked.failed(
            "certificate", f"{path}: {error}", "Check powerbi.certificate: a PEM file we may read"
        )
    if "PRIVATE KEY" not in text or "BEGIN CERTIFICATE" not in text:
        return asked.failed(
            "certificate", f"{path} lacks the key or the certificate", "Put both into one PEM file"
        )
    return asked.ok("certificate", f"{path} holds key and certificate")


def ask_clock(settings: Settings, now: datetime) -> Step:
    """The zone of the settings beside the machine's; days are reckoned in the former."""
    zone = ZoneInfo(settings.time_zone)
    own = now.astimezone()
    return Asked("store").ok(
        "time zone",
        f"settings {settings.time_zone} {now.astimezone(zone):%Y-%m-%d %H:%M}, machine "
        f"{own.tzname()} {own:%Y-%m-%d %H:%M}; days and schedules follow the settings",
    )


@dataclass(frozen=True, slots=True)
class StoreAsked:
    """What the store showed; `store` is None where it cannot be used."""

    steps: tuple[Step, ...]
    store: Store | None


def ask_store(settings: Settings) -> StoreAsked:
    """Whether the store can be written, and whether of two writers exactly one is first."""
    asked = Asked("store")
    root = settings.store.root
    prefix = f"{SCRATCH}/{uuid.uuid4().hex}"
    try:
        store = Store(root, settings.store.options)
        first = store.objects.put_if_absent(f"{prefix}/first", b"doctor")
        second = store.objects.put_if_absent(f"{prefix}/first", b"second")
        kept = store.objects.get(f"{prefix}/first")
    except (*STORAGE_ERRORS, ValueError) as error:
        seen = f"{root}: {type(error).__name__}: {str(error).splitlines()[0][:200]}"
        return StoreAsked((asked.failed("store writable", seen, STORE),), None)
    try:
        if not first or second or kept != b"doctor":
            refused = asked.failed("store writable", f"{root}: a second writer was let in", ATOMIC)
            return StoreAsked((refused,), store)
        writable = asked.ok("store writable", f"{root}: written; a second first writer is refused")
        return StoreAsked((writable, _delta(asked, store, prefix)), store)
    finally:
        _clean(store, prefix)


def _delta(asked: Asked, store: Store, prefix: str) -> Step:
    name = "atomic commits"
    scratch = Delta(store.objects, f"{prefix}/table", ("n",))
    frame = pl.DataFrame({"n": [1]})
    try:
        table = scratch.open_or_create(frame.schema)
        scratch.commit(table, [scratch.write(frame, "one")], {"doctor": 1})
        stale_refused = False
        try:
            scratch.commit(table, [scratch.write(frame, "two")], {"doctor": 1})
        except CommitFailedError:
            stale_refused = True
        newest = scratch.open()
        rows = sum(f.rows for f in scratch.files(newest)) if newest else 0
    except STORAGE_ERRORS as error:
        return asked.failed(name, f"{type(error).__name__}: {str(error)[:200]}", STORE)
    if rows != 1 or not stale_refused:
        return asked.failed(name, f"two commits of one number left {rows} rows", ATOMIC)
    return asked.ok(name, "a Delta commit is visible, a second one of the same number is refused")


def _clean(store: Store, prefix: str) -> None:
    store.objects.delete(*(info.path for info in store.objects.list(prefix)))
    if (folder := store.objects.folder) is None:
        return
    base = folder / SCRATCH
    folders = [p for p in (base / prefix.split("/")[1]).rglob("*") if p.is_dir()]
    for path in [*sorted(folders, reverse=True), base / prefix.split("/")[1], base]:
        try:
            path.rmdir()
        except OSError:
            continue
