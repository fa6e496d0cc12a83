"""Purchase order lines and the receipts against them.

An order tells what was received, so the lines of both entities are read together. What suppliers
invoice belongs in `document_lines`.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.conversion import WIDE
from vismapbi_assets.model.frames import money, quantity
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import first_key, key, text
from vismapbi_assets.model.table import MONEY
from vismapbi_assets.model.transforms.purchase_lines import (
    BLANKETS,
    ORDER_LINE,
    order_lines,
    receipt_lines,
)


def purchase_order_line(inputs: Inputs) -> pl.DataFrame:
    """One row per purchase order line.

    Received is what released receipts brought less what was returned; a company without any
    receipt has the order's own count. Base amounts come from the order's two totals, not from its
    rate, whose direction depends on the currency.
    """
    received = (
        receipt_lines(inputs)
        .group_by(ORDER_LINE)
        .agg(
            pl.col("signed_qty").sum().alias("received"),
            pl.col("ReceiptDate").filter(pl.col("signed_qty") > 0).min().alias("FirstReceiptDate"),
            pl.col("ReceiptDate").filter(pl.col("signed_qty") > 0).max().alias("LastReceiptDate"),
        )
    )
    loaded = (
        inputs.entity("purchaseReceipt")
        .select("company")
        .unique()
        .with_columns(has_receipts=pl.lit(value=True))
    )
    ordered = pl.col("line_orderQty").fill_null(0)
    got = (
        pl.when("has_receipts")
        .then(pl.col("received").fill_null(0))
        .otherwise(pl.col("line_qtyOnReceipts").fill_null(0))
    )
    left = pl.when("IsCommitment").then(
        pl.max_horizontal(ordered - got, pl.lit(0).cast(pl.Decimal(38, 4)))
    )
    by_cost = (
        pl.col("UnitCostBase").cast(WIDE)
        * ordered.cast(WIDE)
        * (1 - pl.col("line_discountPercent").fill_null(0).cast(WIDE) / 100)
    )
    return (
        order_lines(inputs)
        .join(
            received,
            left_on=["company", "OrderType", "OrderNumber", "line_lineNbr"],
            right_on=ORDER_LINE,
            how="left",
            maintain_order="left",
        )
        .join(loaded, on="company", how="left", maintain_order="left")
        .with_columns(
            got.alias("got"),
            left.fill_null(0).alias("open"),
            pl.coalesce(
                pl.col("line_unitCostInBaseCurrency").cast(WIDE),
                pl.col("line_unitCost").cast(WIDE) * pl.col("rate"),
            )
            .cast(MONEY)
            .alias("UnitCostBase"),
        )
        .select(
            LineKey=key("OrderType", "OrderNumber", "line_lineNbr"),
            OrderType="OrderType",
            OrderNumber="OrderNumber",
            LineNumber="line_lineNbr",
            SupplierKey="SupplierKey",
            BranchKey=first_key("line_branch_number", default=pl.col("header_branch")),
            AccountKey=key("line_account_number"),
            SubaccountKey=key("line_sub_subaccountNumber"),
            ProjectKey=key("line_project_id"),
            OrderDate="date",
            RequestedDate="line_requested",
            PromisedDate=pl.coalesce("line_promised", "promisedOn"),
            Status="Status",
            IsHold=pl.col("hold").fill_null(value=False),
            IsCompleted=pl.col("line_completed").fill_null(value=False),
            IsCanceled=pl.col("line_canceled").fill_null(value=False),
            IsCommitment="IsCommitment",
            Buyer="Buyer",
            LineType=text("line_lineType"),
            InventoryNumber=text("line_inventory_number"),
            Description=text("line_lineDescription"),
            Uom=text("line_uom"),
            CurrencyId="CurrencyId",
            ExchangeRate="ExchangeRate",
            OrderQty=quantity("line_orderQty"),
            ReceivedQty=quantity("got"),
            OpenQty=quantity("open"),
            UnitCostBase="UnitCostBase",
            AmountCurrency=money("line_amount"),
            AmountBase=money(
                pl.coalesce(pl.col("line_amount").cast(WIDE) * pl.col("rate"), by_cost)
            ),
            OpenBase=money(pl.col("open").cast(WIDE) * pl.col("UnitCostBase").cast(WIDE)),
            FirstReceiptDate="FirstReceiptDate",
            LastReceiptDate="LastReceiptDate",
            LastModifiedAt="lastModifiedDateTime",
        )
        .collect()
    )


def purchase_receipt_line(inputs: Inputs) -> pl.DataFrame:
    """One row per line of a released receipt or return, with the lead time since its order.

    Lead time counts goods received on orders that are no blanket orders, returns left out.
    """
    orders = order_lines(inputs).select(
        "company",
        order_type="OrderType",
        order_number="OrderNumber",
        order_line="line_lineNbr",
        OrderDate="date",
        PromisedDate=pl.coalesce("line_promised", "promisedOn"),
    )
    days = (pl.col("ReceiptDate") - pl.col("OrderDate")).dt.total_days()
    counts = (pl.col("ReceiptType") == "PoReceipt") & ~pl.col("order_type").is_in(list(BLANKETS))
    in_time = pl.col("ReceiptDate") <= pl.col("PromisedDate")
    return (
        receipt_lines(inputs)
        .join(
            orders.unique(ORDER_LINE, keep="first", maintain_order=True),
            on=ORDER_LINE,
            how="left",
            maintain_order="left",
        )
        .with_columns(LeadTimeDays=pl.when(counts).then(days))
        .with_columns(lead_qty=pl.when(pl.col("LeadTimeDays").is_not_null()).then("signed_qty"))
        .select(
            "LineKey",
            "ReceiptType",
            "ReceiptNumber",
            LineNumber="line_lineNbr",
            SupplierKey="SupplierKey",
            BranchKey="BranchKey",
            ReceiptDate="ReceiptDate",
            OrderNumber="order_number",
            OrderLine="order_line",
            OrderDate="OrderDate",
            PromisedDate="PromisedDate",
            InventoryNumber=text("line_inventory_number"),
            ReceiptQty=quantity("signed_qty"),
            AmountCurrency=money("line_amount", "sign"),
            LeadTimeDays="LeadTimeDays",
            LeadTimeQty=quantity("lead_qty"),
            LeadTimeWeighted=money(pl.col("lead_qty") * pl.col("LeadTimeDays")),
            OnTimeQty=quantity(pl.when(in_time).then("lead_qty")),
            Status="Status",
        )
        .collect()
    )
