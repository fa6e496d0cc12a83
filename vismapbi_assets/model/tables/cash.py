"""Cash accounts and their daily position.

Declarations only: names, types, formats, sources, keys and strategy. The functions that compute
the rows belong in `transforms/`.
"""

from vismapbi_assets.model.table import Column, Table
from vismapbi_assets.model.transforms import cash_position, organisation

CASH_ACCOUNT = Table(
    name="CashAccount",
    kind="dimension",
    strategy="replace",
    grain="one cash account",
    source="cashAccount",
    key=("CashAccountKey",),
    sources=("cashAccount", "supplierPayment", "customerPayment"),
    transform=organisation.cash_account,
    columns=(
        Column("CashAccountKey", "String", "<company>:<number>", hidden=True, nullable=False),
        Column("Company", "String", "company name from the settings"),
        Column("CashAccount", "String", "number"),
        Column("CashAccountName", "String", "description"),
        Column("CurrencyId", "String", "currency"),
        Column(
            "AccountKey",
            "String",
            (
                "<company>:<account.number>, ledger account of the cash account,"
                " its own number where none is named"
            ),
            hidden=True,
            nullable=False,
        ),
    ),
)


CASH_POSITION = Table(
    name="CashPosition",
    kind="fact (snapshot)",
    strategy="reverse",
    grain="cash account, branch and day (days with movement, plus period ends)",
    source="from JournalLine",
    key=("CashAccountKey", "BranchKey", "BalanceDate"),
    sources=("account", "cashAccount", "ledger", "financialPeriod"),
    tables=("JournalLine",),
    transform=cash_position.cash_position,
    control="ClosingBase",
    columns=(
        Column("CashAccountKey", "String", "<company>:<cash account>", hidden=True, nullable=False),
        Column(
            "BranchKey",
            "String",
            "<company>:<branch> of the journal lines",
            hidden=True,
            nullable=False,
        ),
        Column("BalanceDate", "DateTime", "day", format="yyyy-MM-dd", nullable=False),
        Column("CurrencyId", "String", "cash account currency"),
        Column(
            "OpeningBase",
            "Decimal",
            "closing of the previous row",
            format="#,##0.00",
            additive=True,
            nullable=False,
        ),
        Column(
            "InBase",
            "Decimal",
            "debits net of internal transfers",
            format="#,##0.00",
            summarize="sum",
            additive=True,
            nullable=False,
        ),
        Column(
            "OutBase",
            "Decimal",
            "credits net of internal transfers",
            format="#,##0.00",
            summarize="sum",
            additive=True,
            nullable=False,
        ),
        Column(
            "TransferBase",
            "Decimal",
            "internal transfers, signed",
            format="#,##0.00",
            summarize="sum",
            additive=True,
            nullable=False,
        ),
        Column(
            "ClosingBase",
            "Decimal",
            "balance at the end of the day",
            format="#,##0.00",
            additive=True,
            nullable=False,
        ),
        Column(
            "ClosingCurrency",
            "Decimal",
            "same in account currency",
            format="#,##0.00",
            additive=True,
            nullable=False,
        ),
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
