"""The documentation is true: every command in it is run here, against the sandbox.

Blocks marked `sh` are run as they stand, page after page, in one folder and environment. Commands
that set up machines (make) are checked to exist.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vismapbi_assets.cli.surroundings import sandbox_surroundings

ROOT = Path(__file__).parents[1]
PAGES = [
    "docs/first-connection.md",
    "docs/schedules.md",
    "docs/backfill.md",
    "docs/replay.md",
    "docs/trace.md",
    "docs/quarantine.md",
    "docs/recover.md",
    "docs/production.md",
    "docs/verify-live.md",
    "docs/upgrade.md",
    "docs/security.md",
    "README.md",
]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MAKE = re.compile(r"^make (\w+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("docs")
    (folder / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text("utf-8"), "utf-8")
    (folder / "workspace.yaml").write_text((ROOT / "workspace.yaml").read_text("utf-8"), "utf-8")
    with sandbox_surroundings(folder / "sandbox", scale=0.05, keep_ports=False) as around:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environ = around.environ | {
            "PATH": path,
            "DAGSTER_HOME": str(folder / "dagster"),
            "PYTHONPATH": str(ROOT),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "VISMA_CLIENT_ID": "isv_sandbox_reader",
            "VISMA_CLIENT_SECRET": "sandbox-visma-secret",
            "POWERBI_CLIENT_SECRET": "sandbox~powerbi+secret&100%",
        }
        (folder / "dagster").mkdir()
        (folder / "environment").write_text(
            "".join(f"export {name}={_quoted(text)}\n" for name, text in environ.items()), "utf-8"
        )
        yield folder


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def commands(page: str) -> str:
    return "\n".join(BLOCK.findall((ROOT / page).read_text("utf-8")))


def test_every_page_is_run() -> None:
    found = {"README.md"} | {str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md")}
    with_commands = {page for page in found if commands(page).strip()}
    assert with_commands <= set(PAGES)


def test_the_commands_of_all_pages_work_in_order(workplace: Path) -> None:
    for page in PAGES:
        run_page(page, workplace)


def run_page(page: str, workplace: Path) -> None:
    text = commands(page)
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in MAKE.findall(text):
        assert f"\n{target}:" in makefile, f"{page}: there is no target {target}"
    script = MAKE.sub("", text)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f". ./environment\n{script}\nexport -p > environment"],
        cwd=workplace,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, f"{page}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


@pytest.mark.parametrize("page", [*PAGES, "docs/limits.md", "docs/model.md"])
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith("http"):
            assert ((ROOT / page).parent / target).exists(), f"{page}: {target} is not there"
