"""What tests and demos can switch on the simulated service.

Belongs here: the switches with their defaults. Does not belong here: their effects.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(slots=True)
class ServiceSettings:
    """Switches of the simulated Visma.net; see section names of the protocol for their meaning."""

    rate_limit: int = 15_000
    rate_window_seconds: float = 3600.0
    token_seconds: int = 3600
    zone: str = "UTC"
    order: str = "id"
    lone_date: str = "ignore"
    zoned_date: str = "reject"
    default_page_size: int | None = None
    caps: dict[str, int] = field(default_factory=dict)
    forbidden: dict[str, list[str]] = field(default_factory=dict)
    unlicensed: list[str] = field(default_factory=list)
    restamp_on_application: bool = True
    extra_members: bool = False
    background_polls: int = 1
    background_fails: bool = False
    content_host: str = "https://integration.visma.net/API/controller/api"
    latency_seconds: float = 0.0
    compress: bool = True

    def update(self, changes: dict[str, Any]) -> None:
        """Change some switches; an unknown name or value is refused."""
        known = {entry.name for entry in fields(self)}
        unknown = set(changes) - known
        if unknown:
            raise LookupError(f"unknown settings {sorted(unknown)}; known are {sorted(known)}")
        for name, choices in CHOICES.items():
            if changes.get(name, choices[0]) not in choices:
                raise ValueError(f"{name} must be one of {choices}")
        for name, value in changes.items():
            setattr(self, name, value)


CHOICES = {
    "zone": ("UTC", "Europe/Oslo"),
    "order": ("id", "modified", "shuffled"),
    "lone_date": ("ignore", "reject"),
    "zoned_date": ("reject", "ignore"),
}
