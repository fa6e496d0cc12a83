"""The dimensions of the general ledger, currencies and their rates.

Declarations only: names, types, formats, sources, keys and strategy. The functions that compute
the rows belong in `transforms/`.
"""

from vismapbi_assets.model.table import Column, Table
from vismapbi_assets.model.transforms import accounts, exchange_rates, organisation

ACCOUNT = Table(
    name="Account",
    kind="dimension",
    strategy="replace",
    grain="one general ledger account",
    source="account + project mapping file",
    key=("AccountKey",),
    sources=("account", "generalLedgerBalance", "budget"),
    tables=tuple(accounts.ACCOUNT_LINES),
    transform=accounts.account,
    columns=(
        Column("AccountKey", "String", "<company>:<accountCD>", hidden=True, nullable=False),
        Column("Company", "String", "company name from the settings"),
        Column("AccountNumber", "String", "accountCD"),
        Column("AccountName", "String", "description"),
        Column("AccountLabel", "String", "number + name", sort_by="AccountNumber"),
        Column("AccountType", "String", "type (Asset, Liability, Income, Expense)"),
        Column("AccountClass", "String", "accountClass"),
        Column("AccountGroup", "String", "accountGroupCD"),
        Column("Statement", "String", "mapping: BalanceSheet, ProfitLoss, Statistical"),
        Column(
            "ReportGroup",
            "String",
            (
                "mapping: Revenue, Cost of goods sold, Payroll, Operating cost, Depreciation,"
                " Finance, Tax, Appropriation, Cash, Receivables, Inventory, Fixed assets, "
                "Payables, Other current liabilities, Long-term liabilities, Equity ..."
            ),
            sort_by="ReportGroupSort",
        ),
        Column("ReportGroupSort", "Int64", "mapping", format="0", hidden=True),
        Column("StatementLine", "String", "mapping: the printed line", sort_by="StatementLineSort"),
        Column("StatementLineSort", "Int64", "mapping", format="0", hidden=True),
        Column("CashFlowCategory", "String", "mapping: Operating, Investing, Financing"),
        Column(
            "NaturalSign",
            "Int64",
            "+1 for Asset and Expense, -1 for Liability and Income",
            format="0",
            hidden=True,
        ),
        Column("IsCashAccount", "Boolean", "cashAccount"),
        Column(
            "IsControlAccount",
            "Boolean",
            (
                "control account of a sub-ledger: controlAccountModule AP or AR"
                " where the ERP says so, else mapping"
            ),
        ),
        Column("IsActive", "Boolean", "active"),
        Column("Currency", "String", "currency"),
        Column("StandardCode", "String", "publicCode1 (SAF-T / standard chart code)"),
        Column("ExternalCode1", "String", "externalCode1Info.number"),
        Column("ExternalCode2", "String", "externalCode2Info.number"),
        Column("AnalysisCode", "String", "analisysCodeInfo.number"),
        Column(
            "LastModifiedAt",
            "DateTime",
            "lastModifiedDateTime",
            format="yyyy-MM-dd HH:mm",
            hidden=True,
        ),
    ),
)


SUBACCOUNT = Table(
    name="Subaccount",
    kind="dimension",
    strategy="replace",
    grain="one subaccount (segmented key, pivoted)",
    source="subaccount, dimension/SUBACCOUNT",
    key=("SubaccountKey",),
    sources=("subaccount", "dimension", "generalLedgerBalance", "budget"),
    tables=tuple(accounts.SUBACCOUNT_LINES),
    transform=accounts.subaccount,
    columns=(
        Column(
            "SubaccountKey",
            "String",
            "<company>:<subaccountNumber>",
            hidden=True,
            nullable=False,
        ),
        Column("Company", "String", "company name from the settings"),
        Column("Subaccount", "String", "subaccountNumber"),
        Column("Description", "String", "description"),
        Column("Segment1", "String", "segments[segmentId=1].segmentValue"),
        Column(
            "Segment1Name",
            "String",
            "segments[segmentId=1].segmentValueDescription",
            sort_by="Segment1",
        ),
        Column("Segment2", "String", "segments[segmentId=2].segmentValue"),
        Column(
            "Segment2Name",
            "String",
            "segments[segmentId=2].segmentValueDescription",
            sort_by="Segment2",
        ),
        Column("Segment3", "String", "segments[segmentId=3].segmentValue"),
        Column(
            "Segment3Name",
            "String",
            "segments[segmentId=3].segmentValueDescription",
            sort_by="Segment3",
        ),
        Column("Segment4", "String", "segments[segmentId=4].segmentValue"),
        Column(
            "Segment4Name",
            "String",
            "segments[segmentId=4].segmentValueDescription",
            sort_by="Segment4",
        ),
        Column("Segment5", "String", "segments[segmentId=5].segmentValue"),
        Column(
            "Segment5Name",
            "String",
            "segments[segmentId=5].segmentValueDescription",
            sort_by="Segment5",
        ),
        Column("Segment6", "String", "segments[segmentId=6].segmentValue"),
        Column(
            "Segment6Name",
            "String",
            "segments[segmentId=6].segmentValueDescription",
            sort_by="Segment6",
        ),
        Column("IsActive", "Boolean", "active"),
        Column(
            "LastModifiedAt",
            "DateTime",
            "lastModifiedDateTime",
            format="yyyy-MM-dd HH:mm",
            hidden=True,
        ),
    ),
)


