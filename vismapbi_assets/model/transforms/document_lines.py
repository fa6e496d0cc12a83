"""Lines of released supplier and customer documents.

Spend and revenue by account, project and item. Documents themselves, and everything about what is
owed, belong in `documents` and the ledgers.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.companies import default_branch
from vismapbi_assets.model.frames import lines, money, quantity
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import (
    document_key,
    enumeration,
    first_key,
    key,
    parent_key,
    part,
    text,
)
from vismapbi_assets.model.signs import customer_sign, is_released, supplier_sign
from vismapbi_assets.model.table import MONEY

CUSTOMER_LINES = {
    "customerInvoice": "invoiceLines",
    "customerCreditNote": "lines",
    "customerDebitNote": "lines",
    "customerOverdueCharge": "lines",
    "cashSale": "cashSaleLines",
}
"""The customer entities that have lines, and how they call them."""

SUPPLIER_FIELDS = (
    "lineNumber",
    "branchNumber_number",
    "account_number",
    "subaccount_subaccountNumber",
    "project_id",
    "projectTask_id",
    "inventoryNumber",
    "stockItem",
    "transactionDescription",
    "quantity",
    "uom",
    "unitCost",
    "cost",
    "costInCurrency",
    "discountAmount",
    "discountAmountInCurrency",
    "vatCode_id",
    "poNumber",
    "poLineNr",
    "poReceiptNbr",
    "poReceiptLineNbr",
    "deferralCode",
    "termStartDate",
    "termEndDate",
)

CUSTOMER_FIELDS = (
    "lineNumber",
    "branchNumber_number",
    "account_number",
    "subaccount_subaccountNumber",
    "projectTask_id",
    "lineType",
    "inventoryNumber",
    "description",
    "quantity",
    "uom",
    "unitPrice",
    "amount",
    "amountInCurrency",
    "discountAmount",
    "vatCode_id",
    "seller_id",
    "seller_description",
    "deferralCode",
    "termStartDate",
    "termEndDate",
)

HEADER = ("company", "DocumentKey", "DocumentType", "ReferenceNumber", "sign", "header_branch")


def line_parents(entity: str, moved: pl.DataFrame) -> pl.Series:
    """The document keys of moved documents."""
    return moved.select(parent_key()).to_series()


def supplier_invoice_line(inputs: Inputs) -> pl.DataFrame:
    """One row per line of a released supplier document."""
    documents = (
        inputs.entity("supplierInvoice")
        .filter(is_released("status"))
        .with_columns(
            DocumentKey=document_key("documentType", "referenceNumber"),
            DocumentType=enumeration("documentType"),
            ReferenceNumber=part("referenceNumber"),
            SupplierKey=key("supplier_number"),
            sign=supplier_sign("documentType"),
            header_branch=first_key("branchNumber_number", default=default_branch(inputs)),
        )
    )
    discount = money("line_discountAmount")
    net = money("line_cost") - discount
    in_currency = money("line_costInCurrency") - money("line_discountAmountInCurrency")
    return (
        lines(documents, "invoiceLines", (*HEADER, "SupplierKey", "date"), SUPPLIER_FIELDS)
        .select(
            LineKey=_line_key(),
            DocumentKey="DocumentKey",
            DocumentType="DocumentType",
            ReferenceNumber="ReferenceNumber",
            LineNumber="line_lineNumber",
            SupplierKey="SupplierKey",
            BranchKey=first_key("line_branchNumber_number", default=pl.col("header_branch")),
            DocumentDate="date",
            AccountKey=key("line_account_number"),
            SubaccountKey=key("line_subaccount_subaccountNumber"),
            ProjectKey=key("line_project_id"),
            ProjectTask=text("line_projectTask_id"),
            InventoryNumber=text("line_inventoryNumber"),
            IsStockItem=pl.col("line_stockItem").fill_null(value=False),
            Description=text("line_transactionDescription"),
            Quantity=quantity("line_quantity", "sign"),
            Uom=text("line_uom"),
            UnitCostBase=pl.col("line_unitCost").cast(MONEY),
            NetBase=money(net, "sign"),
            NetCurrency=money(in_currency, "sign"),
            DiscountBase=money(discount, "sign"),
            VatCode=text("line_vatCode_id"),
            PurchaseOrderNumber=text("line_poNumber"),
            PurchaseOrderLine="line_poLineNr",
            ReceiptNumber=text("line_poReceiptNbr"),
            ReceiptLine="line_poReceiptLineNbr",
            DeferralCode=text("line_deferralCode"),
            TermStartDate="line_termStartDate",
            TermEndDate="line_termEndDate",
        )
        .collect()
    )


def customer_invoice_line(inputs: Inputs) -> pl.DataFrame:
    """One row per line of a released customer document, cash sales included.

    Where two endpoints deliver the same document, the newest reading counts.
    """
    origins = [
        _customer_lines(inputs, entity, array).with_columns(origin=pl.lit(place))
        for place, (entity, array) in enumerate(CUSTOMER_LINES.items())
    ]
    newest = (
        pl.col("origin")
        .sort_by("lastModifiedDateTime", "origin", descending=[True, False], nulls_last=True)
        .first()
        .over("DocumentKey")
    )
    return (
        pl.concat(origins)
        .filter(pl.col("origin") == newest)
        .drop("origin", "lastModifiedDateTime")
        .collect()
    )


def _customer_lines(inputs: Inputs, entity: str, array: str) -> pl.LazyFrame:
    documents = (
        inputs.entity(entity)
        .filter(is_released("status"))
        .with_columns(
            DocumentKey=document_key("documentType", "referenceNumber"),
            DocumentType=enumeration("documentType"),
            ReferenceNumber=part("referenceNumber"),
            CustomerKey=key("customer_number"),
            ProjectKey=key("project_id"),
            sign=customer_sign("documentType"),
            header_branch=first_key("branchNumber_number", default=default_branch(inputs)),
        )
    )
    header = (*HEADER, "CustomerKey", "ProjectKey", "documentDate", "lastModifiedDateTime")
    seller = pl.coalesce(text("line_seller_description"), text("line_seller_id"))
    return lines(documents, array, header, CUSTOMER_FIELDS).select(
        "lastModifiedDateTime",
        LineKey=_line_key(),
        DocumentKey="DocumentKey",
        DocumentType="DocumentType",
        ReferenceNumber="ReferenceNumber",
        LineNumber="line_lineNumber",
        CustomerKey="CustomerKey",
        BranchKey=first_key("line_branchNumber_number", default=pl.col("header_branch")),
        DocumentDate="documentDate",
        AccountKey=key("line_account_number"),
        SubaccountKey=key("line_subaccount_subaccountNumber"),
        ProjectKey="ProjectKey",
        ProjectTask=text("line_projectTask_id"),
        LineType=text("line_lineType"),
        InventoryNumber=text("line_inventoryNumber"),
        Description=text("line_description"),
        Quantity=quantity("line_quantity", "sign"),
        Uom=text("line_uom"),
        UnitPriceBase=pl.col("line_unitPrice").cast(MONEY),
        NetBase=money("line_amount", "sign"),
        NetCurrency=money("line_amountInCurrency", "sign"),
        DiscountBase=money("line_discountAmount", "sign"),
        VatCode=text("line_vatCode_id"),
        SalesPerson=seller,
        DeferralCode=text("line_deferralCode"),
        TermStartDate=pl.col("line_termStartDate").cast(pl.Date),
        TermEndDate=pl.col("line_termEndDate").cast(pl.Date),
    )


def _line_key() -> pl.Expr:
    return pl.format("{}:{}", "DocumentKey", "line_lineNumber")
