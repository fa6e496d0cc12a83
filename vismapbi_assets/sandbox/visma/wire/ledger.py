"""Wire forms of journal batches and ledger lines, made for speed: millions of lines are served.

Belongs here: the batch header, its lines one by one, and ledger transactions. Does not belong
here: balances (see `balances`), paging.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from vismapbi_assets.sandbox.visma import chart
from vismapbi_assets.sandbox.visma.amounts import day, money, rate_number
from vismapbi_assets.sandbox.visma.books import Books
from vismapbi_assets.sandbox.visma.clock import Zone
from vismapbi_assets.sandbox.visma.records import Batch, Body, CashDocument, JournalLine

from .common import (
    Form,
    account_ref,
    branch_ref,
    encode,
    project_ref,
    row_version,
    short_account,
    sub_ref,
    task_ref,
    vat_ref,
)


@lru_cache(maxsize=50_000)
def _json(text: str | None) -> str:
    return msgspec.json.encode(text).decode()


@lru_cache(maxsize=1_000)
def _sub_json(sub: str) -> str:
    return msgspec.json.encode(sub_ref(sub)).decode()


@lru_cache(maxsize=100)
def _vat_json(code: str) -> str:
    return msgspec.json.encode(vat_ref(code)).decode()


def _number(hundredths: int) -> str:
    whole, rest = divmod(hundredths, 100)
    if not rest:
        return str(whole)
    return f"{whole}.{rest:02d}" if rest % 10 else f"{whole}.{rest // 10}"


def batch(books: Books, record: Batch, zone: Zone) -> Form:
    """A batch: its header without lines, and every line on its own."""
    debit = sum(line.amount for line in record.lines if line.amount > 0)
    debit_cur = sum(line.amount_cur for line in record.lines if line.amount_cur > 0)
    body: Body = {
        "module": f"Module{record.module}",
        "batchNumber": record.number,
        "status": record.status,
        "hold": record.status == "Hold",
        "transactionDate": day(record.date),
        "postPeriod": record.period,
        "financialPeriod": record.period,
        "ledger": record.ledger,
        "ledgerDescription": chart.LEDGERS[record.ledger][0],
        "currencyId": record.currency,
        "exchangeRate": rate_number(record.rate),
        "autoReversing": record.auto_reversing,
        "reversingEntry": record.reversing,
        "description": record.text,
        "originalBatchNumber": record.original,
        "debitTotal": money(debit),
        "debitTotalInCurrency": money(debit_cur),
        "creditTotal": money(debit),
        "creditTotalInCurrency": money(debit_cur),
        "controlTotal": money(debit),
        "controlTotalInCurrency": money(debit_cur),
        "createVatTransaction": False,
        "skipVatAmountValidation": False,
        "lastModifiedDateTime": zone.text(record.modified),
        "transactionCode": None,
        "transactionCodeDescription": "",
        "branch": record.branch,
        "timeStamp": row_version(record),
    }
    form = encode(body, {"expandAttachments": {"attachments": []}})
    lines = tuple(
        _line(books, record, number, line) for number, line in enumerate(record.lines, start=1)
    )
    return Form(form.head, form.expands, lines)


def _line(books: Books, record: Batch, number: int, line: JournalLine) -> bytes:
    amount, cur = line.amount, line.amount_cur
    is_debit = amount > 0 or (not amount and cur > 0)
    debit, credit = (amount, 0) if is_debit else (0, -amount)
    debit_cur, credit_cur = (cur, 0) if is_debit else (0, -cur)
    text = (
        f'{{"lineNumber":{number},"accountNumber":"{line.account}","description":'
        f'{_json(chart.ACCOUNTS[line.account].text)},"subaccount":{_sub_json(line.sub)},'
        f'"referenceNumber":"{line.reference}","debitAmount":{_number(debit)},'
        f'"debitAmountInCurrency":{_number(debit_cur)},"creditAmount":{_number(credit)},'
        f'"creditAmountInCurrency":{_number(credit_cur)},'
        f'"transactionDescription":{_json(line.text)},"branch":"{line.branch or record.branch}",'
        f'"customerSupplier":{_json(line.party)},"transactionType":"{line.kind or ""}",'
        f'"module":"Module{record.module}"'
    )
    if line.vat:
        text += f',"vatCode":{_vat_json(line.vat)},"vat":null'
    if line.project:
        project = msgspec.json.encode(project_ref(books, line.project)).decode()
        task = msgspec.json.encode(task_ref(line.task)).decode()
        text += f',"project":{project},"projectTask":{task}'
    if line.item:
        text += f',"inventoryNumber":{_json(line.item)},"quantity":{line.quantity},"uom":"STK"'
    return (text + "}").encode()


def transaction(
    books: Books,
    record: Batch,
    index: int,
    zone: Zone,
    *,
    branch_info: bool,
    account_info: bool,
    before: int | None,
) -> bytes:
    """One line of a batch as a ledger transaction, an open object."""
    line = record.lines[index]
    is_debit = line.amount > 0 or (not line.amount and line.amount_cur > 0)
    branch = line.branch or record.branch
    account = account_ref(line.account) if account_info else short_account(line.account)
    body: dict[str, Any] = {
        "lineNumber": index + 1,
        "module": record.module,
        "batchNumber": record.number,
        "tranDate": day(record.date),
        "period": record.period,
        "description": line.text,
        "refNumber": line.reference,
        "branch": branch_ref(books, branch) if branch_info else {"number": branch},
        "account": account,
        "ledger": {"id": record.ledger, "description": chart.LEDGERS[record.ledger][0]},
        "subaccount": line.sub,
        "debitAmount": money(line.amount if is_debit else 0),
        "creditAmount": money(0 if is_debit else -line.amount),
        "currency": record.currency,
        "currDebitAmount": money(line.amount_cur if is_debit else 0),
        "currCreditAmount": money(0 if is_debit else -line.amount_cur),
        "lastModifiedDateTime": zone.text(record.modified),
    }
    if before is not None:
        body |= {"begBalance": money(before), "endingBalance": money(before + line.amount)}
    return encode(body).head


def cash_transaction(books: Books, record: CashDocument, zone: Zone) -> Form:
    """A cash entry or one side of a transfer."""
    offset = record.offset_account
    detail: Body = {
        "lineNumber": 1,
        "branch": branch_ref(books, record.branch),
        "description": record.text,
        "quantity": 1,
        "price": money(record.amount),
        "amount": money(record.amount),
        "offsetCashAccount": short_account(record.offset_cash) if record.offset_cash else None,
        "offsetAccount": short_account(offset) if offset else None,
        "offsetSubAccount": sub_ref(chart.NO_SUB),
    }
    body = {
        "tranType": record.type,
        "referenceNbr": record.number,
        "status": record.status,
        "hold": record.status == "Hold",
        "tranDate": day(record.date),
        "finPeriod": record.period,
        "financialPeriod": record.period,
        "cashAccount": short_account(record.cash_account),
        "currency": record.currency,
        "entryType": {"id": record.entry, "description": record.entry.title()},
        "disbReceipt": "Receipt" if record.receipt else "Disbursement",
        "documentRef": record.reference,
        "description": record.text,
        "amount": money(record.amount),
        "vatTaxableTotal": 0,
        "vatExemptTotal": money(record.amount),
        "taxTotal": 0,
        "controlTotal": money(record.amount),
        "taxAmount": 0,
        "lastModifiedDateTime": zone.text(record.modified),
        "transactionDetails": [detail],
        "taxDetails": [],
        "financialsDetail": {
            "batchNumber": record.batch,
            "branch": branch_ref(books, record.branch),
            "cleared": record.batch is not None,
        },
        "timeStamp": row_version(record),
    }
    return encode(body)
