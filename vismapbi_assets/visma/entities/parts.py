"""Objects and value lists that several entities share.

Nested objects are named after what they are in the API; value lists hold the values of the
published contract. What only one entity uses stays with that entity.
"""

import polars as pl

from vismapbi_assets.visma.entities.declaration import Rule
from vismapbi_assets.visma.entities.shape import known, part, shape, text

CODE = text("id description")
CODE_ONLY = shape(text("id"), known("description"))
NUMBER = text("number name")
NUMBER_ONLY = shape(text("number"), known("name"))
ITEM = text("number description")
ITEM_ONLY = shape(text("number"), known("description"))
PROJECT = shape(text("id description"), known("internalId"))
PROJECT_ONLY = shape(text("id"), known("internalId description"))
ACCOUNT = shape(text("number"), known("type externalCode1 externalCode2 active description"))
ACCOUNT_ONLY = shape(text("number"), known("type description"))
SUBACCOUNT = shape(
    text("subaccountNumber"),
    known("subaccountId description lastModifiedDateTime active segments timeStamp"),
)
COUNTRY = text("id name")
ADDRESS = shape(
    text("city"),
    part("country", COUNTRY),
    known("addressId addressLine1 addressLine2 addressLine3 postalCode county"),
)
VAT_ZONE = shape(text("id description"), known("defaultVatCategory defaultTaxCategory"))

ACCOUNT_TYPE = ("Asset", "Liability", "Income", "Expense")
BALANCE_TYPE = ("Actual", "Report", "Statistical", "Budget")
APPROVAL_STATUS = (
    "New",
    "Canceled",
    "SentToApproval",
    "ReceivedByApproval",
    "InProgressApproval",
    "RejectedInApproval",
    "ApprovedInApproval",
    "ActiveWorkflowApproval",
)
SUPPLIER_STATUS = ("Active", "OnHold", "HoldPayments", "Inactive", "OneTime")

PAYMENT_SIGN = Rule(
    "sign",
    pl.col("type").str.starts_with("Void") | (pl.col("paymentAmount") >= 0),
    "has a negative paymentAmount and is no void",
)
"""Only voiding documents come with negative amounts; elsewhere the type carries the sign."""
