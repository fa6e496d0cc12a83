"""Charts are the same for the same numbers, refer to nothing outside and can stand side by side."""

import re

import pytest

from vismapbi_assets.report.charts import Series, bars, lines, png, short, svg

LABELS = ("202610", "202611")
DRAW = bars(LABELS, [Series("Inn", [1_250_000.0, -3.5])], Series("Position", [2.0, None]))


def test_svg_is_the_same_every_time_and_carries_no_time():
    first, second = (svg("cash", "Cash", DRAW) for _ in range(2))
    assert first == second
    assert "<metadata" not in first
    assert "matplotlib.org" not in first
    assert "<!DOCTYPE" not in first


def test_svg_refers_to_its_own_parts_only():
    text = svg("cash", "Cash", DRAW)
    ids = set(re.findall(r'\bid="([^"]+)"', text))
    used = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text))
    assert used
    assert {one or other for one, other in used} <= ids
    assert all(name.startswith("cash-") for name in ids)


def test_svg_says_in_words_what_it_shows():
    text = svg("trend", 'DPO & "DSO"', lines(LABELS, [Series("DPO", [30.0, None])]))
    assert 'aria-label="DPO &amp; &quot;DSO&quot;"' in text
    assert "<title>DPO &amp; &quot;DSO&quot;</title>" in text
    assert "202611" in text


def test_png_is_an_image():
    assert png("Ageing", DRAW).startswith(b"\x89PNG\r\n")
    assert png("Ageing", DRAW) == png("Ageing", DRAW)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (2_500_000, "2.5 m"), (-10_000, "−10 k"), (1e9, "1 bn"), (40, "40"), (-5, "−5")],
)
def test_axis_numbers_are_short(value, text):
    assert short(value) == text
