"""Cash accounts and the entries made on them directly.

Declarations only. Payments belong to payables and receivables.
"""

from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.entities.parts import (
    ACCOUNT_ONLY,
    CODE,
    ITEM_ONLY,
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
    rows,
    shape,
    stamp,
    text,
)

CASH_ACCOUNT = Entity(
    name="cashAccount",
    path="/v1/cashaccount",
    domain="cash",
    key=("number",),
    paging="none",
    description="Bank and cash accounts with their ledger account and currency.",
    shape=shape(
        text("number description currency"),
        part("account", text("number type"), known("description")),
        part("subaccount", SUBACCOUNT),
        stamp("lastModifiedDateTime"),
        known("entryTypes"),
    ),
)

CASH_TRANSACTION = Entity(
    name="cashTransaction",
    path="/v1/cashTransaction",
    domain="cash",
    key=("tranType", "referenceNbr"),
    paging="short",
    lines="transactionDetails",
    description="Cash entries and transfers with their details.",
    shape=shape(
        one_of(("TransferOut", "TransferIn", "TransferExp", "Adjustment"), "tranType"),
        text("referenceNbr"),
        one_of(("Balanced", "Hold", "Released", "Pending", "Rejected"), "status"),
        flag("hold"),
        date("tranDate"),
        text("finPeriod financialPeriod currency documentRef description"),
        part("cashAccount", ACCOUNT_ONLY),
        part("entryType", CODE),
        one_of(("Disbursement", "Receipt"), "disbReceipt"),
        amount("amount vatTaxableTotal vatExemptTotal taxTotal controlTotal taxAmount"),
        part(
            "financialsDetail",
            text("batchNumber"),
            part("branch", NUMBER_ONLY),
            flag("cleared"),
            date("clearDate"),
            known("taxZone taxCalcMode"),
        ),
        stamp("lastModifiedDateTime"),
        rows(
            "transactionDetails",
            integer("lineNumber"),
            part("branch", NUMBER_ONLY),
            part("item taxCategory", ITEM_ONLY),
            text("description uom"),
            amount("quantity price amount"),
            part("offsetCashAccount offsetAccount", ACCOUNT_ONLY),
            part("offsetSubAccount", SUBACCOUNT),
            part("project projectTask", PROJECT_ONLY),
            known("nonBillable"),
        ),
        known("owner taxDetails timeStamp"),
    ),
)

ENTITIES = (CASH_ACCOUNT, CASH_TRANSACTION)
