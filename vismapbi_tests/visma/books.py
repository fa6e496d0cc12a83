"""A small Visma.net behind the scripted server: lists with paging, filters, cuts and changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vismapbi_tests.visma.doubles import Call, Reply

Document = dict[str, Any]
PAST = "2026-11-01T08:00:00"


@dataclass
class Books:
    """Lists by lower-case path. `before` is called ahead of every answer and may change the lists.

    Every call is in `asked` as (path, query).
    """

    lists: dict[str, list[Document]] = field(default_factory=dict)
    caps: dict[str, int] = field(default_factory=dict)
    unpaged: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)  # paged without metadata
    ignore: set[str] = field(default_factory=set)  # query parameters that have no effect
    phantoms: int = 0  # rows that are counted and never given
    before: Callable[[Call], Reply | None] = lambda call: None
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __call__(self, call: Call) -> Reply:
        self.asked.append((call.path, dict(call.query)))
        replaced = self.before(call)
        if replaced is not None:
            return replaced
        path = call.path.lower()
        if path not in self.lists:
            return Reply({"message": "no such list"}, 404)
        query = {k: v for k, v in call.query.items() if k not in self.ignore}
        rows = [row for row in self.lists[path] if _asked_for(row, query)]
        if path in self.unpaged:
            return Reply(rows)
        number, size = int(query.get("pageNumber", 1)), int(query.get("pageSize", 10**6))
        size = min(size, self.caps.get(path, 1000))
        if path == "/v2/journaltransaction":
            return Reply(lines_page(rows, number, size))
        page = rows[(number - 1) * size : number * size]
        if path not in self.silent:
            about = {
                "totalCount": len(rows) + self.phantoms,
                "maxPageSize": self.caps.get(path, 1000),
            }
            page = [{**row, "metadata": about} for row in page]
        return Reply(page)


def _asked_for(row: Document, query: dict[str, str]) -> bool:
    since = query.get("lastModifiedDateTime")
    if since and "lastModifiedDateTime" in row:
        condition = query.get("lastModifiedDateTimeCondition", ">=")
        stamp = datetime.fromisoformat(row["lastModifiedDateTime"])
        floor = datetime.fromisoformat(since)
        if not (stamp >= floor if condition == ">=" else stamp > floor):
            return False
    return not ("status" in query and row.get("status") != query["status"])


def lines_page(
    batches: list[Document], number: int, size: int, order: Sequence[int] | None = None
) -> list[Document]:
    """A page of lines; `order` says where in the list each line stands, by its position."""
    lines = [(at, line) for at, b in enumerate(batches) for line in b["journalTransactionLines"]]
    if order is not None:
        lines = [lines[position] for position in order]
    page: list[Document] = []
    last = None
    for at, line in lines[(number - 1) * size : number * size]:
        if at != last:
            about = {"totalCount": len(lines), "maxPageSize": 5000}
            page.append({**batches[at], "journalTransactionLines": [], "metadata": about})
            last = at
        page[-1]["journalTransactionLines"].append(line)
    return page


def supplier(number: int | str, *, stamp: str = PAST, **members: Any) -> Document:
    name = f"V{number}" if isinstance(number, int) else number
    return {
        "internalId": 1, "number": name, "name": f"Supplier {name}", "status": "Active",
        "lastModifiedDateTime": stamp, **members,
    }  # fmt: skip


def invoice(number: int | str, *, stamp: str = PAST, amount: Any = 100, **members: Any) -> Document:
    return {
        "documentType": "Invoice", "referenceNumber": f"{number}", "status": "Open",
        "supplier": {"number": "V1", "name": "Supplier V1"}, "currencyId": "NOK",
        "date": "2026-11-02T00:00:00", "dueDate": "2026-12-02T00:00:00",
        "postPeriod": "202611", "financialPeriod": "202611",
        "amount": amount, "balance": amount, "balanceInCurrency": amount,
        "lastModifiedDateTime": stamp, "invoiceLines": [], **members,
    }  # fmt: skip


def batch(
    number: int | str, amounts: list[tuple[Any, Any]], *, stamp: str = PAST, **members: Any
) -> Document:
    """A batch with a line for every (debit, credit)."""
    debit, credit = sum(d for d, _ in amounts), sum(c for _, c in amounts)
    return {
        "module": "ModuleGL", "batchNumber": f"{number}", "status": "Posted", "ledger": "1",
        "transactionDate": "2026-11-02T00:00:00", "financialPeriod": "202611",
        "postPeriod": "202611", "currencyId": "NOK", "branch": "1",
        "debitTotal": debit, "creditTotal": credit,
        "debitTotalInCurrency": debit, "creditTotalInCurrency": credit,
        "lastModifiedDateTime": stamp,
        "journalTransactionLines": [
            {
                "lineNumber": n, "accountNumber": f"{1500 + n}", "branch": "1",
                "debitAmount": d, "creditAmount": c,
                "debitAmountInCurrency": d, "creditAmountInCurrency": c,
            }
            for n, (d, c) in enumerate(amounts, start=1)
        ],
        **members,
    }  # fmt: skip


def balanced(number: int | str, lines: int = 2, **members: Any) -> Document:
    """A balanced batch with an even number of lines."""
    return batch(number, [(10, 0), (0, 10)] * (lines // 2), **members)
