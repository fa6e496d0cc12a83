"""Checks that name members nobody lists and payments nobody could convert."""

from dataclasses import replace

import polars as pl

from vismapbi_assets.model.checks import FINANCE_CHECKS
from vismapbi_assets.model.checks.references import (
    MEMBER_NAMES,
    members_are_listed,
    payments_are_converted,
)
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.semantic_model import TABLE
from vismapbi_tests.model.states import inputs


def _tables(given: Inputs, *names: str) -> Inputs:
    empty = {name: pl.LazyFrame(schema=table.schema) for name, table in TABLE.items()}
    before = replace(given, tables=empty)
    return replace(given, tables={n: TABLE[n].compute(before).lazy() for n in names})


def test_members_that_only_facts_know_are_named() -> None:
    known = [{"number": "V1", "name": "Known"}]
    nok = [{"id": "NOK", "description": "Kroner"}]
    fine = inputs(supplier=known, supplierInvoice=[{"supplier_number": "V1"}], currency=nok)
    assert members_are_listed(_tables(fine, *MEMBER_NAMES)).passed
    odd = inputs(supplier=known, supplierInvoice=[{"supplier_number": "V2"}], currency=nok)
    outcome = members_are_listed(_tables(odd, *MEMBER_NAMES))
    assert not outcome.passed
    assert outcome.samples == ("Supplier V2 (missing)",)


def test_payments_without_rate_are_named() -> None:
    payment = {"type": "Payment", "refNbr": "1", "status": "Open", "paymentAmount": 5}
    names = ("SupplierPayment", "CustomerPayment")
    fine = inputs(supplierPayment=[{**payment, "currency_id": "NOK"}])
    assert payments_are_converted(_tables(fine, *names)).passed
    odd = inputs(supplierPayment=[{**payment, "currency_id": "JPY"}])
    outcome = payments_are_converted(_tables(odd, *names))
    assert outcome.samples == ("no:Payment:1 JPY",)


def test_neither_holds_the_data_date_back() -> None:
    forbids = {check.name: check.forbids for check in FINANCE_CHECKS}
    assert not forbids["members_are_listed"]
    assert not forbids["payments_are_converted"]
