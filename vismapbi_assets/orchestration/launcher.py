"""The launcher of runs that also notices when the process of a run is gone.

Dagster's own launcher leaves that to the code server which started the run. A code server that dies
takes its runs with it, and nobody reports them: they would count as running until their time limit
and keep their company waiting. Named as `run_launcher` in `dagster.yaml`; on Kubernetes, Dagster's
launcher there watches pods itself.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import dagster as dg
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus
from dagster._core.launcher.default_run_launcher import DefaultRunLauncher
from dagster._grpc.types import GetCurrentRunsResult
from dagster._serdes import deserialize_value

if TYPE_CHECKING:
    from dagster._grpc.client import DagsterGrpcClient
    from dagster._serdes import ConfigurableClassData

GRACE_SECONDS = 30.0
"""How long a run has to be unknown. Sooner than this after its start, the daemon may not have
loaded a new code server yet, and a retry that finds none is given up for good."""


class WatchfulRunLauncher(DefaultRunLauncher):
    """Starts runs as Dagster's own launcher does and tells run monitoring which are lost."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(inst_data)
        self._missing_since: dict[str, float] = {}

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Run monitoring asks."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Whether the code server that started a run still executes it.

        A server that cannot be asked over the network is restarting or out of reach: its run is
        taken for alive until the server answers. One on a socket of this machine is gone for good,
        as its successor listens elsewhere.
        """
        client = self._get_grpc_client_for_termination(run.run_id)  # type: ignore[no-untyped-call]
        if client is None or _executes(client, run.run_id):
            self._missing_since.pop(run.run_id, None)
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        since = self._missing_since.setdefault(run.run_id, time.monotonic())
        if time.monotonic() - since < GRACE_SECONDS:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        del self._missing_since[run.run_id]
        return CheckRunHealthResult(
            WorkerStatus.NOT_FOUND, "The code server that started this run no longer executes it."
        )


def _executes(client: DagsterGrpcClient, run_id: str) -> bool:
    try:
        told = deserialize_value(client.get_current_runs(), GetCurrentRunsResult)
    except DagsterUserCodeUnreachableError:
        return client.socket is None
    return run_id in told.current_runs
