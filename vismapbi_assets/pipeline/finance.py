"""The finance checks over what is published, evaluated once for each state of their tables.

What a check demands belongs in `model/checks`; here it gets the published rows, and its answer is
kept beside the data until one of its tables or the data date moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from vismapbi_assets.model.checks import FINANCE_CHECKS, CheckOutcome, FinanceCheck
from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.pipeline.inputs import (
    companies,
    entity_frame,
    model_digest,
    published_frame,
)
from vismapbi_assets.pipeline.workbench import Workbench

SAMPLE = 10


@dataclass(frozen=True, slots=True)
class FinanceResult:
    """The answer of one finance check.

    Attributes:
        forbids: while it fails, the data date of the reports stays where it is.
        plans: the published state of each table, and the commit of each entity, looked at.
    """

    name: str
    passed: bool
    forbids: bool
    text: str
    numbers: Mapping[str, str]
    plans: Mapping[str, int]
    basis: str


def finance_results(
    bench: Workbench, names: Iterable[str] | None = None
) -> dict[str, FinanceResult]:
    """The answers of these checks, or of all; evaluated only where something has moved."""
    wanted = set(names) if names is not None else {check.name for check in FINANCE_CHECKS}
    chosen = [check for check in FINANCE_CHECKS if check.name in wanted]
    tables = dict.fromkeys(table for check in chosen for table in check.tables)
    plans = {table: bench.store.published(table).meta().plan for table in tables}
    basis = f"{bench.as_of()} {model_digest()}"
    results = {}
    for check in chosen:
        own = {table: plans[table] for table in check.tables} | {
            f"visma/{name}": bench.store.state(name).sequence() for name in check.sources
        }
        held = bench.store.documents.get(f"checks/{check.name}")
        if held and held["plans"] == own and held["basis"] == basis:
            results[check.name] = FinanceResult(**held)
            continue
        result = _evaluate(bench, check, own, basis)
        bench.store.documents.put(f"checks/{check.name}", asdict(result))
        results[check.name] = result
    return results


def _evaluate(
    bench: Workbench, check: FinanceCheck, plans: dict[str, int], basis: str
) -> FinanceResult:
    inputs = Inputs(
        entities={name: entity_frame(bench.store, name) for name in check.sources},
        tables={name: published_frame(bench.store, name) for name in check.tables},
        companies=companies(bench.settings),
        as_of=bench.as_of(),
        zone=bench.settings.time_zone,
    )
    outcome: CheckOutcome = check.evaluate(inputs)
    samples = ", ".join(str(sample) for sample in outcome.samples[:SAMPLE])
    numbers: dict[str, Any] = {name: str(value) for name, value in outcome.numbers.items()}
    if samples:
        numbers["samples"] = samples
    text = check.description if outcome.passed else f"Not so: {check.description} {samples}".strip()
    return FinanceResult(check.name, outcome.passed, check.forbids, text, numbers, plans, basis)
