"""Lines of purchase orders and receipts, and what ties them together.

The common ground of `purchasing`: which order a receipt belongs to, at which rate an order stands,
what counts as a commitment. The published rows belong there.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.companies import base_currency, default_branch
from vismapbi_assets.model.conversion import WIDE
from vismapbi_assets.model.frames import lines
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import enumeration, first_key, key, part, text

BLANKETS = ("Blanket", "StandardBlanket")
COMMITTED = ("Open", "Printed")
"""Statuses in which an order is placed and not yet done with."""

ORDER_FIELDS = (
    "lineNbr",
    "branch_number",
    "account_number",
    "sub_subaccountNumber",
    "project_id",
    "requested",
    "promised",
    "completed",
    "canceled",
    "lineType",
    "inventory_number",
    "lineDescription",
    "uom",
    "orderQty",
    "qtyOnReceipts",
    "unitCost",
    "unitCostInBaseCurrency",
    "discountPercent",
    "amount",
)
RECEIPT_FIELDS = (
    "lineNbr",
    "branchNumber_number",
    "branch_number",
    "inventory_number",
    "receiptQty",
    "amount",
    "poOrderType",
    "poOrderNbr",
    "poOrderLineNbr",
)
ORDER_LINE = ["company", "order_type", "order_number", "order_line"]


def order_lines(inputs: Inputs) -> pl.LazyFrame:
    """The lines of all orders with their header, rate to base currency and commitment."""
    total, total_base = pl.col("lineTotal").cast(WIDE), pl.col("lineTotalInBaseCurrency").cast(WIDE)
    unit, unit_base = (
        pl.col(name).cast(WIDE) for name in ("line_unitCost", "line_unitCostInBaseCurrency")
    )
    orders = inputs.entity("purchaseOrder").with_columns(
        OrderType=enumeration("orderType"),
        OrderNumber=part("orderNbr"),
        SupplierKey=key("supplier_number"),
        header_branch=first_key("branch_number", default=default_branch(inputs)),
        Status=enumeration("status"),
        Buyer=text("owner_name"),
        CurrencyId=text("currency"),
        ExchangeRate=pl.col("exchangeRate").cast(pl.Float64),
        base_currency=base_currency(inputs),
        total_rate=pl.when((total != 0) & (total_base != 0)).then(
            total_base / pl.when(total != 0).then(total)
        ),
    )
    header = (
        "company",
        "OrderType",
        "OrderNumber",
        "SupplierKey",
        "header_branch",
        "Status",
        "Buyer",
        "CurrencyId",
        "ExchangeRate",
        "base_currency",
        "total_rate",
        "date",
        "promisedOn",
        "hold",
        "lastModifiedDateTime",
    )
    in_base = pl.col("CurrencyId").is_null() | (pl.col("CurrencyId") == pl.col("base_currency"))
    unit_rate = pl.when((unit != 0) & (unit_base != 0)).then(
        unit_base / pl.when(unit != 0).then(unit)
    )
    return lines(orders, "lines", header, ORDER_FIELDS).with_columns(
        rate=pl.when(in_base)
        .then(pl.lit(1).cast(WIDE))
        .otherwise(pl.coalesce("total_rate", unit_rate, pl.col("ExchangeRate").cast(WIDE))),
        IsCommitment=(
            ~pl.col("OrderType").is_in(list(BLANKETS)).fill_null(value=False)
            & ~pl.col("line_canceled").fill_null(value=False)
            & ~pl.col("line_completed").fill_null(value=False)
            & pl.col("Status").is_in(list(COMMITTED)).fill_null(value=False)
        ),
    )


def receipt_lines(inputs: Inputs) -> pl.LazyFrame:
    """The lines of released receipts, returns negative, with the order they belong to."""
    receipts = (
        inputs.entity("purchaseReceipt")
        .filter(enumeration("status") == "Released")
        .with_columns(
            ReceiptType=enumeration("receiptType"),
            ReceiptNumber=part("receiptNbr"),
            SupplierKey=key("supplier_number"),
            header_branch=first_key("branchNumber_number", default=default_branch(inputs)),
            ReceiptDate="date",
            Status=enumeration("status"),
            sign=pl.when(enumeration("receiptType") == "PoReturn").then(-1).otherwise(1),
        )
    )
    header = (
        "company",
        "ReceiptType",
        "ReceiptNumber",
        "SupplierKey",
        "header_branch",
        "ReceiptDate",
        "Status",
        "sign",
    )
    orders = (
        inputs.entity("purchaseOrder")
        .select("company", order_number=part("orderNbr"), only_type=enumeration("orderType"))
        .sort(pl.col("only_type").is_in(list(BLANKETS)), "only_type")
        .unique(["company", "order_number"], keep="first", maintain_order=True)
    )
    found = lines(receipts, "lines", header, RECEIPT_FIELDS).with_columns(
        LineKey=key("ReceiptType", "ReceiptNumber", "line_lineNbr"),
        BranchKey=first_key(
            "line_branchNumber_number", "line_branch_number", default=pl.col("header_branch")
        ),
        order_type=enumeration("line_poOrderType"),
        order_number=part("line_poOrderNbr"),
        order_line="line_poOrderLineNbr",
        signed_qty=pl.col("line_receiptQty").fill_null(0) * pl.col("sign"),
    )
    # A line that names no order type means the order that is no blanket order.
    return found.join(
        orders, on=["company", "order_number"], how="left", maintain_order="left"
    ).with_columns(order_type=pl.coalesce("order_type", "only_type"))
