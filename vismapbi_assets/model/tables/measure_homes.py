"""Tables without rows that carry the measures.

Declarations only: names, types, formats, sources, keys and strategy. The functions that compute
the rows belong in `transforms/`.
"""

from vismapbi_assets.model.table import Column, Table

AP_MEASURES = Table(
    name="AP Measures",
    kind="measure home",
    strategy="none",
    grain="no rows; carries the supplier ledger measures",
    source="no rows",
    key=(),
    columns=(
        Column("Placeholder", "String", "never filled; a table needs one column", hidden=True),
    ),
)


AR_MEASURES = Table(
    name="AR Measures",
    kind="measure home",
    strategy="none",
    grain="no rows; carries the customer ledger measures",
    source="no rows",
    key=(),
    columns=(
        Column("Placeholder", "String", "never filled; a table needs one column", hidden=True),
    ),
)


GL_MEASURES = Table(
    name="GL Measures",
    kind="measure home",
    strategy="none",
    grain="no rows; carries the general ledger measures",
    source="no rows",
    key=(),
    columns=(
        Column("Placeholder", "String", "never filled; a table needs one column", hidden=True),
    ),
)


PURCHASING_MEASURES = Table(
    name="Purchasing Measures",
    kind="measure home",
    strategy="none",
    grain="no rows; carries the orders and suppliers measures",
    source="no rows",
    key=(),
    columns=(
        Column("Placeholder", "String", "never filled; a table needs one column", hidden=True),
    ),
)


OPS_MEASURES = Table(
    name="Ops Measures",
    kind="measure home",
    strategy="none",
    grain="no rows; carries the refresh, time, close measures",
    source="no rows",
    key=(),
    columns=(
        Column("Placeholder", "String", "never filled; a table needs one column", hidden=True),
    ),
)
