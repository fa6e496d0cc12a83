"""A sandbox with its own store and Dagster home, for `demo` and `up`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from vismapbi_assets.cli.processes import free_port, module, running, wait_for
from vismapbi_assets.settings import inherited_environment

START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Addresses of a running sandbox and the environment for processes that use it."""

    visma_url: str
    powerbi_url: str
    environ: dict[str, str]
    folder: Path


@contextmanager
def sandbox_surroundings(folder: Path, *, scale: float, keep_ports: bool) -> Iterator[Surroundings]:
    """Run the sandbox as a process of its own and point an environment at it."""
    folder.mkdir(parents=True, exist_ok=True)
    visma_port, powerbi_port = (8781, 8782) if keep_ports else (free_port(), free_port())
    visma_url, powerbi_url = (f"http://127.0.0.1:{p}" for p in (visma_port, powerbi_port))
    environ = inherited_environment() | {
        "VISMA_API_URL": visma_url,
        "VISMA_TOKEN_URL": f"{visma_url}/connect/token",
        "POWERBI_API_URL": f"{powerbi_url}/v1.0/myorg",
        "POWERBI_AUTHORITY_URL": powerbi_url,
        "VISMAPBI_STORE": str(folder / "store"),
        "DAGSTER_HOME": str(folder / "dagster"),
    }
    log = folder / "sandbox.log"
    with ExitStack() as stack:
        child = stack.enter_context(
            running(
                module(
                    "vismapbi_assets.cli",
                    "sandbox",
                    f"--scale={scale}",
                    f"--visma-port={visma_port}",
                    f"--powerbi-port={powerbi_port}",
                ),
                environ=environ,
                log=log,
            )
        )
        for url in (visma_url, powerbi_url):
            wait_for(f"{url}/control/log", child, seconds=START_SECONDS, log=log)
        yield Surroundings(visma_url, powerbi_url, environ, folder)
