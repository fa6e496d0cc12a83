"""What documents refer to: branches, organizations, currencies and their rates, items.

Declarations only. Accounts and periods belong to the chart; suppliers and customers have their own
modules.
"""

import polars as pl

from vismapbi_assets.visma.entities.declaration import Entity, Rule
from vismapbi_assets.visma.entities.parts import ADDRESS, CODE, COUNTRY, NUMBER
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

ITEM_STATUS = (
    "Active",
    "NoSales",
    "NoPurchases",
    "NoRequest",
    "Inactive",
    "MarkedForDeletion",
    "Unknown",
)
ITEM_TYPE = (
    "NonStockItem",
    "LaborItem",
    "ServiceItem",
    "ChargeItem",
    "ExpenseItem",
    "FinishedGoodItem",
    "ComponentPartItem",
    "SubassemblyItem",
)

BRANCH = Entity(
    name="branch",
    path="/v1/branch",
    domain="reference",
    key=("number",),
    paging="none",
    parameters={"expandAddress": "true", "expandCurrency": "true", "expandDefaultCountry": "true"},
    description="Branches with their currency and country.",
    shape=shape(
        text("number name corporateId vatRegistrationId"),
        integer("branchId organizationId"),
        flag("isMainBranch isActive"),
        part("mainAddress", ADDRESS),
        part("defaultCountry", COUNTRY),
        part("currency", text("id description symbol")),
        part("industryCode ledger", CODE),
        stamp("lastModifiedDateTime"),
        known("mainContact deliveryAddress deliveryContact vatZone bankSettings"),
    ),
)

ORGANIZATION = Entity(
    name="organization",
    path="/v1/organization",
    domain="reference",
    key=("organizationCd",),
    paging="none",
    parameters={"expandBranches": "true"},
    description="Organizations of the company and their branches.",
    shape=shape(
        text("organizationCd name organizationType baseCurrency corporateId vatRegistrationId"),
        flag("fileTaxByBranches"),
        part("defaultCountry", COUNTRY),
        part(
            "currency",
            CODE,
            known("symbol isBaseCurrency decimalPrecision isUsedForAccounting"),
        ),
        part("ledger", CODE),
        stamp("lastModifiedDateTime"),
        rows("branches", NUMBER),
        known("mainAddress mainContact deliveryAddress deliveryContact industryCode vatZone"),
        known("bankSettings timeStamp"),
    ),
)

CURRENCY = Entity(
    name="currency",
    path="/v1/currency",
    domain="reference",
    key=("id",),
    modified=None,
    paging="none",
    delta="none",
    description="Currencies and which one the books are kept in.",
    shape=shape(
        text("id description symbol"),
        integer("decimalPrecision"),
        flag("isBaseCurrency isUsedForAccounting"),
    ),
)

CURRENCY_RATE = Entity(
    name="currencyRate",
    path="/v2/currencyrate",
    domain="reference",
    key=("id",),
    modified=None,
    paging="none",
    delta="none",
    description="Exchange rates by day and rate type.",
    rules=(Rule("rate", pl.col("rate") > 0, "has a rate that is not positive"),),
    shape=shape(
        integer("id"),
        text("fromCurrencyId toCurrencyId rateType multDiv"),
        date("effectiveDate"),
        rate("rate rateReciprocal"),
        known("timeStamp"),
    ),
)

INVENTORY = Entity(
    name="inventory",
    path="/v1/inventory",
    domain="reference",
    key=("inventoryNumber",),
    description="Items with their prices, costs and stock.",
    shape=shape(
        integer("inventoryId"),
        text("inventoryNumber description baseUnit salesUnit purchaseUnit"),
        one_of(ITEM_STATUS, "status"),
        one_of(ITEM_TYPE, "type"),
        flag("stockItem kitItem"),
        part("itemClass", CODE, known("type attributes")),
        part("postingClass vatCode defaultWarehouse priceClass", CODE),
        amount("defaultPrice recommendedPrice pendingCost currentCost lastCost"),
        date("pendingCostDate effectiveDate"),
        stamp("lastModifiedDateTime"),
        rows(
            "warehouseDetails",
            text("warehouse"),
            flag("isDefault"),
            amount("quantityOnHand available availableForShipment"),
            stamp("lastModifiedDateTime"),
        ),
        known(
            "body lotSerialClass accountInformation costPriceStatistics crossReferences "
            "attachments attributes inventoryUnits defaultIssueFrom defaultReceiptTo "
            "supplierDetails salesCategories packaging intrastat priceManagerID priceManager "
            "priceWorkgroupID priceClassID note timestamp"
        ),
    ),
)

ENTITIES = (BRANCH, ORGANIZATION, CURRENCY, CURRENCY_RATE, INVENTORY)
