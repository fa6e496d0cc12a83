"""A small DAX evaluator and lint for the subset that the model's measures use.

Imports nothing else of the package. The functions register themselves when this package is
imported.
"""

from vismapbi_assets.sandbox.dax import aggregates, grouping, scalars, tables
from vismapbi_assets.sandbox.dax.lint import lint
from vismapbi_assets.sandbox.dax.model import DaxModel, Relationship, TableSource
from vismapbi_assets.sandbox.dax.query import evaluate, evaluate_all, evaluate_measure
from vismapbi_assets.sandbox.dax.syntax import DaxError

__all__ = [
    "DaxError",
    "DaxModel",
    "Relationship",
    "TableSource",
    "aggregates",
    "evaluate",
    "evaluate_all",
    "evaluate_measure",
    "grouping",
    "lint",
    "scalars",
    "tables",
]
