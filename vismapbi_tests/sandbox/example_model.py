"""The example company as a `DaxModel`, plain or with superseded rows and their reversals.

The schema comes from the example files, the measures from the model's texts; the rows are given,
or computed by `example_rows`.
"""

import random
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from vismapbi_assets.sandbox.dax import DaxModel, Relationship
from vismapbi_tests.sandbox.example_rows import example_rows

EXAMPLES = Path(__file__).parents[1] / "finance_examples"
MEASURES = Path(__file__).parents[2] / "vismapbi_assets" / "model" / "measures"
DTYPES: dict[str, Any] = {
    "String": pl.String(),
    "Int64": pl.Int64(),
    "Double": pl.Float64(),
    "Boolean": pl.Boolean(),
    "DateTime": pl.Datetime("us"),
    "Decimal": pl.Decimal(28, 4),
}


@cache
def columns() -> pl.DataFrame:
    """Every column of the model."""
    return pl.read_csv(EXAMPLES / "model_columns.csv", infer_schema=False)


@cache
def measures() -> dict[str, str]:
    """The measures' texts by name."""
    found = {}
    for path in sorted(MEASURES.glob("*.dax")):
        for block in re.split(r"^MEASURE ", path.read_text(), flags=re.MULTILINE)[1:]:
            name, _, rest = block.partition("\n")
            lines = [line for line in rest.splitlines() if not line.startswith("//")]
            found[name.strip()] = "\n".join(lines).strip()
    return found


def relationships() -> list[Relationship]:
    """The relationships of the model."""
    frame = pl.read_csv(EXAMPLES / "model_relationships.csv", infer_schema=False)
    return [Relationship(*row[1:5]) for row in frame.rows()]


def conformed(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows with exactly the columns of the model's table, in its types."""
    shaped = []
    for name, data_type, additive in (
        columns().filter(pl.col("Table") == table).select("Column", "DataType", "Additive").rows()
    ):
        dtype = DTYPES[data_type]
        if name in frame.columns:
            value = pl.col(name).cast(dtype)
        elif name == "RowDelta":
            value = pl.lit(1, dtype)
        elif additive == "true":
            value = pl.lit(0).cast(dtype)
        elif name == "BranchKey":
            value = pl.lit("1", dtype)
        else:
            value = pl.lit(None, dtype)
        shaped.append(value.alias(name))
    if frame.width == 0:
        return pl.DataFrame(schema={e.meta.output_name(): pl.Null for e in shaped}).select(shaped)
    return frame.select(shaped)


def with_superseded(
    table: str, frame: pl.DataFrame, rest: Mapping[str, pl.DataFrame], seed: int
) -> pl.DataFrame:
    """The rows of a reversed table after some had other contents before.

    Two rows in five had a former version, in which references, flags, dates and amounts were
    different; it is there, and so is its reversal.
    """
    chance = random.Random(f"{table}{seed}")
    declared = columns().filter(pl.col("Table") == table)
    additive = set(declared.filter(pl.col("Additive") == "true")["Column"])
    picked = [n for n in range(frame.height) if chance.random() < 0.4]
    former = frame[picked].to_dicts()
    targets = {r.from_column: r for r in relationships() if r.from_table == table}
    for row in former:
        for name in row:
            if name in additive and name != "RowDelta":
                row[name] = row[name] * chance.choice([-3, 2, 7])
            elif name in targets:
                column = rest[targets[name].to_table][targets[name].to_column]
                if len(column):
                    row[name] = column[chance.randrange(len(column))]
            elif isinstance(row[name], bool):
                row[name] = chance.random() < 0.5
            elif name.endswith(("Date", "Type", "Kind", "Direction")) and chance.random() < 0.7:
                row[name] = frame[name][chance.randrange(frame.height)]
    old = pl.DataFrame(former, schema=frame.schema)
    reversal = old.with_columns(pl.col(sorted(additive)) * -1).cast(dict(frame.schema))
    return pl.concat([old, reversal, frame])


def example_model(
    frames: Mapping[str, pl.DataFrame] | None = None,
    *,
    superseded: int | None = None,
    **options: Any,
) -> DaxModel:
    """The model over given frames, or over the example company.

    Args:
        frames: rows by table name; tables left out are empty, columns left out are null or 0.
        superseded: seed of former versions with their reversals in every reversed table.
        options: further arguments of `DaxModel`.
    """
    given = example_rows(EXAMPLES) if frames is None else frames
    names = columns()["Table"].unique(maintain_order=True)
    tables = {name: conformed(name, given.get(name, pl.DataFrame())) for name in names}
    if superseded is not None:
        reversed_ = columns().filter(pl.col("UpdateStrategy") == "reverse")["Table"].unique()
        plain = dict(tables)
        for name in reversed_:
            tables[name] = with_superseded(name, plain[name], plain, superseded)
    return DaxModel(tables, relationships(), measures(), **options)
