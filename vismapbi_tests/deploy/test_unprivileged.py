"""The image's start command as the image's user: no root, no capabilities, and a root file system
that is really read-only, in a mount namespace of its own.

Written are `DAGSTER_HOME`, the store and the temporary folder only. The image itself cannot be
built here; what it copies and declares is tested in `test_files.py`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vismapbi_assets.sandbox.server import Sandbox, running_sandbox
from vismapbi_tests.deploy.machines import ROOT, settings_text

USER = "10001"
BARE = [
    "setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--no-new-privs",
    "--bounding-set=-all", "--inh-caps=-all",
]  # fmt: skip
HEALTHY = """
"$1" code-server >"$TMPDIR/server.log" 2>&1 &
for _ in $(seq 90); do
    "$1" health && exit 0
    sleep 1
done
cat "$TMPDIR/server.log"
exit 1
"""


def _reason() -> str | None:
    if os.geteuid() != 0:
        return "another user and a read-only file system can only be had by root"
    tried = subprocess.run(
        ["unshare", "--mount", "--net", "true"], capture_output=True, check=False
    )
    return f"this root may not make namespaces: {tried.stderr.decode()}" if tried.stderr else None


pytestmark = pytest.mark.skipif(_reason() is not None, reason=str(_reason()))


class Container:
    """What the image holds and may write, and the way to run something as its user."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self.image, self.written = folder / "image", folder / "written"
        folder.chmod(0o755)
        (folder / "stash").mkdir()
        shutil.copytree(
            ROOT / "vismapbi_assets",
            self.image / "vismapbi_assets",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        shutil.copy(ROOT / "dagster.yaml", self.image)
        self.start = shutil.copy(ROOT / "deploy" / "docker" / "start", self.image)
        first_day = datetime.now(UTC).date()
        (self.image / "vismapbi.toml").write_text(settings_text(first_day), "utf-8")
        for name in ("dagster", "store", "tmp"):
            (self.written / name).mkdir(parents=True)
            os.chown(self.written / name, int(USER), int(USER))
        self.environ = {
            **sandbox.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.image),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(self.image),
            "DAGSTER_HOME": str(self.written / "dagster"),
            "VISMAPBI_CONFIG": str(self.image / "vismapbi.toml"),
            "VISMAPBI_STORE": str(self.written / "store"),
            "TMPDIR": str(self.written / "tmp"),
        }

    def run(self, *command: str, network: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command as the image's user in the image's file system."""
        namespaces = ["--mount", "--pid", "--fork", "--kill-child"]
        if not network:
            namespaces.append("--net")
        return subprocess.run(
            ["unshare", *namespaces, "sh", "-euc", self._mounts(network=network), "-", *command],
            cwd=self.written / "dagster",
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def _mounts(self, *, network: bool) -> str:
        """A script that makes everything read-only but what is written, and drops all rights.

        Folders that lie below one that only root may enter are made reachable in their place.
        """
        needed = [Path(sys.base_prefix), Path(sys.prefix), self.folder]
        closed = {path: _closed_parent(path) for path in needed}
        lines = ["mount --make-rprivate /"]
        for number, path in enumerate(needed):
            stash = self.folder / "stash" / str(number)
            stash.mkdir(exist_ok=True)
            lines.append(f"mount --bind {path} {stash}")
        for parent in sorted({p for p in closed.values() if p}):
            lines.append(f"mount -t tmpfs -o mode=755 tmpfs {parent}")
        for number, path in enumerate(needed):
            if closed[path]:
                stash = self.folder / "stash" / str(number)
                lines.append(f"mkdir -p {path}; mount --bind {stash} {path}")
        lines.append(f"mount --bind {self.written} {self.written}")
        lines.append("mount -o remount,bind,ro /")
        lines += [f"mount -o remount,bind,ro {p}" for p, parent in closed.items() if parent]
        if not network:
            lines.append("ip link set lo up")
        return "\n".join([*lines, f'cd {self.written}/dagster; exec {" ".join(BARE)} "$@"'])


def _closed_parent(path: Path) -> Path | None:
    """The highest folder above `path` that only its owner may enter."""
    for parent in reversed(path.parents):
        if not parent.stat().st_mode & 0o001:
            return parent
    return None


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(scale=0.01, start=datetime.now(UTC)) as running:
        yield running


@pytest.fixture(scope="module")
def container(sandbox: Sandbox) -> Iterator[Container]:
    folder = tempfile.mkdtemp(prefix="vismapbi-image-")
    try:
        yield Container(Path(folder), sandbox)
    finally:
        shutil.rmtree(folder)


def test_the_surroundings_are_as_strict_as_the_image(container: Container) -> None:
    who = container.run("sh", "-c", "id -u; grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status")
    assert who.stdout.split() == [
        USER, "CapEff:", "0" * 16, "CapBnd:", "0" * 16, "NoNewPrivs:", "1",
    ], who.stderr  # fmt: skip
    for place in ("/", "/etc", container.image, container.image / "vismapbi_assets", sys.prefix):
        tried = container.run("touch", f"{place}/written")
        assert tried.returncode, place
    assert container.run("touch", "here").returncode == 0


def test_a_sync_works(container: Container, sandbox: Sandbox) -> None:
    done = container.run(str(container.start), "sync", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["delivered"]
    (dataset,) = [i for i, d in sandbox.powerbi.datasets.items() if d.name == "Visma Finance"]
    assert sandbox.powerbi.rows(dataset, "SupplierInvoice").height


def test_the_code_server_starts_and_says_that_it_is_healthy(container: Container) -> None:
    done = container.run("sh", "-c", HEALTHY, "-", str(container.start), network=False)
    assert done.returncode == 0, done.stdout + done.stderr
