"""What one question of the doctor came to: verdict, evidence, remedy. Printing is elsewhere."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Verdict = Literal["ok", "warning", "failed", "skipped"]
Part = Literal["settings", "store", "visma", "powerbi", "now"]

PARTS: dict[Part, str] = {
    "settings": "Settings and secrets",
    "store": "Store and Dagster",
    "visma": "Visma.net",
    "powerbi": "Power BI",
    "now": "What is broken now",
}
"""The parts of an examination and their titles, in the order in which they are asked."""


@dataclass(frozen=True, slots=True)
class Step:
    """One question and its answer.

    Attributes:
        evidence: what was seen; never a secret.
        remedy: what to do, empty where nothing is to be done.
    """

    part: Part
    name: str
    verdict: Verdict
    evidence: str
    remedy: str = ""
    company: str = ""

    def to_json(self) -> dict[str, str]:
        """The step for machines."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Asked:
    """Makes the steps of one part, or of one company in it."""

    part: Part
    company: str = ""

    def ok(self, name: str, evidence: str) -> Step:
        """It fits."""
        return Step(self.part, name, "ok", evidence, "", self.company)

    def warning(self, name: str, evidence: str, remedy: str) -> Step:
        """It works, with something to know or to do."""
        return Step(self.part, name, "warning", evidence, remedy, self.company)

    def failed(self, name: str, evidence: str, remedy: str) -> Step:
        """It does not work until somebody does something."""
        return Step(self.part, name, "failed", evidence, remedy, self.company)

    def skipped(self, name: str, evidence: str, remedy: str = "") -> Step:
        """It could not be asked, or what was seen does not decide it."""
        return Step(self.part, name, "skipped", evidence, remedy, self.company)

    def unknown(self, name: str, reason: str, remedy: str = "") -> Step:
        """What is there does not decide the question."""
        return self.skipped(name, f"not enough data: {reason}", remedy)
