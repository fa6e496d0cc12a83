"""Who a sample company deals with: suppliers, customers, items, projects, and its set-up records.

Belongs here: the records that exist before the first document. Does not belong here: documents
and their rules.
"""

from __future__ import annotations

from datetime import date

from . import chart
from .amounts import day, money
from .books import Books
from .calendar import MONTHS, period_bounds, periods
from .records import Body, Party

_FIRST = ["Ålesund", "Hav", "Lofoten", "Fjord", "Vestkyst", "Røros", "Nordlys", "Skjærgård", "Bjørgvin", "Håholmen", "Østfold", "Sørlandet", "Målselv", "Tromsø", "Fjell", "Grønn", "Blå", "Kyst", "Sunnmøre", "Valdres", "Hægebostad", "Nøtterøy", "Ås", "Ørsta"]
_TRADE = {
    "AP": ["Transport", "Emballasje", "Elektro", "Kontor", "Maskin", "Renhold", "Regnskap", "Data", "Reklame", "Eiendom"],
    "AR": ["Handel", "Kjøkken", "Hotell", "Marked", "Restaurant", "Delikatesse", "Interiør", "Butikk", "Gross", "Bygg"],
}
_FOREIGN = {
    "SE": ("Göteborgs Livs AB", "Nöjesdistribution i Växjö AB", "Malmö Möbelhus AB"),
    "DE": ("Großhandel Müller GmbH", "Köln Küchen GmbH", "Lübecker Handelskontor GmbH"),
    "DK": ("Ærø Import ApS", "Sønderjysk Engros A/S"),
}
_CITIES = ("Oslo", "Bergen", "Ålesund", "Tromsø", "Bodø", "Trondheim", "Kristiansand", "Førde")
_FOREIGN_CITY = {"SE": "Göteborg", "DE": "München", "DK": "København"}
_CURRENCY = {"SE": "SEK", "DE": "EUR", "DK": "EUR"}
_TERMS = (14, 30, 30, 30, 45, 60)


def populate(books: Books, first_year: int, last_year: int, scale: float) -> None:
    """Create the set-up records and all parties."""
    _setup(books, first_year, last_year)
    many = max(1.0, scale**0.5)
    _parties(books, "AP", round(36 * many))
    _parties(books, "AR", round(44 * many))
    _projects(books)


def _parties(books: Books, side: str, count: int) -> None:
    random = books.random
    first = 50001 if side == "AP" else 10001
    for index in range(count):
        foreign = index % 5 == 4
        country = random.choice(("SE", "DE", "DK")) if foreign else "NO"
        if foreign:
            name = random.choice(_FOREIGN[country])
        else:
            name = f"{random.choice(_FIRST)} {random.choice(_TRADE[side])} AS"
        add_party(books, side, name, country, number=str(first + index))


def add_party(
    books: Books, side: str, name: str, country: str = "NO", *, number: str | None = None
) -> Party:
    """A new supplier or customer."""
    random = books.random
    entity, first = ("supplier", 59001) if side == "AP" else ("customer", 19001)
    stamp = books.clock.stamp()
    party = Party(
        id=books.next_id(),
        number=number or books.next_number(entity, first, 5),
        created=stamp,
        modified=stamp,
        side=side,
        name=name,
        currency=_CURRENCY.get(country, "NOK"),
        country=country,
        city=_FOREIGN_CITY.get(country) or random.choice(_CITIES),
        terms=random.choice(_TERMS),
        account=random.choice(chart.OVERHEADS),
        group=random.choice(("STOR", "VANLIG", "SMÅ")),
        organisation=str(random.randrange(910_000_000, 999_999_999)),
    )
    books.add(party, "", entity)
    return party


