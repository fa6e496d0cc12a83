"""Measure decoding: journal pages of 5,000 lines from bytes to a hashed, validated frame.

Run it as `python benchmarks/decode.py`; it prints CPU microseconds per line for each step, for the
alternatives that were considered, and for the whole, and fails when the bar is missed. No network
and no store take part.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import polars as pl

from vismapbi_assets.visma.columns import Reader
from vismapbi_assets.visma.content import content_hash
from vismapbi_assets.visma.decode import decode_page
from vismapbi_assets.visma.entities.catalogue import CATALOGUE
from vismapbi_assets.visma.entities.shape import Shape

LINES = 5_000
LINES_PER_BATCH = 5
BAR = 10.0
"""CPU microseconds per line; the initial load as a whole may take 15."""
JOURNAL = CATALOGUE["journalTransaction"]
ZONE = "Europe/Oslo"
QUOTED = (r'([A-Za-z0-9_]":\s*)(-?[0-9][0-9.eE+-]*)', r'${1}"$2"')


def page(seed: int = 2026) -> bytes:
    """A page as the API sends it: balanced batches, every member, nulls and empty text."""
    chance = random.Random(seed)

    def line(number: int) -> dict[str, Any]:
        amount = round(chance.uniform(1, 99_999), 2)
        debit, credit = (amount, 0) if number % 2 else (0, amount)
        return {
            "lineNumber": number,
            "accountNumber": chance.choice(["1500", "1920", "2400", "3000", "4300"]),
            "description": "Kundefordringer",
            "subaccount": {"subaccountNumber": "10-2", "subaccountId": 7, "active": True},
            "referenceNumber": f"INV{chance.randrange(10**6):06}",
            "debitAmount": debit,
            "debitAmountInCurrency": debit,
            "creditAmount": credit,
            "creditAmountInCurrency": credit,
            "transactionDescription": f"Faktura fra leverandør {number}",
            "vatCode": {"id": "3", "description": "Utgående"},
            "branch": "1",
            "customerSupplier": f"V{chance.randrange(300):04}",
            "transactionType": "INV",
            "module": "ModuleAP",
            "uom": None,
            "project": {"internalId": 3, "id": "X", "description": "Uten prosjekt"},
            "projectTask": None,
            "quantity": 0.0,
            "inventoryNumber": "",
        }

    def batch(number: int) -> dict[str, Any]:
        return {
            "module": "ModuleAP",
            "batchNumber": f"{number:06}",
            "status": "Posted",
            "transactionDate": "2026-03-17T00:00:00",
            "financialPeriod": "202603",
            "ledger": "1",
            "currencyId": "NOK",
            "exchangeRate": 1.0,
            "debitTotal": 100.0,
            "creditTotal": 100.0,
            "lastModifiedDateTime": f"2026-03-20T06:35:22.{number % 1000}",
            "branch": "1",
            "journalTransactionLines": [line(n + 1) for n in range(LINES_PER_BATCH)],
            "metadata": {"totalCount": 1_000_000, "maxPageSize": LINES},
        }

    batches = [batch(number) for number in range(LINES // LINES_PER_BATCH)]
    return json.dumps(batches, ensure_ascii=False, separators=(",", ":")).encode()


def decimals(members: Shape) -> type[Any]:
    """Structs that hold numbers as Decimal at once."""
    kinds: dict[str, Any] = {"integer": int, "flag": bool, "amount": Decimal, "rate": Decimal}
    fields: list[tuple[str, Any, None]] = []
    for member in members:
        if member.kind in ("part", "rows"):
            inner = decimals(member.members)
            fields.append(
                (member.name, (inner if member.kind == "part" else list[inner]) | None, None)
            )  # type: ignore[valid-type]
        elif member.kind != "known":
            fields.append((member.name, kinds.get(member.kind, str) | None, None))
    return msgspec.defstruct("Document", fields, gc=False)


def texts(members: Shape) -> pl.DataType:
    """The same for polars, every value as text."""
    fields: dict[str, Any] = {}
    for member in members:
        if member.kind in ("part", "rows"):
            inner = texts(member.members)
            fields[member.name] = inner if member.kind == "part" else pl.List(inner)
        elif member.kind != "known":
            fields[member.name] = pl.String()
    return pl.Struct(fields)


def cost(work: Callable[[], object], rounds: int = 15) -> float:
    """CPU microseconds per line of the quietest round."""
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best / LINES * 1e6


def main() -> int:
    """Print the measurements; 1 when the bar is missed."""
    body = page()
    exact = msgspec.json.Decoder(list[decimals(JOURNAL.shape)])  # type: ignore[misc]
    documents = JOURNAL.strict.page.decode(body)
    frame = Reader.of(JOURNAL.shape, documents, ZONE).table
    quoted = pl.Series([body.decode()]).str.replace_all(*QUOTED)
    rows = pl.List(texts(JOURNAL.shape))
    steps: dict[str, Callable[[], object]] = {
        "alternative: dictionaries, floats": lambda: msgspec.json.decode(body),
        "alternative: structs, Decimal": lambda: exact.decode(body),
        "alternative: polars, numbers quoted first": lambda: pl.Series(
            [body.decode()]
        ).str.replace_all(*QUOTED),
        "alternative: polars, decoding after that": lambda: quoted.str.json_decode(rows),
        "structs, numbers as bytes": lambda: JOURNAL.lenient.page.decode(body),
        "the same, new members noticed": lambda: JOURNAL.strict.page.decode(body),
        "columns": lambda: Reader.of(JOURNAL.shape, documents, ZONE).table,
        "content hash": lambda: content_hash(JOURNAL, frame),
    }
    print(f"{LINES:,} lines, {len(body) / LINES:.0f} bytes each; CPU microseconds per line")
    for name, work in steps.items():
        print(f"{name:45} {cost(work):6.2f}")
    whole = cost(lambda: decode_page(JOURNAL, body, zone=ZONE, company="no"))
    print(f"{'page to validated frame':45} {whole:6.2f}   bar {BAR:.0f}")
    print(f"{'lines per second on one core':45} {1e6 / whole:,.0f}")
    return 0 if whole <= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
