"""The steps as text for people, JSON for machines and Markdown for a ticket. Asks nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from vismapbi_assets.doctor.steps import PARTS, Part, Step, Verdict

STYLES: dict[Verdict, str] = {
    "ok": "green",
    "warning": "yellow",
    "failed": "bold red",
    "skipped": "dim",
}


@dataclass(frozen=True, slots=True)
class Report:
    """A finished examination."""

    steps: tuple[Step, ...]
    at: datetime
    version: str

    @property
    def failed(self) -> bool:
        """Whether anything keeps a sync from working."""
        return any(step.verdict == "failed" for step in self.steps)

    @property
    def summary(self) -> str:
        """How many steps came to which verdict."""
        found = Counter(step.verdict for step in self.steps)
        return ", ".join(f"{found[verdict]} {verdict}" for verdict in STYLES if found[verdict])

    def to_json(self) -> dict[str, Any]:
        """Everything for machines."""
        return {
            "fits": not self.failed,
            "at": self.at.isoformat(timespec="seconds"),
            "version": self.version,
            "counts": dict(Counter(step.verdict for step in self.steps)),
            "steps": [step.to_json() for step in self.steps],
        }

    def to_markdown(self) -> str:
        """A page to attach to a ticket; it holds no secret."""
        lines = [
            "# vismapbi doctor",
            "",
            f"{self.at:%Y-%m-%d %H:%M:%S %Z}, version {self.version}: {self.summary}",
        ]
        for part, title in PARTS.items():
            mine = [step for step in self.steps if step.part == part]
            if not mine:
                continue
            lines += ["", f"## {title}", "", "| Verdict | Step | Company | Seen | Remedy |"]
            lines.append("| --- | --- | --- | --- | --- |")
            for s in mine:
                cells = (s.verdict, s.name, s.company, s.evidence, s.remedy)
                lines.append("| " + " | ".join(_cell(c) for c in cells) + " |")
        return "\n".join(lines) + "\n"


def part_table(part: Part, steps: Sequence[Step]) -> Table:
    """The steps of one part for a console."""
    table = Table(title=PARTS[part], title_justify="left", show_lines=False, expand=False)
    table.add_column("Verdict", no_wrap=True)
    table.add_column("Step", overflow="fold", max_width=44)
    companies = any(step.company for step in steps)
    if companies:
        table.add_column("Company", no_wrap=True)
    table.add_column("Seen, and what to do", overflow="fold")
    for step in steps:
        told = Text(step.evidence)
        if step.remedy:
            told.append(f"\nDo: {step.remedy}", style="bold" if step.verdict == "failed" else "")
        cells = [Text(step.verdict, STYLES[step.verdict]), Text(step.name)]
        table.add_row(*cells, *([Text(step.company)] if companies else []), told)
    return table


def by_part(steps: Iterable[Step]) -> Iterable[tuple[Part, list[Step]]]:
    """Steps in runs of one part, each as soon as it is complete."""
    held: list[Step] = []
    for step in steps:
        if held and held[-1].part != step.part:
            yield held[-1].part, held
            held = []
        held.append(step)
    if held:
        yield held[-1].part, held


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
