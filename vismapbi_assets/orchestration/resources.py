"""Resources: thin factories that give assets plain objects built from the settings.

Settings and secrets are read when a run begins, so that nothing secret is part of the definitions.
How the objects work belongs in `pipeline/`.
"""

from pathlib import Path

import dagster as dg

from vismapbi_assets.pipeline.probing import Prober
from vismapbi_assets.pipeline.workbench import Workbench
from vismapbi_assets.settings import Settings, load_settings


class SettingsResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Where the settings are read from."""

    config_file: str | None = None

    def load(self) -> Settings:
        """The settings as they are now."""
        return load_settings(Path(self.config_file) if self.config_file else None)


class WorkbenchResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The store and both ends, opened when first needed and shared by the steps of a process."""

    settings: dg.ResourceDependency[SettingsResource]

    def workbench(self) -> Workbench:
        """One workbench for each process and settings."""
        return Workbench.of(self.settings.load())


class VismaResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Cheap questions to Visma.net for sensors."""

    settings: dg.ResourceDependency[SettingsResource]

    def reader(self) -> Prober:
        """A prober over all companies."""
        return Prober(Workbench.of(self.settings.load()))


def build_resources(config_file: str | None = None) -> dict[str, object]:
    """The resources by the names that assets use."""
    settings = SettingsResource(config_file=config_file)
    return {
        "workbench": WorkbenchResource(settings=settings),
        "visma": VismaResource(settings=settings),
    }
