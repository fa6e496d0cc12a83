"""The lines of posted journal batches.

Only batches that are in the balances; what is on its way belongs to the unposted documents, what
comes from years that are not loaded to `journal_openings`. Every line comes from its own batch, so
batches can be computed in slices of any size.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.companies import default_branch, default_branches
from vismapbi_assets.model.frames import lines, money, quantity
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import NONE, first_key, key, parent_key, part, text
from vismapbi_assets.model.periods import first_period, periods
from vismapbi_assets.model.signs import is_posted
from vismapbi_assets.model.table import MONEY
from vismapbi_assets.model.transforms.journal_openings import opening_identity, openings

JOURNAL = "Journal"

LINE_FIELDS = (
    "lineNumber",
    "branch",
    "accountNumber",
    "subaccount_subaccountNumber",
    "project_id",
    "projectTask_id",
    "transactionType",
    "referenceNumber",
    "customerSupplier",
    "transactionDescription",
    "debitAmount",
    "creditAmount",
    "debitAmountInCurrency",
    "creditAmountInCurrency",
    "quantity",
    "inventoryNumber",
    "vatCode_id",
)


def module_code(column: str = "module") -> pl.Expr:
    """The module without its prefix: `GL` for `ModuleGL`."""
    return part(column).str.strip_prefix("Module")


def batch_parents(entity: str, moved: pl.DataFrame) -> pl.Series:
    """The batches that have moved, as `<company>:<module>:<batchNumber>`."""
    return moved.select(parent_key()).to_series()


def batch_parent() -> pl.Expr:
    """The batch of a row; an opening row has none of the kind."""
    return pl.col("LineKey").str.extract(r"^(.*):[^:]*$")


def journal_line(inputs: Inputs) -> pl.DataFrame:
    """The lines of the posted batches among the inputs, each from its own batch."""
    cash = _cash_accounts(inputs)
    batches = (
        inputs.entity("journalTransaction")
        .filter(is_posted("status"))
        .with_row_index("batch")
        .with_columns(
            Module=module_code(),
            BatchNumber=part("batchNumber"),
            header_branch=first_key("branch", default=default_branch(inputs)),
            LedgerKey=key("ledger"),
            FinancialPeriodKey=first_period("financialPeriod", "postPeriod").fill_null(NONE),
            CurrencyId=text("currencyId"),
            BatchDescription=text("description"),
            IsReversing=pl.col("reversingEntry").fill_null(value=False),
            OriginalBatchNumber=text("originalBatchNumber"),
            IsAutoReversing=pl.col("autoReversing").fill_null(value=False),
        )
        .join(
            periods(inputs).lazy().select("start", "end", FinancialPeriodKey="period"),
            on="FinancialPeriodKey",
            how="left",
            maintain_order="left",
        )
        .with_columns(
            PostingDate=pl.coalesce(
                pl.col("transactionDate").clip("start", "end"), "transactionDate", "end"
            )
        )
    )
    header = (
        "batch",
        "company",
        "Module",
        "BatchNumber",
        "header_branch",
        "LedgerKey",
        "FinancialPeriodKey",
        "PostingDate",
        "transactionDate",
        "CurrencyId",
        "BatchDescription",
        "IsReversing",
        "OriginalBatchNumber",
        "IsAutoReversing",
    )
    debit, credit = money("line_debitAmount"), money("line_creditAmount")
    in_currency = money("line_debitAmountInCurrency") - money("line_creditAmountInCurrency")
    contra = ~pl.col("is_cash") & pl.col("is_cash").any().over("batch")
    return (
        lines(batches, "journalTransactionLines", header, LINE_FIELDS)
        .with_columns(
            AccountKey=key("line_accountNumber"),
            DebitBase=debit,
            CreditBase=credit,
            AmountBase=(debit - credit).cast(MONEY),
        )
        .with_columns(is_cash=pl.col("AccountKey").is_in(cash["AccountKey"].implode()))
        .with_columns(IsCashContra=contra)
        .with_columns(
            CashFlowBase=pl.when("IsCashContra")
            .then(-pl.col("AmountBase"))
            .otherwise(pl.lit(0).cast(MONEY))
        )
        .select(
            LineKey=key("Module", "BatchNumber", "line_lineNumber"),
            Module="Module",
            BatchNumber="BatchNumber",
            LineNumber="line_lineNumber",
            EntryKind=pl.lit(JOURNAL),
            LedgerKey="LedgerKey",
            BranchKey=first_key("line_branch", default=pl.col("header_branch")),
            AccountKey="AccountKey",
            SubaccountKey=key("line_subaccount_subaccountNumber"),
            ProjectKey=key("line_project_id"),
            ProjectTask=text("line_projectTask_id"),
            FinancialPeriodKey="FinancialPeriodKey",
            PostingDate="PostingDate",
            TransactionDate="transactionDate",
            TransactionType=text("line_transactionType"),
            ReferenceNumber=text("line_referenceNumber"),
            CustomerSupplier=text("line_customerSupplier"),
            Description=text("line_transactionDescription"),
            BatchDescription="BatchDescription",
            DebitBase="DebitBase",
            CreditBase="CreditBase",
            AmountBase="AmountBase",
            AmountCurrency=in_currency.cast(MONEY),
            CurrencyId="CurrencyId",
            Quantity=quantity("line_quantity"),
            InventoryNumber=text("line_inventoryNumber"),
            VatCode=text("line_vatCode_id"),
            IsReversing="IsReversing",
            OriginalBatchNumber="OriginalBatchNumber",
            IsAutoReversing="IsAutoReversing",
            IsCashContra="IsCashContra",
            CashFlowBase="CashFlowBase",
            CashDirection=pl.when(pl.col("CashFlowBase") > 0)
            .then(pl.lit("In"))
            .when(pl.col("CashFlowBase") < 0)
            .then(pl.lit("Out")),
        )
        .collect()
    )


def journal_lookup(inputs: Inputs) -> pl.DataFrame:
    """What journal lines depend on besides their batch, as `what`, `key`, `value`."""
    return pl.concat(
        [
            default_branches(inputs).select(
                what=pl.lit("branch"), key="company", value="branch_key"
            ),
            periods(inputs).select(
                what=pl.lit("period"), key="period", value=pl.format("{} {}", "start", "end")
            ),
            _cash_accounts(inputs).select(
                what=pl.lit("cash"), key="AccountKey", value=pl.lit("cash")
            ),
            openings(inputs).select(
                what=pl.lit("opening"),
                key=key(*opening_identity()),
                value=pl.format("{} {} {}", "day", "amount", "in_currency"),
            ),
        ]
    ).sort("what", "key")


def _cash_accounts(inputs: Inputs) -> pl.DataFrame:
    return inputs.shared(
        "cash_account_keys",
        lambda whole: (
            whole.entity("account").filter("cashAccount").select(AccountKey=key("accountCD"))
        ).collect(),
    )
