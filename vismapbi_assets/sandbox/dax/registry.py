"""Where expressions are evaluated, and the functions known to the evaluator.

The modules that hold functions register them here; calling them is the evaluation's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from vismapbi_assets.sandbox.dax.context import FilterContext
from vismapbi_assets.sandbox.dax.model import DaxModel
from vismapbi_assets.sandbox.dax.rows import Rows
from vismapbi_assets.sandbox.dax.syntax import Call, DaxError, Expr


@dataclass(frozen=True, eq=False, slots=True)
class Env:
    """Where an expression is evaluated.

    Attributes:
        context: the filter context.
        scopes: row contexts, innermost last; only the innermost may have other than one row.
        variables: values and tables by lower-case name.
        wide: names of the variables that have one value per row of the innermost row context.
    """

    context: FilterContext
    scopes: tuple[Rows, ...] = ()
    variables: Mapping[str, pl.Series | Rows] = field(default_factory=dict)
    wide: frozenset[str] = frozenset()

    @property
    def model(self) -> DaxModel:
        """The model."""
        return self.context.model

    @property
    def height(self) -> int:
        """Rows of the innermost row context, 1 outside of any."""
        return self.scopes[-1].height if self.scopes else 1

    @property
    def is_wide(self) -> bool:
        """Whether values may differ by row."""
        return self.height != 1

    def enter(self, rows: Rows) -> Env:
        """The environment inside an iteration over these rows."""
        return replace(self, scopes=(*self.scopes, rows))

    def row(self, number: int) -> Env:
        """The environment of one row of the innermost row context."""
        variables = dict(self.variables)
        for name in self.wide:
            variable = variables[name]
            if isinstance(variable, pl.Series):
                variables[name] = variable.slice(number, 1)
        scopes = (*self.scopes[:-1], self.scopes[-1].one(number))
        return Env(self.context, scopes, variables)

    def transitioned(self) -> FilterContext:
        """The filter context after the row contexts have become filters."""
        context = self.context
        for scope in self.scopes:
            context = context.applied(scope.filters())
        return context


ScalarFunction = Callable[[Env, tuple[Expr, ...]], pl.Series]
TableFunction = Callable[[Env, tuple[Expr, ...]], Rows]


@dataclass(frozen=True, slots=True)
class Function:
    """A registered function.

    Attributes:
        lowest: fewest arguments.
        highest: most arguments; None for any number.
        columnwise: whether it works on a whole row context at once.
    """

    run: Callable[..., pl.Series | Rows]
    lowest: int
    highest: int | None
    columnwise: bool = False


SCALARS: dict[str, Function] = {}
TABLES: dict[str, Function] = {}
MODIFIERS = {"KEEPFILTERS": (1, 1), "REMOVEFILTERS": (0, None)}
"""Functions that only stand as filters of CALCULATE, with their numbers of arguments."""


def scalar_function(
    name: str, lowest: int, highest: int | None, *, columnwise: bool = False
) -> Callable[[ScalarFunction], ScalarFunction]:
    """Register a function that returns a value."""

    def register(run: ScalarFunction) -> ScalarFunction:
        SCALARS[name] = Function(run, lowest, highest, columnwise)
        return run

    return register


def table_function(
    name: str, lowest: int, highest: int | None
) -> Callable[[TableFunction], TableFunction]:
    """Register a function that returns a table."""

    def register(run: TableFunction) -> TableFunction:
        TABLES[name] = Function(run, lowest, highest)
        return run

    return register


def check_arity(call: Call, lowest: int, highest: int | None) -> None:
    """Refuse a call with too few or too many arguments."""
    count = len(call.arguments)
    if count < lowest or (highest is not None and count > highest):
        raise DaxError(f"{call.function} does not take {count} arguments.")
