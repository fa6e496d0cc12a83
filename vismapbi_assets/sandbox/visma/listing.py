"""Cuts lists into pages: filters, order, ceilings, metadata and the line-paged journal.

Belongs here: everything between a query and the bytes of a page. Does not belong here: HTTP,
authentication, faults. Pages are joined from bytes kept per record.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Any

from .balances import Balance, balance, balance_rows
from .books import Books
from .clock import Zone
from .ledger_rows import LedgerRow, ledger_rows, row_body
from .records import Record
from .resource import Resource
from .selection import check_needs, keepers, whole_number
from .settings import ServiceSettings
from .wire.common import Form


@dataclass(frozen=True, slots=True)
class Page:
    """The body of a list answer and how many units it holds."""

    body: bytes
    rows: int
    total: int


@dataclass(slots=True)
class Selection:
    """The records of one query, before paging."""

    records: list[Any]
    ends: list[int]


class Listings:
    """The pages of one company."""

    def __init__(self, books: Books, settings: ServiceSettings) -> None:
        self.books = books
        self.settings = settings
        self._zone = Zone(settings.zone)
        self._kept: OrderedDict[tuple[Any, ...], Selection] = OrderedDict()
        self._balances: tuple[tuple[int, str], list[Balance]] | None = None
        self._shuffles = 0

    @property
    def zone(self) -> Zone:
        """The zone of all stamps."""
        if self._zone.name != self.settings.zone:
            self._zone = Zone(self.settings.zone)
        return self._zone

    def page(self, resource: Resource, query: Mapping[str, str]) -> Page:
        """The page that a query asks for."""
        folded = {name.lower(): value for name, value in query.items()}
        check_needs(resource, folded)
        chosen = self._select(resource, folded)
        if resource.paging == "none":
            return self._whole(resource, chosen, folded)
        cap = self.settings.caps.get(resource.entity, resource.cap)
        default = self.settings.default_page_size or cap
        size = max(1, min(whole_number(folded.get("pagesize"), default), cap))
        start = (max(1, whole_number(folded.get("pagenumber"), 1)) - 1) * size
        if resource.paging == "line":
            return self._line_page(resource, chosen, folded, start, size, cap)
        total = len(chosen.records)
        part = chosen.records[start : start + size]
        bodies = [self.open_body(resource, record, folded) for record in part]
        return self._join(resource, bodies, total, cap)

    def _whole(self, resource: Resource, chosen: Selection, query: Mapping[str, str]) -> Page:
        bodies = [self.open_body(resource, record, query) for record in chosen.records]
        return self._join(resource, bodies, len(bodies), max(len(bodies), 1))

    def _join(self, resource: Resource, bodies: list[bytes], total: int, cap: int) -> Page:
        if not bodies:
            return Page(b"[]", 0, total)
        end = b"}"
        if self.settings.extra_members:
            end = b',"extras":{},"addedLater":{"value":1}}'
        if resource.metadata:
            end = b',"metadata":{"totalCount":%d,"maxPageSize":%d}' % (total, cap) + end
        return Page(b"[" + (end + b",").join(bodies) + end + b"]", len(bodies), total)

    def _line_page(
        self,
        resource: Resource,
        chosen: Selection,
        query: Mapping[str, str],
        start: int,
        size: int,
        cap: int,
    ) -> Page:
        ends = chosen.ends
        total = ends[-1] if ends else 0
        stop = min(start + size, total)
        bodies: list[bytes] = []
        index = bisect_right(ends, start)
        position = start
        while position < stop:
            first = ends[index - 1] if index else 0
            form = self.form(resource, chosen.records[index])
            part = form.lines[position - first : stop - first]
            gated = self._gated(form, query)
            lines = b",".join(part)
            bodies.append(b'%s%s,"journalTransactionLines":[%s]' % (form.head, gated, lines))
            position = ends[index]
            index += 1
        page = self._join(resource, bodies, total, cap)
        return Page(page.body, max(0, stop - start), total)

    def form(self, resource: Resource, record: Record) -> Form:
        """The encoded form of a record, made once per change."""
        key = f"{resource.entity} {self.zone.name}"
        found: Form | None = record.wire.get(key)
        if found is None:
            found = record.wire[key] = resource.form(self.books, record, self.zone)
        return found

    def open_body(self, resource: Resource, record: Any, query: Mapping[str, str]) -> bytes:
        """A record as an open object, with the members that the query asks for."""
        if isinstance(record, LedgerRow):
            return row_body(self.books, record, query, self.zone)
        if isinstance(record, Balance) and query.get("togglebalancesigns") == "true":
            return balance(self.books, record, self.zone, toggle=True).head
        form = self.form(resource, record)
        return form.head + self._gated(form, query)

    @staticmethod
    def _gated(form: Form, query: Mapping[str, str]) -> bytes:
        if not form.expands:
            return b""
        return b"".join(
            members
            for name, members in form.expands.items()
            if query.get(name.lower(), "").lower() == "true"
        )

    def snapshot(self, resource: Resource) -> bytes:
        """All records of a resource with all gated members, in one array."""
        everything = dict.fromkeys((name.lower() for name in _ALL_EXPANDS), "true")
        whole = []
        for record in self._records(resource, {"ledger": "1"}):
            if isinstance(record, LedgerRow):
                whole.append(row_body(self.books, record, everything, self.zone) + b"}")
                continue
            form = self.form(resource, record)
            body = form.head + self._gated(form, everything)
            if resource.paging == "line":
                body += b',"journalTransactionLines":[' + b",".join(form.lines) + b"]"
            whole.append(body + b"}")
        return b"[" + b",".join(whole) + b"]"

    def _records(self, resource: Resource, query: Mapping[str, str]) -> list[Any]:
        if resource.entity == "generalLedgerBalance":
            key = (self.books.ledger_version, self.books.first_open)
            if self._balances is None or self._balances[0] != key:
                self._balances = (key, balance_rows(self.books))
            return list(self._balances[1])
        if resource.entity == "generalLedgerTransactions":
            return ledger_rows(self.books, resource, query, self.zone, self.settings)
        return self.books.lists[resource.entity]

    def _select(self, resource: Resource, query: Mapping[str, str]) -> Selection:
        wanted = frozenset(
            (name, value)
            for name, value in query.items()
            if name not in ("pagenumber", "pagesize") and not name.startswith("expand")
        )
        key = (
            resource.entity,
            wanted,
            self.books.version,
            self.zone.name,
            self.settings.order,
            self.settings.lone_date,
            self.settings.zoned_date,
        )
        kept = self._kept.get(key)
        if kept is None or self.settings.order == "shuffled":
            kept = self._fresh(resource, query)
            self._kept[key] = kept
            while len(self._kept) > 12:
                self._kept.popitem(last=False)
        return kept

    def _fresh(self, resource: Resource, query: Mapping[str, str]) -> Selection:
        tests = keepers(resource, query, self.zone, self.settings)
        records = self._records(resource, query)
        if resource.entity == "generalLedgerTransactions":
            return Selection(records, [])
        if tests:
            records = [record for record in records if all(test(record) for test in tests)]
        if self.settings.order == "modified":
            records = sorted(records, key=lambda record: record.modified)
        elif self.settings.order == "shuffled":
            self._shuffles += 1
            records = list(records)
            Random(self._shuffles).shuffle(records)
            records.sort(key=lambda record: self.zone.text(record.modified))
        elif not tests:
            records = list(records)
        ends: list[int] = []
        if resource.paging == "line":
            records = [record for record in records if record.lines]
            ends = list(accumulate(len(record.lines) for record in records))
        return Selection(records, ends)


_ALL_EXPANDS = (
    "expandApplications",
    "expandDunningInformation",
    "expandAttachments",
    "expandAttachment",
    "expandTaxDetails",
    "expandInvoiceAddress",
    "expandAccountInformation",
    "expandPaymentMethods",
    "expandDirectDebit",
    "expandNote",
    "expandLandedCosts",
    "expandApproval",
    "expandAddress",
    "expandCurrency",
    "expandLedger",
    "expandDefaultCountry",
    "expandVatZone",
    "expandBranches",
    "includeAccountClassDescription",
    "includeCustomFreeFields",
)
