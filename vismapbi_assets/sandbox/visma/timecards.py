"""Time cards of the sample companies: a week per employee, and corrections of released weeks.

Belongs here: the cards as plain bodies, minutes per weekday. Does not belong here: payroll.
"""

from __future__ import annotations

from datetime import date, timedelta

from .books import Books
from .records import Body, Item

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def enter_cards(books: Books, friday: date) -> None:
    """The cards of the week that ends, one per employee."""
    year, week, _ = friday.isocalendar()
    monday = friday - timedelta(days=4)
    for number, name in books.profile.employees:
        lines = [
            _line(books, index, minutes)
            for index, minutes in enumerate(
                ((450, 450, 0, 480, 240, 0, 0), (0, 0, 450, 0, 210, 0, 0))
            )
        ]
        _card(
            books,
            lines,
            week={"number": f"{year}{week:02d}", "description": f"{year}-{week:02d} ({monday})"},
            employee={"internalId": f"{number}-ID", "number": number, "name": name},
        )


def _line(books: Books, index: int, minutes: tuple[int, ...]) -> Body:
    project, text = books.random.choice(books.profile.projects)
    spent = [value + (30 if value and books.random.random() < 0.2 else 0) for value in minutes]
    return {
        "lineNumber": index + 1,
        "lineId": f"L{index + 1}",
        "earningType": {"code": "RG", "description": "Ordinær tid", "isBillable": index == 0},
        "project": {"id": project, "description": text},
        **dict(zip(WEEKDAYS, spent, strict=True)),
        "invoiceable": index == 0,
        "projectTask": {"id": f"{index + 1:02d}", "description": "Utførelse"},
        "timeSpent": sum(spent),
        "description": f"Arbeid {text}",
        "approvalStatus": "ApprovedInApproval",
    }


def _card(books: Books, lines: list[Body], **members: object) -> Item:
    spent = sum(line["timeSpent"] for line in lines)
    invoiceable = sum(line["timeSpent"] for line in lines if line["invoiceable"])
    number = books.next_number("time card", 1, 8)
    draft = books.random.random() < 0.04
    return books.add_item(
        "timeCard",
        number,
        {
            "refNbr": number,
            "status": "Hold" if draft else "Released",
            "approvalStatus": "New" if draft else "ApprovedInApproval",
            "type": "Normal",
            "origRefNbr": None,
            "timeSpent": spent,
            "invoiceable": invoiceable,
            "overtimeSpent": 0,
            "invoiceableOvertime": 0,
            "totalTimeSpent": spent,
            "invoiceableTotalTime": invoiceable,
            "summary": lines,
            "materials": [],
            **members,
        },
    )


def correct_card(books: Books) -> Item | None:
    """Correct a released card: both stay, the old one marked as corrected."""
    cards = [
        card
        for card in books.lists["timeCard"][-30:]
        if isinstance(card, Item)
        and card.body["type"] == "Normal"
        and card.body["status"] == "Released"
    ]
    if not cards:
        return None
    card = books.random.choice(cards)
    card.body["type"] = "NormalCorrected"
    books.touch(card)
    lines = [dict(line) for line in card.body["summary"]]
    lines[0]["mon"] = max(0, lines[0]["mon"] - 60)
    lines[0]["timeSpent"] = sum(lines[0][name] for name in WEEKDAYS)
    correction = _card(books, lines, week=card.body["week"], employee=card.body["employee"])
    correction.body["type"], correction.body["origRefNbr"] = "Correction", card.number
    correction.body["status"] = "Released"
    return correction
