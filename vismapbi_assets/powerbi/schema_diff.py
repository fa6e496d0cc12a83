"""Compares two push models: what a PUT of a table can change, and what it cannot.

Pure comparison. Deciding and doing belongs in `dataset.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from vismapbi_assets.powerbi.schema import PushModel, PushTable, table_request


@dataclass(frozen=True, slots=True)
class TableChange:
    """What differs in one table; `columns_added` and `metadata` can be done by PUT."""

    table: str
    columns_added: tuple[str, ...] = ()
    metadata: bool = False
    refused: tuple[str, ...] = ()

    @property
    def touches_rows(self) -> bool:
        """Whether rows may be affected, so that they must be verified after the PUT."""
        return bool(self.columns_added)


@dataclass(frozen=True, slots=True)
class SchemaDiff:
    """All differences between the registered and the wanted model."""

    tables: tuple[TableChange, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not self.tables and not self.refused

    @property
    def obstacles(self) -> tuple[str, ...]:
        """Every difference that no PUT can bring about."""
        return self.refused + tuple(r for t in self.tables for r in t.refused)


def compare(old: PushModel, new: PushModel) -> SchemaDiff:
    """What has to change in Power BI to get from `old` to `new`."""
    before = {t.name: t for t in old.tables}
    after = {t.name: t for t in new.tables}
    refused = [
        f"table {n!r} is new; tables exist from creation on" for n in after if n not in before
    ]
    refused += [f"table {n!r} is gone; a table cannot be removed" for n in before if n not in after]
    links = {r.name: r for r in old.relationships}
    wanted = {r.name: r for r in new.relationships}
    refused += [f"relationship {n!r} is new" for n in wanted if n not in links]
    refused += [f"relationship {n!r} is gone" for n in links if n not in wanted]
    refused += [
        f"relationship {n!r} is different" for n in links if n in wanted and links[n] != wanted[n]
    ]
    changes = (_compare_table(before[n], after[n]) for n in after if n in before)
    return SchemaDiff(tuple(c for c in changes if c), tuple(refused))


def _compare_table(old: PushTable, new: PushTable) -> TableChange | None:
    if table_request(old) == table_request(new):
        return None
    types = {c.name: c.data_type for c in old.columns}
    wanted = {c.name: c.data_type for c in new.columns}
    refused = [f"{new.name!r}[{n}] is gone" for n in types if n not in wanted]
    refused += [
        f"{new.name!r}[{n}] changes from {types[n]} to {wanted[n]}"
        for n in types
        if n in wanted and types[n] != wanted[n]
    ]
    added = tuple(n for n in wanted if n not in types)
    return TableChange(new.name, added, metadata=True, refused=tuple(refused))