BRANCH = Table(
    name="Branch",
    kind="dimension",
    strategy="replace",
    grain="one branch",
    source="branch",
    key=("BranchKey",),
    sources=(
        "branch",
        "supplierInvoice",
        "supplierPayment",
        "customerInvoice",
        "customerCreditNote",
        "customerDebitNote",
        "customerOverdueCharge",
        "customerCreditWriteOff",
        "cashSale",
        "customerPayment",
        "generalLedgerBalance",
        "budget",
        "purchaseOrder",
        "purchaseReceipt",
    ),
    tables=tuple(organisation.BRANCH_FACTS),
    transform=organisation.branch,
    columns=(
        Column("BranchKey", "String", "<company>:<number>", hidden=True, nullable=False),
        Column(
            "Company",
            "String",
            "company name from the settings; the column for company slicers",
        ),
        Column("BranchNumber", "String", "number"),
        Column("BranchName", "String", "name"),
        Column("BaseCurrencyId", "String", "currency.id"),
        Column("CountryCode", "String", "defaultCountry.id"),
        Column("CorporateId", "String", "corporateId"),
        Column("IsMainBranch", "Boolean", "isMainBranch"),
    ),
)


LEDGER = Table(
    name="Ledger",
    kind="dimension",
    strategy="replace",
    grain="one ledger",
    source="ledger",
    key=("LedgerKey",),
    sources=("ledger", "generalLedgerBalance", "budget"),
    tables=tuple(organisation.LEDGER_FACTS),
    transform=organisation.ledger,
    columns=(
        Column("LedgerKey", "String", "<company>:<number>", hidden=True, nullable=False),
        Column("Company", "String", "company name from the settings"),
        Column("Ledger", "String", "number"),
        Column("LedgerName", "String", "description"),
        Column("BalanceType", "String", "balanceType (Actual, Budget, Report, Statistical)"),
        Column("CurrencyId", "String", "currencyId"),
    ),
)


CURRENCY = Table(
    name="Currency",
    kind="dimension",
    strategy="replace",
    grain="one currency",
    source="currency",
    key=("CurrencyId",),
    sources=(
        "currency",
        "currencyRate",
        "supplierInvoice",
        "supplierPayment",
        "customerInvoice",
        "customerCreditNote",
        "customerDebitNote",
        "customerOverdueCharge",
        "customerCreditWriteOff",
        "cashSale",
        "customerPayment",
    ),
    transform=organisation.currency,
    columns=(
        Column("CurrencyId", "String", "id", nullable=False),
        Column("CurrencyName", "String", "description"),
        Column("Decimals", "Int64", "ISO 4217 minor units", format="0"),
        Column("IsBaseCurrency", "Boolean", "equals the company base currency"),
    ),
)


EXCHANGE_RATE = Table(
    name="ExchangeRate",
    kind="fact",
    strategy="reverse",
    grain="currency and rate date",
    source="currencyRate v2 (trailing window by effectiveDate)",
    key=("CurrencyId", "RateDate"),
    hidden=True,
    sources=("currencyRate",),
    transform=exchange_rates.exchange_rate,
    columns=(
        Column(
            "CurrencyId",
            "String",
            "fromCurrencyId where toCurrencyId is the base currency (which itself has no row)",
            nullable=False,
        ),
        Column("RateDate", "DateTime", "effectiveDate", format="yyyy-MM-dd", nullable=False),
        Column(
            "RateToBase",
            "Double",
            "base units for one currency unit: rate, or 1 / rate where multDiv says divide",
            format="0.000000",
        ),
        Column(
            "RateType",
            "String",
            (
                "rateType; exactly one rate type, of one company (the first in the settings "
                "that keeps rates), is published: one row per currency and day"
            ),
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
