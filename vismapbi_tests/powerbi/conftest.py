"""A simulated Power BI over real HTTP, and a publisher in front of it on one simulated clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import uvicorn

from vismapbi_assets.powerbi.auth import Principal, TokenSource
from vismapbi_assets.powerbi.client import PowerBIClient
from vismapbi_assets.powerbi.dataset import DatasetKeeper
from vismapbi_assets.powerbi.outcome import PublishOptions
from vismapbi_assets.powerbi.publisher import Publisher
from vismapbi_assets.powerbi.quota import Quota
from vismapbi_assets.powerbi.quota_ledger import QUERIES, Limits
from vismapbi_assets.powerbi.schema import PushColumn, PushModel, PushTable
from vismapbi_assets.sandbox.powerbi.app import build_powerbi_app
from vismapbi_assets.sandbox.powerbi.clock import Clock
from vismapbi_assets.sandbox.powerbi.state import PowerBISandbox
from vismapbi_assets.settings_shape import Secret
from vismapbi_assets.store.store import Store


def _column(name: str, data_type: str, **more: Any) -> PushColumn:
    return PushColumn(name=name, data_type=data_type, **more)


FACT = PushTable(
    name="Faktura",
    strategy="reverse",
    key=("Key",),
    columns=(
        _column("Key", "String"),
        _column("Party", "String"),
        _column("Day", "DateTime"),
        _column("Amount", "Decimal", additive=True, summarize_by="sum"),
        _column("Hours", "Double", additive=True),
        _column("Rate", "Double"),
        _column("Open", "Boolean"),
        _column("LoadedAt", "DateTime"),
        _column("RowDelta", "Int64", additive=True),
        _column("PushBatchId", "Int64"),
    ),
)
DIMENSION = PushTable(
    name="Party",
    strategy="replace",
    key=("Party",),
    columns=(_column("Party", "String"), _column("Name", "String")),
)
LOG = PushTable(
    name="RefreshLog",
    strategy="append",
    key=("RunId", "TableName"),
    columns=(
        _column("RunId", "String"),
        _column("TableName", "String"),
        _column("RowsPushed", "Int64", additive=True),
        _column("PushBatchId", "Int64"),
    ),
)
MODEL = PushModel(name="Finance", tables=(FACT, DIMENSION, LOG))

FACT_SCHEMA = {
    "Key": pl.String,
    "Party": pl.String,
    "Day": pl.Date,
    "Amount": pl.Decimal(19, 4),
    "Hours": pl.Float64,
    "Rate": pl.Float64,
    "Open": pl.Boolean,
}


def facts(rows: dict[str, Any]) -> pl.DataFrame:
    """Rows of the fact table from key -> amount."""
    return pl.DataFrame(
        [
            {
                "Key": f"no:{key}",
                "Party": f"V{Decimal(str(amount)) % 7}",
                "Day": date(2026, 1 + len(key) % 12, 1),
                "Amount": Decimal(str(amount)),
                "Hours": float(amount) / 4,
                "Rate": 1.25,
                "Open": None if amount == 0 else bool(amount % 2),
            }
            for key, amount in rows.items()
        ],
        schema=FACT_SCHEMA,
    )


def many(count: int, shift: int = 0) -> pl.DataFrame:
    """`count` fact rows, made without a loop."""
    number = pl.int_range(count, eager=False)
    return pl.select(
        Key=pl.format("no:{}", number),
        Party=pl.format("V{}", number % 97),
        Day=pl.lit(date(2026, 1, 1)) + pl.duration(days=number % 300),
        Amount=(number + shift).cast(pl.Decimal(19, 4)),
        Hours=(number % 40).cast(pl.Float64),
        Rate=pl.lit(1.25),
        Open=number % 2 == 0,
    ).with_columns(pl.col("Day").cast(pl.Date))


def client_of(env: Mapping[str, str], now: Callable[[], float] = time.time) -> PowerBIClient:
    """A client as the environment of the service says."""
    principal = Principal(
        env["POWERBI_AUTHORITY_URL"],
        env["POWERBI_TENANT_ID"],
        env["POWERBI_CLIENT_ID"],
        "https://analysis.windows.net/powerbi/api/.default",
        secret=Secret(env["POWERBI_CLIENT_SECRET"]),
    )
    tokens = TokenSource(principal, clock=now)
    return PowerBIClient(env["POWERBI_API_URL"], env["POWERBI_WORKSPACE_ID"], tokens, clock=now)


class Died(BaseException):
    """The process ended here."""


@dataclass
class Bench:
    """Everything a publishing test needs."""

    sandbox: PowerBISandbox
    url: str
    store: Store
    dataset_id: str = ""
    options: PublishOptions = field(default_factory=lambda: PublishOptions(settle_seconds=10))
    timeout: float = 5.0
    runs: int = 0

    def client(self) -> PowerBIClient:
        client = client_of(self.sandbox.environ(self.url), self.sandbox.clock.now)
        client.timeout = self.timeout
        client.sleep = self.sandbox.clock.advance
        return client

    def keeper(self) -> DatasetKeeper:
        clock = self.sandbox.clock
        return DatasetKeeper(self.client(), self.store.objects, clock.now, clock.advance)

    def publisher(self, on_step: Callable[[str], None] = lambda _: None) -> Publisher:
        """A publisher as a fresh process would make it."""
        self.runs += 1
        clock, run_id = self.sandbox.clock, f"run-{self.runs}"
        if not self.dataset_id:
            self.dataset_id = self.keeper().ensure(MODEL).dataset_id
        return Publisher(
            self.client(),
            self.dataset_id,
            self.store,
            Quota(self.store.log("quota"), run_id, Limits(), clock.now),
            Quota(self.store.log("queries"), run_id, QUERIES, clock.now),
            run_id,
            options=self.options,
            clock=clock.now,
            sleep=clock.advance,
            on_step=on_step,
        )

    def rows(self, table: PushTable = FACT) -> pl.DataFrame:
        """Every row in the destination."""
        return self.sandbox.rows(self.dataset_id, table.name)

    def net(self, table: PushTable = FACT) -> pl.DataFrame:
        """The rows that count, one per key, after reversals; fails where a key nets oddly."""
        held = self.rows(table)
        key = list(table.key)
        if not table.has("RowDelta"):
            assert held.select(key).is_duplicated().sum() == 0
            return held.sort(key)
        nets = held.group_by(key).agg(pl.col("RowDelta").sum())
        assert set(nets["RowDelta"].unique()) <= {0, 1}
        live = nets.filter(pl.col("RowDelta") == 1)
        values = [c for c in table.column_names if c not in ("LoadedAt", "PushBatchId")]
        plain = [c for c in values if c not in table.additive]
        groups = held.group_by(plain).agg(pl.col(table.additive).sum())
        whole = groups.filter(pl.col("RowDelta") == 1).select(values).sort(key)
        assert whole.select(key).equals(live.select(key).sort(key))
        zero = groups.filter(pl.col("RowDelta") == 0).select(table.additive)
        assert zero.select(pl.all().abs().sum()).sum_horizontal().sum() == 0
        return whole

    def log(self, operation: str) -> list[Any]:
        return self.sandbox.log.entries(operation=operation)

    def wipe(self) -> None:
        """Forget the store, as if its folder had been deleted."""
        self.store = Store(f"{self.store.objects.root}-next")


@pytest.fixture(scope="session")
def service() -> Iterator[tuple[PowerBISandbox, str]]:
    sandbox = PowerBISandbox(clock=Clock())
    config = uvicorn.Config(
        build_powerbi_app(sandbox), host="127.0.0.1", port=0, log_level="error", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield sandbox, f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=5)


@pytest.fixture
def bench(service: tuple[PowerBISandbox, str], tmp_path: Path) -> Bench:
    sandbox, url = service
    sandbox.reset()
    sandbox.clock.set_rate(1.0)
    return Bench(sandbox, url, Store(str(tmp_path / "store")))


def same(found: pl.DataFrame, wanted: pl.DataFrame, table: PushTable = FACT) -> None:
    """Asserts that net rows in the destination equal the wanted rows."""
    names = [c for c in wanted.columns if c in found.columns]
    shown = found.select(names).with_columns(pl.col(pl.Datetime).cast(pl.Date))
    want = wanted.sort(list(table.key)).with_columns(pl.col(pl.Datetime).cast(pl.Date))
    left, right = shown.to_dicts(), want.select(names).to_dicts()
    assert left == right
