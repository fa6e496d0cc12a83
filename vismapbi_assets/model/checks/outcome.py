"""What a finance check is, and what it answers.

Numbers and a few keys, never personal data. Which checks there are belongs in the other modules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl

from vismapbi_assets.model.inputs import Inputs

SAMPLES = 20
"""At most so many keys are named."""

CENT = Decimal("0.005")
"""Amounts closer than this are equal to the cent."""


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """What a check found.

    Attributes:
        passed: whether the rule holds.
        numbers: counts and amounts that explain the outcome.
        samples: keys of some rows that break the rule.
    """

    passed: bool
    numbers: Mapping[str, int | Decimal] = field(default_factory=dict)
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FinanceCheck:
    """A rule between published tables.

    Attributes:
        tables: the tables whose net rows it reads.
        forbids: whether the state must not pass as verified while the rule is broken.
        sources: the Visma entities that it reads beside them.
    """

    name: str
    tables: tuple[str, ...]
    description: str
    evaluate: Callable[[Inputs], CheckOutcome]
    forbids: bool
    sources: tuple[str, ...] = ()


def none_of(broken: pl.DataFrame, key: str, **numbers: int | Decimal) -> CheckOutcome:
    """Passed when no row is left; names the first ones."""
    samples = tuple(str(value) for value in broken[key].head(SAMPLES))
    return CheckOutcome(broken.is_empty(), {"Broken": broken.height, **numbers}, samples)
