"""The UI as a person uses it, in a real headless Chromium, on a sandbox that is loaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vismapbi_assets.model.semantic_model import TABLE
from vismapbi_assets.sandbox.server import running_sandbox
from vismapbi_tests.orchestration.conftest import first_of_days
from vismapbi_tests.orchestration.services import Services, running_services
from vismapbi_tests.orchestration.test_postgres import environment

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
CHROMIUM = next(
    (p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None
)
SECONDS = 1000.0

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed on this machine"),
]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("ui")
    shutil.copy(ROOT / "dagster.yaml", folder)
    with running_sandbox(start=datetime.now(UTC), scale=0.01) as sandbox:
        environ = environment(folder, sandbox)
        sandbox.visma.fault(
            "member", entity="supplier", company="nordvik", member="number", value=[1]
        )
        with running_services(folder, environ, ["-w", str(ROOT / "workspace.yaml")]) as running:
            yield running


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.set_default_timeout(60 * SECONDS)
        yield page
        browser.close()


@pytest.fixture
def shots() -> Path:
    """Where screenshots go: VISMAPBI_SCREENSHOTS, or nowhere lasting."""
    folder = Path(os.environ.get("VISMAPBI_SCREENSHOTS") or "/tmp/vismapbi-screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_lineage_leads_from_visma_to_powerbi(services: Services, page: Page, shots: Path) -> None:
    page.goto(f"{services.url}/asset-groups")
    page.get_by_text("visma_payables").first.wait_for()
    assert page.get_by_text("powerbi", exact=True).count() >= 2, "the group stands in the graph"
    page.wait_for_timeout(3 * SECONDS)
    page.screenshot(path=str(shots / "graph.png"))
    page.goto(f"{services.url}/assets/powerbi/Supplier?view=lineage&lineageScope=neighbors")
    page.get_by_text("supplier", exact=True).first.wait_for()
    page.wait_for_timeout(2 * SECONDS)
    page.screenshot(path=str(shots / "lineage.png"))


def test_what_a_column_is_made_from_is_readable(
    services: Services, page: Page, shots: Path
) -> None:
    page.goto(f"{services.url}/assets/powerbi/Supplier?view=overview")
    page.get_by_text(TABLE["Supplier"].columns[0].source, exact=True).first.wait_for()
    page.screenshot(path=str(shots / "columns.png"))


def test_a_backfill_started_in_the_ui_is_two_runs(
    services: Services, page: Page, shots: Path
) -> None:
    page.goto(f"{services.url}/assets/visma/supplier")
    page.get_by_role("button", name="Materialize").first.click()
    page.get_by_text("Partition selection").wait_for()
    every = page.get_by_role("button", name="All", exact=True)
    every.nth(1).wait_for()  # a dimension's button appears once its partitions have been asked for
    for dimension in range(2):
        every.nth(dimension).click()
    page.get_by_text("60 partitions").first.wait_for()
    page.screenshot(path=str(shots / "dialog.png"))
    page.get_by_role("button", name="Launch backfill").click()
    ended = services.wait("both runs end", lambda: _two_ended(services), seconds=180)
    assert {run["status"] for run in ended} == {"SUCCESS"}
    assert sorted(
        run["tags"]["dagster/asset_partition_range_start"].split("|")[0] for run in ended
    ) == [
        "nordvik",
        "solberg",
    ]
    first = first_of_days()
    page.goto(f"{services.url}/assets/visma/supplier?view=partitions&partition=nordvik%7C{first}")
    page.get_by_text("server_count").first.wait_for()
    page.screenshot(path=str(shots / "materialization.png"))
    page.goto(f"{services.url}/assets/visma/supplier?view=checks&checkDetail=quarantine")
    page.get_by_text("vismapbi quarantine list").first.wait_for()
    page.screenshot(path=str(shots / "check.png"))


def _two_ended(services: Services) -> list[dict[str, object]] | None:
    runs = services.runs()
    ended = [r for r in runs if r["status"] in ("SUCCESS", "FAILURE")]
    return ended if len(runs) == len(ended) == 2 else None


def test_a_replay_is_launched_from_the_launchpad(
    services: Services, page: Page, shots: Path
) -> None:
    before = len(services.runs())
    page.goto(f"{services.url}/locations/vismapbi/jobs/replay/playground")
    page.get_by_role("button", name="Launch Run").first.wait_for()
    editor = page.locator(".CodeMirror").first
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("ops:\n  replay_step:\n    config:\n      table: Supplier\n")
    page.wait_for_timeout(3 * SECONDS)
    page.screenshot(path=str(shots / "launchpad.png"))
    page.get_by_role("button", name="Launch Run").first.click()
    run = services.wait("the replay ends", lambda: _replay(services, before), seconds=120)
    assert run["jobName"] == "replay"
    page.wait_for_timeout(3 * SECONDS)
    page.screenshot(path=str(shots / "replay.png"))


def _replay(services: Services, before: int) -> dict[str, object] | None:
    runs = services.runs()
    newest = runs[0] if len(runs) > before else None
    return newest if newest and newest["status"] in ("SUCCESS", "FAILURE") else None
