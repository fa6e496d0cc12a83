"""Projects, and employees as far as projects and time cards name them.

There is no employee list to read: a project tells department and status of its people, a time card
the name. Hours belong in `timecards`.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.companies import company_name
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import key, label, part, text
from vismapbi_assets.model.members import (
    Use,
    member_name,
    published_keys,
    with_missing,
    with_none,
)
from vismapbi_assets.model.transforms.parties import CUSTOMER_DOCUMENTS

PROJECT_USES = (
    *(Use(entity, "project_id") for entity in CUSTOMER_DOCUMENTS),
    Use("timeCard", "project_id", array="summary"),
)

PROJECT_LINES = {
    "SupplierInvoiceLine": "ProjectKey",
    "PurchaseOrderLine": "ProjectKey",
    "JournalLine": "ProjectKey",
}
"""Facts whose lines name projects, the code for "no project" among them, which no list has."""


def project(inputs: Inputs) -> pl.DataFrame:
    """One row per project, `-` and the missing ones included."""
    rows = (
        with_missing(
            inputs,
            "project",
            "projectID",
            PROJECT_USES,
            also=published_keys(inputs, PROJECT_LINES),
        )
        .with_columns(member_name("description"))
        .select(
            ProjectKey=key("number"),
            Company=company_name(inputs),
            ProjectId=text("number"),
            ProjectName=pl.col("description"),
            ProjectLabel=label("number", "description"),
            Status=text("status"),
            CustomerKey=key("customer_number"),
            CustomerName=text("customer_name"),
            ProjectManager=text("projectManager_employeeName"),
            StartDate="startDate",
            EndDate="endDate",
            BillingPeriod=text("billingPeriod"),
            IsHold=pl.col("hold").fill_null(value=False),
        )
        .collect()
    )
    return with_none(rows, "ProjectName", "ProjectLabel", CustomerKey="-")


def employee(inputs: Inputs) -> pl.DataFrame:
    """One row per employee that a project or a time card names."""
    member = pl.col("employees").struct
    projects = inputs.entity("project").sort("company", "key")
    managers = projects.select(
        "company",
        part("projectManager_employeeNumber").alias("number"),
        text("projectManager_employeeName").alias("name"),
        text("projectManager_department").alias("department"),
        text("projectManager_status").alias("status"),
    )
    members = (
        projects.select("company", "employees")
        .explode("employees")
        .select(
            "company",
            part(member.field("employeeNumber")).alias("number"),
            text(member.field("employeeName")).alias("name"),
            text(member.field("department")).alias("department"),
            text(member.field("status")).alias("status"),
        )
    )
    cards = (
        inputs.entity("timeCard")
        .sort("company", "key", descending=[False, True])
        .select(
            "company",
            part("employee_number").alias("number"),
            text("employee_name").alias("name"),
        )
    )
    rows = (
        pl.concat([managers, members, cards], how="diagonal")
        .drop_nulls("number")
        .group_by("company", "number", maintain_order=True)
        .agg(pl.col("name", "department", "status").drop_nulls().first())
        .sort("company", "number")
        .select(
            EmployeeKey=key("number"),
            Company=company_name(inputs),
            EmployeeNumber=text("number"),
            EmployeeName=pl.col("name"),
            Department=pl.col("department"),
            Status=pl.col("status"),
        )
        .collect()
    )
    return with_none(rows, "EmployeeName")
