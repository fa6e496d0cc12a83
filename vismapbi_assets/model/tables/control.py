"""Work lists, evidence and the log that says what has been verified.

Declarations only: names, types, formats, sources, keys and strategy. The functions that compute
the rows belong in `transforms/`.
"""

from vismapbi_assets.model.table import Column, Table
from vismapbi_assets.model.transforms import aging_snapshot, unposted

UNPOSTED_DOCUMENT = Table(
    name="UnpostedDocument",
    kind="fact (work list)",
    strategy="reverse",
    grain="one document that is not in the general ledger yet",
    source="all document endpoints",
    key=("DocumentKey",),
    sources=(
        "supplierInvoice",
        "supplierPayment",
        "customerInvoice",
        "customerCreditNote",
        "customerDebitNote",
        "customerOverdueCharge",
        "customerCreditWriteOff",
        "cashSale",
        "customerPayment",
        "journalTransaction",
        "purchaseReceipt",
        "cashTransaction",
        "ledger",
        "currencyRate",
        "branch",
    ),
    transform=unposted.unposted_document,
    control="AmountBase",
    columns=(
        Column(
            "DocumentKey",
            "String",
            "<company>:<area>:<type>:<reference>, with the area because several areas meet here",
            hidden=True,
            nullable=False,
        ),
        Column("Area", "String", "AP, AR, GL, PO receipt, Cash"),
        Column("DocumentType", "String", "type"),
        Column("ReferenceNumber", "String", "reference"),
        Column(
            "BranchKey",
            "String",
            "branch of the document or batch, else the default branch",
            hidden=True,
            nullable=False,
        ),
        Column("PartyNumber", "String", "supplier or customer number"),
        Column("PartyName", "String", "name"),
        Column("DocumentDate", "DateTime", "date", format="yyyy-MM-dd", nullable=False),
        Column("FinancialPeriodKey", "String", "period", hidden=True, nullable=False),
        Column("Status", "String", "Hold, Balanced, Unposted, Prebooked, Pending..."),
        Column("ApprovalStatus", "String", "approval state"),
        Column(
            "AmountBase",
            "Decimal",
            "gross; for a batch the debit total",
            format="#,##0.00",
            summarize="sum",
            additive=True,
            nullable=False,
        ),
        Column("CreatedAt", "DateTime", "createdDateTime", format="yyyy-MM-dd HH:mm"),
        Column(
            "RowDelta",
            "Int64",
            "+1; -1 on a reversal row",
            format="#,##0",
            summarize="sum",
            additive=True,
            hidden=True,
            nullable=False,
        ),
        Column(
            "PushBatchId",
            "Int64",
            "platform: number of the push batch that carried the row",
            format="0",
            hidden=True,
        ),
    ),
)


AGING_SNAPSHOT = Table(
    name="AgingSnapshot",
    kind="fact (evidence)",
    strategy="append",
    grain="side, party, document, month-end",
    source="ApLedger/ArLedger at the close",
    key=("SnapshotDate", "Side", "DocumentKey"),
    sources=("financialPeriod",),
    tables=("ApLedger", "ArLedger"),
    transform=aging_snapshot.aging_snapshot,
    hidden=True,
    control="OpenBase",
    columns=(
        Column("SnapshotDate", "DateTime", "month-end", format="yyyy-MM-dd", nullable=False),
        Column("Side", "String", "AP or AR", nullable=False),
        Column("SupplierKey", "String", "filled for AP, else -", hidden=True, nullable=False),
        Column("CustomerKey", "String", "filled for AR, else -", hidden=True, nullable=False),
        Column("BranchKey", "String", "branch of the document", hidden=True, nullable=False),
        Column(
            "DocumentKey",
            "String",
            "<company>:<type>:<reference>",
            hidden=True,
            nullable=False,
        ),
        Column("DocumentType", "String", "type"),
        Column("ReferenceNumber", "String", "reference"),
        Column("DueDate", "DateTime", "due date", format="yyyy-MM-dd"),
        Column("DaysOverdue", "Int64", "SnapshotDate - AgingDate", format="0"),
        Column("Bucket", "String", "bucket text"),
        Column(
            "OpenBase",
            "Decimal",
            "open amount at SnapshotDate",
            format="#,##0.00",
            summarize="sum",
            additive=True,
            nullable=False,
        ),
        Column(
            "OpenCurrency",
            "Decimal",
            "same in currency",
            format="#,##0.00",
            summarize="sum",
            additive=True,
            nullable=False,
        ),
        Column("CurrencyId", "String", "currency"),
        Column(
            "PushBatchId",
            "Int64",
            "platform: number of the push batch that carried the row",
            format="0",
            hidden=True,
        ),
    ),
)


REFRESH_LOG = Table(
    name="RefreshLog",
    kind="service",
    strategy="append",
    grain="one row per published table and run",
    source="platform",
    key=("RunId", "TableName"),
    columns=(
        Column("TableName", "String", "published table", nullable=False),
        Column("RunId", "String", "orchestrator run id", nullable=False),
        Column("PushBatchId", "Int64", "batch number", format="0"),
        Column("PublishedAt", "DateTime", "UTC", format="yyyy-MM-dd HH:mm"),
        Column(
            "DataAsOfDate",
            "DateTime",
            (
                "company-local date up to which the source was read; with several companies "
                "the earliest of theirs"
            ),
            format="yyyy-MM-dd",
        ),
        Column(
            "RowsPushed",
            "Int64",
            "rows in this batch",
            format="#,##0",
            summarize="sum",
            additive=True,
            nullable=False,
        ),
        Column(
            "ControlTotal",
            "Decimal",
            "sum of the table's control column after the batch",
            format="#,##0.00",
        ),
        Column(
            "SourceWatermark",
            "DateTime",
            "highest lastModifiedDateTime read",
            format="yyyy-MM-dd HH:mm",
        ),
        Column(
            "Status",
            "String",
            "ok, repaired, failed; only ok and repaired count for the data date",
        ),
    ),
)
