"""What is posted on: accounts, subaccounts and their dimensions, ledgers and periods.

Declarations only. What was posted belongs to the ledger.
"""

import polars as pl

from vismapbi_assets.visma.entities.declaration import Entity, Rule
from vismapbi_assets.visma.entities.parts import ACCOUNT_TYPE, BALANCE_TYPE, ITEM, NUMBER
from vismapbi_assets.visma.entities.shape import (
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

ENTITIES = (ACCOUNT, SUBACCOUNT, DIMENSION, LEDGER, FINANCIAL_PERIOD)
