"""`vismapbi init`: write a commented settings file from the declaration of the settings."""

from __future__ import annotations

import sys
import tomllib
import uuid
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
import msgspec

from vismapbi_assets.settings import DEFAULT_FILE, SettingsError, load_settings
from vismapbi_assets.settings_shape import (
    Alerts,
    Company,
    Dataset,
    Kubernetes,
    PowerBI,
    Schedule,
    Secrets,
    StoreShape,
    Visma,
)

SECTIONS: dict[str, type[msgspec.Struct]] = {
    "dataset": Dataset,
    "store": StoreShape,
    "visma": Visma,
    "powerbi": PowerBI,
    "schedule": Schedule,
    "alerts": Alerts,
    "kubernetes": Kubernetes,
    "secrets": Secrets,
}
HEADER = """\
# Settings of vismapbi. Commented lines show the defaults.
# Secrets do not belong here: use the environment, or: vismapbi credentials set NAME
"""


@click.command()
@click.option("--path", type=click.Path(path_type=Path), default=DEFAULT_FILE, show_default=True)
@click.option("--time-zone", help="Zone of the companies, for example Europe/Oslo.")
@click.option("--first-day", help="First day of use (YYYY-MM-DD); it reads everything before too.")
@click.option(
    "--company",
    "companies",
    multiple=True,
    metavar="KEY;NAME;TENANT_ID;COMPANY_ID;CURRENCY",
    help="A company; repeat for more. Asked for where not given.",
)
@click.option("--powerbi-tenant", help="Entra tenant id or domain.")
@click.option("--powerbi-client", help="Application (client) id of the Entra app.")
@click.option("--workspace", help="Id of the Power BI workspace.")
@click.option("--dataset", help="Name of the semantic model.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def init(
    path: Path,
    time_zone: str | None,
    first_day: str | None,
    companies: tuple[str, ...],
    powerbi_tenant: str | None,
    powerbi_client: str | None,
    workspace: str | None,
    dataset: str | None,
    force: bool,
) -> None:
    """Write a commented vismapbi.toml, from the options or by asking.

    The file is checked before it is written. Next: vismapbi credentials set, vismapbi doctor.
    """
    if path.exists() and not force:
        raise click.ClickException(f"{path} is there already; --force replaces it")
    zone = time_zone or _ask("--time-zone", "Time zone of the companies", "Europe/Oslo")
    day = _day(first_day or _ask("--first-day", "First day of use", _today(zone).isoformat()))
    rows = [_company(text) for text in companies] or _ask_companies()
    given: dict[str, dict[str, str]] = {
        "dataset": {"name": dataset or _ask("--dataset", "Semantic model", "Visma Finance")},
        "powerbi": {
            "tenant_id": powerbi_tenant or _ask("--powerbi-tenant", "Entra tenant id"),
            "client_id": powerbi_client or _ask("--powerbi-client", "Client id of the Entra app"),
            "workspace_id": workspace or _ask("--workspace", "Power BI workspace id"),
        },
    }
    text = render(zone, day, rows, given)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    temporary.write_text(text, "utf-8")
    try:
        load_settings(temporary, {})
    except SettingsError as error:
        raise click.ClickException(str(error).replace(str(temporary), str(path))) from None
    else:
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    click.echo(f"{path} is written. Next:")
    for name in ("VISMA_CLIENT_ID", "VISMA_CLIENT_SECRET", "POWERBI_CLIENT_SECRET"):
        click.echo(f"  vismapbi credentials set {name}")
    click.echo("  vismapbi doctor\n  vismapbi sync")


def _ask(option: str, question: str, default: str | None = None) -> str:
    """The answer of a person; where nobody is there, an error that names the option to give."""
    try:
        return str(click.prompt(question, default=default))
    except click.Abort:
        if sys.stdin.isatty():
            raise
        raise click.UsageError(
            f"nobody answers {question!r}; without a terminal give {option}"
        ) from None


def _today(zone: str) -> date:
    """The day in the zone; a zone that is none is refused when the file is checked."""
    try:
        return datetime.now(ZoneInfo(zone)).date()
    except (ZoneInfoNotFoundError, ValueError):
        return datetime.now(UTC).date()


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise click.BadParameter(f"first day: {text!r} is no day, for example 2026-11-01") from None


def _company(text: str) -> dict[str, str]:
    parts = [part.strip() for part in text.split(";")]
    names = ("key", "name", "tenant_id", "company_id", "base_currency")
    if len(parts) != len(names):
        raise click.BadParameter(
            f"{text!r}: five parts separated by semicolons are needed, for example "
            '--company "no;Nordvik AS;0c9f2c1e-6f0e-4a57-9d0a-0f6f3a1f9a11;1234567;NOK"'
        )
    return dict(zip(names, parts, strict=True))


def _ask_companies() -> list[dict[str, str]]:
    rows = []
    while True:
        row = {
            "key": _ask("--company", "Company key (short, lower case, never changes)"),
            "name": _ask("--company", "Company name"),
            "tenant_id": _ask("--company", "Tenant id of the company"),
            "company_id": click.prompt(
                "Company id (ipp-company-id)", default="", show_default=False
            ),
            "base_currency": _ask("--company", "Base currency", "NOK"),
        }
        rows.append(row)
        if not click.confirm("Another company?", default=False):
            return rows


def render(
    zone: str, day: str, companies: list[dict[str, str]], given: dict[str, dict[str, str]]
) -> str:
    """The text of the settings file: given values set, all others as commented defaults."""
    lines = [HEADER, f"time_zone = {_literal(zone)}", f"first_day = {day}", ""]
    for section, shape in SECTIONS.items():
        lines += [f"[{section}]", *_section(shape, given.get(section, {})), ""]
    for company in companies:
        lines += ["[[companies]]", *_section(Company, company), ""]
    lines += [
        "# Import models to refresh after publishing, and reports to show below the tables:",
        "# [[refresh]]",
        '# name = "Group accounts"',
        '# dataset_id = "00000000-0000-0000-0000-000000000000"',
        "# [[reports]]",
        '# name = "Payables"',
        '# url = "https://app.powerbi.com/groups/.../reports/..."',
        '# tables = ["ApLedger"]',
    ]
    text = "\n".join(lines) + "\n"
    tomllib.loads(text)
    return text


def _section(shape: type[msgspec.Struct], given: dict[str, str]) -> list[str]:
    schema = msgspec.json.schema(shape)["$defs"][shape.__name__]["properties"]
    lines = []
    for name, entry in schema.items():
        description = entry.get("description") or _nested(entry, "description")
        if description:
            lines.append(f"# {description}")
        if name in given and given[name] != "":
            lines.append(f"{name} = {_literal(given[name])}")
            continue
        default = entry.get("default")
        examples = entry.get("examples") or _nested(entry, "examples") or []
        shown = default if default not in (None, "") else (examples[0] if examples else default)
        lines.append(f"# {name} = {_literal(shown)}")
    return lines


def _nested(entry: dict[str, Any], name: str) -> Any:
    for option in entry.get("anyOf", []):
        if name in option:
            return option[name]
    return None


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_literal(v) for v in value) + "]"
    if isinstance(value, dict):
        return "{}"
    if value is None:
        return '""'
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
