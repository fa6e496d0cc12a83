"""Fixtures of the sandbox tests: the simulated services over real HTTP."""

from collections.abc import Iterator

import pytest

from vismapbi_assets.sandbox.powerbi.app import build_powerbi_app
from vismapbi_assets.sandbox.powerbi.state import PowerBISandbox
from vismapbi_tests.sandbox.powerbi_client import Client, served


@pytest.fixture(scope="module")
def powerbi_server() -> Iterator[tuple[PowerBISandbox, str]]:
    """One simulated Power BI for a module."""
    sandbox = PowerBISandbox()
    with served(build_powerbi_app(sandbox)) as url:
        yield sandbox, url


@pytest.fixture
def powerbi(powerbi_server: tuple[PowerBISandbox, str]) -> Iterator[Client]:
    """A client of a fresh simulated tenant."""
    sandbox, url = powerbi_server
    sandbox.reset()
    client = Client(sandbox, url)
    yield client
    client.session.close()
