"""The general ledger line by line, as the ledger transactions endpoint lists it.

Belongs here: choosing lines and the running balances of a listing. Does not belong here: the
wire form of a line (see `wire.ledger`), pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .books import Books
from .clock import Zone
from .records import Batch
from .resource import Resource
from .selection import keepers
from .settings import ServiceSettings
from .wire.ledger import transaction


class LedgerRow(NamedTuple):
    """One line of a batch; `before` is its account's running balance where it was asked for."""

    batch: Batch
    position: int
    before: int | None


def ledger_rows(
    books: Books,
    resource: Resource,
    query: Mapping[str, str],
    zone: Zone,
    settings: ServiceSettings,
) -> list[LedgerRow]:
    """The posted lines that a query for ledger transactions keeps."""
    tests = keepers(resource, query, zone, settings)
    open_statuses = {"Posted"}
    if query.get("includeunposted") == "true":
        open_statuses.add("Unposted")
    if query.get("includeunreleased") == "true":
        open_statuses |= {"Hold", "Balanced"}
    account, sub = query.get("account"), query.get("subaccountid")
    branch = query.get("branch")
    with_balance = query.get("includetransactionbalance") == "true"
    running: dict[str, int] = {}
    rows: list[LedgerRow] = []
    for batch in books.batches():
        if batch.status not in open_statuses or not all(test(batch) for test in tests):
            continue
        for index, line in enumerate(batch.lines):
            if (account and line.account != account) or (sub and line.sub != sub):
                continue
            if branch and (line.branch or batch.branch) != branch:
                continue
            before = None
            if with_balance:
                before = running.get(line.account, 0)
                running[line.account] = before + line.amount
            rows.append(LedgerRow(batch, index, before))
    return rows


def row_body(books: Books, row: LedgerRow, query: Mapping[str, str], zone: Zone) -> bytes:
    """A line as an open object."""
    return transaction(
        books,
        row.batch,
        row.position,
        zone,
        branch_info=query.get("expandbranchinfo") == "true",
        account_info=query.get("expandaccountinfo") == "true",
        before=row.before,
    )
