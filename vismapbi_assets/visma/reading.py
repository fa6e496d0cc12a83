"""One pass over an entity's lists: ask, archive, decode, page after page.

Every page is archived as received before it is decoded. Pages that an interrupted reading has
already archived are taken from there instead of asked for. Whether a pass was complete is judged by
`evidence.py`; what is stored belongs in `sink.py`.
"""

from __future__ import annotations

import re
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from vismapbi_assets.store.store import Store
from vismapbi_assets.visma.background import get_in_background
from vismapbi_assets.visma.client import Answer, VismaClient
from vismapbi_assets.visma.decode import Decoded, decode_page
from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.errors import MalformedPageError, TimedOutError
from vismapbi_assets.visma.evidence import Evidence
from vismapbi_assets.visma.paging import Page, effective_size, page_count, pages
from vismapbi_assets.visma.probe import ONE_ROW, look
from vismapbi_assets.visma.scope import Request

TELLING = ("document", "line")
"""Lists paged so carry their size on every element."""

_PLAIN = re.compile(r"[\w.~-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Content:
    """One decoded page and how it came.

    Attributes:
        address: where it is archived.
        reading: number of the pass within its run.
        columns: what the request stood for and the answer does not say.
    """

    decoded: Decoded
    address: str
    asked_at: datetime
    reading: int
    columns: Mapping[str, str]


@dataclass
class Reader:
    """Reads pages of one entity of one company for one run.

    Attributes:
        size: rows asked for per page.
        archived: pages of an interrupted reading, by position of the list and page number.
        trail: the pages of this reading in the same form.
        expected: how many pages the lists begun so far have, where they tell.
    """

    entity: Entity
    client: VismaClient
    store: Store
    run_id: str
    zone: str
    size: int
    in_flight: int
    archived: Mapping[str, str] = field(default_factory=dict)
    trail: dict[str, str] = field(default_factory=dict)
    pages: int = 0
    expected: int = 0
    reading: int = 0
    _archive_from: int = 0
    _largest: int = 0
    # a page takes many times its size while it is decoded, and two at once gain no time
    _decoding: threading.Lock = field(default_factory=threading.Lock)

    def contents(
        self, requests: Sequence[Request], filters: Mapping[str, str], evidence: Evidence
    ) -> Iterator[Content]:
        """The pages of all lists in order; tells `evidence` how each list ended."""
        self.reading += 1
        for position, request in enumerate(requests):
            if self.entity.detail:
                yield from self._details(request, evidence)
            else:
                yield from self._list(position, request, filters, evidence)

    def count(self, requests: Sequence[Request], filters: Mapping[str, str]) -> int | None:
        """How many rows the lists have now; None where the lists do not tell."""
        if self.entity.paging not in TELLING:
            return None
        counts = [
            look(self.client, r.path, {**r.parameters, **filters, **ONE_ROW}) for r in requests
        ]
        return sum(found.count for found in counts)

    def _list(
        self, position: int, request: Request, filters: Mapping[str, str], evidence: Evidence
    ) -> Iterator[Content]:
        def load(number: int, size: int) -> Page[Content]:
            parameters = {**request.parameters, **filters}
            if self.entity.paging != "none":
                parameters |= {"pageNumber": str(number), "pageSize": str(size)}
            content = self._load(f"{position}:{number}", request, parameters, number)
            decoded = content.decoded
            return Page(number, decoded.rows, decoded.total, decoded.cap, decoded.mark, content)

        count, total, shrank = 0, None, False
        paging = self.entity.paging
        for page in pages(
            load,
            paging=paging,
            size=self.size,
            in_flight=self.in_flight,
            proven=self._proven(filters),
        ):
            count += 1
            self._largest = max(self._largest, page.rows)
            if count == 1 and page.total is not None:
                self.expected += page_count(page.total, effective_size(page, self.size))
            if page.total is not None:
                shrank = shrank or (total is not None and page.total < total)
                total = page.total
            evidence.see(page.content.decoded.frame["modified_at"])
            yield page.content
        self._archive_from += count
        self._prove()
        if total is None and paging in TELLING and count == 1:
            total = 0  # an empty list has no element that could tell
        evidence.end_list(count, total, shrank)

    def _proven(self, filters: Mapping[str, str]) -> int:
        """How many rows the server has put on a page of this list; a whole reading trusts none.

        What it leaves out counts as gone, and a server may lower its cap.
        """
        return self._page_note()[1] if filters and self.entity.paging == "short" else 0

    def _prove(self) -> None:
        """Remember the largest page, so that a smaller one needs no look behind it."""
        if self.entity.paging != "short":
            return
        name, known = self._page_note()
        if self._largest > known:
            self.store.documents.put(name, {"rows": self._largest})

    def _page_note(self) -> tuple[str, int]:
        name = f"pages/{self.entity.name}/{self.client.company}"
        return name, int((self.store.documents.get(name) or {}).get("rows", 0))

    def _load(
        self, place: str, request: Request, parameters: Mapping[str, str], number: int
    ) -> Content:
        if place in self.archived:
            address = self.archived[place]
            content = replayed(self.entity, self.store, address, zone=self.zone)
        else:
            content = self._asked(
                request.path,
                parameters,
                lambda answer: self._take(answer, request, self._archive_from + number),
            )
        self.pages += 1
        self.trail[place] = content.address
        return content

    def _asked(
        self, path: str, parameters: Mapping[str, str], read: Callable[[Answer], Content]
    ) -> Content:
        try:
            return self.client.get(path, parameters, read)
        except TimedOutError:
            return get_in_background(self.client, path, parameters, read)

    def _take(self, answer: Answer, request: Request, number: int = 0) -> Content:
        meta = {
            "path": answer.path,
            "query": dict(answer.parameters),
            "columns": dict(request.columns),
            "reading": self.reading,
            "status": 200,
            "request_id": answer.request_id,
            "received_at": answer.asked_at.isoformat(),
        }
        address = self.store.archive.write_page(
            self.run_id, self.entity.name, self.client.company, number, answer.body, meta
        )
        with self._decoding:
            decoded = decode_page(
                self.entity,
                answer.body,
                zone=self.zone,
                company=self.client.company,
                requested=request.columns,
            )
        return Content(decoded, address, answer.asked_at, self.reading, request.columns)

    def _details(self, request: Request, evidence: Evidence) -> Iterator[Content]:
        listing = self.client.get(self.entity.path, {}, _names)
        for number, name in enumerate(listing, start=1):
            path = str(self.entity.detail).format(id=path_value(name))
            yield self._load(f"{name}:{number}", Request(path), request.parameters, number)
            evidence.end_list(1, None, False)


def replayed(entity: Entity, store: Store, address: str, *, zone: str) -> Content:
    """A page as decoded from the archive, without a call."""
    body, meta = store.archive.read_page(address)
    decoded = decode_page(
        entity, body, zone=zone, company=str(meta["company"]), requested=meta["columns"]
    )
    asked_at = datetime.fromisoformat(meta["received_at"]).astimezone(UTC)
    return Content(decoded, address, asked_at, meta["reading"], meta["columns"])


def _names(answer: Answer) -> list[str]:
    try:
        return msgspec.json.decode(answer.body, type=list[str])
    except msgspec.DecodeError as error:
        raise MalformedPageError(f"GET {answer.path}: not a list of ids: {error}") from None


def path_value(text: str) -> str:
    """An id as part of a path; anything but plain characters goes as b64(...)."""
    if _PLAIN.fullmatch(text):
        return text
    return f"b64({urlsafe_b64encode(text.encode()).decode()})"
