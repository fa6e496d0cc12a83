"""How this company's Visma.net behaves where its documentation is silent, told by its answers.

Filters, page sizes, order, the zone of stamps, whole batches: each question is put to a real list
and decided by the rows that come back. What amounts mean is asked in `figures.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from vismapbi_assets.doctor.lists import Sample, mandatory, parameters, read
from vismapbi_assets.doctor.steps import Asked, Step
from vismapbi_assets.visma.client import VismaClient
from vismapbi_assets.visma.entities.catalogue import CATALOGUE
from vismapbi_assets.visma.errors import BadRequestError
from vismapbi_assets.visma.window import stamp

LIGHT = ("supplier", "customer", "subaccount", "project", "supplierDocument", "customerDocument")
"""Paged lists of small documents, for questions that ask for many rows."""
BUSY = ("supplierInvoice", "customerInvoice", "supplierPayment", "customerPayment", "purchaseOrder")
"""Lists that change every working day."""
SLACK = timedelta(minutes=2)
FRESH = timedelta(minutes=10)
DATE, CONDITION = "lastModifiedDateTime", "lastModifiedDateTimeCondition"

Samples = Mapping[str, Sample]


def ask_protocol(
    asked: Asked, client: VismaClient, samples: Samples, zone: str, now: datetime
) -> Iterator[Step]:
    """The questions in turn; each costs at most a few calls."""
    yield from _filter(asked, client, samples)
    yield _default_page_size(asked, client, samples)
    yield _order(asked, samples)
    yield _zone(asked, client, samples, zone, now)
    yield _whole_batches(asked, client, samples)


def _filter(asked: Asked, client: VismaClient, samples: Samples) -> Iterator[Step]:
    name = "change filter is honoured"
    chosen = _widest(samples)
    if chosen is None:
        yield asked.unknown(name, "no list holds documents with different stamps")
        return
    entity, total = chosen.entity, chosen.total
    stamps = sorted(set(chosen.stamps()))
    middle = stamps[len(stamps) // 2].replace(microsecond=0)
    found = read(client, entity, parameters(entity, since=middle))
    early = [s for s in found.stamps() if s < middle]
    seen = f"{entity.name} >= {stamp(middle)}: {_counted(found.total)} of {_counted(total)} rows"
    if early or (found.total is not None and found.total == total):
        yield asked.failed(
            name,
            f"{seen}, {len(early)} of {found.elements} older than asked for",
            "Do not sync: changes cannot be told. Compare visma.api_url with the developer portal",
        )
        return
    yield asked.ok(name, f"{seen}, none older than asked for")
    base = parameters(entity)
    yield _half(asked, client, chosen, "date without condition", {**base, DATE: stamp(middle)})
    yield _half(asked, client, chosen, "condition without date", {**base, CONDITION: ">="})


def _half(
    asked: Asked, client: VismaClient, chosen: Sample, name: str, query: Mapping[str, str]
) -> Step:
    try:
        found = read(client, chosen.entity, query)
    except BadRequestError as error:
        return asked.ok(name, f"refused, which is the safe answer: {error}")
    if found.total == chosen.total:
        return asked.ok(name, "ignored with status 200; both are always sent together")
    return asked.ok(
        name, f"honoured: {_counted(found.total)} of {_counted(chosen.total)} rows came"
    )


def _default_page_size(asked: Asked, client: VismaClient, samples: Samples) -> Step:
    name = "default page size is the cap"
    known = [samples[n] for n in LIGHT if n in samples and samples[n].cap and samples[n].total]
    if not known:
        return asked.unknown(name, "no paged list with rows was read")
    chosen = max(known, key=lambda s: s.total or 0)
    total, cap = chosen.total or 0, chosen.cap or 0
    found = read(client, chosen.entity, mandatory(chosen.entity)).elements
    seen = f"{chosen.entity.name} without paging parameters: {found} of {total} rows, cap {cap}"
    if found < min(total, cap):
        return asked.ok(name, f"no: {seen}; page numbers and sizes are always sent")
    if total <= cap:
        return asked.unknown(name, f"{seen}; a list longer than its cap would decide")
    return asked.ok(name, f"yes: {seen}")


def _order(asked: Asked, samples: Samples) -> Step:
    name = "order of unsorted lists"
    found = {"by change": 0, "by number": 0, "neither": 0}
    for sample in samples.values():
        if sample.entity.paging != "document" or len(sample.documents) < 5:
            continue
        stamps = sample.stamps()
        last = sample.entity.key[-1].split("_")[0]
        keys = [str(d.get(last) or "") for d in sample.documents]
        if _rises(stamps) and len(stamps) > 1:
            found["by change"] += 1
        elif _rises(keys):
            found["by number"] += 1
        else:
            found["neither"] += 1
    if not any(found.values()):
        return asked.unknown(name, "no paged list has five documents")
    said = ", ".join(f"{n} {how}" for how, n in found.items() if n)
    return asked.ok(name, f"first pages of lists come: {said}; reading relies on no order")


def _zone(asked: Asked, client: VismaClient, samples: Samples, zone: str, now: datetime) -> Step:
    name = "zone of lastModifiedDateTime"
    universal = now.astimezone(UTC).replace(tzinfo=None)
    local = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    stamps: list[datetime] = []
    since = min(universal, local) - timedelta(days=1)
    for entity in (CATALOGUE[n] for n in BUSY if n in samples):
        stamps += read(client, entity, parameters(entity, since=since)).stamps()
    remedy = "Edit any document now and run: vismapbi doctor --only visma"
    if not stamps:
        return asked.unknown(name, "nothing was modified in the last day", remedy)
    newest = max(stamps)
    seen = f"newest stamp {newest}, now {universal:%Y-%m-%d %H:%M:%S} UTC, {local:%H:%M:%S} {zone}"
    if newest > max(universal, local) + SLACK:
        return asked.warning(
            name, f"{seen}: the server's clock is ahead of both", "Set the clock of this machine"
        )
    if local > universal and newest > universal + SLACK:
        return asked.ok(name, f"{zone}: {seen}; the stamp lies in the future of UTC")
    if local < universal and local + SLACK < newest:
        return asked.ok(name, f"UTC: {seen}; the stamp lies in the future of {zone}")
    if universal - newest < FRESH:
        return asked.ok(
            name, f"UTC, most likely: {seen}; in {zone} nothing was touched for an hour"
        )
    return asked.unknown(name, f"{seen}; the newest stamp is too old to tell", remedy)


def _whole_batches(asked: Asked, client: VismaClient, samples: Samples) -> Step:
    name = "journal delta returns whole batches"
    known = samples.get("journalTransaction")
    if known is None or not known.stamps():
        return asked.unknown(name, "no journal batches were read")
    entity = CATALOGUE["journalTransaction"]
    stamps = sorted(known.stamps())
    since = stamps[len(stamps) * 3 // 4]
    found = read(client, entity, parameters(entity, since=since))
    complete = found.documents if found.whole else found.documents[:-1]
    if not complete:
        return asked.unknown(name, f"no complete batch on the first page since {stamp(since)}")
    open_ended = [d for d in complete if _difference(d) != 0]
    seen = f"{len(complete)} batches changed since {stamp(since)}"
    if not open_ended:
        return asked.ok(name, f"yes: {seen}, debit equals credit in each")
    first = open_ended[0].get("batchNumber")
    return asked.warning(
        name,
        f"{seen}, {len(open_ended)} do not balance, for example {first}",
        "Look at that batch in Visma.net: where it balances there, only changed lines came; then "
        "sync with --full and report it",
    )


def _difference(batch: Mapping[str, object]) -> Decimal:
    lines = batch.get("journalTransactionLines")
    return sum(
        (
            Decimal(line.get("debitAmount") or 0) - Decimal(line.get("creditAmount") or 0)
            for line in (lines if isinstance(lines, list) else [])
        ),
        Decimal(0),
    )


def _widest(samples: Samples) -> Sample | None:
    usable = [
        s
        for s in samples.values()
        if s.entity.delta == "pair" and s.entity.paging == "document" and len(set(s.stamps())) > 2
    ]
    return max(usable, key=lambda s: len(set(s.stamps())), default=None)


def _rises(values: Sequence[Any]) -> bool:
    return all(a <= b for a, b in pairwise(values))


def _counted(total: int | None) -> str:
    return "no" if total is None else f"{total:,}"
