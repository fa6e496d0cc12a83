"""Fixtures and options that every part shares. What one part needs lives in its own conftest.

Campaigns are long forms of tests that also run in a short form; they are chosen with `--campaign`.
"""

import os
from pathlib import Path

import hypothesis
import pytest

# How long an example takes says nothing about it on a busy machine; benchmarks measure.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")

LONGEST = (
    "test_postgres.py",
    "test_docs.py",
    "test_two_machines.py",
    "test_kill.py",
    "test_sensors.py",
    "test_costs.py",
    "test_unprivileged.py",
)
"""Modules of which one test takes minutes: last, they would keep one worker while others rest."""

EXAMPLES = Path(__file__).parent / "finance_examples"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of campaigns."""
    parser.addoption("--campaign", action="store_true", help="run the long campaigns, too")
    parser.addoption(
        "--sequences", type=int, default=500, help="sequences of each campaign (default: 500)"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave campaigns out unless they are asked for; begin with the modules that take longest."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else 99)
    if config.getoption("--campaign"):
        return
    long = [item for item in items if item.get_closest_marker("campaign")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.fixture
def campaign_sequences(request: pytest.FixtureRequest) -> int:
    """How many sequences a campaign plays."""
    return int(request.config.getoption("--sequences"))


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
