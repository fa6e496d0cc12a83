"""The example company as rows of the model, computed here without the model's own transforms.

Only the columns that the example can fill are computed; `example_model` adds the rest.
"""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

DATA_DATE = date(2026, 11, 15)
MONEY = pl.Decimal(19, 4)
INVOICES = ("Invoice", "CreditAdj", "DebitAdj", "QuickCheck")


def read(folder: Path, name: str) -> pl.DataFrame:
    """An example file with dates, booleans and money in their types, everything else as text."""
    frame = pl.read_csv(folder / f"{name}.csv", infer_schema=False)
    casts = []
    for column in frame.columns:
        if column.endswith("Date") or column == "WeekStart":
            casts.append(pl.col(column).str.to_date(strict=False))
        elif column.endswith(("Base", "Currency", "Natural", "Applied")) or column == "Amount":
            casts.append(pl.col(column).cast(MONEY))
        elif column.startswith("Is") or column in {"Canceled", "Invoiceable", "ReversingEntry"}:
            casts.append(pl.col(column) == "true")
    return frame.with_columns(casts)


def _periods(folder: Path) -> pl.DataFrame:
    given = pl.read_csv(folder / "financial_period.csv", try_parse_dates=True).with_columns(
        pl.col("FinancialPeriodKey").cast(pl.String), IsAdjustmentPeriod=pl.col("PeriodNumber") > 12
    )
    later = given.filter((pl.col("FinancialYear") == 2026) & ~pl.col("IsAdjustmentPeriod"))
    later = later.with_columns(
        FinancialPeriodKey=pl.format("2027{}", pl.col("FinancialPeriodKey").str.slice(4)),
        FinancialYear=pl.lit(2027, pl.Int64),
        StartDate=pl.col("StartDate").dt.offset_by("1y"),
        EndDate=pl.col("StartDate").dt.offset_by("1y").dt.month_end(),
    )
    return pl.concat([given, later])


def dates(folder: Path) -> pl.DataFrame:
    """The calendar of 2025 to 2027."""
    periods = _periods(folder).filter(~pl.col("IsAdjustmentPeriod")).sort("StartDate")
    periods = periods.with_row_index("FinancialPeriodIndex", offset=1)
    days = pl.DataFrame({"Date": pl.date_range(date(2025, 1, 1), date(2027, 12, 31), eager=True)})
    calendar = days.join_asof(periods, left_on="Date", right_on="StartDate").with_columns(
        FinancialPeriodIndex=pl.col("FinancialPeriodIndex").cast(pl.Int64),
        FinancialPeriod=pl.col("FinancialPeriodKey"),
        FinancialPeriodNumber=pl.col("PeriodNumber"),
        FinancialPeriodStart=pl.col("StartDate"),
        FinancialPeriodEnd=pl.col("EndDate"),
        Year=pl.col("Date").dt.year().cast(pl.Int64),
        Month=pl.col("Date").dt.strftime("%Y-%m"),
        MonthIndex=(pl.col("Date").dt.year() * 12 + pl.col("Date").dt.month() - 1).cast(pl.Int64),
    )
    earlier = pl.col("Date").dt.offset_by("-1y")
    prior = pl.when(pl.col("Date") == pl.col("EndDate")).then(earlier.dt.month_end())
    return calendar.with_columns(PriorYearDate=prior.otherwise(earlier)).with_columns(
        PriorYearDate=pl.when(pl.col("PriorYearDate") >= date(2025, 1, 1)).then("PriorYearDate")
    )


def _ledger(folder: Path, name: str, party: str, credits: tuple[str, ...]) -> pl.DataFrame:
    return read(folder, name).with_columns(
        pl.col("PartyKey").alias(party),
        DocumentKey=pl.format("{}:{}", "DocumentType", "ReferenceNumber"),
        IsUnappliedCredit=pl.col("DocumentType").is_in(credits),
    )


def _settled(ledger: pl.DataFrame) -> pl.DataFrame:
    """The last day on which each document's open amount became zero and stayed there."""
    daily = ledger.group_by("DocumentKey", "EntryDate").agg(pl.col("AmountBase").sum())
    running = daily.sort("DocumentKey", "EntryDate").with_columns(
        Open=pl.col("AmountBase").cum_sum().over("DocumentKey")
    )
    last = running.group_by("DocumentKey", maintain_order=True).last()
    return last.filter(pl.col("Open") == 0).select("DocumentKey", SettledDate="EntryDate")


