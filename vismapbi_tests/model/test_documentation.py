"""The page about the model is up to date."""

from pathlib import Path

from vismapbi_assets.model.documentation import markdown
from vismapbi_assets.model.semantic_model import MEASURES, TABLES

PAGE = Path(__file__).parents[2] / "docs" / "model.md"


def test_page_is_what_the_declarations_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown(), (
        "docs/model.md is out of date; write it with:"
        " python -m vismapbi_assets.model.documentation > docs/model.md"
    )


def test_page_names_every_table_column_and_measure() -> None:
    page = markdown()
    for table in TABLES:
        assert table.name in page
        if table.kind != "measure home":
            section = page.split(f"\n### {table.name}\n")[1].split("\n### ")[0]
            assert all(f"\n| {column.name} |" in section for column in table.columns)
    assert all(f"\n| {measure.name} |" in page for measure in MEASURES)
