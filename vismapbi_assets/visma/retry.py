"""Which failed calls are repeated, how often and after what pause. The only layer that repeats."""

from __future__ import annotations

from collections.abc import Callable

import tenacity

from vismapbi_assets.visma.clock import Clock
from vismapbi_assets.visma.errors import RateLimitedError, TransientError

ATTEMPTS = 5

_backoff = tenacity.wait_random_exponential(multiplier=0.5, max=20)


def retrying_with(clock: Clock, count: Callable[[], None]) -> tenacity.Retrying:
    """Repeats what raises a `TransientError`; `count` is called for every repetition."""
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(TransientError),
        stop=_give_up,
        wait=_pause,
        sleep=clock.sleep,
        before_sleep=lambda _: count(),
        reraise=True,
    )


def _pause(state: tenacity.RetryCallState) -> float:
    """The gate does the waiting for a 429; other failures wait longer each time, with jitter."""
    return 0.0 if _is_limited(state) else _backoff(state)


def _give_up(state: tenacity.RetryCallState) -> bool:
    """The gate ends a series of 429; everything else is tried a fixed number of times."""
    return not _is_limited(state) and state.attempt_number >= ATTEMPTS


def _is_limited(state: tenacity.RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome else None
    return isinstance(error, RateLimitedError)
