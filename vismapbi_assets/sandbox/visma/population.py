"""Who a sample company deals with: suppliers, customers, items, projects, and its set-up records.

Belongs here: the records that exist before the first document. Does not belong here: documents
and their rules.
"""

from __future__ import annotations

from datetime import date

from . import chart
from .amounts import day, money
from .books import Books
from .records import Body, Party
from .setup import set_up

_FIRST = [
    "Ålesund",
    "Hav",
    "Lofoten",
    "Fjord",
    "Vestkyst",
    "Røros",
    "Nordlys",
    "Skjærgård",
    "Bjørgvin",
    "Håholmen",
    "Østfold",
    "Sørlandet",
    "Målselv",
    "Tromsø",
    "Fjell",
    "Grønn",
    "Blå",
    "Kyst",
    "Sunnmøre",
    "Valdres",
    "Hægebostad",
    "Nøtterøy",
    "Ås",
    "Ørsta",
]
_TRADE = {
    "AP": [
        "Transport",
        "Emballasje",
        "Elektro",
        "Kontor",
        "Maskin",
        "Renhold",
        "Regnskap",
        "Data",
        "Reklame",
        "Eiendom",
    ],
    "AR": [
        "Handel",
        "Kjøkken",
        "Hotell",
        "Marked",
        "Restaurant",
        "Delikatesse",
        "Interiør",
        "Butikk",
        "Gross",
        "Bygg",
    ],
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
    set_up(books, first_year, last_year)
    for code, text, unit, cost, price in books.profile.items:
        add_inventory(books, code, text, unit, cost, price)
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
    customers = books.listed("customer", Party)
    first = date(books.today.year, 1, 1)
    for index, (number, text) in enumerate(books.profile.projects):
        customer = customers[index * 7 % len(customers)]
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
