"""The declarations by themselves: names, schemas, descriptions, what follows from what."""

import polars as pl
import pytest

from vismapbi_assets.visma.decode import decode_page
from vismapbi_assets.visma.entities.catalogue import CATALOGUE
from vismapbi_assets.visma.entities.declaration import Entity
from vismapbi_assets.visma.entities.shape import amount, columns, date, part, rows, shape, text

entities = pytest.mark.parametrize("entity", CATALOGUE.values(), ids=CATALOGUE.keys())


def test_nested_names_are_joined() -> None:
    made = shape(
        part("mainAddress", part("country", text("id name"))),
        rows("lines", part("account", text("number")), amount("cost"), date("promised")),
    )
    schema = {c.name: c.dtype for c in columns(made)}
    assert schema == {
        "mainAddress_country_id": pl.String(),
        "mainAddress_country_name": pl.String(),
        "lines": pl.List(
            pl.Struct({"account_number": pl.String, "cost": pl.Decimal(19, 4), "promised": pl.Date})
        ),
    }


@entities
def test_the_key_is_made_of_columns(entity: Entity) -> None:
    assert set(entity.key) <= set(entity.schema)
    assert set(entity.optional_key) < set(entity.key)
    assert set(entity.requested) <= set(entity.key)


@entities
def test_the_stamp_is_a_stamp(entity: Entity) -> None:
    if entity.modified is not None:
        assert entity.schema[entity.modified] == pl.Datetime("us")


@entities
def test_lines_are_a_list_of_structs(entity: Entity) -> None:
    if entity.lines is None:
        assert entity.line_key is None
        return
    inner = entity.schema[entity.lines].inner  # type: ignore[attr-defined]
    assert isinstance(inner, pl.Struct)
    if entity.line_key:
        assert entity.line_key in {field.name for field in inner.fields}


@entities
def test_every_column_is_described_once(entity: Entity) -> None:
    assert list(entity.descriptions) == list(entity.state_schema)
    assert all(entity.descriptions.values())
    assert entity.description.endswith(".")


@entities
def test_no_money_passes_through_a_float(entity: Entity) -> None:
    assert "Float" not in str(entity.state_schema)


@entities
def test_an_empty_page_has_the_full_schema(entity: Entity) -> None:
    found = decode_page(entity, b"[]", zone="Europe/Oslo")
    assert found.frame.schema == pl.Schema(entity.state_schema)
    entity.contract().validate(found.frame)


@entities
def test_an_empty_document_decodes(entity: Entity) -> None:
    body = b"{}" if entity.detail else b"[{}]"
    found = decode_page(entity, body, zone="Europe/Oslo", check=False)
    assert found.frame.schema == pl.Schema(entity.state_schema)
    assert found.frame.height == 1


def test_only_the_ledger_lines_that_batches_already_carry_stay_out() -> None:
    assert [e.name for e in CATALOGUE.values() if not e.in_sync] == ["generalLedgerTransactions"]


@pytest.mark.parametrize(
    "name", ["customerInvoice", "customerCreditNote", "customerDebitNote", "customerOverdueCharge"]
)
def test_customer_documents_are_asked_for_what_lists_leave_out(name: str) -> None:
    entity = CATALOGUE[name]
    assert {"applications", "dunningLetterLevel"} <= entity.schema.keys()
    assert entity.parameters["expandApplications"] == "true"
    assert entity.parameters["expandDunningInformation"] == "true"
