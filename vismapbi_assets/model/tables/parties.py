"""Suppliers and customers.

Declarations only: names, types, formats, sources, keys and strategy. The functions that compute
the rows belong in `transforms/`.
"""

from vismapbi_assets.model.table import Column, Table
from vismapbi_assets.model.transforms import parties

SUPPLIER = Table(
    name="Supplier",
    kind="dimension",
    strategy="replace",
    grain="one supplier",
    source="supplier",
    key=("SupplierKey",),
    sources=("supplier", "supplierInvoice", "supplierPayment", "purchaseOrder", "purchaseReceipt"),
    transform=parties.supplier,
    columns=(
        Column("SupplierKey", "String", "<company>:<number>", hidden=True, nullable=False),
        Column("Company", "String", "company name from the settings"),
        Column("SupplierNumber", "String", "number"),
        Column("SupplierName", "String", "name"),
        Column("SupplierLabel", "String", "number + name, for slicers"),
        Column("Status", "String", "status"),
        Column("SupplierClass", "String", "supplierClass.description"),
        Column("SupplierClassId", "String", "supplierClass.id", hidden=True),
        Column("Country", "String", "mainAddress.country.name"),
        Column("CountryCode", "String", "mainAddress.country.id"),
        Column("City", "String", "mainAddress.city"),
        Column("CurrencyId", "String", "currencyId"),
        Column("CreditTerms", "String", "creditTerms.description"),
        Column("CreditTermsId", "String", "creditTerms.id", hidden=True),
        Column(
            "CreditDays",
            "Int64",
            (
                "days from document to due date that nine of ten documents with"
                " the same terms show, else empty"
            ),
            format="0",
        ),
        Column("PaymentMethod", "String", "paymentMethod.description"),
        Column("PaymentLeadTimeDays", "Int64", "paymentLeadTime", format="0"),
        Column("VatZone", "String", "vatZone.description"),
        Column("VatRegistrationId", "String", "vatRegistrationId"),
        Column("CorporateId", "String", "corporateId"),
        Column("ParentSupplier", "String", "parentRecord.number"),
        Column(
            "LastModifiedAt",
            "DateTime",
            "lastModifiedDateTime",
            format="yyyy-MM-dd HH:mm",
            hidden=True,
        ),
    ),
)


CUSTOMER = Table(
    name="Customer",
    kind="dimension",
    strategy="replace",
    grain="one customer",
    source="customer",
    key=("CustomerKey",),
    sources=(
        "customer",
        "customerInvoice",
        "customerCreditNote",
        "customerDebitNote",
        "customerOverdueCharge",
        "customerCreditWriteOff",
        "cashSale",
        "customerPayment",
    ),
    transform=parties.customer,
    columns=(
        Column("CustomerKey", "String", "<company>:<number>", hidden=True, nullable=False),
        Column("Company", "String", "company name from the settings"),
        Column("CustomerNumber", "String", "number"),
        Column("CustomerName", "String", "name"),
        Column("CustomerLabel", "String", "number + name"),
        Column("Status", "String", "status"),
        Column("CustomerClass", "String", "customerClass.description"),
        Column("CustomerClassId", "String", "customerClass.id", hidden=True),
        Column("Country", "String", "mainAddress.country.name"),
        Column("CountryCode", "String", "mainAddress.country.id"),
        Column("City", "String", "mainAddress.city"),
        Column("CurrencyId", "String", "currencyId"),
        Column("CreditTerms", "String", "creditTerms.description"),
        Column(
            "CreditDays",
            "Int64",
            (
                "days from document to due date that nine of ten documents with"
                " the same terms show, else empty"
            ),
            format="0",
        ),
        Column("CreditLimit", "Decimal", "creditLimit", format="#,##0.00"),
        Column("CreditVerification", "String", "creditVerification"),
        Column("PriceClass", "String", "priceClass.description"),
        Column("VatZone", "String", "vatZone.description"),
        Column("CorporateId", "String", "corporateId"),
        Column("ParentCustomer", "String", "parentRecord.number"),
        Column(
            "LastModifiedAt",
            "DateTime",
            "lastModifiedDateTime",
            format="yyyy-MM-dd HH:mm",
            hidden=True,
        ),
    ),
)
