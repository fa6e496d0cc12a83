"""The calendar, the financial periods and the ageing buckets.

Declarations only: names, types, formats, sources, keys and strategy. The functions that compute
the rows belong in `transforms/`.
"""

from vismapbi_assets.model.table import Column, Table
from vismapbi_assets.model.transforms import aging_buckets, dates, financial_periods

DATES = Table(
    name="Dates",
    kind="dimension",
    strategy="replace",
    grain=(
        "one day, whole financial years: from the year of the earliest to the year of the"
        " latest date that any fact relates, ages or settles by (the opening day "
        "included), at least to the end of the year after the current one"
    ),
    source="computed; financialPeriod",
    key=("Date",),
    sources=("financialPeriod",),
    tables=tuple(dates.FACT_DATES),
    transform=dates.dates,
    columns=(
        Column(
            "Date",
            "DateTime",
            "generated, midnight, no time part",
            format="yyyy-MM-dd",
            nullable=False,
        ),
        Column("Year", "Int64", "calendar year", format="0"),
        Column("Quarter", "String", "calendar, 2026 Q4", sort_by="QuarterIndex"),
        Column("QuarterIndex", "Int64", "year*4+quarter-1", format="0", hidden=True),
        Column("Month", "String", "calendar, 2026-11", sort_by="MonthIndex"),
        Column("MonthIndex", "Int64", "year*12+month-1", format="0", hidden=True),
        Column("MonthName", "String", "Nov (locale of the company)", sort_by="MonthNumber"),
        Column("MonthNumber", "Int64", "1-12", format="0", hidden=True),
        Column("IsoYearWeek", "String", "2026-W44", sort_by="IsoWeekIndex"),
        Column("IsoWeekIndex", "Int64", "running week number", format="0", hidden=True),
        Column("DayOfWeek", "String", "Mon", sort_by="DayOfWeekNumber"),
        Column("DayOfWeekNumber", "Int64", "1-7, Monday first", format="0", hidden=True),
        Column("FinancialYear", "Int64", "financialPeriod.year", format="0"),
        Column(
            "FinancialPeriod",
            "String",
            "202611, regular period that contains the day",
            sort_by="FinancialPeriodIndex",
        ),
        Column("FinancialPeriodKey", "String", "same value, key form", hidden=True, nullable=False),
        Column("FinancialPeriodNumber", "Int64", "PP part", format="0"),
        Column(
            "FinancialPeriodIndex",
            "Int64",
            (
                "running number over regular periods (adjustment period shares the number of "
                "the last regular period)"
            ),
            format="0",
            hidden=True,
        ),
        Column(
            "FinancialPeriodStart",
            "DateTime",
            "financialPeriod.startDate",
            format="yyyy-MM-dd",
            hidden=True,
        ),
        Column(
            "FinancialPeriodEnd",
            "DateTime",
            "financialPeriod.endDate",
            format="yyyy-MM-dd",
            hidden=True,
        ),
        Column("DayOfFinancialYear", "Int64", "1-366", format="0", hidden=True),
        Column("DayOfFinancialPeriod", "Int64", "1-31", format="0", hidden=True),
        Column("IsLastDayOfPeriod", "Boolean", "computed", hidden=True),
        Column("IsWorkingDay", "Boolean", "country calendar (optional)"),
        Column(
            "PriorYearDate",
            "DateTime",
            (
                "same period number and day number one financial year earlier, clamped to "
                "that period's last day; the last day of a period maps to the last day of the"
                " earlier period; empty where that day is not in the calendar"
            ),
            format="yyyy-MM-dd",
            hidden=True,
        ),
    ),
)


FINANCIAL_PERIOD = Table(
    name="FinancialPeriod",
    kind="dimension",
    strategy="replace",
    grain="one financial period",
    source="financialPeriod",
    key=("FinancialPeriodKey",),
    sources=("financialPeriod", "generalLedgerBalance"),
    tables=financial_periods.PERIOD_FACTS,
    transform=financial_periods.financial_period,
    columns=(
        Column(
            "FinancialPeriodKey",
            "String",
            "year+period, as YYYYPP",
            hidden=True,
            nullable=False,
        ),
        Column("FinancialPeriod", "String", "same, visible", sort_by="FinancialPeriodIndex"),
        Column("FinancialPeriodIndex", "Int64", "running number", format="0", hidden=True),
        Column("FinancialYear", "Int64", "year", format="0"),
        Column("PeriodNumber", "Int64", "PP", format="0"),
        Column("Description", "String", "description", sort_by="FinancialPeriodIndex"),
        Column("StartDate", "DateTime", "startDate", format="yyyy-MM-dd"),
        Column("EndDate", "DateTime", "endDate", format="yyyy-MM-dd"),
        Column(
            "IsAdjustmentPeriod",
            "Boolean",
            "start = end, or PP greater than the number of regular periods",
        ),
        Column("IsActive", "Boolean", "active in at least one company"),
        Column(
            "ClosedInGeneralLedger",
            "Boolean",
            "closedInGeneralLedger; true when every company of the dataset says so",
        ),
        Column(
            "ClosedInSupplierLedger",
            "Boolean",
            "closedInSupplierLedger; true when every company of the dataset says so",
        ),
        Column(
            "ClosedInCustomerLedger",
            "Boolean",
            "closedInCustomerLedger; true when every company of the dataset says so",
        ),
        Column(
            "ClosedInCashManagement",
            "Boolean",
            "closedInCashManagement; true when every company of the dataset says so",
        ),
        Column(
            "ClosedInInventory",
            "Boolean",
            "closedInInventoryManagement; true when every company of the dataset says so",
        ),
        Column(
            "ClosedInFixedAssets",
            "Boolean",
            "closedInFixedAssets; true when every company of the dataset says so",
        ),
    ),
)


AGING_BUCKET = Table(
    name="AgingBucket",
    kind="dimension (disconnected)",
    strategy="replace",
    grain="one bucket",
    source="constant",
    key=("BucketKey",),
    transform=aging_buckets.aging_bucket,
    columns=(
        Column("BucketKey", "Int64", "0-4", format="0", hidden=True, nullable=False),
        Column("Bucket", "String", "Not due, 1-30, 31-60, 61-90, >90", sort_by="BucketKey"),
        Column("MinDays", "Int64", "-36500, 1, 31, 61, 91", format="0", hidden=True),
        Column("MaxDays", "Int64", "0, 30, 60, 90, 36500", format="0", hidden=True),
    ),
)
