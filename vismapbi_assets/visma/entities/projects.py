"""Projects, their tasks and the time spent on them.

Declarations only. The API has no list of employees: they are known from projects and time cards.
"""

from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.entities.parts import (
    APPROVAL_STATUS,
    ITEM_ONLY,
    NUMBER,
    NUMBER_ONLY,
    PROJECT,
    SUPPLIER_STATUS,
)
from vismapbi_assets.visma.entities.shape import (
    amount,
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

PROJECT_STATUS = ("Planned", "Active", "Completed", "Cancelled", "OnHold", "PendingApproval")
TASK_STATUS = ("Planned", "Active", "Cancelled", "Canceled", "Completed")
BILLING_PERIOD = ("Weekly", "Monthly", "Quarterly", "Annual", "OnDemand")

EMPLOYEE = shape(
    integer("employeeId"),
    text("employeeNumber employeeName department"),
    one_of(SUPPLIER_STATUS, "status"),
    known("employeeUserId contact address lastModifiedDateTime employeeClass branch calendarID"),
    known("employeeLogin workGroupDescription timeStamp"),
)

PROJECTS = Entity(
    name="project",
    path="/v1/project",
    domain="projects",
    key=("projectID",),
    description="Projects with their manager and employees.",
    shape=shape(
        integer("internalID"),
        text("projectID publicId description"),
        one_of(PROJECT_STATUS, "status"),
        flag("hold systemTemplate"),
        part("customer branch", NUMBER),
        part("template", text("number"), known("status description")),
        date("startDate endDate nextBillingDate lastBillingDate"),
        one_of(BILLING_PERIOD, "billingPeriod"),
        amount("assets liability income expenses"),
        part("projectManager", EMPLOYEE),
        stamp("lastModifiedDateTime"),
        rows("employees", EMPLOYEE),
        known(
            "restrictEmployees restrictEquipment visibility defAccount defSub defAccrualAccount "
            "defAccrualSub customerLocation allocationRule billingRule rateTable autoAllocate "
            "automaticReleaseAr tasks timeStamp attributes note"
        ),
    ),
)

PROJECT_TASK = Entity(
    name="projectTask",
    path="/v1/projecttask",
    domain="projects",
    key=("internalId",),
    paging="short",
    description="Tasks of projects.",
    shape=shape(
        integer("internalId projectInternalId"),
        text("taskId description"),
        one_of(TASK_STATUS, "status"),
        date("plannedStart plannedEnd startDate endDate"),
        part("branch", NUMBER_ONLY),
        part("taxCategory", ITEM_ONLY),
        stamp("createdDateTime lastModifiedDateTime"),
        known("defAccount defSub defAccrualAccount defAccrualSub rateTable restrictEmployees"),
        known("visibility timeStamp employees attributes"),
    ),
)

TIME_CARD = Entity(
    name="timeCard",
    path="/v1/timeCard",
    domain="projects",
    key=("refNbr",),
    paging="none",
    lines="summary",
    description="Time cards by employee and week with minutes per day.",
    shape=shape(
        text("refNbr origRefNbr"),
        one_of(("Normal", "Correction", "NormalCorrected"), "type"),
        one_of(("Hold", "Open", "Approved", "Rejected", "Released"), "status"),
        one_of(APPROVAL_STATUS, "approvalStatus"),
        part("week", text("number description")),
        part("employee", text("internalId number name")),
        integer("timeSpent invoiceable overtimeSpent invoiceableOvertime totalTimeSpent"),
        integer("invoiceableTotalTime"),
        stamp("lastModifiedDateTime"),
        rows(
            "summary",
            integer("lineNumber"),
            text("lineId description"),
            part(
                "earningType",
                text("code description"),
                flag("isOvertime isBillable"),
                known("isActive overtimeMultiplier lastModifiedDateTime"),
            ),
            part("project projectTask", PROJECT),
            integer("mon tue wed thu fri sat sun timeSpent"),
            flag("invoiceable"),
            one_of(APPROVAL_STATUS, "approvalStatus"),
            known("approver approvalStatusText lastModifiedDateTime"),
        ),
        known("materials approvalStatusText timeStamp"),
    ),
)

ENTITIES = (PROJECTS, PROJECT_TASK, TIME_CARD)
