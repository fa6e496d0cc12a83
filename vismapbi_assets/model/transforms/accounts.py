"""Accounts with their place in the statements, and subaccounts with their segments.

What a place means and how it is found belongs in `mapping`; amounts belong in the journal lines.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.companies import company_name
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import LABEL_LIMIT, distinct_label, key, label, part, text
from vismapbi_assets.model.mapping import AccountMapping, assign
from vismapbi_assets.model.mapping_text import default_mapping
from vismapbi_assets.model.members import (
    NOTHING,
    Use,
    member_name,
    published_keys,
    with_missing,
    with_none,
)

ACCOUNT_USES = (
    Use("generalLedgerBalance", "account_number"),
    Use("budget", "account_number"),
)
SUBACCOUNT_USES = (
    Use("generalLedgerBalance", "subAccountCd"),
    Use("budget", "subaccount_id"),
)
ACCOUNT_LINES = dict.fromkeys(
    ("SupplierInvoiceLine", "CustomerInvoiceLine", "JournalLine", "PurchaseOrderLine"),
    "AccountKey",
)
"""Facts whose lines name accounts; one that was deleted since is on no list."""

SUBACCOUNT_LINES = dict.fromkeys(ACCOUNT_LINES, "SubaccountKey")
SEGMENTS = range(1, 7)
LAST = 9999


def mapped_accounts(inputs: Inputs) -> pl.DataFrame:
    """The accounts of all companies, missing ones included, with `assign`'s columns added.

    A report group or line that companies sort differently takes the lowest place, since a column
    can only be sorted by one value.
    """
    return inputs.shared("accounts", _mapped_accounts)


def account(inputs: Inputs) -> pl.DataFrame:
    """One row per account, `-` and the missing ones included, those of lines among them."""
    rows = _mapped_accounts(inputs, published_keys(inputs, ACCOUNT_LINES)).select(
        AccountKey=key("number"),
        Company=company_name(inputs),
        AccountNumber=text("number"),
        AccountName=pl.col("name"),
        AccountLabel=label("number", "name"),
        AccountType=text("type"),
        AccountClass=text("account_class"),
        AccountGroup=text("accountGroupCD"),
        Statement="Statement",
        ReportGroup="ReportGroup",
        ReportGroupSort="ReportGroupSort",
        StatementLine="StatementLine",
        StatementLineSort="StatementLineSort",
        CashFlowCategory="CashFlowCategory",
        NaturalSign="NaturalSign",
        IsCashAccount=pl.col("cashAccount").fill_null(value=False),
        IsControlAccount="IsControlAccount",
        IsActive=pl.col("active").fill_null(value=False),
        Currency=text("currency"),
        StandardCode=text("publicCode1"),
        ExternalCode1=text("externalCode1Info_number"),
        ExternalCode2=text("externalCode2Info_number"),
        AnalysisCode=text("analisysCodeInfo_number"),
        LastModifiedAt="lastModifiedDateTime",
    )
    return with_none(
        rows,
        "AccountName",
        "AccountLabel",
        ReportGroup=NOTHING,
        ReportGroupSort=LAST,
        StatementLine=NOTHING,
        StatementLineSort=LAST,
        NaturalSign=1,
    )


def subaccount(inputs: Inputs) -> pl.DataFrame:
    """One row per subaccount with its segments side by side."""
    segments = _segments(inputs)
    rows = (
        with_missing(
            inputs,
            "subaccount",
            "subaccountNumber",
            SUBACCOUNT_USES,
            also=published_keys(inputs, SUBACCOUNT_LINES),
        )
        .join(segments, on=["company", "number"], how="left", maintain_order="left")
        .with_columns(member_name("description"))
        .with_columns(distinct_label(f"Segment{n}Name", f"Segment{n}") for n in SEGMENTS)
        .select(
            pl.col("number").pipe(key).alias("SubaccountKey"),
            company_name(inputs).alias("Company"),
            text("number").alias("Subaccount"),
            pl.col("description").alias("Description"),
            *(name for n in SEGMENTS for name in (f"Segment{n}", f"Segment{n}Name")),
            pl.col("active").fill_null(value=False).alias("IsActive"),
            pl.col("lastModifiedDateTime").alias("LastModifiedAt"),
        )
        .collect()
    )
    return with_none(rows, "Description")


def ytd_accounts(inputs: Inputs) -> pl.DataFrame:
    """`company`, `number` of the ERP's running totals of the year's income."""
    return mapped_accounts(inputs).filter("ytd").select("company", "number")


def _mapped_accounts(inputs: Inputs, also: pl.LazyFrame | None = None) -> pl.DataFrame:
    accounts = (
        with_missing(inputs, "account", "accountCD", ACCOUNT_USES, also=also)
        .with_columns(
            part("accountClass").alias("account_class"),
            part("controlAccountModule").str.to_uppercase().alias("control_module"),
            part("type").alias("type"),
            name=member_name("description"),
        )
        .collect()
    )
    mappings = {company.key: _mapping(inputs, company.key) for company in inputs.companies}
    unnamed = default_mapping("")
    placed = [
        assign(rows, mapping).with_columns(ytd=mapping.is_ytd())
        for rows in accounts.partition_by("company", maintain_order=True)
        for mapping in [mappings.get(rows["company"][0], unnamed)]
    ] or [assign(accounts, unnamed).with_columns(ytd=pl.lit(value=False))]
    return pl.concat(placed).with_columns(
        pl.col("ReportGroupSort").min().over("ReportGroup"),
        pl.col("StatementLineSort").min().over("StatementLine"),
    )


def _mapping(inputs: Inputs, company: str) -> AccountMapping:
    info = next(info for info in inputs.companies if info.key == company)
    return info.mapping or default_mapping(info.base_currency)


def _segments(inputs: Inputs) -> pl.LazyFrame:
    names = (
        inputs.entity("dimension")
        .filter(pl.col("id") == "SUBACCOUNT")
        .select("company", pl.col("segments"))
        .explode("segments")
        .select(
            "company",
            pl.col("segments").struct.field("segmentId").alias("segment"),
            pl.col("segments").struct.field("segmentValues"),
        )
        .explode("segmentValues")
        .select(
            "company",
            "segment",
            text(pl.col("segmentValues").struct.field("valueId")).alias("value"),
            text(pl.col("segmentValues").struct.field("description")).alias("known_name"),
        )
        .drop_nulls()
        .unique(["company", "segment", "value"], keep="first", maintain_order=True)
    )
    segment = pl.col("segments").struct
    named = (
        inputs.entity("subaccount")
        .select("company", part("subaccountNumber").alias("number"), "segments")
        .unique(["company", "number"], keep="first", maintain_order=True)
        .explode("segments")
        .select(
            "company",
            "number",
            segment.field("segmentId").alias("segment"),
            text(segment.field("segmentValue")).alias("value"),
            text(segment.field("segmentValueDescription"), LABEL_LIMIT).alias("name"),
        )
        .join(names, on=["company", "segment", "value"], how="left")
    )
    pivoted = [
        column
        for n in SEGMENTS
        for place in [pl.col("segment") == n]
        for column in (
            pl.col("value").filter(place).first().alias(f"Segment{n}"),
            pl.coalesce("name", "known_name").filter(place).first().alias(f"Segment{n}Name"),
        )
    ]
    return named.group_by("company", "number").agg(pivoted)
