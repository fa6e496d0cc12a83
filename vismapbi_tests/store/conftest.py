"""A store in a temporary folder and small frames of documents for its tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from vismapbi_assets.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))
