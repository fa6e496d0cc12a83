"""Time cards: a row per day with hours, made from the weeks of the cards.

The numbers of a card's weekdays are minutes. Who works for the company belongs in `projects`.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.companies import default_branch
from vismapbi_assets.model.frames import lines
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import enumeration, key, part, text

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EFFECTIVE = ("Released", "Approved")
LINE_FIELDS = (
    "lineNumber",
    "lineId",
    "project_id",
    "projectTask_id",
    "earningType_code",
    "invoiceable",
    "description",
    *DAYS,
)


def card_parents(entity: str, moved: pl.DataFrame) -> pl.Series:
    """The cards that have moved, as `<company>:<refNbr>`."""
    return moved.select(key("key")).to_series()


def card_parent() -> pl.Expr:
    """The card of a row: its key without line and day."""
    return pl.col("LineKey").str.extract(r"^(.*):[^:]*:[^:]*$")


def week_start(week: str | pl.Expr) -> pl.Expr:
    """The Monday of an ISO week as `202644` or `2026-44`; null where it is none."""
    digits = part(week).str.replace_all(r"\D", "").str.extract(r"^(\d{6})$")
    year = digits.str.slice(0, 4).cast(pl.Int32)
    number = digits.str.slice(4).cast(pl.Int32)
    # The fourth of January is always in week 1.
    first = pl.date(year, 1, 4).dt.truncate("1w")
    monday = first + pl.duration(weeks=number - 1)
    return pl.when((number >= 1) & (monday.dt.iso_year() == year)).then(monday)


def timecard_line(inputs: Inputs) -> pl.DataFrame:
    """One row per employee, card, line and day with time on it.

    A corrected card stays in the data and is not effective; its correction is.
    """
    cards = inputs.entity("timeCard").with_columns(
        CardNumber=part("refNbr"),
        CardType=enumeration("type"),
        OriginalCard=text("origRefNbr"),
        Status=enumeration("status"),
        ApprovalStatus=enumeration("approvalStatus"),
        EmployeeKey=key("employee_number"),
        BranchKey=default_branch(inputs),
        IsoWeek=text("week_number"),
        monday=week_start("week_number"),
    )
    header = (
        "company",
        "CardNumber",
        "CardType",
        "OriginalCard",
        "Status",
        "ApprovalStatus",
        "EmployeeKey",
        "BranchKey",
        "IsoWeek",
        "monday",
        "lastModifiedDateTime",
    )
    week = lines(cards, "summary", header, LINE_FIELDS)
    # A colon in the id of a line would hide where the number of its card ends.
    identity = part("line_lineId").str.replace_all(":", "-", literal=True)
    number = pl.coalesce(pl.col("line_lineNumber").cast(pl.String), identity)
    days = pl.concat(
        week.with_columns(
            day=pl.lit(name),
            WorkDate=pl.col("monday") + pl.duration(days=offset),
            Minutes=pl.col(f"line_{name}").cast(pl.Int64),
        )
        for offset, name in enumerate(DAYS)
    )
    hours = pl.col("Minutes") / 60
    invoiceable = pl.col("line_invoiceable").fill_null(value=False)
    return (
        days.filter(pl.col("Minutes") != 0)
        .select(
            LineKey=key("CardNumber", number, "day"),
            CardNumber="CardNumber",
            CardType="CardType",
            OriginalCard="OriginalCard",
            Status="Status",
            ApprovalStatus="ApprovalStatus",
            EmployeeKey="EmployeeKey",
            BranchKey="BranchKey",
            ProjectKey=key("line_project_id"),
            ProjectTask=text("line_projectTask_id"),
            EarningType=text("line_earningType_code"),
            WorkDate="WorkDate",
            IsoWeek="IsoWeek",
            Minutes="Minutes",
            Hours=hours,
            InvoiceableHours=pl.when(invoiceable).then(hours).otherwise(0.0),
            IsInvoiceable=invoiceable,
            IsEffective=(
                pl.col("Status").is_in(list(EFFECTIVE)).fill_null(value=False)
                & pl.col("CardType").ne_missing("NormalCorrected")
            ),
            Description=text("line_description"),
            LastModifiedAt="lastModifiedDateTime",
        )
        .collect()
    )
