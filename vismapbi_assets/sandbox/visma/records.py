"""The records of a sample company: parties, documents, applications, batches and plain items.

Belongs here: shapes only, mutable because the business rules change them. Does not belong here:
rules, wire forms, HTTP. Amounts are whole hundredths; `cur` is the document's own currency.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Body = dict[str, Any]


@dataclass(slots=True, eq=False, kw_only=True)
class Record:
    """What every listed record has: an internal id, its number, its stamps and its wire forms."""

    id: int
    number: str
    created: dt.datetime
    modified: dt.datetime
    revision: int = 1
    wire: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False, kw_only=True)
class Item(Record):
    """A record without rules of its own: a plain body in wire form."""

    body: Body
    expands: dict[str, Body] = field(default_factory=dict)


@dataclass(slots=True, eq=False, kw_only=True)
class Party(Record):
    """A supplier or customer."""

    side: str
    name: str
    currency: str
    country: str
    city: str
    terms: int
    status: str = "Active"
    account: str = ""
    group: str = ""
    organisation: str = ""


class Line(NamedTuple):
    """One line of a supplier or customer document; `net` amounts are after discount."""

    number: int
    account: str
    sub: str
    text: str
    quantity: int
    price_cur: int
    price: int
    amount_cur: int
    amount: int
    discount_cur: int
    discount: int
    vat: str
    item: str | None = None
    uom: str = "STK"
    project: str | None = None
    task: str | None = None
    cost: int = 0
    order: tuple[str, int] | None = None
    receipt: tuple[str, int] | None = None

    @property
    def net_cur(self) -> int:
        """The amount after discount in the document's currency."""
        return self.amount_cur - self.discount_cur

    @property
    def net(self) -> int:
        """The amount after discount in base currency."""
        return self.amount - self.discount


@dataclass(slots=True, eq=False, kw_only=True)
class Document(Record):
    """A supplier or customer document, or a payment; `sign` says how it moves the open balance."""

    side: str
    type: str
    party: Party
    branch: str
    date: dt.date
    due: dt.date | None
    period: str
    currency: str
    rate: int
    sign: int
    control: str
    status: str
    hold: bool = False
    lines: list[Line] = field(default_factory=list)
    gross_cur: int = 0
    gross: int = 0
    vat_cur: int = 0
    vat: int = 0
    rounding_cur: int = 0
    rounding: int = 0
    balance_cur: int = 0
    balance: int = 0
    text: str = ""
    reference: str = ""
    cash_account: str | None = None
    original_date: dt.date | None = None
    pay_date: dt.date | None = None
    closed_period: str | None = None
    approval: str = "New"
    dunning: tuple[int, dt.date] | None = None
    payment: bool = False
    released: bool = False
    pays: list[Application] = field(default_factory=list)
    paid_by: list[Application] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Application:
    """A payment or credit note applied to a document; negative amounts take one back."""

    payer: Document
    target: Document
    amount_cur: int
    target_base: int
    payer_base: int
    date: dt.date
    period: str
    batch: str
    discount_cur: int = 0
    discount: int = 0
    write_off_cur: int = 0
    write_off: int = 0
    voided: bool = False
    released: bool = True


class JournalLine(NamedTuple):
    """One line of a batch; positive amounts are debits, negative ones credits."""

    account: str
    sub: str
    amount: int
    amount_cur: int
    text: str
    reference: str = ""
    party: str | None = None
    kind: str | None = None
    vat: str | None = None
    project: str | None = None
    task: str | None = None
    item: str | None = None
    quantity: int = 0
    branch: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Batch(Record):
    """A batch of the general ledger."""

    module: str
    status: str
    date: dt.date
    period: str
    ledger: str
    branch: str
    currency: str
    rate: int
    text: str
    lines: list[JournalLine]
    auto_reversing: bool = False
    reversing: bool = False
    original: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class CashDocument(Record):
    """A cash entry or one side of a transfer between own bank accounts."""

    type: str
    status: str
    date: dt.date
    period: str
    branch: str
    cash_account: str
    currency: str
    entry: str
    receipt: bool
    amount: int
    text: str
    offset_account: str | None
    offset_cash: str | None
    batch: str | None = None
    reference: str = ""


@dataclass(slots=True, kw_only=True)
class OrderLine:
    """One line of a purchase order; quantities are whole units."""

    number: int
    item: str
    text: str
    quantity: int
    received: int
    price_cur: int
    price: int
    account: str
    sub: str
    promised: dt.date
    completed: bool = False
    canceled: bool = False
    project: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Order(Record):
    """A purchase order."""

    type: str
    status: str
    supplier: Party
    branch: str
    date: dt.date
    promised: dt.date
    currency: str
    rate: int
    lines: list[OrderLine]
    hold: bool = False
    receipts: list[Receipt] = field(default_factory=list)
    owner: str = ""


@dataclass(slots=True, kw_only=True)
class ReceiptLine:
    """One received or returned order line."""

    number: int
    order: Order
    order_line: OrderLine
    quantity: int
    amount_cur: int
    amount: int


@dataclass(slots=True, eq=False, kw_only=True)
class Receipt(Record):
    """A purchase receipt or return."""

    type: str
    status: str
    supplier: Party
    branch: str
    date: dt.date
    period: str
    currency: str
    rate: int
    lines: list[ReceiptLine]
    billed: bool = False
    batch: str | None = None
