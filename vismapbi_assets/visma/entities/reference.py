"""What the books are kept in: accounts, subaccounts, dimensions, branches, periods, currencies.

Declarations only. Suppliers and customers belong to payables and receivables.
"""

import polars as pl

from vismapbi_assets.visma.entities.declaration import Entity, Rule
from vismapbi_assets.visma.entities.parts import (
    ACCOUNT_TYPE,
    ADDRESS,
    BALANCE_TYPE,
    CODE,
    COUNTRY,
    ITEM,
    NUMBER,
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

ACCOUNT = Entity(
    name="account",
    path="/v1/account",
    domain="reference",
    key=("accountCD",),
    paging="none",
    parameters={"includeAccountClassDescription": "true"},
    description="The chart of accounts.",
    shape=shape(
        text("accountCD description"),
        one_of(ACCOUNT_TYPE, "type"),
        integer("accountID"),
        flag("active cashAccount useDefaultSub allowManualEntry"),
        text("accountGroupCD accountClass accountClassDescription currency taxCategory"),
        text("publicCode1 controlAccountModule postOption"),
        part("externalCode1Info externalCode2Info analisysCodeInfo", ITEM),
        stamp("lastModifiedDateTime"),
        known("timeStamp"),
    ),
)

SUBACCOUNT = Entity(
    name="subaccount",
    path="/v1/subaccount",
    domain="reference",
    key=("subaccountId",),
    description="Subaccounts and the segments they are made of.",
    shape=shape(
        integer("subaccountId"),
        text("subaccountNumber description"),
        flag("active"),
        stamp("lastModifiedDateTime"),
        rows(
            "segments",
            integer("segmentId"),
            text("segmentDescription segmentValue segmentValueDescription"),
        ),
        known("timeStamp"),
    ),
)

DIMENSION = Entity(
    name="dimension",
    path="/v1/dimension",
    detail="/v1/dimension/{id}",
    domain="reference",
    key=("id",),
    modified=None,
    paging="none",
    delta="none",
    parameters={"expandSegmentsValues": "true"},
    description="Segmented keys, their segments and the values of each.",
    shape=shape(
        text("id description"),
        integer("length"),
        rows(
            "segments",
            integer("segmentId length consolNumChar consolOrder"),
            text("publicId description"),
            flag("validate isAutoNumber"),
            stamp("lastModified"),
            rows(
                "segmentValues",
                text("valueId publicId description mappedSegValue"),
                flag("active"),
                stamp("lastModified"),
                known("internalId segmentId timeStamp"),
            ),
            known("internalId timeStamp"),
        ),
    ),
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

LEDGER = Entity(
    name="ledger",
    path="/v1/ledger",
    domain="reference",
    key=("number",),
    paging="none",
    description="Ledgers and what kind of balance they hold.",
    shape=shape(
        text("number description currencyId"),
        one_of(BALANCE_TYPE, "balanceType"),
        integer("internalId"),
        flag("consolidationSource branchAccounting postInterCompany"),
        part("consolBranch", NUMBER),
        stamp("lastModifiedDateTime"),
    ),
)

FINANCIAL_PERIOD = Entity(
    name="financialPeriod",
    path="/v1/financialPeriod",
    domain="reference",
    key=("year", "period"),
    modified=None,
    paging="none",
    delta="none",
    description="Financial periods and where they are closed.",
    rules=(
        Rule("year", pl.col("year").is_between(1990, 2100), "has a year beyond 1990 to 2100"),
        Rule("period", pl.col("startDate") <= pl.col("endDate"), "ends before it starts"),
    ),
    shape=shape(
        integer("year"),
        text("period description"),
        date("startDate endDate"),
        flag("active closedInSupplierLedger closedInCustomerLedger closedInInventoryManagement"),
        flag("closedInGeneralLedger closedInCashManagement closedInFixedAssets"),
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

ENTITIES = (
    ACCOUNT,
    SUBACCOUNT,
    DIMENSION,
    BRANCH,
    ORGANIZATION,
    LEDGER,
    FINANCIAL_PERIOD,
    CURRENCY,
    CURRENCY_RATE,
    INVENTORY,
)
