"""What the steps of one process share: settings, store, clients and the verified dataset.

Opened when first needed, closed with the process. What is done with them belongs in `extraction.py`
and `publication.py`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from vismapbi_assets.pipeline.ends import open_store, powerbi_client, visma_client
from vismapbi_assets.pipeline.inputs import data_date
from vismapbi_assets.pipeline.push_model import build_push_model
from vismapbi_assets.powerbi.client import PowerBIClient
from vismapbi_assets.powerbi.dataset import Dataset, DatasetKeeper
from vismapbi_assets.powerbi.outcome import PublishOptions
from vismapbi_assets.powerbi.publisher import Publisher
from vismapbi_assets.powerbi.quota import QUERIES, Quota
from vismapbi_assets.powerbi.schema import PushModel
from vismapbi_assets.settings import Settings
from vismapbi_assets.store import Store
from vismapbi_assets.visma.client import VismaClient


@dataclass
class Workbench:
    """Settings, store and connections of one process."""

    settings: Settings
    store: Store
    model: PushModel
    _clients: dict[str, VismaClient] = field(default_factory=dict, repr=False)
    _powerbi: dict[str, PowerBIClient] = field(default_factory=dict, repr=False)
    _datasets: dict[str, Dataset] = field(default_factory=dict, repr=False)
    _dates: dict[str, date] = field(default_factory=dict, repr=False)
    _sequences: dict[str, dict[str, int]] = field(default_factory=dict, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    _open: ClassVar[dict[str, Workbench]] = {}
    _guard: ClassVar[threading.Lock] = threading.Lock()

    @classmethod
    def of(cls, settings: Settings) -> Workbench:
        """The workbench of these settings in this process."""
        secrets = sorted(hash(secret) for secret in settings.plain_secrets.values())
        identity = f"{settings.file!r}{settings.origin}{secrets}"
        with cls._guard:
            if identity not in cls._open:
                cls._open[identity] = cls(
                    settings, open_store(settings), build_push_model(settings)
                )
            return cls._open[identity]

    def visma(self, company: str) -> VismaClient:
        """The client of one company."""
        with self._lock:
            if company not in self._clients:
                self._clients[company] = visma_client(self.settings, self.store, company)
            return self._clients[company]

    def powerbi(self, workspace_id: str | None = None) -> PowerBIClient:
        """The client of the configured workspace, or of another one."""
        chosen = workspace_id or self.settings.powerbi.workspace_id
        with self._lock:
            if chosen not in self._powerbi:
                self._powerbi[chosen] = powerbi_client(self.settings, chosen)
            return self._powerbi[chosen]

    def as_of(self, run_id: str | None = None) -> date:
        """The data date; today where nothing has been read completely yet.

        With `run_id` it is looked up once for the run, whose tables then agree on it.
        """
        with self._lock:
            if run_id is None or run_id not in self._dates:
                found = data_date(self.store, self.settings) or self.settings.today()
                if run_id is None:
                    return found
                self._dates = {run_id: found}
            return self._dates[run_id]

    def sequence(self, entity: str, run_id: str) -> int:
        """The last commit of an entity's state, looked up once for the run.

        Rows that another run commits later may be read too; they are then computed again.
        """
        with self._lock:
            known = self._sequences.setdefault(run_id, {})
            self._sequences = {run_id: known}
            if entity not in known:
                known[entity] = self.store.state(entity).sequence()
            return known[entity]

    def publisher(self, run_id: str) -> Publisher:
        """A publisher for the verified dataset."""
        dataset = self.dataset(run_id)
        shape = self.settings.powerbi
        return Publisher(
            client=self.powerbi(),
            dataset_id=dataset.dataset_id,
            store=self.store,
            quota=Quota(self.store.log(f"quota/powerbi/{dataset.dataset_id}"), run_id),
            queries=Quota(
                self.store.log(f"quota/powerbi/queries/{shape.client_id}"), run_id, QUERIES
            ),
            run_id=run_id,
            options=PublishOptions(
                settle_seconds=shape.settle_seconds,
                wait_seconds=shape.wait_minutes * 60,
                repair=self.settings.dataset.repair == "automatic",
                created_here=dataset.origin == "created",
            ),
        )

    def keeper(self) -> DatasetKeeper:
        """The keeper of the dataset; a table that it doubts is replaced by the next run."""
        return DatasetKeeper(self.powerbi(), self.store.objects, doubt=self._doubt)

    def _doubt(self, table: str, reason: str) -> None:
        published = self.store.published(table)
        if published.exists():
            published.mark_dirty(reason)

    def dataset(self, run_id: str) -> Dataset:
        """The dataset, found or created and verified once for each run."""
        with self._lock:
            if run_id not in self._datasets:
                self._datasets = {run_id: self.keeper().ensure(self.model)}
            return self._datasets[run_id]
