"""Purchase orders and the receipts against them.

Declarations only. The currency convention is opposite to invoices: the unsuffixed amount is in
the order's currency.
"""

from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.entities.parts import (
    ACCOUNT_ONLY,
    CODE,
    CODE_ONLY,
    ITEM,
    ITEM_ONLY,
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

ORDER_TYPE = ("RegularOrder", "DropShip", "Blanket", "StandardBlanket")
ORDER_STATUS = (
    "Balanced",
    "Cancelled",
    "Closed",
    "Hold",
    "Open",
    "PendingEmail",
    "PendingPrint",
    "Printed",
    "Voided",
)
RECEIPT_TYPE = ("PoReceipt", "PoReturn", "TransferReceipt")
RECEIPT_STATUS = ("Hold", "Balanced", "Released", "Cancelled")
LINE_TYPE = (
    "GoodsForInventory",
    "GoodsForSalesOrder",
    "GoodsForReplenishment",
    "GoodsForDropShip",
    "NonStockForDropShip",
    "NonStockForSalesOrder",
    "NonStock",
    "Service",
    "Freight",
    "Description",
)
FREE_FIELDS = known(
    "customStr1 customStr2 customStr3 customStr4 customStr5 customDec1 customDec2 customInt1 "
    "customInt2 customDateTimeUTC1"
)

PURCHASE_ORDER = Entity(
    name="purchaseOrder",
    path="/v1/purchaseorder",
    domain="purchasing",
    key=("orderType", "orderNbr"),
    lines="lines",
    description="Purchase orders with their lines and what was received.",
    shape=shape(
        one_of(ORDER_TYPE, "orderType"),
        text("orderNbr"),
        one_of(ORDER_STATUS, "status"),
        flag("hold"),
        date("date promisedOn"),
        part("supplier", NUMBER, integer("internalId")),
        part("branch", NUMBER),
        part("warehouse", CODE_ONLY),
        part("terms", CODE),
        part("owner", text("id name")),
        text("currency supplierRef description"),
        rate("exchangeRate"),
        amount("lineTotal lineTotalInBaseCurrency orderTotal orderTotalInBaseCurrency"),
        amount("vatExemptTotal vatExemptTotalInBaseCurrency taxTotal taxTotalInBaseCurrency"),
        amount("controlTotal controlTotalInBaseCurrency openQuantity openBalance"),
        stamp("lastModifiedDateTime"),
        rows(
            "lines",
            integer("lineNbr"),
            part("branch", NUMBER_ONLY),
            part("inventory", ITEM),
            one_of(LINE_TYPE, "lineType"),
            part("warehouse", CODE_ONLY),
            text("lineDescription uom"),
            amount("orderQty baseOrderQty qtyOnReceipts"),
            amount("unitCost unitCostInBaseCurrency extCost amount discountAmount receivedAmt"),
            rate("discountPercent"),
            part("account", ACCOUNT_ONLY),
            part("sub", SUBACCOUNT),
            part("project projectTask", PROJECT_ONLY),
            part("taxCategory", ITEM_ONLY),
            date("requested promised"),
            flag("completed canceled"),
            known("manualDiscount discountCode alternateId minReceipt maxReceipt completeOn"),
            known("receiptAction orderType orderNumber note"),
            FREE_FIELDS,
        ),
        rows(
            "purchaseReceipts",
            one_of(RECEIPT_TYPE, "type"),
            text("receiptNumber"),
            one_of(RECEIPT_STATUS, "status"),
            amount("totalQty totalAmt"),
            known("supplierName currency"),
        ),
        known(
            "shippingDestinationType shipTo shippingLocation shippingContact shippingAddress "
            "fobPoint shipVia shipTerms remitContact remitAddress supplierVatZone "
            "discountDetails salesOrderType salesOrderNbr requisitionRefNbr paymentRefNbr "
            "workgroupID dontPrint printed dontEmail emailed location taxDetails note timeStamp"
        ),
        FREE_FIELDS,
    ),
)

PURCHASE_RECEIPT = Entity(
    name="purchaseReceipt",
    path="/v2/PurchaseReceipt",
    domain="purchasing",
    key=("receiptType", "receiptNbr"),
    lines="lines",
    description="Purchase receipts and returns with their lines.",
    shape=shape(
        one_of(RECEIPT_TYPE, "receiptType"),
        text("receiptNbr"),
        one_of(RECEIPT_STATUS, "status"),
        flag("hold createBill"),
        date("date dueDate"),
        text("postPeriod currency supplierRef"),
        part("supplier", NUMBER, integer("internalId")),
        part("branchNumber", NUMBER),
        part("warehouse", CODE_ONLY),
        rate("exchangeRate"),
        amount("totalQty controlQty vatExemptTotal vatTaxableTotal totalAmt controlTotal"),
        stamp("lastModifiedDateTime"),
        rows(
            "lines",
            integer("lineNbr"),
            part("branchNumber branch", NUMBER_ONLY),
            part("inventory", ITEM),
            one_of(LINE_TYPE, "lineType"),
            part("warehouse", CODE_ONLY),
            text("transactionDescription uom"),
            amount("orderQty openQty receiptQty baseReceiptQty"),
            amount("unitCost extCost amount discountAmount"),
            rate("discountPercent"),
            part("account actualAccount", ACCOUNT_ONLY),
            part("sub actualSub", text("id"), known("active description")),
            part("project projectTask", PROJECT_ONLY),
            part("taxCategory", ITEM_ONLY),
            one_of(ORDER_TYPE, "poOrderType"),
            text("poOrderNbr"),
            integer("poOrderLineNbr"),
            flag("completePoLine"),
            known("allocations note location manualDiscount discountCode accountDescription"),
            known("expirationDate lotSerialNumber transferOrderType transferOrderNbr"),
            known("transferOrderLineNbr"),
            FREE_FIELDS,
        ),
        known("landedCost note location timeStamp"),
        FREE_FIELDS,
    ),
)

ENTITIES = (PURCHASE_ORDER, PURCHASE_RECEIPT)
