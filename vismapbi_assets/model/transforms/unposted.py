"""Documents that are not in the general ledger yet, from every area.

The work list holds what is on hold, unbalanced, waiting or released without being posted; amounts
are gross and as delivered, without sign. Documents that count are in the other tables.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from vismapbi_assets.model.companies import base_currency, default_branch
from vismapbi_assets.model.conversion import with_base
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import NONE, enumeration, first_key, key, part, text
from vismapbi_assets.model.ledgers.payables import gross, released_payment, supplier_documents
from vismapbi_assets.model.ledgers.receivables import customer_documents
from vismapbi_assets.model.periods import first_period, period
from vismapbi_assets.model.signs import (
    CUSTOMER_PAYMENTS,
    SUPPLIER_PAYMENTS,
    UNPOSTED_BATCH,
    status_group,
)
from vismapbi_assets.model.table import MONEY

WAITING_RECEIPT = ("Hold", "Balanced")
WAITING_CASH = ("Hold", "Balanced", "Pending", "Rejected")
COLUMNS = (
    "DocumentKey",
    "Area",
    "DocumentType",
    "ReferenceNumber",
    "BranchKey",
    "PartyNumber",
    "PartyName",
    "DocumentDate",
    "FinancialPeriodKey",
    "Status",
    "ApprovalStatus",
    "AmountBase",
    "CreatedAt",
)


def unposted_document(inputs: Inputs) -> pl.DataFrame:
    """One row per document of any area that the general ledger does not hold yet."""
    return (
        pl.concat(
            [
                _supplier_documents(inputs),
                *_customer_documents(inputs),
                _batches(inputs),
                _converted(_supplier_payments(inputs), inputs),
                _converted(_customer_payments(inputs), inputs),
                _converted(_receipts(inputs), inputs),
                _converted(_cash_entries(inputs), inputs),
            ]
        )
        .sort("DocumentKey", "CreatedAt", nulls_last=True)
        .unique("DocumentKey", keep="first", maintain_order=True)
    )


def _rows(
    frame: pl.LazyFrame,
    area: str,
    kind: str | pl.Expr,
    reference: str,
    *,
    branch: pl.Expr,
    date: str,
    amount: pl.Expr,
    period_key: pl.Expr,
    party: str | None = None,
    approval: str | None = None,
    created: str | None = None,
    extra: tuple[pl.Expr, ...] = (),
) -> pl.DataFrame:
    """The rows of one area; `extra` columns serve the conversion."""
    nothing = pl.lit(None, dtype=pl.String)
    return frame.select(
        DocumentKey=key(pl.lit(area), enumeration(kind), reference),
        Area=pl.lit(area),
        DocumentType=enumeration(kind),
        ReferenceNumber=part(reference),
        BranchKey=branch,
        PartyNumber=part(f"{party}_number") if party else nothing,
        PartyName=text(f"{party}_name") if party else nothing,
        DocumentDate=date,
        FinancialPeriodKey=period_key.fill_null(NONE),
        Status=enumeration("status"),
        ApprovalStatus=enumeration(approval) if approval else nothing,
        AmountBase=amount.fill_null(0).cast(MONEY),
        CreatedAt=pl.col(created) if created else pl.lit(None, dtype=pl.Datetime("us")),
        **{f"_{place}": expression for place, expression in enumerate(extra)},
    ).collect()


def _supplier_documents(inputs: Inputs) -> pl.DataFrame:
    return _rows(
        supplier_documents(inputs).filter(_is_draft()),
        "AP",
        "documentType",
        "referenceNumber",
        branch=first_key("branchNumber_number", default=default_branch(inputs)),
        date="date",
        amount=gross(),
        period_key=first_period("financialPeriod", "postPeriod"),
        party="supplier",
        approval="approvalStatus",
        created="createdDateTime",
    )


def _customer_documents(inputs: Inputs) -> Iterator[pl.DataFrame]:
    for frame in customer_documents(inputs):
        yield _rows(
            frame.filter(_is_draft(), ~_is_one_of("documentType", CUSTOMER_PAYMENTS)),
            "AR",
            "documentType",
            "referenceNumber",
            branch=first_key("branchNumber_number", default=default_branch(inputs)),
            date="documentDate",
            amount=pl.col("amount"),
            period_key=first_period("financialPeriod", "postPeriod"),
            party="customer",
            created="createdDateTime",
        )


def _batches(inputs: Inputs) -> pl.DataFrame:
    """Batches of the actual ledgers: amounts of statistical ones are no money.

    A batch whose ledger is not known stays on the list.
    """
    others = (
        inputs.entity("ledger")
        .filter(pl.col("balanceType").fill_null("Actual") != "Actual")
        .select("company", ledger_number=part("number"))
    )
    lines = pl.col("journalTransactionLines").list.eval(pl.element().struct.field("debitAmount"))
    return _rows(
        inputs.entity("journalTransaction")
        .filter(_is_one_of("status", UNPOSTED_BATCH))
        .with_columns(ledger_number=part("ledger"), debits=lines.list.sum())
        .join(others, on=["company", "ledger_number"], how="anti"),
        "GL",
        pl.col("module").str.strip_prefix("Module"),
        "batchNumber",
        branch=first_key("branch", default=default_branch(inputs)),
        date="transactionDate",
        amount=pl.coalesce("debitTotal", "debits"),
        period_key=first_period("financialPeriod", "postPeriod"),
    )


def _supplier_payments(inputs: Inputs) -> pl.DataFrame:
    return _rows(
        inputs.entity("supplierPayment").filter(
            _is_draft(), ~released_payment(), _is_one_of("type", SUPPLIER_PAYMENTS)
        ),
        "AP",
        "type",
        "refNbr",
        branch=first_key("branch", default=default_branch(inputs)),
        date="applicationDate",
        amount=pl.col("paymentAmount"),
        period_key=period("applicationPeriod"),
        party="supplier",
        extra=(part("currency_id"), base_currency(inputs)),
    )


def _customer_payments(inputs: Inputs) -> pl.DataFrame:
    return _rows(
        inputs.entity("customerPayment").filter(_is_draft(), _is_one_of("type", CUSTOMER_PAYMENTS)),
        "AR",
        "type",
        "refNbr",
        branch=first_key("branch", default=default_branch(inputs)),
        date="applicationDate",
        amount=pl.col("paymentAmount"),
        period_key=period("applicationPeriod"),
        party="customer",
        extra=(part("currency"), base_currency(inputs)),
    )


def _receipts(inputs: Inputs) -> pl.DataFrame:
    return _rows(
        inputs.entity("purchaseReceipt").filter(_is_one_of("status", WAITING_RECEIPT)),
        "PO receipt",
        "receiptType",
        "receiptNbr",
        branch=first_key("branchNumber_number", default=default_branch(inputs)),
        date="date",
        amount=pl.col("totalAmt"),
        period_key=period("postPeriod"),
        party="supplier",
        extra=(part("currency"), base_currency(inputs)),
    )


def _cash_entries(inputs: Inputs) -> pl.DataFrame:
    return _rows(
        inputs.entity("cashTransaction").filter(_is_one_of("status", WAITING_CASH)),
        "Cash",
        "tranType",
        "referenceNbr",
        branch=first_key("financialsDetail_branch_number", default=default_branch(inputs)),
        date="tranDate",
        amount=pl.coalesce("controlTotal", "amount"),
        period_key=first_period("financialPeriod", "finPeriod"),
        extra=(part("currency"), base_currency(inputs)),
    )


def _converted(rows: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    """Rows whose amounts are in the document's currency, brought to base currency."""
    return with_base(
        rows.rename({"AmountBase": "Amount", "_0": "Currency", "_1": "BaseCurrency"}),
        inputs,
        {"AmountBase": "Amount"},
        currency="Currency",
        day="DocumentDate",
        base_currency="BaseCurrency",
    ).select(*COLUMNS[:-2], pl.col("AmountBase").fill_null(0).cast(MONEY), "CreatedAt")


def _is_draft() -> pl.Expr:
    return status_group("status") == "Draft"


def _is_one_of(column: str, values: frozenset[str] | tuple[str, ...]) -> pl.Expr:
    return enumeration(column).is_in(list(values)).fill_null(value=False)
