"""Who may write to a destination table now: one owner at a time, with an end that can be seen.

A claim is an entry in an append log, so two runs can never both hold it; an owner that died is
recognised by its process or by the end of its lease. What the owner does belongs to the callers.
"""

from __future__ import annotations

import json
import os
import platform
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from vismapbi_assets.store.append_log import AppendLog
from vismapbi_assets.store.errors import LeaseLostError

Clock = Callable[[], float]
_SKEW = 5.0
"""Seconds that clocks of two machines may differ."""


@dataclass
class Lease:
    """A claim that is held; `heartbeat` prolongs it, `release` ends it.

    Leaving it as a context manager releases it, also after an error; a killed process leaves it
    to the next claimant.
    """

    log: AppendLog
    run_id: str
    seconds: float
    clock: Clock
    owner: str = field(default_factory=lambda: uuid.uuid4().hex)
    number: int = 0
    expires_at: float = 0.0

    def remaining(self) -> float:
        """Seconds for which nobody else can take the claim."""
        return self.expires_at - self.clock()

    def ensure(self, seconds: float = 0.0) -> None:
        """Make sure that the claim lasts that much longer, or raise LeaseLostError.

        Called before every step that must not happen twice.
        """
        if self.remaining() < max(seconds, self.seconds / 2):
            self.heartbeat()
        if self.remaining() < seconds:
            raise LeaseLostError(
                f"{self.log.name}: a step of {seconds:.0f} s does not fit into a lease of "
                f"{self.seconds:.0f} s. Claim it for longer."
            )

    def heartbeat(self) -> None:
        """Prolong the claim from now on; LeaseLostError when somebody else has taken it."""
        expires_at = self.clock() + self.seconds
        if not self.log.append(self.number + 1, self._entry("held", expires_at)):
            raise LeaseLostError(
                f"{self.log.name}: run {self.run_id} lost its claim to another run, because it "
                "did not answer in time. It must stop; the other run finishes the work."
            )
        self.number += 1
        self.expires_at = expires_at

    def release(self) -> None:
        """End the claim; nothing happens when it is lost already."""
        self.log.append(self.number + 1, self._entry("released", self.clock()))
        self.expires_at = 0.0

    def _entry(self, state: str, expires_at: float) -> bytes:
        return json.dumps(
            {
                "state": state,
                "owner": self.owner,
                "run_id": self.run_id,
                "host": platform.node(),
                "process": os.getpid(),
                "expires_at": expires_at,
            }
        ).encode()

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def claim(
    log: AppendLog, run_id: str, *, seconds: float = 120.0, clock: Clock = time.time
) -> Lease | None:
    """The claim, or None while a living owner holds it.

    A claim can be taken over when it was released, when it ran out, when its process on this
    machine is gone, or by another process of the same run once the first is gone.
    """
    last = log.last()
    if last is not None:
        held = json.loads(last.data)
        taken = held["state"] == "held" and held["expires_at"] + _SKEW > clock()
        if taken and not _is_gone(held["host"], held["process"]):
            return None
    lease = Lease(log, run_id, seconds, clock, number=last.number if last else 0)
    try:
        lease.heartbeat()
    except LeaseLostError:
        return None
    return lease


def holder(log: AppendLog) -> dict[str, str | int | float] | None:
    """Who holds the claim as far as the log says: owner, run, host, process, end."""
    last = log.last()
    held: dict[str, str | int | float] | None = json.loads(last.data) if last else None
    return held if held and held["state"] == "held" else None


def _is_gone(host: str, process: int) -> bool:
    if host != platform.node() or process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