def _supplier_invoices(folder: Path, ledger: pl.DataFrame) -> pl.DataFrame:
    sign = pl.when(pl.col("DocumentType") == "DebitAdj").then(-1).otherwise(1)
    frame = read(folder, "supplier_invoice").with_columns(
        DocumentKey=pl.format("{}:{}", "DocumentType", "ReferenceNumber"),
        GrossBase=pl.col("AmountBase") * sign,
        NetBase=pl.col("NetAmountBase") * sign,
        OpenBase=pl.col("BalanceBase") * sign,
        IsReleased=pl.col("Status").is_in(["Open", "Closed"]),
    )
    frame = frame.join(_settled(ledger), on="DocumentKey", how="left").with_columns(
        DaysToPay=(pl.col("SettledDate") - pl.col("DocumentDate")).dt.total_days(),
        IsPaidOnTime=pl.col("SettledDate") <= pl.col("DueDate"),
    )
    return frame.with_columns(
        PaidWeightedDays=pl.col("DaysToPay").fill_null(0).cast(pl.Decimal(9, 0))
        * pl.col("GrossBase")
    )


def _journal_lines(folder: Path) -> pl.DataFrame:
    periods = _periods(folder).select("FinancialPeriodKey", "StartDate", "EndDate")
    cash = read(folder, "account").filter("IsCashAccount")["AccountKey"].implode()
    frame = read(folder, "journal_line").filter(pl.col("Status") == "Posted")
    is_cash = pl.col("AccountKey").is_in(cash)
    contra = ~is_cash & is_cash.any().over("Module", "BatchNumber")
    amount = pl.col("DebitBase") - pl.col("CreditBase")
    flow = pl.when(contra).then(-amount).otherwise(pl.lit(0, MONEY))
    return frame.join(periods, on="FinancialPeriodKey").with_columns(
        LineKey=pl.format("{}:{}:{}", "Module", "BatchNumber", "LineNumber"),
        EntryKind=pl.lit("Journal"),
        LedgerKey=pl.col("Ledger"),
        PostingDate=pl.col("TransactionDate").clip("StartDate", "EndDate"),
        AmountBase=amount,
        IsCashContra=contra,
        CashFlowBase=flow,
        CashDirection=pl.when(flow > 0).then(pl.lit("In")).when(flow < 0).then(pl.lit("Out")),
    )


def _budget(folder: Path, accounts: pl.DataFrame) -> pl.DataFrame:
    periods = _periods(folder).select("FinancialPeriodKey", PeriodEndDate="EndDate")
    frame = read(folder, "budget").join(periods, on="FinancialPeriodKey")
    frame = frame.join(accounts.select("AccountKey", "NaturalSign"), on="AccountKey")
    return frame.with_columns(
        AmountBase=pl.col("AmountNatural") * pl.col("NaturalSign").cast(pl.Int64)
    )


