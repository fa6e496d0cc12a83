"""The general ledger: journal batches, balances per period, posted lines and budgets.

Declarations only. What is posted, and what a balance must agree with, is decided in the model.
"""

from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.entities.parts import (
    ACCOUNT_TYPE,
    BALANCE_TYPE,
    CODE,
    CODE_ONLY,
    NUMBER,
    NUMBER_ONLY,
    PROJECT_ONLY,
    SUBACCOUNT,
)
from vismapbi_assets.visma.entities.shape import (
    amount,
    date,
    flag,
    integer,
    known,
    one_of,
    part,
    rate,
    rows,
    shape,
    stamp,
    text,
)

MODULE = (
    "ModuleGL",
    "ModuleAP",
    "ModuleAR",
    "ModuleCA",
    "ModuleCM",
    "ModuleIN",
    "ModuleSO",
    "ModulePO",
    "ModuleDR",
    "ModuleFA",
    "ModuleEP",
    "ModulePM",
    "ModuleTX",
    "ModuleCR",
)
BATCH_STATUS = (
    "Hold",
    "Balanced",
    "Unposted",
    "Posted",
    "Completed",
    "Voided",
    "Released",
    "PartiallyReleased",
    "Scheduled",
)
EXTERNAL_CODES = "externalCode1 externalCode2 externalCode1Info externalCode2Info glConsolAccountCD"

JOURNAL_TRANSACTION = Entity(
    name="journalTransaction",
    path="/v2/journaltransaction",
    domain="ledger",
    key=("module", "batchNumber"),
    key_prefix="Module",
    paging="line",
    delta="floor",
    lines="journalTransactionLines",
    line_key="lineNumber",
    description="Journal batches with their lines; a page may hold only a part of a batch.",
    shape=shape(
        one_of(MODULE, "module"),
        text("batchNumber"),
        one_of(BATCH_STATUS, "status"),
        flag("hold autoReversing reversingEntry"),
        date("transactionDate"),
        text("postPeriod financialPeriod ledger ledgerDescription branch currencyId"),
        rate("exchangeRate"),
        text("originalBatchNumber description transactionCode"),
        amount("debitTotal debitTotalInCurrency creditTotal creditTotalInCurrency"),
        amount("controlTotal controlTotalInCurrency"),
        stamp("lastModifiedDateTime"),
        rows(
            "journalTransactionLines",
            integer("lineNumber"),
            text("branch accountNumber"),
            part("subaccount", SUBACCOUNT),
            amount("debitAmount debitAmountInCurrency creditAmount creditAmountInCurrency"),
            text("transactionDescription description referenceNumber transactionType"),
            one_of(MODULE, "module"),
            text("customerSupplier"),
            part("vatCode", CODE_ONLY),
            part("project projectTask", PROJECT_ONLY),
            text("inventoryNumber uom"),
            amount("quantity"),
            known("vat attachments note"),
        ),
        known("createVatTransaction skipVatAmountValidation transactionCodeDescription"),
        known("attachments timeStamp"),
    ),
)

GENERAL_LEDGER_BALANCE = Entity(
    name="generalLedgerBalance",
    path="/v2/generalLedgerBalance",
    domain="ledger",
    key=("branch_number", "ledger_id", "financialPeriod", "account_number", "subAccountCd"),
    optional_key=("subAccountCd",),
    delta="floor",
    description="Balances by branch, ledger, period, account and subaccount: the ERP's own totals.",
    shape=shape(
        part("branch", NUMBER),
        part("ledger", CODE),
        one_of(BALANCE_TYPE, "balanceType"),
        text("financialPeriod"),
        part(
            "account",
            text("number description"),
            one_of(ACCOUNT_TYPE, "type"),
            known(EXTERNAL_CODES),
        ),
        text("subaccountId subAccountCd currencyId"),
        amount("periodToDateDebit periodToDateCredit beginningBalance yearToDateBalance"),
        amount("periodToDateDebitInCurrency periodToDateCreditInCurrency"),
        amount("beginningBalanceInCurrency yearToDateBalanceInCurrency"),
        flag("yearClosed"),
        stamp("lastModifiedDateTime"),
    ),
)

GENERAL_LEDGER_TRANSACTIONS = Entity(
    name="generalLedgerTransactions",
    path="/v1/GeneralLedgerTransactions",
    domain="ledger",
    key=("module", "batchNumber", "lineNumber"),
    loop=("ledger",),
    in_sync=False,
    description="Posted ledger lines of one ledger; the journal batches carry more.",
    shape=shape(
        text("module batchNumber"),
        integer("lineNumber"),
        date("tranDate"),
        text("period description refNumber subaccount currency"),
        part("branch", NUMBER_ONLY),
        part("account", text("number"), known(f"type description {EXTERNAL_CODES}")),
        part("ledger", CODE_ONLY),
        amount("debitAmount creditAmount currDebitAmount currCreditAmount"),
        stamp("lastModifiedDateTime"),
        known("begBalance endingBalance currBegBalance currEndingBalance"),
    ),
)

BUDGET = Entity(
    name="budget",
    path="/v1/budget",
    domain="ledger",
    key=("branchNumber_number", "ledger", "financialYear", "account_number", "subaccount_id"),
    optional_key=("subaccount_id",),
    paging="none",
    loop=("branch", "ledger", "financialYear"),
    requested=("ledger",),
    lines="periods",
    description="Budget articles of one branch, ledger and year with their periods.",
    shape=shape(
        part("branchNumber", NUMBER),
        text("financialYear"),
        part(
            "account",
            text("number"),
            one_of(ACCOUNT_TYPE, "type"),
            known("externalCode1 externalCode2 active description"),
        ),
        part("subaccount", CODE, known("active")),
        text("description"),
        flag("released"),
        amount("amount releasedAmount distributedAmount"),
        rows("periods", text("periodId"), amount("amount")),
        stamp("lastModifiedDateTime"),
        known("timeStamp"),
    ),
)

ENTITIES = (JOURNAL_TRANSACTION, GENERAL_LEDGER_BALANCE, GENERAL_LEDGER_TRANSACTIONS, BUDGET)
