"""The figures of a finance team, found twice: by Power BI's rows and in SQL over raw payloads.

Histories are drawn at random; every finance check must pass on what they lead to.
"""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import date, timedelta

import pytest

from vismapbi_assets.pipeline.finance import finance_results
from vismapbi_tests.end_to_end.books import both_sides, figures_agree, powerbi_figures
from vismapbi_tests.end_to_end.harness import START, Installation, installation

BY_NATURE = {"members_are_listed"}
"""What a check says of the sample company itself: its code for no project is not listed."""

DAYS = [
    START.date(),
    START.date() - timedelta(days=40),
    date(START.year, 6, 30),
    date(START.year - 1, 12, 31),
    date(START.year - 1, 3, 31),
]


def live(made: Installation, seed: int, changes: int) -> None:
    """Some more business in every company, drawn at random."""
    chance = random.Random(seed)
    visma = made.sandbox.visma
    for _ in range(changes):
        company = chance.choice(made.companies)
        books = visma.companies[company].books
        side = chance.choice(["AP", "AR"])
        listed, paid = (
            ("supplierInvoice", "supplierPayment")
            if side == "AP"
            else ("customerInvoice", "customerPayment")
        )
        open_ones = [r for r in books.lists[listed] if r.status == "Open"]
        payments = [r for r in books.lists[paid] if r.type == "Payment" and r.status != "Voided"]
        day = str(START.date() - timedelta(days=chance.randint(0, 12)))
        with suppress(ValueError, LookupError):
            match chance.randrange(8):
                case 0 | 1:
                    amount = chance.randint(1, 9_999_999) / 100
                    visma.mutate(company, "create_document", side=side, amount=amount, day=day)
                case 2:
                    kind = "DebitAdj" if side == "AP" else "CreditNote"
                    visma.mutate(company, "create_document", side=side, type=kind, amount=77)
                case 3 if open_ones:
                    chosen = chance.choice(open_ones)
                    how = chance.choice([{}, {"amount": "3.33"}, {"discount": "0.50"}])
                    visma.mutate(
                        company, "pay_document", side=side, type=chosen.type,
                        number=chosen.number, **how,
                    )  # fmt: skip
                case 4 if payments:
                    number = chance.choice(payments).number
                    visma.mutate(company, "void_payment", side=side, number=number)
                case 5:
                    visma.mutate(company, "prepay", side=side, amount=chance.randint(1, 5_000))
                case 6:
                    visma.mutate(company, "post_journal", amount=chance.randint(1, 90_000) / 100)
                case 7:
                    visma.mutate(company, "work")


@pytest.mark.parametrize("seed", [3, 8])
def test_after_any_history_the_figures_agree_and_every_check_passes(tmp_path, seed):
    with installation(tmp_path, scale=0.01, seed=seed) as made:
        live(made, seed, 30)
        assert not made.sync().unsound
        live(made, seed + 1, 30)
        assert not made.sync().unsound
        figures_agree(made, DAYS)
        with made.bench() as bench:
            failed = {r.name: r.text for r in finance_results(bench).values() if not r.passed}
        assert failed.keys() <= BY_NATURE, failed


def test_the_comparison_notices_one_missing_row(made):
    figures_agree(made, DAYS[:1])
    made.sandbox.powerbi.tamper(made.dataset_id, "ApLedger", drop=1)
    with both_sides(made) as db:
        assert powerbi_figures(db, date.max.replace(year=2100))
    with pytest.raises(AssertionError):
        figures_agree(made, [START.date() + timedelta(days=400)])
