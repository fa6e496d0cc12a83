"""`vismapbi sandbox`: the simulated Visma.net and Power BI, for trying things without tenants."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, date, datetime

import click

from vismapbi_assets.sandbox.server import running_sandbox


@click.command()
@click.option("--scale", type=float, default=1.0, show_default=True, help="Size of the companies.")
@click.option("--seed", type=int, default=2026, show_default=True, help="Same seed, same data.")
@click.option("--today", help="Business date (YYYY-MM-DD) at which the companies stand.")
@click.option("--visma-port", type=int, default=8781, show_default=True)
@click.option("--powerbi-port", type=int, default=8782, show_default=True)
def sandbox(scale: float, seed: int, today: str | None, visma_port: int, powerbi_port: int) -> None:
    """Run both simulated services on this machine until Ctrl+C.

    Each is as strict as the real one. Business time, changes and faults are controlled below
    /control/ on either server.
    """
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    start = datetime.combine(date.fromisoformat(today), now.time()) if today else now
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with running_sandbox(
        scale=scale,
        seed=seed,
        start=start,
        speed=1.0,
        visma_port=visma_port,
        powerbi_port=powerbi_port,
    ) as running:
        click.echo(f"Visma.net: {running.visma_url}")
        click.echo(f"Power BI:  {running.powerbi_url}")
        click.echo("Environment for a process that should use them:")
        for name, value in running.environ.items():
            click.echo(f"  export {name}={value}")
        click.echo("Ctrl+C ends both.")
        try:
            stop.wait()
        except KeyboardInterrupt:
            click.echo("Stopped.")
