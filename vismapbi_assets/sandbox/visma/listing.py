"""Cuts lists into pages: filters, order, ceilings, metadata and the line-paged journal.

Belongs here: everything between a query and the bytes of a page. Does not belong here: HTTP,
authentication, faults. Pages are joined from bytes kept per record.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from operator import ge, gt, le, lt
from random import Random
from typing import Any

from .balances import Balance, balance, balance_rows
from .books import Books
from .clock import Zone
from .records import Batch, Record
from .resources import Resource
from .settings import ServiceSettings
from .wire.common import Form
from .wire.ledger import transactions

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {">": gt, "<": lt, ">=": ge, "<=": le}
_ZONED = re.compile(r"(Z|[+ -]\d\d:?\d\d)$")


class Refused(Exception):
    """A query that the service answers with 400 and a message."""


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
        self._check_needs(resource, folded)
        chosen = self._select(resource, folded)
        if resource.paging == "none":
            return self._whole(resource, chosen, folded)
        cap = self.settings.caps.get(resource.entity, resource.cap)
        default = self.settings.default_page_size or cap
        size = max(1, min(_whole_number(folded.get("pagesize"), default), cap))
        start = (max(1, _whole_number(folded.get("pagenumber"), 1)) - 1) * size
        if resource.paging == "line":
            return self._line_page(resource, chosen, folded, start, size, cap)
        total = len(chosen.records)
        part = chosen.records[start : start + size]
        bodies = [self.open_body(resource, record, folded) for record in part]
        return self._join(resource, bodies, total, cap)

    def _check_needs(self, resource: Resource, query: Mapping[str, str]) -> None:
        for need in resource.needs:
            if not any(query.get(name.lower()) for name in need.split("|")):
                names = " or ".join(need.split("|"))
                raise Refused(f"The parameter {names} is mandatory for {resource.path}.")

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
        found = record.wire.get(key)
        if found is None:
            found = record.wire[key] = resource.form(self.books, record, self.zone)
        assert isinstance(found, Form)
        return found

    def open_body(self, resource: Resource, record: Any, query: Mapping[str, str]) -> bytes:
        """A record as an open object, with the members that the query asks for."""
        if isinstance(record, bytes):
            return record
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
            if isinstance(record, bytes):
                whole.append(record + b"}")
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
            return self._transactions(resource, query)
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
        tests = self._tests(resource, query)
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

    def _tests(self, resource: Resource, query: Mapping[str, str]) -> list[Callable[[Any], bool]]:
        tests: list[Callable[[Any], bool]] = []
        for name, test in resource.filters.items():
            value = query.get(name.lower())
            if value:
                tests.append(lambda record, test=test, value=value: test(record, value))
        zone = self.zone
        stamps: dict[str, Callable[[Any], Any]] = {
            "lastModifiedDateTime": lambda record: zone.local(record.modified),
            "createdDateTime": lambda record: zone.local(record.created),
        }
        for name, get in stamps.items():
            found = self._comparison(query, name, floor=resource.floor)
            if found:
                tests.append(lambda record, get=get, found=found: found[0](get(record), found[1]))
        for name, get_date in resource.dates.items():
            found = self._comparison(query, name, floor=False)
            if found:
                tests.append(
                    lambda record, get=get_date, found=found: (
                        get(record) is not None and found[0](get(record), found[1].date())
                    )
                )
        return tests

    def _comparison(
        self, query: Mapping[str, str], name: str, *, floor: bool
    ) -> tuple[Callable[[Any, Any], bool], datetime] | None:
        value = query.get(name.lower())
        condition = query.get(f"{name}Condition".lower())
        if not value:
            return None
        if _ZONED.search(value) and len(value) > 10:
            if self.settings.zoned_date == "reject":
                raise Refused(f"{name}: '{value}' is not a valid date time; give no time zone.")
            return None
        if floor:
            return ge, _moment(name, value)
        if condition is None:
            if self.settings.lone_date == "reject":
                raise Refused(f"{name} and {name}Condition must be given together.")
            return None
        operator = OPERATORS.get(condition.strip())
        if operator is None:
            raise Refused(f"{name}Condition: '{condition}' is not one of >, <, >=, <=.")
        return operator, _moment(name, value)

    def _transactions(self, resource: Resource, query: Mapping[str, str]) -> list[Any]:
        tests = self._tests(resource, query)
        open_statuses = {"Posted"}
        if query.get("includeunposted") == "true":
            open_statuses.add("Unposted")
        if query.get("includeunreleased") == "true":
            open_statuses |= {"Hold", "Balanced"}
        account, sub = query.get("account"), query.get("subaccountid")
        branch = query.get("branch")
        running: dict[str, int] = {}
        rows: list[Any] = []
        for batch in self.books.lists["journalTransaction"]:
            assert isinstance(batch, Batch)
            if batch.status not in open_statuses or not all(test(batch) for test in tests):
                continue
            bodies = transactions(
                self.books,
                batch,
                self.zone,
                branch_info=query.get("expandbranchinfo") == "true",
                account_info=query.get("expandaccountinfo") == "true",
            )
            for line, body in zip(batch.lines, bodies, strict=True):
                if (account and line.account != account) or (sub and line.sub != sub):
                    continue
                if branch and (line.branch or batch.branch) != branch:
                    continue
                if query.get("includetransactionbalance") == "true":
                    before = running.get(line.account, 0)
                    running[line.account] = before + line.amount
                    body += b',"begBalance":%s,"endingBalance":%s' % (
                        _hundredths(before),
                        _hundredths(before + line.amount),
                    )
                rows.append(body)
        return rows


def _hundredths(amount: int) -> bytes:
    sign = b"-" if amount < 0 else b""
    return b"%s%d.%02d" % (sign, abs(amount) // 100, abs(amount) % 100)


def _moment(name: str, value: str) -> datetime:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\d(\.\d{1,7})?)?", value):
        raise Refused(f"{name}: '{value}' is not a valid date time.")
    whole, _, fraction = value.partition(".")
    moment = datetime.fromisoformat(whole)
    return moment.replace(microsecond=int(fraction[:6].ljust(6, "0"))) if fraction else moment


def _whole_number(text: str | None, default: int) -> int:
    if text is None or not text.strip():
        return default
    try:
        return int(text)
    except ValueError:
        raise Refused(f"'{text}' is not a valid page value.") from None


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
