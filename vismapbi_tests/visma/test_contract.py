"""The contract of state frames: what passes, what is split off and why."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from pandera.errors import SchemaErrors

from vismapbi_assets.visma.contract import broken, rules, validate
from vismapbi_assets.visma.decode import decode_page
from vismapbi_assets.visma.entities.catalogue import CATALOGUE


def frame(name: str, *documents: dict[str, Any]) -> pl.DataFrame:
    body = json.dumps(documents).encode()
    return decode_page(CATALOGUE[name], body, zone="Europe/Oslo", check=False).frame


def payment(number: int, **members: Any) -> dict[str, Any]:
    return {"type": "Payment", "refNbr": f"P{number}", **members}


CASES = {
    "a missing key": ("supplierPayment", {"type": "Payment"}, "key"),
    "an absurd amount": ("supplierPayment", payment(9, balance=10**13), "range"),
    "an absurd amount in a line": (
        "supplierPayment",
        payment(9, paymentLines=[{"amountPaid": 1}, {"amountPaid": -(10**13)}]),
        "range",
    ),
    "a negative payment": ("supplierPayment", payment(9, paymentAmount=-1), "sign"),
    "a rate of nothing": ("currencyRate", {"id": 9, "rate": 0}, "rate"),
    "a negative exchange rate": (
        "purchaseOrder",
        {"orderType": "Blanket", "orderNbr": "9", "exchangeRate": -1},
        "range",
    ),
    "a period that ends before it starts": (
        "financialPeriod",
        {"year": 2026, "period": "09", "startDate": "2026-09-30", "endDate": "2026-09-01"},
        "period",
    ),
    "a line without number": (
        "journalTransaction",
        {"module": "ModuleGL", "batchNumber": "9", "journalTransactionLines": [{}]},
        "line",
    ),
    "a year out of range": ("financialPeriod", {"year": 26, "period": "09"}, "year"),
}
GOOD = {
    "supplierPayment": payment(1, paymentAmount=10, paymentLines=[{"amountPaid": -3}]),
    "currencyRate": {"id": 1, "rate": 11.5},
    "journalTransaction": {
        "module": "ModuleGL",
        "batchNumber": "1",
        "journalTransactionLines": [{"lineNumber": 1}],
    },
    "purchaseOrder": {"orderType": "Blanket", "orderNbr": "1"},
    "financialPeriod": {
        "year": 2026,
        "period": "13",
        "startDate": "2026-12-31",
        "endDate": "2026-12-31",
    },
}


@pytest.mark.parametrize("case", CASES)
def test_one_document_is_split_off_and_the_others_go_on(case: str) -> None:
    name, bad, rule = CASES[case]
    given = frame(name, GOOD[name], bad)
    good, rejects = validate(CATALOGUE[name], given)
    assert good.equals(given.head(1))
    assert rejects["rule"].to_list() == [rule]
    assert rejects["reason"][0].startswith("the document ")
    assert rejects.drop("rule", "reason").equals(given.tail(1))


def test_a_void_may_be_negative() -> None:
    void = {"type": "VoidPayment", "refNbr": "P1", "paymentAmount": -5}
    assert broken(CATALOGUE["supplierPayment"], frame("supplierPayment", void)) == []


def test_each_document_is_named_once() -> None:
    bad = payment(9, paymentAmount=-(10**13), balance=10**13)
    assert len(broken(CATALOGUE["supplierPayment"], frame("supplierPayment", bad))) == 1


def test_a_date_out_of_range_is_named() -> None:
    given = frame("supplierPayment", payment(1)).with_columns(
        applicationDate=pl.lit(date(2222, 1, 1)),
        paymentAmount=pl.lit(Decimal(1), pl.Decimal(19, 4)),
    )
    ((_, rule, reason),) = broken(CATALOGUE["supplierPayment"], given)
    assert rule == "range"
    assert "applicationDate outside 1990-01-01" in reason


def test_lazy_frames_are_refused() -> None:
    lazy = frame("supplierPayment", payment(1)).lazy()
    with pytest.raises(TypeError, match="collect the frame"):
        broken(CATALOGUE["supplierPayment"], lazy)  # type: ignore[arg-type]


def test_a_frame_of_other_columns_fails_as_a_whole() -> None:
    given = frame("supplierPayment", payment(1)).with_columns(balance=pl.lit(1.5))
    with pytest.raises(SchemaErrors):
        validate(CATALOGUE["supplierPayment"], given)


@pytest.mark.parametrize("case", CASES)
def test_pandera_judges_as_the_split_does(case: str) -> None:
    name, bad, _ = CASES[case]
    schema = CATALOGUE[name].contract()
    schema.validate(frame(name, GOOD[name]))
    with pytest.raises(SchemaErrors):
        schema.validate(frame(name, GOOD[name], bad), lazy=True)


@pytest.mark.parametrize("entity", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_every_rule_can_be_asked(entity: Any) -> None:
    body = b"{}" if entity.detail else b"[{}]"
    empty = decode_page(entity, body, zone="Europe/Oslo", check=False).frame
    asked = empty.select(r.holds.alias(str(n)) for n, r in enumerate(rules(entity)))
    assert set(asked.dtypes) == {pl.Boolean()}
