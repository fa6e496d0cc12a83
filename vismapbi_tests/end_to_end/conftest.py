"""A loaded installation, made once, that tests start from by copying it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from vismapbi_tests.end_to_end.harness import Installation, Template, loaded


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """One sample company after its first load."""
    return loaded(tmp_path_factory.mktemp("template"), scale=0.01, companies=1)


@pytest.fixture
def made(template: Template, tmp_path: Path) -> Iterator[Installation]:
    """An installation of one's own in the state of the template."""
    with template.copy(tmp_path) as copy:
        yield copy
