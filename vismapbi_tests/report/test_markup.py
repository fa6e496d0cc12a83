"""Numbers and words as a reader sees them."""

from decimal import Decimal

import pytest

from vismapbi_assets.report import markup as m


@pytest.mark.parametrize(
    ("value", "text", "classes"),
    [
        ("1234567.891", "1,234,567.89", "number"),
        ("-1234.5", "−1,234.50", "number negative"),
        ("0", "0.00", "number quiet"),
        ("-0.001", "0.00", "number"),
        (None, "–", "number"),
    ],
)
def test_amounts(value, text, classes):
    cell = m.amount(Decimal(value) if value else None)
    assert (cell.html, cell.classes) == (text, classes)


def test_statements_print_a_dash_for_zero_and_round_the_rest():
    assert m.whole(Decimal("0.4")).html == "–"
    assert m.whole(Decimal("-1999.6")).html == "−2,000"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("8858692.1700", "8,858,692.17"),
        ("12", "12"),
        ("-3", "−3"),
        ("nordvik:1920", "nordvik:1920"),
    ],
)
def test_figures_within_texts(text, shown):
    assert m.figure(text) == shown


def test_tables_name_their_rows_and_columns_and_escape_words():
    text = m.table("A & B", ("", "Beløp"), [("", ["Ærø <AS>", m.amount(Decimal(1))])])
    assert "<caption>A &amp; B</caption>" in text
    assert '<th scope="col" class="number">Beløp</th>' in text
    assert '<th scope="row">Ærø &lt;AS&gt;</th><td class="number">1.00</td>' in text


def test_verdicts_are_words_and_not_colours_alone():
    assert "✓ holds" in m.verdict(good=True, word="holds").html
    assert "✗ broken" in m.verdict(good=False, word="broken").html
