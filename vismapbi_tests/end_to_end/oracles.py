"""What must hold between both ends, found without the pipeline's own code.

The ERP's side is the sandbox's snapshot of raw payloads, read with nothing but JSON; Power BI's
side the rows that it received, reversals included. Sums over raw payloads in SQL are in `books.py`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from vismapbi_tests.end_to_end.harness import LOG, WITH_ROWS, Installation

KEYS: dict[str, tuple[str, ...]] = {
    "account": ("accountCD",),
    "subaccount": ("subaccountId",),
    "dimension": ("id",),
    "ledger": ("number",),
    "financialPeriod": ("year", "period"),
    "branch": ("number",),
    "organization": ("organizationCd",),
    "currency": ("id",),
    "currencyRate": ("id",),
    "inventory": ("inventoryNumber",),
    "cashAccount": ("number",),
    "cashTransaction": ("tranType", "referenceNbr"),
    "supplier": ("number",),
    "supplierInvoice": ("documentType", "referenceNumber"),
    "supplierPayment": ("type", "refNbr"),
    "supplierDocument": ("documentType", "referenceNumber"),
    "customer": ("number",),
    "customerPayment": ("type", "refNbr"),
    "customerInvoice": ("documentType", "referenceNumber"),
    "customerCreditNote": ("documentType", "referenceNumber"),
    "customerDebitNote": ("documentType", "referenceNumber"),
    "customerOverdueCharge": ("documentType", "referenceNumber"),
    "customerCreditWriteOff": ("documentType", "referenceNumber"),
    "customerDocument": ("documentType", "referenceNumber"),
    "cashSale": ("documentType", "referenceNumber"),
    "purchaseOrder": ("orderType", "orderNbr"),
    "purchaseReceipt": ("receiptType", "receiptNbr"),
    "project": ("projectID",),
    "projectTask": ("internalId",),
    "timeCard": ("refNbr",),
    "journalTransaction": ("module", "batchNumber"),
    "generalLedgerBalance": (
        "branch.number",
        "ledger.id",
        "financialPeriod",
        "account.number",
        "subAccountCd",
    ),
    "budget": ("branchNumber.number", "", "financialYear", "account.number", "subaccount.id"),
}
"""What identifies a document of each list; a budget's ledger is told by the request alone."""

BUDGET_LEDGER = "2"
NOT_CONTENT = {
    "company", "key", "modified_at", "content_hash", "sequence", "extracted_at", "run_id",
    "deleted_at", "page", "replaces", "row_key", "lastModifiedDateTime", "timeStamp",
    "createdDateTime",
}  # fmt: skip
NOT_ASKED_FOR = {"ledger_id", "ledger_description"}
"""Members that lists give only on request; the snapshot always has them."""

TECHNICAL = ("LoadedAt", "PushBatchId", "RowDelta")


def documents(made: Installation, company: str, entity: str) -> list[dict[str, Any]]:
    """The raw payloads of a list, amounts exact."""
    raw = made.sandbox.visma.snapshot(company, entity)
    found = json.loads(raw, parse_float=Decimal)
    if entity == "journalTransaction":
        found = [d for d in found if d["journalTransactionLines"]]
    return found


def state_equals_erp(made: Installation) -> None:
    """Every entity: the same keys, and in every column of every document the same value."""
    with made.bench() as bench:
        for entity in made.entities:
            table = bench.store.state(entity)
            held = table.current().collect() if table.exists() else pl.DataFrame()
            for company in made.companies:
                wanted = {
                    _key(entity, document): document
                    for document in documents(made, company, entity)
                }
                found: dict[str, dict[str, Any]] = {}
                if held.height:
                    rows = held.filter(pl.col("company") == company)
                    assert rows["key"].is_duplicated().sum() == 0, (entity, "key twice")
                    found = {row["key"]: row for row in rows.iter_rows(named=True)}
                if entity == "dimension":
                    found = {key: found[key] for key in found if key in wanted}
                missing, surplus = wanted.keys() - found.keys(), found.keys() - wanted.keys()
                assert not missing, (company, entity, "not in state", sorted(missing)[:5])
                assert not surplus, (company, entity, "not in the ERP", sorted(surplus)[:5])
                for key, document in wanted.items():
                    for where, erp, ours in _differences(found[key], document):
                        raise AssertionError(f"{company} {entity} {key} {where}: {erp} != {ours}")


def _key(entity: str, document: Mapping[str, Any]) -> str:
    parts = [
        BUDGET_LEDGER if path == "" else _text(_at(document, path.split(".")))
        for path in KEYS[entity]
    ]
    if entity == "journalTransaction":
        parts[0] = parts[0].removeprefix("Module")
    return ":".join(parts)


