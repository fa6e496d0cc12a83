"""The real command, killed without warning at random moments; the next clean sync is exact."""

from __future__ import annotations

import random
import signal
import subprocess
import time

import pytest

from vismapbi_tests.end_to_end.books import figures_agree
from vismapbi_tests.end_to_end.harness import START, Installation, installation
from vismapbi_tests.end_to_end.oracles import (
    counts_match,
    every_row_counts_once,
    no_unasked_repeat,
    state_equals_erp,
)

LIMIT_SECONDS = 240


def kill_after(made: Installation, requests: int) -> bool:
    """Start the command and kill it once both ends have seen so many requests more."""
    visma, powerbi = made.sandbox.visma, made.sandbox.powerbi
    seen = len(visma.log) + powerbi.log.count()
    process = made.command("sync", "--full")
    deadline = time.monotonic() + LIMIT_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if len(visma.log) + powerbi.log.count() - seen >= requests:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return True
        time.sleep(0.002)
    process.kill()
    process.wait()
    return False


def exact_after_the_command(made: Installation) -> None:
    """One run of the command, and everything must be in order."""
    finished = made.command("sync", "--full")
    assert finished.wait(LIMIT_SECONDS) == 0, (made.folder / "command.log").read_text("utf-8")
    state_equals_erp(made)
    counts_match(made, every_row_counts_once(made))
    figures_agree(made, [START.date()])
    no_unasked_repeat(made)


def play(made: Installation, chance: random.Random, kills: int) -> None:
    killed = 0
    for _ in range(kills):
        made.sandbox.visma.mutate(
            "nordvik", "create_supplier_invoice", amount=chance.randint(1, 99)
        )
        made.sandbox.visma.mutate(
            "nordvik", "create_customer_invoice", amount=chance.randint(1, 99)
        )
        killed += kill_after(made, chance.randint(3, 110))
    assert killed
    exact_after_the_command(made)


def test_a_killed_command_is_finished_by_the_next_one(tmp_path):
    with installation(tmp_path, scale=0.01, companies=1) as made:
        play(made, random.Random(5), kills=2)


@pytest.mark.campaign
def test_campaign_of_kills(tmp_path, campaign_sequences):
    chance = random.Random()
    with installation(tmp_path, scale=0.01, companies=1) as made:
        for _ in range(max(1, campaign_sequences // 25)):
            play(made, chance, kills=3)


@pytest.mark.campaign
def test_two_commands_at_once_are_exact(tmp_path):
    with installation(tmp_path, scale=0.01, companies=1) as made:
        both = [made.command("sync"), made.command("sync")]
        for process in both:
            try:
                process.wait(LIMIT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        exact_after_the_command(made)
