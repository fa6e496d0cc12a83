"""The content hash, and batches that come in pieces."""

import json
import random
import subprocess
import sys
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vismapbi_assets.visma.content import line_count, merge_fragments
from vismapbi_assets.visma.decode import decode_page
from vismapbi_assets.visma.entities.catalogue import CATALOGUE

JOURNAL = CATALOGUE["journalTransaction"]
INVOICE = CATALOGUE["supplierInvoice"]


def frame(*documents: dict[str, Any], name: str = "journalTransaction") -> pl.DataFrame:
    body = json.dumps(documents).encode()
    return decode_page(CATALOGUE[name], body, zone="Europe/Oslo", company="no").frame


def line(number: int, **members: Any) -> dict[str, Any]:
    return {"lineNumber": number, "accountNumber": "1920", "debitAmount": number, **members}


def batch(number: int, *lines: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {
        "module": "ModuleGL",
        "batchNumber": f"{number:06}",
        "journalTransactionLines": list(lines),
        **members,
    }


def invoice_hash(**members: Any) -> bytes:
    document = {"documentType": "Invoice", "referenceNumber": "1", "balance": 10, **members}
    return frame(document, name="supplierInvoice")["content_hash"][0]


@pytest.mark.parametrize(
    "members",
    [
        {"lastModifiedDateTime": "2026-03-20T06:35:22.153"},
        {"createdDateTime": "2020-01-01T00:00:00"},
        {"timeStamp": "AAAAAAB="},
        {"metadata": {"totalCount": 9, "maxPageSize": 10}},
        {"errorInfo": "x"},
        {"somethingNew": 1},
        {"balance": 10.0},
        {"description": ""},
        {"description": None},
        {"invoiceLines": []},
        {"supplier": {}},
        {"note": "not loaded"},
    ],
)
def test_what_says_nothing_new_keeps_the_hash(members: dict[str, Any]) -> None:
    assert invoice_hash(**members) == invoice_hash()


@pytest.mark.parametrize(
    "members",
    [
        {"balance": 10.0001},
        {"balance": None},
        {"status": "Closed"},
        {"hold": False},
        {"date": "2026-03-17T00:00:00"},
        {"dueDate": "2026-03-17T00:00:00"},
        {"supplier": {"number": "V1"}},
        {"supplier": {"name": "V1"}},
        {"invoiceLines": [{}]},
        {"invoiceLines": [{}, {}]},
        {"invoiceLines": [{"lineNumber": 1}]},
        {"exchangeRate": 1},
    ],
)
def test_what_says_something_new_changes_the_hash(members: dict[str, Any]) -> None:
    assert invoice_hash(**members) != invoice_hash()


def test_values_do_not_run_into_each_other() -> None:
    pairs = [
        {"poNumber": "AB", "poReceiptNbr": "C"},
        {"poNumber": "A", "poReceiptNbr": "BC"},
        {"poNumber": "ABC"},
        {"poReceiptNbr": "ABC"},
    ]
    assert len({invoice_hash(invoiceLines=[pair]) for pair in pairs}) == len(pairs)


def test_the_ledger_of_a_budget_counts() -> None:
    body = b'[{"financialYear":"2026","account":{"number":"3000"},"branchNumber":{"number":"1"}}]'
    hashes = {
        decode_page(
            CATALOGUE["budget"], body, zone="Europe/Oslo", requested={"ledger": ledger}
        ).frame["content_hash"][0]
        for ledger in ("A", "B")
    }
    assert len(hashes) == 2


def test_the_hash_is_the_same_in_another_process() -> None:
    code = (
        "from vismapbi_assets.visma.decode import decode_page\n"
        "from vismapbi_assets.visma.entities.catalogue import CATALOGUE\n"
        'body = b\'[{"documentType":"Invoice","referenceNumber":"1","balance":10}]\'\n'
        "page = decode_page(CATALOGUE['supplierInvoice'], body, zone='Europe/Oslo')\n"
        "print(page.frame['content_hash'][0].hex())\n"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    ).stdout.strip()
    assert printed == invoice_hash().hex()


def test_the_hash_of_known_content_is_fixed() -> None:
    assert invoice_hash().hex() == "cbf44a5e6b4f346cb8811b67926906f9"


def test_fragments_make_the_whole_batch() -> None:
    whole = frame(batch(1, line(1), line(2), line(3), description="last"))
    pieces = pl.concat([
        frame(batch(1, line(1), line(2), description="first")),
        frame(batch(1, line(3), description="last"), batch(2, line(1))),
    ])  # fmt: skip
    merged = merge_fragments(JOURNAL, pieces)
    assert merged.height == 2
    assert merged.filter(key="GL:000001").equals(whole)


def test_the_last_copy_of_a_line_counts() -> None:
    pieces = frame(
        batch(1, line(1), line(2, debitAmount=7)), batch(1, line(2, debitAmount=8), line(3))
    )
    merged = merge_fragments(JOURNAL, pieces)
    lines = merged["journalTransactionLines"][0].to_list()
    assert [(x["lineNumber"], int(x["debitAmount"])) for x in lines] == [(1, 1), (2, 8), (3, 3)]
    assert merged.select(line_count(JOURNAL)).item() == 3


def test_fragments_without_lines() -> None:
    merged = merge_fragments(JOURNAL, frame(batch(1), batch(1), batch(2)))
    assert merged.sort("key")["journalTransactionLines"].list.len().to_list() == [0, 0]
    assert merged.schema == pl.Schema(JOURNAL.state_schema)


def test_columns_of_others_stay() -> None:
    pieces = frame(batch(1, line(1)), batch(1, line(2))).with_columns(page=pl.lit("archive/1"))
    assert merge_fragments(JOURNAL, pieces)["page"].to_list() == ["archive/1"]


def test_documents_that_are_never_split_have_no_fragments() -> None:
    with pytest.raises(ValueError, match="supplierInvoice are never split"):
        merge_fragments(INVOICE, frame(name="supplierInvoice"))


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 12), st.integers(1, 5), st.randoms(use_true_random=False))
def test_any_cut_gives_the_same_batches(count: int, size: int, order: random.Random) -> None:
    lines = [line(n) for n in range(1, count + 1)]
    cut = [batch(1, *lines[at : at + size]) for at in range(0, count, size)]
    order.shuffle(cut)
    merged = merge_fragments(JOURNAL, frame(*cut))
    assert merged.equals(frame(batch(1, *lines)))