def _at(document: Any, path: list[str]) -> Any:
    for name in path:
        if document is None:
            return None
        document = document.get(name)
    return document


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _differences(
    row: Mapping[str, Any], document: Mapping[str, Any], where: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    for column, ours in row.items():
        if column in NOT_CONTENT or (column == "ledger" and "ledger" not in document):
            continue
        if ours is None and column in NOT_ASKED_FOR:
            continue
        erp = _at(document, column.split("_"))
        if isinstance(erp, list) or isinstance(ours, list):
            theirs, held = erp or [], ours or []
            if len(theirs) != len(held):
                yield f"{where}{column} lines", len(theirs), len(held)
                continue
            for number, (one, other) in enumerate(zip(theirs, held, strict=True)):
                yield from _differences(other, one, f"{where}{column}[{number}].")
        elif not _same(erp, ours):
            yield f"{where}{column}", erp, ours


def _same(erp: Any, ours: Any) -> bool:
    if erp is None or erp == "":
        return ours is None
    if isinstance(ours, Decimal | float):
        return Decimal(str(erp)) == Decimal(str(ours))
    if isinstance(ours, datetime):
        return datetime.fromisoformat(str(erp)).replace(tzinfo=None) == ours.replace(tzinfo=None)
    if isinstance(ours, date):
        return str(erp)[:10] == ours.isoformat()
    return bool(erp == ours) or str(erp) == str(ours)


def net_rows(made: Installation, name: str) -> pl.DataFrame:
    """The rows of a table that count; fails where a key or a version nets to anything but 0 or 1.

    Rows are grouped by all that a reversal repeats, and what it negates is added up.
    """
    table = next(t for t in WITH_ROWS if t.name == name)
    held = made.received(name)
    key = list(table.key)
    if "RowDelta" not in held.columns:
        twice = held.filter(held.select(key).is_duplicated())
        assert twice.is_empty(), (name, "key twice", twice.select(key).head(3).rows())
        return held.drop([c for c in TECHNICAL if c in held.columns])
    by_key = held.group_by(key).agg(pl.col("RowDelta").sum())
    odd = by_key.filter(~pl.col("RowDelta").is_in([0, 1]))
    assert odd.is_empty(), (name, "net of a key", odd.head(3).rows())
    additive = [c for c in table.additive if c != "RowDelta"]
    repeated = [c for c in held.columns if c not in (*TECHNICAL, *additive)]
    whole = held.group_by(repeated).agg(pl.col("RowDelta", *additive).sum())
    assert set(whole["RowDelta"].unique()) <= {0, 1}, (name, "net of a version")
    gone = whole.filter(pl.col("RowDelta") == 0)
    for column in additive:
        rest = gone.filter(pl.col(column) != 0)
        assert rest.is_empty(), (name, column, "reversed inexactly", rest.head(3).rows())
    return whole.filter(pl.col("RowDelta") == 1).drop("RowDelta")


def every_row_counts_once(made: Installation) -> dict[str, pl.DataFrame]:
    """The net rows of every table."""
    return {t.name: net_rows(made, t.name) for t in WITH_ROWS}


def same_rows(one: Mapping[str, pl.DataFrame], other: Mapping[str, pl.DataFrame]) -> None:
    """Two datasets count the same rows, to the last column."""
    for name in one:
        if name == LOG:
            continue
        left, right = _comparable(one[name]), _comparable(other[name])
        surplus, missing = left - right, right - left
        assert not surplus, (name, "only in the first", list(surplus)[:2], list(missing)[:2])
        assert not missing, (name, "only in the second", list(missing)[:2])


def _comparable(frame: pl.DataFrame) -> Counter[tuple[Any, ...]]:
    return Counter(frame.select(sorted(frame.columns)).iter_rows())


def counts_match(made: Installation, net: Mapping[str, pl.DataFrame]) -> None:
    """Documents and lines by number: as many rows count as the ERP has."""

    def of(*entities: str) -> list[dict[str, Any]]:
        return [d for c in made.companies for e in entities for d in documents(made, c, e)]

    batches = [b for b in of("journalTransaction") if b["status"] in ("Posted", "Completed")]
    bills = of("supplierInvoice")
    receivable = (
        "customerInvoice",
        "customerCreditNote",
        "customerDebitNote",
        "customerOverdueCharge",
        "customerCreditWriteOff",
        "cashSale",
    )
    wanted = {
        "JournalLine": sum(len(b["journalTransactionLines"]) for b in batches),
        "SupplierInvoice": len(bills),
        "SupplierInvoiceLine": sum(len(b["invoiceLines"]) for b in bills if _is_released(b)),
        "CustomerInvoice": len(of(*receivable)),
        "PurchaseOrderLine": sum(len(order["lines"]) for order in of("purchaseOrder")),
    }
    found = {name: net[name].height for name in wanted}
    found["JournalLine"] = net["JournalLine"].filter(pl.col("EntryKind") == "Journal").height
    assert found == wanted


def _is_released(document: Mapping[str, Any]) -> bool:
    return document["status"] in ("Open", "Closed", "Reserved", "Voided")


def no_unasked_repeat(made: Installation) -> None:
    """No POST follows one of unknown outcome before the destination was asked or cleared."""
    doubtful: set[str | None] = set()
    for entry in made.sandbox.powerbi.log.entries():
        if entry.operation == "rows.post":
            assert entry.table not in doubtful, (entry.table, entry.number, "posted unasked")
            answered = entry.status is not None and entry.status < 500
            if not answered or entry.fault in ("slow", "late"):
                doubtful.add(entry.table)
        elif entry.operation in ("queries.execute", "rows.delete"):
            doubtful.clear()
