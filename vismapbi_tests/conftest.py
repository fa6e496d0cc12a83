"""Fixtures that every part shares. Fixtures of one part live in that part's own conftest."""

import os
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent / "finance_examples"


@pytest.fixture(scope="session")
def finance_examples() -> Path:
    """The folder of the worked finance examples (CSV)."""
    return EXAMPLES


@pytest.fixture(scope="session")
def reference_folder() -> Path:
    """The reference payloads beside the project, or a skip with the reason."""
    folder = Path(
        os.environ.get("VISMAPBI_REFERENCE", Path(__file__).parents[2] / "shared" / "reference")
    )
    if not folder.is_dir():
        pytest.skip("contract tests read reference payloads beside the project; none here")
    return folder
