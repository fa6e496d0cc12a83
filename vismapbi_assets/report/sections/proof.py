"""The section about what is proved."""

from __future__ import annotations

from collections.abc import Sequence

from vismapbi_assets.report import markup as m
from vismapbi_assets.report.verdicts import CheckVerdict, TableVerdict


def proof(tables: Sequence[TableVerdict], checks: Sequence[CheckVerdict]) -> str:
    """Verdicts of the destination and of the finance checks."""
    return m.section(
        "proof",
        "Proof",
        m.table(
            "Every table, as its last publication ended; all companies together",
            ("Table", "Verdict", "What was compared", "Rows", "Control total", "Kept back"),
            [
                (
                    "",
                    [
                        t.table,
                        m.verdict(good=t.sound, word="equal" if t.sound else t.status),
                        t.text,
                        m.count(t.rows),
                        m.amount(t.control_total),
                        m.count(t.rejected),
                    ],
                )
                for t in tables
            ],
            numbers_from=3,
        ),
        m.table(
            "Finance checks between the tables; a warning does not hold up the data date",
            ("Check", "Verdict", "What was found", "Numbers"),
            [
                (
                    "",
                    [
                        c.name.replace("_", " "),
                        m.verdict(
                            good=c.passed,
                            word="holds" if c.passed else "broken" if c.forbids else "warning",
                            severe=c.forbids,
                        ),
                        c.text,
                        ", ".join(f"{n} {m.figure(value)}" for n, value in c.numbers.items()),
                    ],
                )
                for c in checks
            ],
            numbers_from=4,
        ),
    )
