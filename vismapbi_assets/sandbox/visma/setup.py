"""The set-up records of a sample company: chart, dimensions, branches, ledgers, banks, periods.

Belongs here: what an accountant enters before the first party. Does not belong here: suppliers,
customers, items and projects (see `population`).
"""

from __future__ import annotations

from . import chart
from .amounts import day
from .books import Books
from .calendar import MONTHS, period_bounds, periods
from .records import Body


def set_up(books: Books, first_year: int, last_year: int) -> None:
    """Create the chart, the dimensions, the branches and the calendar."""
    profile = books.profile
    for account in chart.ACCOUNTS.values():
        body: Body = {
            "accountCD": account.number,
            "accountGroupCD": account.group,
            "accountClass": account.group,
            "type": account.type,
            "active": True,
            "description": account.text,
            "useDefaultSub": account.type in ("Asset", "Liability"),
            "postOption": "Detail" if account.type in ("Income", "Expense") else "Summary",
            "currency": account.cash_currency if account.cash_currency != "NOK" else None,
            "cashAccount": account.cash_currency is not None,
            "publicCode1": account.number[:4],
            "externalCode1Info": {"number": account.number, "description": account.text},
            "externalCode2Info": None,
            "analisysCodeInfo": None,
            "controlAccountModule": account.control,
            "allowManualEntry": account.control is None,
        }
        item = books.add_item(
            "account",
            account.number,
            body,
            includeAccountClassDescription={"accountClassDescription": account.group.title()},
        )
        body["accountID"] = item.id
    for sub, (sub_id, department, region) in chart.SUBACCOUNTS.items():
        segments = [
            _segment(1, "Avdeling", department, chart.DEPARTMENTS[department]),
            _segment(2, "Region", region, chart.REGIONS[region]),
        ]
        text = f"{chart.DEPARTMENTS[department]} {chart.REGIONS[region]}"
        books.add_item(
            "subaccount",
            sub,
            {
                "subaccountNumber": sub,
                "subaccountId": sub_id,
                "description": text,
                "active": True,
                "segments": segments,
            },
        )
    for index, (branch, name, city) in enumerate(profile.branches):
        books.add_item(
            "branch",
            branch,
            {
                "branchId": index + 1,
                "number": branch,
                "name": f"{profile.name} {name}",
                "organizationId": 1,
                "isMainBranch": index == 0,
                "isActive": True,
                "corporateId": f"9{profile.company_id}1",
                "vatRegistrationId": f"NO9{profile.company_id}1MVA",
            },
            expandAddress={"mainAddress": address(city, "NO")},
            expandCurrency={"currency": {"id": "NOK", "description": "Norske kroner"}},
            expandLedger={"ledger": {"id": chart.ACTUAL, "description": "Hovedbok"}},
            expandDefaultCountry={"defaultCountry": {"id": "NO", "name": "Norge"}},
            expandVatZone={"vatZone": {"id": "01", "description": "Innenlands"}},
        )
    books.add_item(
        "organization",
        profile.company_id,
        {
            "organizationCd": profile.company_id,
            "name": profile.name,
            "organizationType": "WithBranchesNotBalancing",
            "fileTaxByBranches": False,
            "baseCurrency": profile.base_currency,
            "corporateId": f"9{profile.company_id}1",
            "ledger": {"id": chart.ACTUAL, "description": "Hovedbok"},
        },
        expandBranches={
            "branches": [
                {"number": b, "name": f"{profile.name} {n}"} for b, n, _ in profile.branches
            ]
        },
    )
    for ledger, (text, balance_type) in chart.LEDGERS.items():
        books.add_item(
            "ledger",
            ledger,
            {
                "internalId": int(ledger),
                "number": ledger,
                "description": text,
                "balanceType": balance_type,
                "currencyId": "NOK",
                "consolidationSource": False,
                "branchAccounting": False,
                "postInterCompany": False,
            },
        )
    for currency, (text, symbol) in chart.CURRENCIES.items():
        books.add_item(
            "currency",
            currency,
            {
                "id": currency,
                "description": text,
                "symbol": symbol,
                "isBaseCurrency": currency == profile.base_currency,
                "decimalPrecision": 2,
                "isUsedForAccounting": True,
            },
        )
    for number in chart.CASH_ACCOUNTS:
        bank = chart.ACCOUNTS[number]
        books.add_item(
            "cashAccount",
            number,
            {
                "number": number,
                "description": bank.text,
                "currency": bank.cash_currency,
                "account": {"type": "Asset", "number": number, "description": bank.text},
                "subaccount": {"subaccountNumber": chart.NO_SUB, "subaccountId": 1},
                "entryTypes": [
                    {
                        "entryTypeId": "GEBYR",
                        "disableReceipt": "Disbursement",
                        "module": "CA",
                        "description": "Bankgebyr",
                        "defaultOffsetAccount": {
                            "type": "Expense",
                            "number": chart.BANK_FEES,
                            "description": chart.ACCOUNTS[chart.BANK_FEES].text,
                        },
                    }
                ],
            },
        )
    _periods(books, first_year, last_year)


def _segment(number: int, name: str, value: str, text: str) -> Body:
    return {
        "segmentId": number,
        "segmentDescription": name,
        "segmentValue": value,
        "segmentValueDescription": text,
    }


def _periods(books: Books, first_year: int, last_year: int) -> None:
    for period in periods(first_year, last_year):
        first, last = period_bounds(period)
        number = int(period[4:])
        year = int(period[:4])
        text = "Justering" if number == 13 else f"{MONTHS[number - 1]} {year}"
        books.add_item(
            "financialPeriod",
            period,
            {
                "year": year,
                "period": period[4:],
                "startDate": day(first),
                "endDate": day(last),
                "description": text,
                "active": year < last_year,
                **dict.fromkeys(CLOSED_FLAGS, False),
            },
        )


CLOSED_FLAGS = (
    "closedInSupplierLedger",
    "closedInCustomerLedger",
    "closedInInventoryManagement",
    "closedInGeneralLedger",
    "closedInCashManagement",
    "closedInFixedAssets",
)


def address(city: str, country: str) -> Body:
    """An address as parties and branches carry it."""
    return {
        "addressLine1": f"Storgata {len(city) * 3}",
        "postalCode": f"{(len(city) * 641) % 9000 + 1000}",
        "city": city,
        "country": {"id": country, "name": chart.COUNTRIES[country]},
    }
