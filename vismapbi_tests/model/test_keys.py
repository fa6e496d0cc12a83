"""Keys and texts."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vismapbi_assets.model import keys


def _one(expression: pl.Expr, **columns: str | None) -> object:
    frame = pl.DataFrame(
        {name: [value] for name, value in {"company": "no", **columns}.items()},
        schema=dict.fromkeys(("company", *columns), pl.String),
    )
    return frame.select(value=expression).item()


@pytest.mark.parametrize(
    ("number", "expected"), [("V100", "no:V100"), (" V100 ", "no:V100"), ("", "-"), (None, "-")]
)
def test_key_carries_the_company_and_is_a_dash_for_nothing(
    number: str | None, expected: str
) -> None:
    assert _one(keys.key("number"), number=number) == expected


def test_numbers_of_two_types_and_two_companies_are_four_keys() -> None:
    frame = pl.DataFrame(
        {
            "company": ["no", "no", "se", "se"],
            "kind": ["Invoice", "DebitAdj", "Invoice", "DebitAdj"],
            "number": ["000010"] * 4,
        }
    )
    assert frame.select(keys.document_key("kind", "number")).to_series().n_unique() == 4


def test_blanks_inside_a_type_do_not_make_another_document() -> None:
    assert (
        _one(keys.document_key("kind", "number"), kind="Credit Note", number="1")
        == _one(keys.parent_key(), key="Credit Note:1")
        == "no:CreditNote:1"
    )


def test_parent_key_keeps_a_colon_in_the_reference() -> None:
    assert _one(keys.parent_key(), key="Invoice:A:1") == "no:Invoice:A:1"


def test_branch_falls_back_from_line_to_header_to_default() -> None:
    fallback = keys.first_key("line", default=keys.first_key("header", default=pl.lit("no:1")))
    assert _one(fallback, line="3", header="2") == "no:3"
    assert _one(fallback, line="", header="2") == "no:2"
    assert _one(fallback, line=None, header=None) == "no:1"


@given(st.text(max_size=600))
def test_text_is_trimmed_clean_and_short(source: str) -> None:
    cleaned = _one(keys.text("source"), source=source)
    if cleaned is None:
        return
    assert isinstance(cleaned, str)
    assert 0 < len(cleaned) <= keys.TEXT_LIMIT
    assert cleaned[0] not in " \t\n"
    assert "\x00" not in cleaned and "\n" not in cleaned
    assert _one(keys.text("source"), source=cleaned) == cleaned


def test_text_is_cut_to_its_limit() -> None:
    assert _one(keys.text("source"), source="x" * 500) == "x" * 400
    assert _one(keys.label("number", "name"), number="1", name="y" * 500) == "1 " + "y" * 198


def test_names_that_codes_share_are_told_apart_whatever_their_case() -> None:
    frame = pl.DataFrame(
        {"code": ["10", "20", "30", "40"], "name": ["Sales", "SALES", "Rent", None]}
    )
    labels = frame.select(keys.distinct_label("name", "code")).to_series().to_list()
    assert labels == ["Sales (10)", "SALES (20)", "Rent", "40"]