def _setup(books: Books, first_year: int, last_year: int) -> None:
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
    for sub, (number, department, region) in chart.SUBACCOUNTS.items():
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
                "subaccountId": number,
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
        account = chart.ACCOUNTS[number]
        books.add_item(
            "cashAccount",
            number,
            {
                "number": number,
                "description": account.text,
                "currency": account.cash_currency,
                "account": {"type": "Asset", "number": number, "description": account.text},
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
    for code, text, unit, cost, price in profile.items:
        add_inventory(books, code, text, unit, cost, price)


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


def add_inventory(books: Books, code: str, text: str, unit: str, cost: int, price: int) -> None:
    """A new inventory item."""
    accounts: Body = {
        "inventoryAccount": _account(chart.STOCK),
        "cogsAccount": _account(chart.COST_OF_GOODS),
        "salesAccount": _account(chart.SALES),
    }
    item = books.add_item(
        "inventory",
        code,
        {
            "inventoryNumber": code,
            "status": "Active",
            "type": "FinishedGoodItem",
            "description": text,
            "itemClass": {"type": "FinishedGoodItem", "id": "VARER", "description": "Handelsvarer"},
            "postingClass": {"id": "VARER", "description": "Handelsvarer"},
            "vatCode": {"id": "3", "description": chart.VAT_CODES["3"][1]},
            "defaultPrice": money(price),
            "currentCost": money(cost),
            "lastCost": money(cost),
            "baseUnit": unit,
            "salesUnit": unit,
            "purchaseUnit": unit,
            "stockItem": True,
            "kitItem": False,
            "warehouseDetails": [
                {"isDefault": True, "warehouse": "1", "quantityOnHand": 250, "available": 240}
            ],
            "defaultWarehouse": {"id": "1", "description": "Hovedlager"},
            "priceClass": None,
        },
        expandAccountInformation={"accountInformation": accounts},
        expandNote={"note": f"{text}: lagervare"},
    )
    item.body["inventoryId"] = item.id


def _account(number: str) -> Body:
    account = chart.ACCOUNTS[number]
    return {"type": account.type, "number": number, "description": account.text}


def _projects(books: Books) -> None:
    customers = books.lists["customer"]
    first = date(books.today.year, 1, 1)
    for index, (number, text) in enumerate(books.profile.projects):
        customer = customers[index * 7 % len(customers)]
        assert isinstance(customer, Party)
        names = ("Planlegging", "Utførelse", "Avslutning")
        tasks = [
            {
                "taskId": f"{task:02d}",
                "description": name,
                "status": "Active" if task < 3 else "Planned",
                "plannedStart": day(first),
            }
            for task, name in enumerate(names, start=1)
        ]
        manager = books.profile.employees[index % len(books.profile.employees)]
        project = books.add_item(
            "project",
            number,
            {
                "projectID": number,
                "customer": {"number": customer.number, "name": customer.name},
                "hold": False,
                "status": "Active",
                "description": text,
                "assets": 0,
                "liability": 0,
                "income": 0,
                "expenses": 0,
                "startDate": day(first),
                "projectManager": {"employeeNumber": manager[0], "employeeName": manager[1]},
                "billingPeriod": "Monthly",
                "branch": {"number": "1", "name": books.profile.branches[0][1]},
                "tasks": tasks,
                "systemTemplate": False,
            },
        )
        project.body["internalID"] = project.id
        for task in tasks:
            books.add_item(
                "projectTask",
                f"{project.id}{task['taskId']}",
                {
                    "internalId": int(f"{project.id}{task['taskId']}"),
                    "projectInternalId": project.id,
                    **task,
                    "branch": {"number": "1", "name": books.profile.branches[0][1]},
                },
            )
            books.add_item(
                "projectBudget",
                f"{number}-{task['taskId']}",
                {
                    "projectID": number,
                    "projectTaskID": task["taskId"],
                    "accountGroupID": "DRIFT",
                    "inventoryNumber": "<N/A>",
                    "description": f"{text}: {task['description']}",
                    "uom": "TIME",
                    "rate": 950,
                    "originalBudgetQty": 400,
                    "originalBudgetAmount": 380_000,
                    "revisedBudgetQty": 420,
                    "revisedBudgetAmount": 399_000,
                    "actualQty": 0,
                    "actualAmount": 0,
                    "type": "Expense",
                },
            )


def address(city: str, country: str) -> Body:
    """An address as parties and branches carry it."""
    return {
        "addressLine1": f"Storgata {len(city) * 3}",
        "postalCode": f"{(len(city) * 641) % 9000 + 1000}",
        "city": city,
        "country": {"id": country, "name": chart.COUNTRIES[country]},
    }
