"""One realistic day in a sample company: what arrives, what is sold, paid, corrected and closed.

Belongs here: how often what happens, drawn from the company's own random source. Does not belong
here: how anything is posted (the rules do that).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from . import chart, journals, purchasing
from .books import Books
from .calendar import is_working_day, next_period, period_of
from .documents import Wanted, delete_draft, edit, enter, release, set_dunning
from .population import CLOSED_FLAGS
from .records import Document, Item, Order, Party, Receipt
from .settlement import Part, apply, pay, void
from .timecards import correct_card, enter_cards


class Day:
    """The routine of a company: remembers what is still to be paid, received and billed."""

    def __init__(self, books: Books, scale: float) -> None:
        self.books = books
        self.scale = scale
        self.to_pay: dict[date, list[Document]] = {}
        self.to_collect: dict[date, list[Document]] = {}
        self.to_receive: dict[date, list[Order]] = {}
        self.sold: dict[str, int] = {}
        self.drafts: list[Document] = []
        self.payments: list[Document] = []
        self.credits: list[Document] = []
        self.next_day = books.today

    def live(self, day: date) -> None:
        """Everything that happens on one day."""
        books = self.books
        if books.clock.now().date() < day:
            books.clock.set(datetime.combine(day, time(6, 30)))
        if day.day == 1:
            journals.month_start(books, day)
        if is_working_day(day):
            self.work(day)
        self._dates(day)
        self.next_day = day + timedelta(days=1)

    def work(self, day: date) -> None:
        """What a working day brings, without the routines of the calendar."""
        for act in (self._buy, self._sell, self._order, self._pay, self._collect, self._fix):
            act(day)

    def _times(self, per_day: float) -> int:
        expected = per_day * self.scale
        whole = int(expected)
        return whole + (self.books.random.random() < expected - whole)

    def _choose(self, side: str) -> Party:
        parties = self.books.lists["supplier" if side == "AP" else "customer"]
        rank = int(len(parties) * self.books.random.random() ** 2)
        party = parties[rank]
        assert isinstance(party, Party)
        return party

    def _branch(self) -> str:
        return "2" if self.books.random.random() < 0.3 else "1"

    def _buy(self, day: date) -> None:
        random = self.books.random
        for _ in range(self._times(2.6)):
            supplier = self._choose("AP")
            branch = self._branch()
            chance = random.random()
            type = "CreditAdj" if chance < 0.02 else "DebitAdj" if chance < 0.08 else "Invoice"
            wanted = []
            for _ in range(random.choice((1, 1, 2, 3))):
                project = random.random() < 0.12
                wanted.append(
                    Wanted(
                        account=supplier.account if random.random() < 0.8 else "6540",
                        text=random.choice(("Månedsfaktura", "Service", "Utstyr", "Frakt", "Leie")),
                        price_cur=random.randrange(8_000, 900_000),
                        quantity=random.choice((1, 1, 1, 2, 5)),
                        sub=f"{random.choice(('10', '20', '30'))}-{branch}",
                        vat="1" if supplier.country == "NO" else "5",
                        discount_percent=5 if random.random() < 0.05 else 0,
                        project=books_project(self.books) if project else None,
                        task="01" if project else None,
                    )
                )
            late = day - timedelta(days=random.choice((0, 0, 1, 2, 6)))
            document = enter(
                self.books,
                "AP",
                type,
                supplier,
                late,
                wanted,
                branch=branch,
                reference=f"F{random.randrange(10_000, 99_999)}",
                text=f"Faktura {supplier.name}",
                hold=random.random() < 0.04,
                round_off=random.random() < 0.05 and supplier.currency == "NOK",
            )
            self._finish(document, day)
        if random.random() < 0.01 * self.scale:
            supplier = self._choose("AP")
            wanted = [Wanted("1480", "Forskudd", random.randrange(100_000, 2_000_000))]
            request = enter(self.books, "AP", "PrepaymentRequest", supplier, day, wanted)
            if random.random() < 0.5:
                release(self.books, request)

    def _finish(self, document: Document, day: date) -> None:
        random = self.books.random
        if document.hold or random.random() < 0.04:
            self.drafts.append(document)
            return
        release(self.books, document)
        if document.type == "SmallCreditWo":
            return
        if document.sign < 0:
            self.credits.append(document)
            return
        plan = self.to_pay if document.side == "AP" else self.to_collect
        delay = random.choice((-3, -1, 0, 0, 0, 1, 4, 12, 35))
        if random.random() < 0.035:
            return
        when = max((document.due or day) + timedelta(days=delay), day + timedelta(days=1))
        plan.setdefault(when, []).append(document)

    def _sell(self, day: date) -> None:
        random = self.books.random
        for _ in range(self._times(3.6)):
            self._sale(day, self._choose("AR"), "Invoice")
        if random.random() < 0.25 * min(self.scale, 4):
            self._sale(day, self._choose("AR"), "CreditNote")
        if random.random() < 0.06:
            self._sale(day, self._choose("AR"), "DebitNote")
        if random.random() < 0.15:
            self._sale(day, self._choose("AR"), "CashSale")
        if random.random() < 0.02:
            self._sale(day, self._choose("AR"), "CashReturn")

    def _sale(self, day: date, customer: Party, type: str) -> None:
        random = self.books.random
        branch = self._branch()
        domestic = customer.country == "NO"
        wanted: list[Wanted] = []
        cost = 0
        for _ in range(random.choice((1, 2, 2, 3, 4)) if type == "Invoice" else 1):
            code, text, unit, unit_cost, price = random.choice(self.books.profile.items)
            quantity = random.randrange(2, 40) if unit != "M3" else random.randrange(1, 6)
            price_cur = price if domestic else price // (12 if customer.currency == "EUR" else 1)
            account = chart.SALES if domestic else chart.EXPORT_SALES
            wanted.append(
                Wanted(
                    account=chart.CASH_SALES if type.startswith("Cash") else account,
                    text=text,
                    price_cur=price_cur,
                    quantity=quantity,
                    sub=f"10-{branch}",
                    vat="3" if domestic else "5",
                    discount_percent=random.choice((0, 0, 0, 0, 3, 10)),
                    item=code,
                    uom=unit,
                    project=books_project(self.books) if random.random() < 0.05 else None,
                    cost=unit_cost * quantity,
                )
            )
            cost += unit_cost * quantity
        document = enter(
            self.books,
            "AR",
            type,
            customer,
            day,
            wanted,
            branch=branch,
            reference=f"O{random.randrange(100_000, 999_999)}",
            text=f"Ordre {customer.name}",
        )
        if type in ("CashSale", "CashReturn"):
            release(self.books, document)
        else:
            self._finish(document, day)
        if document.released:
            self.sold[branch] = self.sold.get(branch, 0) + document.sign * cost

    def _order(self, day: date) -> None:
        random = self.books.random
        for ordered in self.to_receive.pop(day, []):
            if ordered.status not in ("Open",):
                continue
            quantities = {line.number: line.quantity - line.received for line in ordered.lines}
            if random.random() < 0.25:
                quantities = {n: q // 2 for n, q in quantities.items() if q > 1}
                self.to_receive.setdefault(_workday(day + timedelta(days=9)), []).append(ordered)
            if not any(quantities.values()):
                continue
            receipt = purchasing.receive(self.books, ordered, day, quantities)
            if random.random() < 0.9:
                self._bill(receipt, day)
            if random.random() < 0.05:
                purchasing.send_back(self.books, ordered, day, {ordered.lines[0].number: 1})
        for _ in range(self._times(0.5)):
            supplier = self._choose("AP")
            items = random.sample(self.books.profile.items, random.choice((1, 2, 3)))
            lead = random.choice((7, 14, 21, 30))
            chance = random.random()
            ordered = purchasing.order(
                self.books,
                supplier,
                day,
                [(item[0], random.randrange(10, 200)) for item in items],
                type="Blanket" if chance < 0.04 else "RegularOrder",
                branch=self._branch(),
                lead=lead,
                hold=chance > 0.98,
            )
            if 0.04 <= chance < 0.08:
                purchasing.cancel(self.books, ordered, [1] if chance < 0.06 else None)
            when = _workday(day + timedelta(days=lead + random.choice((-3, -1, 0, 0, 2, 8))))
            if ordered.type == "RegularOrder" and not ordered.hold:
                self.to_receive.setdefault(when, []).append(ordered)

    def _bill(self, receipt: Receipt, day: date) -> None:
        reference = f"PO{self.books.random.randrange(10_000, 99_999)}"
        document = purchasing.bill(self.books, receipt, day, reference)
        when = _workday((document.due or day) + timedelta(days=1))
        self.to_pay.setdefault(when, []).append(document)

    def _pay(self, day: date) -> None:
        random = self.books.random
        due = [
            document
            for when in sorted(self.to_pay)
            if when <= day
            for document in self.to_pay.pop(when)
        ]
        groups: dict[tuple[str, str, str], list[Document]] = {}
        for document in due:
            if document.balance_cur > 0:
                key = (document.party.number, document.currency, document.branch)
                groups.setdefault(key, []).append(document)
        for (_, currency, branch), documents in groups.items():
            parts = []
            for document in documents:
                amount = document.balance_cur
                if random.random() < 0.06:
                    amount = amount * 2 // 5
                    when = _workday(day + timedelta(days=25))
                    self.to_pay.setdefault(when, []).append(document)
                discount = amount // 50 if random.random() < 0.05 else 0
                parts.append(Part(document, amount - discount, discount))
            self.payments.append(
                pay(
                    self.books,
                    "AP",
                    documents[0].party,
                    day,
                    parts,
                    currency=currency,
                    branch=branch,
                    reference=f"REM{random.randrange(1000, 9999)}",
                    on_account=random.randrange(10_000, 300_000) if random.random() < 0.03 else 0,
                    repeat_first=random.random() < 0.02,
                )
            )
        if random.random() < 0.03 * min(self.scale, 3):
            supplier = self._choose("AP")
            amount = random.randrange(200_000, 4_000_000)
            prepaid = pay(self.books, "AP", supplier, day, [], type="Prepayment", on_account=amount)
            self.credits.append(prepaid)

    def _collect(self, day: date) -> None:
        random = self.books.random
        due = [
            document
            for when in sorted(self.to_collect)
            if when <= day
            for document in self.to_collect.pop(when)
        ]
        for document in due:
            open_cur = document.balance_cur
            if open_cur <= 0:
                continue
            part = Part(document, open_cur)
            chance = random.random()
            if chance < 0.06:
                part = Part(document, open_cur * 3 // 5)
                when = _workday(day + timedelta(days=30))
                self.to_collect.setdefault(when, []).append(document)
            elif chance < 0.08 and open_cur > 5_000:
                part = Part(document, open_cur - 150, 0, 150)
            elif chance < 0.11:
                part = Part(document, open_cur - open_cur // 50, open_cur // 50)
            elif chance < 0.125 and open_cur > 5_000:
                part = Part(document, open_cur - 1_000)
            payment = pay(
                self.books,
                "AR",
                document.party,
                day,
                [part],
                branch=document.branch,
                reference=f"KID{random.randrange(10**6, 10**7)}",
                on_account=random.randrange(5_000, 90_000) if random.random() < 0.02 else 0,
                repeat_first=random.random() < 0.01,
            )
            self.payments.append(payment)
            if part.amount_cur == open_cur - 1_000 and not part.write_off_cur:
                self._write_off(document, day)
        if random.random() < 0.03:
            customer = self._choose("AR")
            amount = random.randrange(100_000, 2_000_000)
            prepaid = pay(self.books, "AR", customer, day, [], type="Prepayment", on_account=amount)
            self.credits.append(prepaid)

    def _write_off(self, document: Document, day: date) -> None:
        wanted = [Wanted(chart.BAD_DEBT, "Avskrevet rest", document.balance_cur)]
        small = enter(
            self.books, "AR", "SmallBalanceWo", document.party, day, wanted, branch=document.branch
        )
        small.currency, small.rate = document.currency, document.rate
        release(self.books, small)
        apply(self.books, small, [Part(document, document.balance_cur)], day)

    def _fix(self, day: date) -> None:
        random = self.books.random
        kept: list[Document] = []
        for draft in self.drafts:
            chance = random.random()
            if chance < 0.02:
                delete_draft(self.books, draft)
            elif chance < 0.3:
                if chance < 0.06 and draft.hold:
                    edit(self.books, draft, text=f"{draft.text} (kontrollert)", hold=False)
                release(self.books, draft)
                plan = self.to_pay if draft.side == "AP" else self.to_collect
                if draft.sign > 0:
                    when = _workday((draft.due or day) + timedelta(days=2))
                    plan.setdefault(when, []).append(draft)
                else:
                    self.credits.append(draft)
            else:
                kept.append(draft)
        self.drafts = kept
        if self.payments and random.random() < 0.05:
            payment = random.choice(self.payments[-30:])
            fresh = payment.date >= day - timedelta(days=20)
            if payment.status in ("Open", "Closed") and fresh and not self._later_use(payment):
                void(self.books, payment, day)
                for application in payment.pays:
                    plan = self.to_pay if payment.side == "AP" else self.to_collect
                    when = _workday(day + timedelta(days=10))
                    if application.target not in plan.setdefault(when, []):
                        plan[when].append(application.target)
                self.payments.remove(payment)
        self.payments = self.payments[-60:]
        self._apply_credits(day)

    @staticmethod
    def _later_use(payment: Document) -> bool:
        return bool(payment.paid_by)

    def _apply_credits(self, day: date) -> None:
        random = self.books.random
        kept: list[Document] = []
        for credit in self.credits:
            if credit.balance_cur <= 0 or credit.status != "Open":
                continue
            if random.random() > 0.12:
                kept.append(credit)
                continue
            plan = self.to_pay if credit.side == "AP" else self.to_collect
            target = next(
                (
                    document
                    for documents in plan.values()
                    for document in documents
                    if document.party is credit.party
                    and document.currency == credit.currency
                    and document.branch == credit.branch
                    and document.balance_cur > 0
                ),
                None,
            )
            if target is not None:
                amount = min(credit.balance_cur, target.balance_cur)
                apply(self.books, credit, [Part(target, amount)], day)
            elif random.random() < 0.06 and credit.type in ("CreditNote", "DebitAdj"):
                part = Part(credit, credit.balance_cur)
                pay(
                    self.books,
                    credit.side,
                    credit.party,
                    day,
                    [part],
                    type="Refund",
                    branch=credit.branch,
                )
            if credit.balance_cur:
                kept.append(credit)
        self.credits = kept

    def _dates(self, day: date) -> None:
        books = self.books
        routine: dict[int, Callable[[Books, date], None]] = {
            2: journals.late_invoice_batch,
            15: journals.bank_fees,
            20: journals.salaries,
        }
        if day.day in routine:
            routine[day.day](books, day)
        if day.day == 10 and day.month % 2 == 0:
            journals.settle_tax(books, day)
        if day.weekday() == 4:
            purchasing.cost_of_goods(books, day, self.sold)
            self.sold.clear()
            enter_cards(books, day)
        if day.day == 12:
            correct_card(books)
            self._remind(day)
            journals.transfer(books, day, "1920", "1930", 2_000_000, "Valutakjøp EUR")
            journals.transfer(books, day, "1920", "1940", 9_000_000, "Valutakjøp SEK")
        if (day + timedelta(days=1)).day == 1:
            journals.month_end(books, day)
        if day.day == 9:
            close_month(books, day)
        if (day.month, day.day) == (1, 31):
            journals.year_end(books, day.year - 1)

    def _remind(self, day: date) -> None:
        books = self.books
        overdue = [
            document
            for documents in self.to_collect.values()
            for document in documents
            if document.due and document.due < day and document.balance_cur > 0
        ]
        for document in overdue[:5]:
            set_dunning(books, document, (document.dunning or (0, day))[0] + 1, day)
        if overdue:
            customer = overdue[0].party
            wanted = [Wanted(chart.OTHER_INCOME, "Purregebyr og renter", 7_000 + day.month * 311)]
            charge = enter(books, "AR", "FinCharge", customer, day, wanted)
            release(books, charge)
            self.to_collect.setdefault(_workday(day + timedelta(days=20)), []).append(charge)


def books_project(books: Books) -> str:
    """One of the company's projects."""
    return books.random.choice(books.profile.projects)[0]


def close_month(books: Books, day: date) -> None:
    """Close the month before last's successor: everything up to the previous month."""
    close_period(books, period_of(day.replace(day=1) - timedelta(days=1)))


def close_period(books: Books, period: str) -> None:
    """Close a period in every ledger; later documents of its days go into the next one."""
    books.first_open = max(books.first_open, next_period(period))
    for record in books.lists["financialPeriod"]:
        if record.number <= period and isinstance(record, Item):
            adjustment = record.number.endswith("13") and record.number[:4] >= period[:4]
            if not record.body["closedInGeneralLedger"] and not adjustment:
                record.body.update(dict.fromkeys(CLOSED_FLAGS, True))
                books.touch(record)


def _workday(day: date) -> date:
    while not is_working_day(day):
        day += timedelta(days=1)
    return day
