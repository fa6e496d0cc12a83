"""Projects, employees and time cards.

Declarations only: names, types, formats, sources, keys and strategy. The functions that compute
the rows belong in `transforms/`.
"""

from vismapbi_assets.model.companies import default_branches
from vismapbi_assets.model.table import Column, RowWise, Table
from vismapbi_assets.model.transforms import projects, timecards

PROJECT = Table(
    name="Project",
    kind="dimension",
    strategy="replace",
    grain="one project",
    source="project",
    key=("ProjectKey",),
    sources=(
        "project",
        "customerInvoice",
        "customerCreditNote",
        "customerDebitNote",
        "customerOverdueCharge",
        "customerCreditWriteOff",
        "cashSale",
        "timeCard",
    ),
    tables=tuple(projects.PROJECT_LINES),
    transform=projects.project,
    columns=(
        Column("ProjectKey", "String", "<company>:<projectID>", hidden=True, nullable=False),
        Column("Company", "String", "company name from the settings"),
        Column("ProjectId", "String", "projectID"),
        Column("ProjectName", "String", "description"),
        Column("ProjectLabel", "String", "id + name"),
        Column("Status", "String", "status"),
        Column(
            "CustomerKey",
            "String",
            "<company>:<customer.number> (attribute only, no relationship)",
            hidden=True,
            nullable=False,
        ),
        Column("CustomerName", "String", "customer.name"),
        Column("ProjectManager", "String", "projectManager.employeeName"),
        Column("StartDate", "DateTime", "startDate", format="yyyy-MM-dd"),
        Column("EndDate", "DateTime", "endDate", format="yyyy-MM-dd"),
        Column("BillingPeriod", "String", "billingPeriod"),
        Column("IsHold", "Boolean", "hold"),
    ),
)


EMPLOYEE = Table(
    name="Employee",
    kind="dimension",
    strategy="replace",
    grain="one employee",
    source="employee",
    key=("EmployeeKey",),
    sources=("project", "timeCard"),
    transform=projects.employee,
    columns=(
        Column(
            "EmployeeKey",
            "String",
            "<company>:<employee number of projects and time cards>",
            hidden=True,
            nullable=False,
        ),
        Column("Company", "String", "company name from the settings"),
        Column("EmployeeNumber", "String", "number on projects and time cards"),
        Column(
            "EmployeeName",
            "String",
            "name on projects, else on the latest time card",
        ),
        Column("Department", "String", "department, as projects tell it"),
        Column("Status", "String", "status, as projects tell it"),
    ),
)


TIMECARD_LINE = Table(
    name="TimecardLine",
    kind="fact",
    strategy="reverse",
    grain="employee, card, line, day (unpivoted week)",
    source="timeCard.summary[]",
    key=("LineKey",),
    sources=("timeCard", "branch"),
    transform=timecards.timecard_line,
    row_wise=RowWise(
        entities=("timeCard",),
        parents=timecards.card_parents,
        parent=timecards.card_parent(),
        lookup=default_branches,
    ),
    columns=(
        Column(
            "LineKey",
            "String",
            "<company>:<refNbr>:<lineNumber>:<day>",
            hidden=True,
            nullable=False,
        ),
        Column("CardNumber", "String", "refNbr"),
        Column("CardType", "String", "type"),
        Column("OriginalCard", "String", "origRefNbr"),
        Column("Status", "String", "status"),
        Column("ApprovalStatus", "String", "approvalStatus"),
        Column("EmployeeKey", "String", "<company>:<employee.number>", hidden=True, nullable=False),
        Column(
            "BranchKey",
            "String",
            "default branch of the company (a time card names none)",
            hidden=True,
            nullable=False,
        ),
        Column("ProjectKey", "String", "<company>:<project.id>", hidden=True, nullable=False),
        Column("ProjectTask", "String", "projectTask.id"),
        Column("EarningType", "String", "earningType.code"),
        Column(
            "WorkDate",
            "DateTime",
            "week start + 0..6 (mon..sun)",
            format="yyyy-MM-dd",
            nullable=False,
        ),
        Column("IsoWeek", "String", "week"),
        Column(
            "Minutes",
            "Int64",
            "mon..sun of the line, days without time left out",
            format="#,##0",
            summarize="sum",
            additive=True,
            nullable=False,
        ),
        Column(
            "Hours",
            "Double",
            "Minutes / 60",
            format="#,##0.00",
            summarize="sum",
            additive=True,
            nullable=False,
        ),
        Column(
            "InvoiceableHours",
            "Double",
            "Hours where invoiceable",
            format="#,##0.00",
            summarize="sum",
            additive=True,
            nullable=False,
        ),
        Column("IsInvoiceable", "Boolean", "invoiceable"),
        Column("IsEffective", "Boolean", "released or approved, and not NormalCorrected"),
        Column("Description", "String", "description"),
        Column("LastModifiedAt", "DateTime", "lastModifiedDateTime", format="yyyy-MM-dd HH:mm"),
        Column(
            "RowDelta",
            "Int64",
            "+1; -1 on a reversal row",
            format="#,##0",
            summarize="sum",
            additive=True,
            hidden=True,
            nullable=False,
        ),
        Column(
            "PushBatchId",
            "Int64",
            "platform: number of the push batch that carried the row",
            format="0",
            hidden=True,
        ),
    ),
)
