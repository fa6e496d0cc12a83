"""Time and sudden death for whole syncs.

All waiting of both clients and of the publisher becomes a jump of the simulated clocks, and a run
can be ended at any point at which it touches the world: before or after a request, an object or a
Delta commit. What a sync does belongs in `harness.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import requests

from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.powerbi.client import PowerBIClient
from vismapbi_assets.powerbi.dataset import Dataset, DatasetKeeper
from vismapbi_assets.powerbi.publisher import Publisher
from vismapbi_assets.sandbox.server import Sandbox
from vismapbi_assets.store.delta import Delta
from vismapbi_assets.store.objects import Objects
from vismapbi_assets.visma.client import VismaClient


class Died(BaseException):
    """The process ended here."""


@dataclass
class Time:
    """One time for both services and all clients; sleeping makes it pass at once."""

    sandbox: Sandbox

    def seconds(self) -> float:
        return self.sandbox.powerbi.clock.now()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds(), UTC)

    def sleep(self, seconds: float) -> None:
        self.sandbox.powerbi.clock.advance(seconds)
        self.sandbox.visma.set_clock(gateway_advance=seconds)


@dataclass
class TimedWorkbench(Workbench):
    """A workbench whose waiting takes no time."""

    time: Time | None = field(default=None, repr=False)

    def visma(self, company: str) -> VismaClient:
        with self._lock:
            if company not in self._clients:
                from vismapbi_assets.pipeline.ends import visma_client

                self._clients[company] = visma_client(
                    self.settings, self.store, company, clock=self.time
                )
        return super().visma(company)

    def powerbi(self, workspace_id: str | None = None) -> PowerBIClient:
        client = super().powerbi(workspace_id)
        client.clock, client.sleep = self.time.seconds, self.time.sleep
        client.tokens.clock = self.time.seconds
        return client

    def publisher(self, run_id: str) -> Publisher:
        publisher = super().publisher(run_id)
        publisher.clock, publisher.sleep = self.time.seconds, self.time.sleep
        publisher.quota.clock = publisher.queries.clock = self.time.seconds
        return publisher

    def dataset(self, run_id: str) -> Dataset:
        with self._lock:
            if run_id not in self._datasets:
                keeper = DatasetKeeper(
                    self.powerbi(), self.store.objects, self.time.seconds, self.time.sleep
                )
                self._datasets = {run_id: keeper.ensure(self.model)}
            return self._datasets[run_id]

    def close(self) -> None:
        """End the connections, as the end of the process would."""
        for client in self._clients.values():
            client._session.close()
        for client in self._powerbi.values():
            client.session.close()


MOMENTS: tuple[tuple[type, str], ...] = (
    (requests.Session, "send"),
    (Objects, "put"),
    (Objects, "put_if_absent"),
    (Delta, "write"),
    (Delta, "commit"),
)


@contextmanager
def dying_after(moments: int) -> Iterator[None]:
    """Let the run die when so many moments have passed; each step has one before, one after."""
    left = [moments]

    def pass_moment() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Died

    def mortal(step: Any) -> Any:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            pass_moment()
            done = step(*arguments, **named)
            try:
                pass_moment()
            except Died:
                if isinstance(done, requests.Response):
                    done.close()  # as the system closes the sockets of a process that ended
                raise
            return done

        return wrapped

    patches = [patch.object(owner, name, mortal(getattr(owner, name))) for owner, name in MOMENTS]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in patches:
            each.stop()
