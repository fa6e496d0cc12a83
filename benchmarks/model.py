"""Measure the journal: a million lines from state rows to validated rows of `JournalLine`.

Run it as `python benchmarks/model.py [lines]`; it prints CPU and wall seconds per million lines,
computed in slices as the publication does, and fails when the bar is missed. No store takes part.
"""

from __future__ import annotations

import sys
import time
from datetime import date

import polars as pl

from vismapbi_assets.model.inputs import CompanyInfo, Inputs
from vismapbi_assets.model.schema import validate
from vismapbi_assets.model.semantic_model import TABLE
from vismapbi_assets.visma.entities.catalogue import CATALOGUE

LINES_PER_BATCH = 4
SLICE_BATCHES = 12_500
BAR = 6.0
"""CPU seconds per million lines for transform and validation together."""
JOURNAL = TABLE["JournalLine"]
SCHEMA = CATALOGUE["journalTransaction"].state_schema


def journal(lines: int) -> pl.DataFrame:
    """Balanced batches with texts, dimensions and a bank line each."""
    money = pl.Decimal(19, 4)
    place = pl.col("line") % LINES_PER_BATCH
    amount = pl.col("line") // 2 % 9_973 + 1
    debit = pl.when(place % 2 == 0).then(amount).otherwise(0).cast(money)
    credit = pl.when(place % 2 == 1).then(amount).otherwise(0).cast(money)
    account = pl.when(place == 0).then(pl.lit(1920)).otherwise(3000 + pl.col("line") * 7 % 900)
    values = {
        "lineNumber": place + 1,
        "branch": pl.lit("1"),
        "accountNumber": account.cast(pl.String),
        "subaccount_subaccountNumber": pl.format("10-{}", pl.col("line") % 20),
        "debitAmount": debit,
        "creditAmount": credit,
        "debitAmountInCurrency": debit,
        "creditAmountInCurrency": credit,
        "transactionDescription": pl.format("Varelinje nummer {}", "line"),
        "referenceNumber": pl.format("INV{}", pl.col("line") // LINES_PER_BATCH),
    }
    struct = SCHEMA["journalTransactionLines"].inner  # type: ignore[attr-defined]
    fields = [
        values.get(field.name, pl.lit(None)).cast(field.dtype).alias(field.name)
        for field in struct.fields
    ]
    batches = (
        pl.select(line=pl.int_range(lines))
        .select(batch=pl.col("line") // LINES_PER_BATCH, lines=pl.struct(fields))
        .group_by("batch", maintain_order=True)
        .agg("lines")
    )
    header = {
        "company": pl.lit("no"),
        "key": pl.format("GL:{}", "batch"),
        "module": pl.lit("ModuleGL"),
        "batchNumber": pl.format("{}", "batch"),
        "status": pl.lit("Posted"),
        "ledger": pl.lit("1"),
        "currencyId": pl.lit("NOK"),
        "transactionDate": pl.lit(date(2026, 10, 12)),
        "financialPeriod": pl.lit("202610"),
        "description": pl.lit("Salg"),
        "journalTransactionLines": pl.col("lines"),
    }
    return batches.select(
        header.get(name, pl.lit(None)).cast(dtype).alias(name) for name, dtype in SCHEMA.items()
    )


def main(lines: int) -> int:
    """Run and judge."""
    batches = journal(lines)
    frames = {
        name: pl.DataFrame(schema=CATALOGUE[name].state_schema).lazy() for name in JOURNAL.sources
    }
    cash = {"company": "no", "key": "1920", "accountCD": "1920", "cashAccount": True}
    frames["account"] = pl.DataFrame([cash], schema=CATALOGUE["account"].state_schema).lazy()
    company = CompanyInfo("no", "Nordvik AS", "NOK")
    whole = Inputs(frames, {}, (company,), date(2026, 11, 15), "Europe/Oslo")
    rows, cpu, wall = 0, time.process_time(), time.perf_counter()
    for start in range(0, batches.height, SLICE_BATCHES):
        part = batches.slice(start, SLICE_BATCHES).lazy()
        computed = JOURNAL.compute(whole.narrowed(journalTransaction=part))
        good, failures = validate(JOURNAL, computed)
        if failures.height:
            print("rows were put aside:", failures["reason"][0])
            return 1
        rows += good.height
    per_million = (time.process_time() - cpu) / rows * 1e6
    print(f"{rows:,} lines, {per_million:.2f} CPU s per million, bar {BAR}")
    print(f"{rows / (time.perf_counter() - wall):,.0f} lines a second")
    return int(per_million > BAR)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