def _purchasing(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    orders = read(folder, "purchase_order_line").with_columns(
        pl.col("OrderQty", "QtyOnReceipts").cast(pl.Float64),
        pl.col("LineNumber").cast(pl.Int64),
        IsCommitment=~pl.col("Canceled") & (pl.col("OrderType") != "Blanket"),
    )
    is_open = pl.col("IsCommitment") & (pl.col("Status") == "Open")
    open_qty = (pl.col("OrderQty") - pl.col("QtyOnReceipts")).clip(lower_bound=0)
    orders = orders.with_columns(OpenQty=pl.when(is_open).then(open_qty).otherwise(0.0))
    orders = orders.with_columns(OpenBase=pl.col("OpenQty").cast(MONEY) * pl.col("UnitCostBase"))
    receipts = read(folder, "purchase_receipt_line").filter(pl.col("Status") == "Released")
    receipts = receipts.with_columns(
        pl.col("LineNumber", "OrderLineNumber").cast(pl.Int64),
        pl.col("ReceiptQty").cast(pl.Float64),
    ).join(
        orders.select(
            "OrderNumber", "SupplierKey", "OrderDate", "PromisedDate", "OrderType",
            OrderLineNumber="LineNumber",
        ),
        on=["OrderNumber", "OrderLineNumber"],
        how="left",
    )  # fmt: skip
    counts = (pl.col("ReceiptType") == "PoReceipt") & (pl.col("OrderType") != "Blanket")
    lead = (pl.col("ReceiptDate") - pl.col("OrderDate")).dt.total_days()
    qty = pl.when(counts).then("ReceiptQty").otherwise(0.0)
    in_time = pl.col("ReceiptDate") <= pl.col("PromisedDate")
    return orders, receipts.with_columns(
        LeadTimeQty=qty,
        LeadTimeWeighted=(lead * qty).cast(MONEY),
        OnTimeQty=pl.when(in_time).then(qty).otherwise(0.0),
    )


def _timecards(folder: Path) -> pl.DataFrame:
    week = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    frame = read(folder, "timecard_week").with_columns(pl.col(week).cast(pl.Int64))
    frame = frame.unpivot(
        week, index=[c for c in frame.columns if c not in week], variable_name="Day",
        value_name="Minutes",
    )  # fmt: skip
    offset = pl.col("Day").replace_strict({day: n for n, day in enumerate(week)})
    hours = pl.col("Minutes") / 60
    return frame.with_columns(
        LineKey=pl.format("{}:{}:{}", "RefNbr", "LineNumber", "Day"),
        CardNumber=pl.col("RefNbr"),
        WorkDate=pl.col("WeekStart") + pl.duration(days=offset),
        Hours=hours,
        InvoiceableHours=pl.when("Invoiceable").then(hours).otherwise(0.0),
        IsEffective=(pl.col("Status") == "Released") & (pl.col("Type") != "NormalCorrected"),
    )


def _unposted(folder: Path) -> pl.DataFrame:
    parts = []
    for area, name in (("AP", "supplier_invoice"), ("AR", "customer_invoice")):
        frame = read(folder, name).filter(~pl.col("Status").is_in(["Open", "Closed", "Voided"]))
        parts.append(
            frame.select(
                "DocumentDate", "AmountBase", "Status",
                DocumentKey=pl.format("{}:{}:{}", pl.lit(area), "DocumentType", "ReferenceNumber"),
            )
        )  # fmt: skip
    lines = read(folder, "journal_line").filter(pl.col("Status") != "Posted")
    parts.append(
        lines.group_by("Module", "BatchNumber").agg(
            DocumentDate=pl.col("TransactionDate").first(),
            AmountBase=pl.col("DebitBase").sum().cast(MONEY),
            Status=pl.col("Status").first(),
        ).select(
            "DocumentDate", "AmountBase", "Status",
            DocumentKey=pl.format("GL:{}:{}", "Module", "BatchNumber"),
        )
    )  # fmt: skip
    return pl.concat([part.with_columns(pl.col("AmountBase").cast(MONEY)) for part in parts])


def example_rows(folder: Path) -> dict[str, pl.DataFrame]:
    """Rows of every table that the example fills."""
    accounts = read(folder, "account").with_columns(
        pl.col("NaturalSign").cast(pl.Int64),
        AccountNumber=pl.col("AccountKey"),
        IsControlAccount=pl.col("ReportGroup").is_in(["Payables", "Receivables"]),
    )
    ap = _ledger(folder, "ap_ledger", "SupplierKey", ("DebitAdj", "Payment"))
    ar = _ledger(folder, "ar_ledger", "CustomerKey", ("CreditNote", "Payment", "SmallBalanceWo"))
    orders, receipts = _purchasing(folder)
    log = {
        "TableName": ["ApLedger", "ApLedger"],
        "Status": ["ok", "failed"],
        "DataAsOfDate": [DATA_DATE, DATA_DATE + timedelta(days=3)],
        "PublishedAt": [DATA_DATE, DATA_DATE + timedelta(days=3)],
    }
    return {
        "Dates": dates(folder),
        "FinancialPeriod": _periods(folder),
        "Supplier": read(folder, "supplier"),
        "Customer": read(folder, "customer"),
        "Account": accounts,
        "Branch": pl.DataFrame({"BranchKey": ["1"], "Company": ["Example"]}),
        "Ledger": pl.DataFrame(
            {"LedgerKey": ["ACTUAL", "STAT"], "BalanceType": ["Actual", "Statistical"]}
        ),
        "Currency": pl.DataFrame({"CurrencyId": ["NOK", "EUR", "SEK"]}),
        "AgingBucket": read(folder, "aging_bucket").with_columns(
            pl.col("BucketKey", "MinDays", "MaxDays").cast(pl.Int64)
        ),
        "RefreshLog": pl.DataFrame(log),
        "ApLedger": ap,
        "ArLedger": ar,
        "SupplierInvoice": _supplier_invoices(folder, ap),
        "JournalLine": _journal_lines(folder),
        "Budget": _budget(folder, accounts),
        "PurchaseOrderLine": orders,
        "PurchaseReceiptLine": receipts,
        "TimecardLine": _timecards(folder),
        "UnpostedDocument": _unposted(folder),
        "ExchangeRate": read(folder, "exchange_rate").with_columns(
            pl.col("RateToBase").cast(pl.Float64)
        ),
    }
