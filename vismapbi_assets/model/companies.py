"""The companies of the dataset as columns: name, base currency, default branch.

The settings say what a company is called; the branch entity says which branch stands for rows that
name none. Building keys belongs in `keys`.
"""

from __future__ import annotations

import polars as pl

from vismapbi_assets.model.inputs import Inputs
from vismapbi_assets.model.keys import NONE, part


def company_name(inputs: Inputs) -> pl.Expr:
    """The company's name; its key where the settings do not name it."""
    names = {company.key: company.name for company in inputs.companies}
    return _replaced(names).fill_null(pl.col("company"))


def base_currency(inputs: Inputs) -> pl.Expr:
    """The company's base currency."""
    return _replaced({company.key: company.base_currency for company in inputs.companies})


def default_branch(inputs: Inputs) -> pl.Expr:
    """Key of the branch that stands for rows whose source names none.

    The one set in the settings, else the main branch, the lowest number if there are several or
    none. A company without any branch gets the key `<company>:-`, which the branch dimension
    shows as missing.
    """
    found = default_branches(inputs)
    keys = dict(zip(found["company"], found["branch_key"], strict=True))
    return _replaced(keys).fill_null(pl.col("company") + f":{NONE}")


def default_branches(inputs: Inputs) -> pl.DataFrame:
    """`company` and `branch_key` of the companies that have a default branch."""
    return inputs.shared("default_branches", _default_branches)


def _replaced(values: dict[str, str]) -> pl.Expr:
    return pl.col("company").replace_strict(values, default=None, return_dtype=pl.String)


def _default_branches(inputs: Inputs) -> pl.DataFrame:
    main = (
        inputs.entity("branch")
        .select(
            "company",
            part("number").alias("number"),
            pl.col("isMainBranch").fill_null(value=False).alias("main"),
        )
        .drop_nulls("number")
        .sort(
            pl.col("main"),
            pl.col("number").cast(pl.Int64, strict=False),
            "number",
            descending=[True, False, False],
            nulls_last=True,
        )
        .unique("company", keep="first", maintain_order=True)
        .select("company", "number")
    )
    set_by_hand = pl.LazyFrame(
        [(c.key, c.default_branch.strip()) for c in inputs.companies if c.default_branch],
        schema={"company": pl.String, "number": pl.String},
        orient="row",
    )
    return (
        pl.concat([set_by_hand, main])
        .unique("company", keep="first", maintain_order=True)
        .sort("company")
        .select("company", (pl.col("company") + ":" + pl.col("number")).alias("branch_key"))
        .collect()
    )
